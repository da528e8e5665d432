import test, {type ExecutionContext} from 'ava';
import {Redis} from 'ioredis';
import {Cluster, startRedisGateway} from '../../actors/index.js';

const accounts = ['account0', 'account1', 'account2'] as const;
const balance = 1000;
const clients = 4;
const perClient = 40;

async function openCluster(t: ExecutionContext): Promise<{cluster: Cluster; connect: () => Redis}> {
	// With so little room for the log there are snapshots all the time, and what is watched is in them.
	const cluster = await Cluster.start({nodes: 3, maxRaftState: 20_000});
	const clerk = cluster.clerk({timeoutMs: 60_000});
	const gateway = await startRedisGateway({client: clerk, port: 0, info: () => Promise.resolve({})});
	const connections: Redis[] = [];
	t.teardown(async () => {
		for (const connection of connections) connection.disconnect();
		await gateway.close();
		await cluster.close();
	});
	const connect = (): Redis => {
		const connection = new Redis(gateway.port, '127.0.0.1');
		connections.push(connection);
		return connection;
	};
	return {cluster, connect};
}

/** Kills the leader when so much is done, twice, and starts it again. */
async function killLeaders(cluster: Cluster, shareDone: () => number): Promise<void> {
	for (const share of [0.2, 0.6]) {
		while (shareDone() < share) await new Promise(resolve => void setTimeout(resolve, 1));
		const leader = await cluster.waitForLeader(10_000);
		await cluster.kill(leader);
		await cluster.restart(leader);
	}
}

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
