import test from 'ava';
import type {Redis} from 'ioredis';
import {killLeaders, openCluster} from './killed-leaders.js';

const accounts = ['account0', 'account1', 'account2'] as const;
const balance = 1000;
const clients = 4;
const perClient = 60;

/** Moves an amount and numbers the transfer. It takes first and looks then: without enough it fails, and must have taken nothing. */
const transfer = `local left = redis.call('DECRBY', KEYS[1], ARGV[1])
redis.call('INCRBY', KEYS[2], ARGV[1])
local number = redis.call('INCR', KEYS[3])
if left < 0 then error({err = 'POOR ' .. KEYS[1]}) end
return number`;

test.serial(
	'scripts run exactly once, and as a whole or not at all, while answers are lost and leaders are killed',
	async t => {
		const {cluster, connect} = await openCluster(t);
		const first = connect();
		for (const account of accounts) await first.set(account, balance);
		cluster.faults.setMode('unreliable', true);
		const sha = (await first.script('LOAD', transfer)) as string;
		const numbers: number[] = [];
		let refused = 0;
		const work = async (connection: Redis, client: number): Promise<void> => {
			for (let turn = 0; turn < perClient; turn++) {
				const from = accounts[(client + turn) % 3] as string;
				const to = accounts[(client + turn + 1 + (turn % 2)) % 3] as string;
				// Every eighth is more than there is.
				const amount = turn % 8 === 7 ? balance * accounts.length + 1 : 1 + (turn % 5);
				try {
					numbers.push(Number(await connection.evalsha(sha, 3, from, to, 'transfers', amount)));
				} catch (error) {
					if (!(error as Error).message.startsWith(`POOR ${from}`)) throw error;
					refused += 1;
				}
			}
		};
		const all = Array.from({length: clients}, (_, client) => work(connect(), client));
		await Promise.all([...all, killLeaders(cluster, () => (numbers.length + refused) / (clients * perClient))]);
		const balances = await first.mget(...accounts);
		t.is(
			balances.reduce((sum, each) => sum + Number(each), 0),
			balance * accounts.length,
		);
		t.true(refused >= clients * Math.floor(perClient / 8), String(refused));
		t.is(numbers.length + refused, clients * perClient);
		// One that ran twice would have left a number out, and one that did not run would have given its number to another.
		t.deepEqual(
			numbers.sort((one, other) => one - other),
			Array.from({length: numbers.length}, (_, place) => place + 1),
		);
		t.is(await first.get('transfers'), String(numbers.length));
	},
);
