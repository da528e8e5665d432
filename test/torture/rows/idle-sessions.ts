import {Cluster} from '../../../actors/cluster/cluster.js';
import {startRedisGateway} from '../../../actors/redis/gateway.js';
import {connectRedis} from '../kit/connect-redis.js';
import type {Row} from '../row.js';

/** So short that a session expires within a moment. */
const sessionTimeoutMs = 1000;
/** More than the service keeps sessions. */
const shortLivedLong = 10_050;
const shortLivedShort = 300;
const openAtOnce = 50;

export const idleSessions: Row = {
	name: 'idle-sessions',
	title: 'the first write after a long idle time, or after thousands of other clients have come and gone, just works',
	weight: 30,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const cluster = await Cluster.start({nodes: 3, sessionTimeoutMs, seed: trial.random.uint32()});
		trial.defer(() => cluster.close());
		const client = cluster.clerk();
		const gateway = await startRedisGateway({client, port: 0, info: () => Promise.resolve({})});
		trial.defer(() => gateway.close());
		const redis = connectRedis(gateway.port);
		trial.defer(() => redis.disconnect());
		const idle = cluster.clerk();
		let expected = 0;
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			await idle.append('log', 'x');
			await redis.append('log', 'y');
			expected += 2;
			if (round % 2 === 0) await trial.sleep(sessionTimeoutMs * 2);
			else await comeAndGo(cluster, trial.isLong ? shortLivedLong : shortLivedShort);
			trial.fault();
			try {
				await idle.append('log', 'x');
				await redis.append('log', 'y');
			} catch (error) {
				trial.demand(
					false,
					`the first write after ${round % 2 === 0 ? 'an idle time' : 'many others'} failed: ${String(error)}`,
				);
			}
			expected += 2;
			const value = await idle.getText('log');
			trial.demand(value?.length === expected, `${expected} appends gave ${value?.length}`);
			trial.operation(4);
			trial.tell(`${round + 1} rounds`);
		}
	},
};

async function comeAndGo(cluster: Cluster, count: number): Promise<void> {
	for (let gone = 0; gone < count; gone += openAtOnce) {
		const clerks = Array.from({length: Math.min(openAtOnce, count - gone)}, () => cluster.clerk());
		await Promise.all(clerks.map((clerk, number) => clerk.put(`short${number}`, 'lived')));
		for (const clerk of clerks) clerk.close();
	}
}
