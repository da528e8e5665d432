import test from 'ava';
import type {Redis} from 'ioredis';
import {killLeaders, openCluster} from './killed-leaders.js';

const accounts = ['account0', 'account1', 'account2'] as const;
const balance = 1000;
const clients = 4;
const perClient = 40;

/** Moves an amount, if nobody has changed the two accounts since they were read; the number of this transfer. */
async function transfer(connection: Redis, turn: number): Promise<number | undefined> {
	const from = accounts[turn % 3] as string;
	const to = accounts[(turn + 1 + (turn % 2)) % 3] as string;
	await connection.watch(from, to);
	const [has] = await connection.mget(from, to);
	const amount = Math.min(Number(has), 1 + (turn % 7));
	// One packet, WATCH apart.
	const results = await connection.multi().decrby(from, amount).incrby(to, amount).incr('transfers').get(from).exec();
	if (results === null) return undefined;
	const failed = results.find(([error]) => error !== null);
	if (failed !== undefined) throw failed[0] as Error;
	return results[3]?.[1] === String(Number(has) - amount) ? Number(results[2]?.[1]) : NaN;
}

test.serial('transfers that watch what they move are carried out exactly once while leaders are killed', async t => {
	const {cluster, connect} = await openCluster(t);
	const first = connect();
	for (const account of accounts) await first.set(account, balance);
	const numbers: number[] = [];
	let conflicts = 0;
	const work = async (connection: Redis, client: number): Promise<void> => {
		for (let done = 0; done < perClient;) {
			const number = await transfer(connection, client * 31 + done);
			if (number === undefined) conflicts += 1;
			else {
				numbers.push(number);
				done += 1;
			}
		}
	};
	const all = Array.from({length: clients}, (_, client) => work(connect(), client));
	await Promise.all([...all, killLeaders(cluster, () => numbers.length / (clients * perClient))]);
	const balances = await first.mget(...accounts);
	t.is(
		balances.reduce((sum, each) => sum + Number(each), 0),
		balance * accounts.length,
	);
	// One that ran twice would have left a number out, and one that did not run would have given its number to another.
	t.deepEqual(
		numbers.sort((one, other) => one - other),
		Array.from({length: clients * perClient}, (_, place) => place + 1),
	);
	t.is(await first.get('transfers'), String(clients * perClient));
	t.true(conflicts > 0);
});

test.serial('a lock that is taken by WATCH of its absence has one owner, while leaders are killed', async t => {
	const {cluster, connect} = await openCluster(t);
	const rounds = 12;
	let done = 0;
	let inside = 0;
	let most = 0;
	const work = async (connection: Redis, client: number): Promise<void> => {
		for (let round = 0; round < rounds;) {
			await connection.watch('lock');
			if ((await connection.get('lock')) !== null) {
				await connection.unwatch();
				continue;
			}
			// Read before the lock is held, as a program that is slow would have it.
			const before = Number(await connection.get('counter'));
			const taken = await connection.multi().set('lock', client).exec();
			if (taken === null) continue;
			inside += 1;
			most = Math.max(most, inside);
			await connection.set('counter', before + 1);
			inside -= 1;
			await connection.del('lock');
			round += 1;
			done += 1;
		}
	};
	const all = Array.from({length: clients}, (_, client) => work(connect(), client));
	await Promise.all([...all, killLeaders(cluster, () => done / (clients * rounds))]);
	t.is(most, 1);
	// An owner between WATCH and EXEC, who made the lock and deleted it again, would have had its count overwritten.
	t.is(await connect().get('counter'), String(clients * rounds));
});
