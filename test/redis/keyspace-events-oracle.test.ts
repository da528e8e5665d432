/** Keyspace notifications of a cluster beside those of redis-server 7.0: drawn commands of one connection, heard by another. */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {Cluster, startRedisGateway} from '../../actors/index.js';
import {request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

type Target = {readonly port: number} | {readonly path: string};

async function openCluster(t: ExecutionContext, gateways = 1): Promise<{cluster: Cluster; ports: readonly Target[]}> {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	const ports: Target[] = [];
	for (let count = 0; count < gateways; count += 1) {
		const gateway = await startRedisGateway({
			client: cluster.clerk({timeoutMs: 60_000}),
			port: 0,
			info: () => Promise.resolve({}),
		});
		t.teardown(() => gateway.close());
		ports.push({port: gateway.port});
	}
	return {cluster, ports};
}

/** One connection. */
class Talker {
	readonly #socket: Socket;
	#received = '';

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.on('data', (chunk: Buffer) => (this.#received += chunk.toString('latin1')));
	}

	static async open(t: ExecutionContext, target: Target): Promise<Talker> {
		const socket = connect({...target, host: '127.0.0.1'});
		t.teardown(() => socket.destroy());
		await once(socket, 'connect');
		return new Talker(socket);
	}

	/** Sends commands, and takes all up to what ends like this. */
	async ask(commands: readonly (readonly string[])[], end: string): Promise<string> {
		this.#socket.write(Buffer.concat(commands.map(parts => request(...parts))));
		return this.takeUntil(end);
	}

	async takeUntil(end: string): Promise<string> {
		while (!this.#received.includes(end)) await once(this.#socket, 'data');
		const taken = this.#received;
		this.#received = '';
		return taken;
	}
}

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '5.5', 'hi', '');
const database = fc.constantFrom('0', '0', '1', '15');
const words = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<readonly string[]> =>
	fc.tuple(...parts.map(part => (typeof part === 'string' ? fc.constant(part) : part)));

const single: fc.Arbitrary<readonly string[]> = fc.oneof(
	{arbitrary: words('set', key, value), weight: 4},
	words('set', key, value, fc.constantFrom('nx', 'xx', 'keepttl', 'get')),
	words('set', key, value, 'ex', '1000'),
	words('setex', key, '1000', value),
	words('psetex', key, '100000', value),
	words('setnx', key, value),
	words('getset', key, value),
	words('getdel', key),
	words('getex', key),
	words('getex', key, fc.constantFrom('persist')),
	words('getex', key, 'ex', '1000'),
	words('getex', key, 'exat', '1'),
	words('mset', key, value, key, value),
	words('msetnx', key, value, key, value),
	words('append', key, value),
	words('incr', key),
	words('decrby', key, '3'),
	words('incrbyfloat', key, '1.5'),
	words('setrange', key, '2', value),
	words('setbit', key, '3', fc.constantFrom('0', '1')),
	words('bitfield', key, fc.constantFrom('set', 'incrby'), 'u8', '0', '5'),
	words('bitfield', key, fc.constant('get'), 'u8', '0'),
	words('bitop', fc.constantFrom('and', 'or', 'not'), key, key),
	words('del', key, key),
	words('unlink', key),
	words('expire', key, fc.constantFrom('1000', '-1', '2000')),
	words('pexpire', key, '500000', fc.constantFrom('nx', 'xx', 'gt', 'lt')),
	words('persist', key),
	words('rename', key, key),
	words('renamenx', key, key),
	words('copy', key, key),
	words('copy', key, key, 'replace'),
	words('copy', key, key, 'db', database),
	words('move', key, database),
	words('swapdb', database, database),
	{arbitrary: words('select', database), weight: 2},
	words('get', key),
	words('touch', key),
	words('flushall'),
	words(
		'eval',
		"redis.call('set', KEYS[1], ARGV[1]) redis.pcall('incr', KEYS[2]) return redis.call('del', KEYS[1])",
		'2',
		key,
		key,
		value,
	),
	words('eval', "redis.call('append', KEYS[1], 'x') return redis.pcall('incr', KEYS[1])", '1', key),
);

const command = fc.oneof(
	{arbitrary: single.map(one => [one]), weight: 8},
	fc.array(single, {minLength: 1, maxLength: 3}).map(all => [['multi'] as readonly string[]].concat(all, [['exec']])),
);

/** Each tells a SET, which ends a conversation. */
const setting = fc.constantFrom('KEA', 'KEAn', 'AK', 'EA', 'E$n', 'K$g', 'gE$', 'nAEK', '$K', 'KEg$xlshztd');

async function converse(
	[speaker, listener]: readonly [Talker, Talker],
	{setting: chosen, commands, mark}: {setting: string; commands: readonly (readonly string[])[]; mark: string},
): Promise<readonly string[]> {
	const said = await speaker.ask(
		[
			['select', '0'],
			['flushall'],
			['config', 'set', 'notify-keyspace-events', chosen],
			['config', 'get', 'notify-keyspace-events'],
			['echo', `${mark} 1`],
		],
		`${mark} 1\r\n`,
	);
	await speaker.ask([...commands, ['select', '0'], ['set', mark, 'x'], ['echo', `${mark} 2`]], `${mark} 2\r\n`);
	// The last of its events, on the one channel or the other.
	const heard = await listener.takeUntil(
		chosen.includes('E') ? `__keyevent@0__:set\r\n$${mark.length}\r\n${mark}\r\n` : `:${mark}\r\n$3\r\nset\r\n`,
	);
	return [said, heard];
}

/** At the messages. */
const parted = (texts: readonly string[] | undefined): readonly string[] | undefined =>
	texts?.flatMap(text => text.split('\r\n>4\r\n'));

oracleTest('who listens is told of changes what redis-server 7.0 tells, byte for byte and in its order', async t => {
	t.timeout(240_000);
	const {ports} = await openCluster(t);
	const pairs: (readonly [Talker, Talker])[] = [];
	for (const target of [ports[0] as Target, await startRedis(t)]) {
		const listener = await Talker.open(t, target);
		await listener.ask(
			[
				['hello', '3'],
				['psubscribe', '__key*__:*'],
				['echo', 'begun'],
			],
			'begun\r\n',
		);
		pairs.push([await Talker.open(t, target), listener]);
	}
	let marks = 0;
	let events = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(command, {maxLength: 12}), setting, async (steps, chosen) => {
			marks += 1;
			const commands = steps.flat();
			const mark = `mark${marks}`;
			const [ours, theirs] = await Promise.all(pairs.map(pair => converse(pair, {setting: chosen, commands, mark})));
			assert.deepEqual(parted(ours), parted(theirs));
			events += (ours?.[1] ?? '').split('pmessage').length - 1;
		}),
		{seed: 20_241_129, numRuns: 100},
	);
	t.true(events > 500, `${events} events`);
});

oracleTest('CONFIG SET takes and refuses what redis-server 7.0 does', async t => {
	const {ports} = await openCluster(t);
	const lines = [
		...['KEA', 'A', 'AKEn', 'KEg', 'xE', 'lK', '$lshzxetdgE', 'n', '', 'KEx$g', 'KEq', 'K E', 'KEAe'].flatMap(
			chosen => [
				['config', 'set', 'notify-keyspace-events', chosen],
				['config', 'get', 'notify-keyspace-event*'],
			],
		),
		['config', 'set', 'notify-keyspace-events'],
		['CONFIG', 'SET', 'Notify-Keyspace-Events', 'KA'],
		['config', 'set', 'notify-keyspace-events', 'KA', 'notify-keyspace-events', 'KA'],
		['config', 'set', 'notify-keyspace-events', 'KA', 'x'],
		['config', 'set', 'nosuch', 'x'],
		['config', 'get', 'notify-keyspace-events'],
	];
	const bytes = Buffer.concat(lines.map(parts => request(...parts)));
	const [ours, theirs] = await Promise.all([talk(ports[0] as Target, bytes), talk(await startRedis(t), bytes)]);
	t.deepEqual(ours.split('\r\n'), theirs.split('\r\n'));
});

oracleTest('a key that is gone by itself is told as redis-server 7.0 tells it', async t => {
	const {ports} = await openCluster(t);
	const heard: string[] = [];
	for (const target of [ports[0] as Target, await startRedis(t)]) {
		const listener = await Talker.open(t, target);
		const speaker = await Talker.open(t, target);
		await listener.ask([['subscribe', '__keyevent@0__:expired', '__keyspace@0__:k'], ['ping']], 'pong');
		await speaker.ask(
			[
				['config', 'set', 'notify-keyspace-events', 'KEA'],
				['set', 'k', 'v', 'px', '20'],
				['echo', 'x'],
			],
			'x\r\n',
		);
		heard.push(await listener.takeUntil('expired\r\n$1\r\nk\r\n'));
	}
	t.is(heard[0], heard[1]);
});

test('changes are told that come from another port, from a clerk and from a lease, also while leaders are killed; and none when it is turned off', async t => {
	const {cluster, ports} = await openCluster(t, 2);
	const [own, other] = ports as readonly [Target, Target];
	const listener = await Talker.open(t, own);
	await listener.ask(
		[
			['psubscribe', '__keyevent@0__:*'],
			['config', 'get', 'notify-keyspace-events'],
		],
		'psubscribe',
	);
	const speaker = await Talker.open(t, own);
	await speaker.ask([['config', 'set', 'notify-keyspace-events', 'EA']], '+OK\r\n');
	await talk(other, request('set', 'of another port', '1'));
	const clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('of a clerk', '1');
	const lease = await clerk.grantLease(3_600_000);
	await lease.put('of a lease', '1');
	await lease.revoke();
	for (let number = 0; number < 60; number += 1) {
		if (number % 20 === 10) {
			const leader = await cluster.waitForLeader(60_000);
			await cluster.kill(leader);
			await cluster.restart(leader);
		}
		await clerk.put(`n${number}`, '1');
	}
	await clerk.put('last', '1');
	const heard = await listener.takeUntil('$4\r\nlast\r\n');
	const told = [...heard.matchAll(/__keyevent@0__:(\w+)\r\n\$\d+\r\n(.*)\r\n/g)].map(
		([, event, name]) => `${event} ${name}`,
	);
	t.deepEqual(told, [
		'set of another port',
		'set of a clerk',
		'set of a lease',
		'del of a lease',
		...Array.from({length: 60}, (_, number) => `set n${number}`),
		'set last',
	]);

	await speaker.ask([['config', 'set', 'notify-keyspace-events', '']], '+OK\r\n');
	t.is(
		await talk(own, request('config', 'get', 'notify-keyspace-events')),
		'*2\r\n$22\r\nnotify-keyspace-events\r\n$0\r\n\r\n',
	);
	await clerk.put('unheard', '1');
	await speaker.ask([['config', 'set', 'notify-keyspace-events', 'EA']], '+OK\r\n');
	await clerk.put('heard', '1');
	t.false((await listener.takeUntil('$5\r\nheard\r\n')).includes('unheard'));
});

test('events of missed keys and other settings are refused, and so is CONFIG SET within MULTI', async t => {
	const {ports} = await openCluster(t);
	const replies = await talk(
		ports[0] as Target,
		Buffer.concat([
			request('config', 'set', 'notify-keyspace-events', 'KEm'),
			request('config', 'set', 'maxmemory', '1'),
			request('multi'),
			request('config', 'set', 'notify-keyspace-events', 'KEA'),
		]),
	);
	t.regex(replies, /^-ERR CONFIG SET failed .*reads of keys that are not there/);
	t.regex(replies, /argument 'maxmemory'/);
	t.regex(replies, /send it before MULTI/);
});
