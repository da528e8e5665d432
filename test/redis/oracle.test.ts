import fc from 'fast-check';
import {Redis} from 'ioredis';
import {openGateway, request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

const key = fc.constantFrom('a', 'b', 'c\0\u00ff');
const integer = fc.constantFrom(
	'0',
	'1',
	'-1',
	'3',
	'-3',
	'99',
	'-0',
	'+1',
	'01',
	'',
	'x',
	'1 ',
	'9223372036854775807',
	'-9223372036854775808',
	'9223372036854775808',
	'-9223372036854775807',
	'10000000000000000000000',
);
const value = fc.oneof(integer, fc.constantFrom('hello world', 'a\r\nb', '\0\u00ff'));
const name = (...names: string[]) => fc.constantFrom(...names, ...names.map(each => each.toUpperCase()));
/** Mostly one of few. */
const database = fc.oneof(
	{weight: 4, arbitrary: fc.constantFrom('0', '1', '2')},
	fc.constantFrom('15', '16', '99999999999', '-1', 'x'),
);
const option = name('nx', 'xx', 'get', 'keepttl', 'persist', 'gt', 'lt', 'foo');
const anything = fc.oneof(key, value, option);

/** Known or not, with any number of arguments. */
const names: readonly string[] =
	'get set append del exists mget mset getset setnx incr incrby getrange strlen ping echo auth flushall flushdb client config nosuch fl\nush'.split(
		' ',
	);

const command: fc.Arbitrary<readonly string[]> = fc.oneof(
	fc.tuple(name('get', 'strlen', 'incr', 'decr', 'getdel'), key),
	fc.tuple(name('set', 'append', 'getset', 'setnx'), key, value),
	fc.tuple(fc.constant('set'), key, value, option),
	fc.tuple(fc.constant('set'), key, value, option, option),
	fc.tuple(name('incrby', 'decrby'), key, integer),
	fc.tuple(name('getrange', 'substr'), key, integer, integer),
	fc.tuple(name('del', 'unlink', 'exists', 'touch', 'mget'), key, key),
	fc.tuple(name('type'), key),
	fc.tuple(fc.constant('object'), fc.constantFrom('encoding', 'ENCODING', 'nosuch'), key),
	fc.tuple(fc.constant('object'), fc.constant('freq'), key),
	fc.tuple(fc.constant('object'), fc.constant('refcount'), key),
	// Of several keys redis-server has another order: `keyspace-oracle.test.ts` compares those.
	fc.tuple(fc.constant('keys'), fc.constantFrom('a', '[b]', 'b*', String.raw`\a`, 'c?*')),
	fc.tuple(fc.constant('scan'), fc.constantFrom('x', '1 ', '0x1', '1.5', '18446744073709551616')),
	fc.tuple(
		fc.constant('scan'),
		fc.constantFrom('0', '-0', '+0', ''),
		name('match'),
		fc.constantFrom('a', '[b]', 'no*'),
	),
	fc.tuple(fc.constant('scan'), fc.constant('0'), name('type'), fc.constantFrom('list', 'nosuch')),
	fc.tuple(fc.constant('scan'), fc.constant('0'), name('count', 'foo'), fc.constantFrom('0', '-1', 'x', '', '1 ')),
	fc.tuple(fc.constant('scan'), fc.constant('0'), name('match', 'count', 'type', 'foo')),
	fc.tuple(fc.constant('mset'), key, value, key, value),
	fc.tuple(name('select'), database),
	fc.tuple(name('move'), key, database),
	fc.tuple(name('swapdb'), database, database),
	fc.tuple(fc.constant('copy'), key, key, name('db', 'replace'), database),
	fc.tuple(fc.constantFrom(...names), fc.array(anything, {maxLength: 5})).map(([first, rest]) => [first].concat(rest)),
	fc.constantFrom(
		['select', '0'],
		['select', 'x'],
		['config', 'get', 'save'],
		['config', 'nosuch'],
		['client', 'getname'],
		['client', 'setname', 'a b'],
		['client', 'setname', 'me'],
		['client', 'reply', 'on'],
		['client', 'reply', 'off'],
		['client', 'reply', 'skip'],
		['client', 'reply', 'x'],
		['client', 'tracking', 'off'],
		['client', 'tracking'],
		['client', 'trackinginfo'],
		['client', 'getredir'],
		['reset'],
		['reset', 'x'],
		['unwatch'],
		['exec'],
		['discard'],
		['discard', 'x'],
		['hello', '4'],
		['hello', 'x'],
		['hello', '2', 'foo'],
		['auth', 'a'],
		['auth', 'a', 'b'],
		['flushall', 'async'],
		['dbsize'],
		['dbsize', 'x'],
		['randomkey', 'x'],
		['object', 'encoding'],
		['object', 'idletime', 'nosuch'],
		['memory', 'usage', 'nosuch'],
		['memory', 'usage', 'nosuch', 'samples'],
		['memory', 'usage', 'nosuch', 'samples', '-1'],
		['memory', 'usage', 'nosuch', 'samples', '5'],
		['memory', 'usage', 'nosuch', 'x', '5'],
		['command', 'count', 'x'],
		['config', 'resetstat'],
		['config', 'resetstat', 'x'],
		['wait', '0', '0'],
		['wait', '-1', '1'],
		['wait', 'x', 'x'],
		['wait', '0', '-1'],
		['wait', '0', '1.5'],
	),
);

/** Two connections at once are in test/redis/transactions-oracle.test.ts. */
const transaction = fc
	.tuple(
		fc.constantFrom(['ping'], ['watch', 'a'], ['watch', 'b', 'a'], ['unwatch']),
		fc.constantFrom(['multi'], ['multi'], ['multi', 'x']),
		// Of CLIENT REPLY, Redis leaves the end of the transaction's own reply out; HELLO and what reads all keys are refused here.
		fc.array(
			command.filter(
				([first = '', second]) =>
					!/^(?:scan|keys|dbsize|randomkey|hello)$/i.test(first) && (first !== 'client' || second !== 'reply'),
			),
			{maxLength: 6},
		),
		fc.constantFrom(['exec'], ['exec'], ['discard'], ['exec', 'x']),
	)
	.map(([watch, multi, queued, end]) => ([] as (readonly string[])[]).concat([watch, multi], queued, [end]));
const conversation = fc
	.array(fc.oneof({weight: 8, arbitrary: command.map(each => [each])}, {weight: 1, arbitrary: transaction}), {
		maxLength: 60,
	})
	.map(blocks => blocks.flat());

oracleTest('replies are byte for byte those of redis-server 7.0', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	await fc.assert(
		fc.asyncProperty(conversation, async commands => {
			const bytes = Buffer.concat([['flushall'], ...commands].map(parts => request(...parts)));
			// Ends the conversation: redis-server would drop the replies of a client that has ended its side.
			const all = Buffer.concat([bytes, request('client', 'reply', 'on'), request('quit')]);
			const [ours, theirs] = await Promise.all([talk({port}, all, 'keepOpen'), talk(redis, all, 'keepOpen')]);
			t.is(ours, theirs);
		}),
		{seed: 20_240_604, numRuns: 300},
	);
});

const stream = fc.array(
	fc.constantFrom(
		'*1\r\n',
		'*2\r\n',
		'$4\r\n',
		'PING',
		'\r\n',
		'*',
		'$',
		'-1',
		'0',
		'\r',
		'\n',
		'"',
		"'",
		' ',
		'PING\r\n',
		'ECHO "a\\x41"\r\n',
		'x',
		'*0\r\n',
		'$0\r\n\r\n',
	),
	{maxLength: 12},
);

/** What COMMAND INFO tells of a command. */
type Described = readonly [
	name: string,
	arity: number,
	flags: readonly string[],
	first: number,
	last: number,
	step: number,
	categories: readonly string[],
	tips: readonly string[],
	keySpecs: readonly (readonly [field: string, value: unknown, ...unknown[]])[],
	subcommands: readonly Described[],
];

/** Redis has these since 7.2 and 8.4. */
const later = new Set(['delex', 'client|setinfo', 'client|no-touch']);

/** Sets have no order; notes are for people. */
function comparable([name, arity, flags, first, last, step, categories, tips, specs]: Described): unknown {
	const withoutNotes = specs.map(spec => (spec[0] === 'notes' ? spec.slice(2) : spec));
	return {
		name,
		arity,
		flags: flags.toSorted(),
		keys: [first, last, step],
		categories: categories.toSorted(),
		tips,
		specs: withoutNotes,
	};
}

oracleTest('COMMAND tells of each command what redis-server 7.0 tells of it', async t => {
	const [ours, theirs] = await Promise.all(
		[await openGateway(t), await startRedis(t)].map(async server => {
			const client = new Redis({...server, lazyConnect: true});
			t.teardown(() => client.disconnect());
			const commands = (await client.call('command')) as readonly Described[];
			const all = commands.concat(commands.flatMap(command => command[9]));
			return new Map(all.map(command => [command[0], comparable(command)]));
		}),
	);
	t.true(ours!.size > 120);
	for (const [name, told] of ours!) if (!later.has(name)) t.deepEqual(told, theirs!.get(name), name);
	const version3 = (line: string) => `HELLO 3\r\nCOMMAND INFO ${line}\r\nQUIT\r\n`;
	const [{port}, redis] = [await openGateway(t), await startRedis(t)];
	for (const name of ['get', 'mset', 'rename', 'evalsha', 'ping', 'object|encoding', 'nosuch']) {
		const texts = await Promise.all([talk({port}, version3(name)), talk(redis, version3(name))]);
		const [one, other] = texts.map(text => text.slice(text.lastIndexOf('*1\r\n')).split('\r\n').toSorted());
		t.deepEqual(one, other, 'the types of RESP3');
	}
});

oracleTest('what is no request is refused as redis-server 7.0 does', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	await fc.assert(
		fc.asyncProperty(stream, async pieces => {
			// Whatever state the pieces leave the parser in, this ends the conversation.
			const all = Buffer.from(
				`${pieces.join('')}\r\nQUIT\r\n*1\r\n$4\r\nQUIT\r\n\r\nQUIT\r\nQUIT\r\n*x\r\n*x\r\n`,
				'latin1',
			);
			const [ours, theirs] = await Promise.all([talk({port}, all, 'keepOpen'), talk(redis, all, 'keepOpen')]);
			t.is(ours, theirs);
		}),
		{seed: 20_240_605, numRuns: 500},
	);
});
