/** Transactions of two connections that are in each other's way, on redis-server and on ours. */
import {setTimeout as delay} from 'node:timers/promises';
import fc from 'fast-check';
import {openGateway} from './harness.js';
import {RawClient} from './raw-client.js';
import {oracleTest, startRedis} from './redis-server.js';

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', 'x', '9223372036854775807', '');
const one = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<readonly string[]> =>
	fc.tuple(...parts.map(part => (typeof part === 'string' ? fc.constant(part) : part)));

/** Both servers tell these to the ms, whatever their clocks show. */
const future = fc.constantFrom('4102444800000', '4102444800500', '4102444801000');

const database = fc.constantFrom('0', '0', '1', '2');

const data = fc.oneof(
	one('set', key, value),
	one('set', key, value, fc.constantFrom('nx', 'xx', 'get', 'foo')),
	one('append', key, value),
	one(fc.constantFrom('incr', 'decr', 'del', 'getdel', 'get', 'strlen'), key),
	one(fc.constantFrom('del', 'mget', 'exists'), key, key),
	one('incrby', key, fc.constantFrom('2', 'x')),
	one('mset', key, value, key, value),
	one(fc.constantFrom('flushall', 'flushdb')),
	one(fc.constantFrom('expiretime', 'pexpiretime', 'persist', 'getex'), key),
	one(fc.constantFrom('expire', 'pexpireat'), key, fc.constantFrom('-1', 'x')),
	one('select', database),
	one('move', key, database),
	one('swapdb', database, database),
	one('copy', key, key, 'db', database),
	one('pexpireat', key, future, fc.constantFrom('nx', 'xx', 'gt', 'lt')),
	one('set', key, value, fc.constantFrom('pxat', 'PXAT'), future),
	one('getex', key, fc.constantFrom('persist', 'foo')),
);
const refused = fc.constantFrom(
	['nosuch', 'a'],
	['get'],
	['set', 'a'],
	['client', 'nosuch'],
	['client'],
	['select', '16'],
	['select', 'x'],
	['ping'],
	['ping', 'a', 'b', 'c'],
	['echo', 'hello'],
	['client', 'getname'],
);
const control = fc.oneof(
	{weight: 4, arbitrary: one('watch', key)},
	{weight: 1, arbitrary: one('watch', key, key)},
	{weight: 6, arbitrary: one('multi')},
	{weight: 6, arbitrary: one('exec')},
	{weight: 1, arbitrary: one('discard')},
	{weight: 1, arbitrary: one('unwatch')},
	{weight: 1, arbitrary: one('reset')},
	{
		weight: 1,
		arbitrary: fc.constantFrom(['exec', 'x'], ['multi', 'x'], ['watch'], ['unwatch', 'x'], ['discard', 'x']),
	},
);
const request = fc.oneof(
	{weight: 4, arbitrary: data},
	{weight: 1, arbitrary: refused},
	{weight: 4, arbitrary: control},
);
type Requests = readonly (readonly string[])[];

/** As programs go about it, most of the time. */
const transaction: fc.Arbitrary<Requests> = fc
	.tuple(
		fc.array(one('watch', key), {maxLength: 2}),
		fc.array(one('get', key), {maxLength: 1}),
		fc.array(fc.oneof({weight: 12, arbitrary: data}, {weight: 1, arbitrary: refused}), {maxLength: 4}),
		fc.constantFrom('exec', 'exec', 'exec', 'discard'),
	)
	.map(([watched, read, queued, end]) => watched.concat(read, [['multi']], queued, [[end]]));
const script: fc.Arbitrary<Requests> = fc
	.array(
		fc.oneof(
			transaction,
			transaction,
			request.map(each => [each]),
		),
		{minLength: 3, maxLength: 8},
	)
	.map(blocks => blocks.flat());

const story = fc.record({
	scripts: fc.tuple(script, script),
	/** Whose turn it is. */
	turns: fc.infiniteStream(fc.nat({max: 1})),
	protocols: fc.tuple(fc.constantFrom('2', '3'), fc.constantFrom('2', '3')),
});

function interleaved(
	scripts: readonly Requests[],
	turns: fc.Stream<number>,
): {readonly who: number; readonly parts: readonly string[]}[] {
	const left = scripts.map(each => [...each]);
	const steps = [];
	while (left.some(each => each.length > 0)) {
		const drawn = turns.next().value ?? 0;
		const who = left[drawn]?.length === 0 ? 1 - drawn : drawn;
		steps.push({who, parts: left[who]?.shift() ?? []});
	}
	return steps;
}

oracleTest('transactions of two connections are answered byte for byte as by redis-server 7.0', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	let conflicts = 0;
	let aborted = 0;
	let committed = 0;
	await fc.assert(
		fc.asyncProperty(story, async ({scripts, turns, protocols}) => {
			const ours = await Promise.all([RawClient.open(t, {port}), RawClient.open(t, {port})]);
			const theirs = await Promise.all([RawClient.open(t, redis), RawClient.open(t, redis)]);
			await Promise.all([ours[0].say('flushall'), theirs[0].say('flushall')]);
			for (const pair of [ours, theirs])
				await Promise.all(pair.map((client, who) => client.say(`hello ${protocols[who] ?? '2'}`)));
			const told: string[] = [];
			const all = [...interleaved(scripts, turns), ...['a', 'b', 'c'].map(name => ({who: 2, parts: ['get', name]}))];
			const judges = [await RawClient.open(t, {port}), await RawClient.open(t, redis)] as const;
			for (const {who, parts} of all) {
				const reply = await ([...ours, judges[0]][who] as RawClient).ask(...parts);
				const wanted = await ([...theirs, judges[1]][who] as RawClient).ask(...parts);
				told.push(`${who}: ${parts.join(' ')} -> ${JSON.stringify(wanted)}`);
				t.is(reply, wanted, told.join('\n'));
				if (parts[0] !== 'exec') continue;
				if (/^(?:\*-1|_)\r/.test(reply)) conflicts += 1;
				else if (reply.startsWith('-EXECABORT')) aborted += 1;
				else if (reply.startsWith('*')) committed += 1;
			}
			for (const client of [...ours, ...theirs, ...judges]) client.close();
		}),
		{seed: 20_261_129, numRuns: 200},
	);
	t.log(`${committed} committed, ${conflicts} conflicts, ${aborted} aborted`);
	t.true(Math.min(committed, conflicts, aborted) > 20);
});

/** Long enough that a WATCH comes before it is over, on whatever machine. */
const ttlMs = 3000;

oracleTest(
	'a watched key whose time is over before EXEC is a conflict, and one whose time was over before WATCH is none',
	async t => {
		const {port} = await openGateway(t);
		// It deletes such a key only when somebody asks for it.
		const redis = await startRedis(t, '--enable-debug-command', 'yes');
		t.is(await (await RawClient.open(t, redis)).say('debug set-active-expire 0'), '+OK\r\n');
		const tell = async (target: {readonly port: number} | {readonly path: string}): Promise<readonly string[]> => {
			const [one, two, other] = await Promise.all([1, 2, 3].map(() => RawClient.open(t, target)));
			const told: string[] = [];
			const ask = async (client: RawClient | undefined, ...lines: readonly string[]): Promise<void> => {
				for (const line of lines) told.push(`${line} -> ${await client?.say(line)}`);
			};
			await ask(other, ...['c', 'd', 'e', 'f'].map(key => `set ${key} 1 px 1`));
			await ask(one, `set a 1 px ${ttlMs}`, 'watch a', 'multi', 'set x 1');
			await ask(two, `set b 1 px ${ttlMs}`, 'watch b', 'multi', 'set x 1');
			await delay(ttlMs + 50);
			await ask(other, 'get b');
			await ask(one, 'exec', 'get x');
			await ask(two, 'exec', 'get x');
			await ask(one, 'watch c', 'multi', 'get c', 'exec');
			await ask(one, 'watch d');
			await ask(other, 'get d');
			await ask(one, 'multi', 'get d', 'exec');
			await ask(one, 'watch e');
			await ask(other, 'set e 2');
			await ask(one, 'multi', 'get e', 'exec');
			await ask(one, 'watch f');
			await ask(other, 'set f 2', 'del f');
			await ask(one, 'multi', 'get f', 'exec');
			return told;
		};
		const [ours, theirs] = await Promise.all([tell({port}), tell(redis)]);
		t.deepEqual(ours, theirs);
		const execs = ours.filter(each => each.startsWith('exec')).map(each => each.slice(8, 11));
		t.deepEqual(execs, ['*-1', '*-1', '*1\r', '*1\r', '*-1', '*-1']);
	},
);
