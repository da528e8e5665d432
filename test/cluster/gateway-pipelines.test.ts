import test from 'ava';
import type {Redis} from 'ioredis';
import {killLeaders, openCluster} from './killed-leaders.js';

const clients = 3;
const pipelines = 12;
const pairs = 20;

test.serial(
	'each read of a pipeline sees the writes before it and none behind it, while answers are lost and leaders are killed',
	async t => {
		const {cluster, connect} = await openCluster(t);
		cluster.faults.setMode('unreliable', true);
		let done = 0;
		const work = async (connection: Redis, client: number): Promise<void> => {
			const key = `counter${client}`;
			for (let turn = 0; turn < pipelines; turn++) {
				const pipeline = connection.pipeline();
				for (let pair = 0; pair < pairs; pair++) pipeline.incr(key).get(key).strlen(key);
				const replies = (await pipeline.exec()) ?? [];
				const told = replies.map(([error, reply]) => error ?? reply);
				const counts = Array.from({length: pairs}, (_, pair) => turn * pairs + pair + 1);
				t.deepEqual(
					told,
					counts.flatMap(count => [count, String(count), String(count).length]),
				);
				done += 1;
			}
		};
		const all = Array.from({length: clients}, (_, client) => work(connect(), client));
		await Promise.all([...all, killLeaders(cluster, () => done / (clients * pipelines))]);
		t.is(done, clients * pipelines);
	},
);
