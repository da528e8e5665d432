/** What computes a value from what is there, held against redis-server: names, parts, decimal numbers and bits of values. */
import fc from 'fast-check';
import {openGateway, request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

const key = fc.constantFrom('a', 'a', 'b', 'c\0\u00ff');
const name = (...names: string[]) => fc.constantFrom(...names, ...names.map(each => each.toUpperCase()));
const offset = fc.constantFrom('0', '1', '7', '8', '9', '15', '40', '-1', '-2', '-9', '-100', '100', 'x', '', '1.5');
const huge = fc.constantFrom('9223372036854775807', '-9223372036854775808', '9223372036854775808');
const place = fc.oneof({weight: 8, arbitrary: offset}, huge);
const value = fc.constantFrom(
	'',
	'x',
	'hello world',
	'\0\u00ff',
	'\u00ff\u00ff\u00ff',
	'10',
	'3.0',
	'5.0e3',
	'inf',
	' 1',
);
const decimal = fc.oneof(
	fc.constantFrom('1', '-1', '0.1', '-0.1', '0.2', '3.0e2', '1e17', '1.5e-7', '0x1.8p3', '.5', '5.', '+2', '1e4931'),
	fc.constantFrom(
		'1e-20',
		'-1e-30',
		'1e4932',
		'1e5000',
		'1e-4950',
		'1e-5000',
		'inf',
		'-INF',
		'nan',
		'',
		' 1',
		'1 ',
		'0x',
		'e5',
	),
	fc.double({noNaN: true}).map(String),
	fc.tuple(fc.bigInt({min: -(10n ** 19n), max: 10n ** 19n}), fc.integer({min: -25, max: 5})).map(all => all.join('e')),
);
const unit = name('bit', 'byte', 'foo');
const operator = name('and', 'or', 'xor', 'not', 'foo');

const fieldType = fc.constantFrom(
	'u1',
	'i1',
	'u8',
	'i8',
	'u63',
	'i64',
	'u64',
	'i65',
	'i5',
	'u13',
	'u0',
	'x',
	'i',
	'U8',
);
const fieldPlace = fc.constantFrom('0', '1', '7', '9', '40', '#0', '#1', '#3', '-1', '#-1', 'x', '#', '4294967296');
const fieldNumber = fc.oneof(fc.constantFrom('0', '1', '-1', '127', '128', '255', '256', '-129', 'x'), huge);
const field: fc.Arbitrary<readonly string[]> = fc.oneof(
	fc.tuple(name('get'), fieldType, fieldPlace),
	fc.tuple(name('set', 'incrby'), fieldType, fieldPlace, fieldNumber),
	fc.tuple(name('set', 'incrby'), fc.constantFrom('i8', 'u7', 'i64', 'u63'), fc.constantFrom('0', '#1'), fieldNumber),
	fc.tuple(name('overflow'), name('wrap', 'sat', 'fail', 'foo')),
);

/** One that Redis takes. */
const fullField = fc.tuple(
	fc.constant('overflow'),
	fc.constantFrom('wrap', 'sat', 'fail'),
	fc.constantFrom('set', 'incrby'),
	fc.constantFrom('u1', 'i1', 'u8', 'i8', 'u63', 'i64', 'i5', 'u13'),
	fc.constantFrom('0', '1', '7', '40', '#0', '#1', '#3'),
	fc.oneof(
		fc.constantFrom('0', '1', '-1', '127', '128', '255', '256', '-129'),
		fc.constantFrom('9223372036854775807', '-9223372036854775808'),
	),
);

const command: fc.Arbitrary<readonly string[]> = fc.oneof(
	fc.tuple(name('rename', 'renamenx', 'copy'), key, key),
	fc.tuple(fc.constant('copy'), key, key, name('replace', 'foo', 'db')),
	fc.tuple(fc.constant('copy'), key, key, name('db'), fc.constantFrom('0', '-1', '16', 'x', '99999999999')),
	fc.tuple(fc.constant('copy'), key, key, name('db'), fc.constant('0'), name('replace')),
	fc.tuple(name('setrange'), key, offset, value),
	fc.tuple(fc.constant('setrange'), key, fc.oneof(huge, fc.constant('2147483647')), fc.constantFrom('', 'x')),
	fc.tuple(name('incrbyfloat'), key, decimal),
	fc.tuple(name('incrbyfloat'), key, decimal),
	fc.tuple(fc.constant('msetnx'), key, value, key, value),
	fc.tuple(fc.constant('msetnx'), fc.constantFrom('d', 'e'), value, fc.constantFrom('d', 'e'), value),
	fc.tuple(name('setbit'), key, offset, fc.constantFrom('0', '1', '1', '2', 'x')),
	fc.tuple(fc.constant('setbit'), key, huge, fc.constant('1')),
	fc.tuple(name('getbit'), key, fc.oneof(place, fc.constantFrom('4294967295', '4294967296'))),
	fc.tuple(name('bitcount'), key, fc.array(place, {maxLength: 2})).map(parts => parts.flat()),
	fc.tuple(name('bitcount'), key, place, place, unit),
	fc
		.tuple(name('bitpos'), key, fc.constantFrom('0', '1', '2', 'x'), fc.array(place, {maxLength: 2}))
		.map(parts => parts.flat()),
	fc.tuple(name('bitpos'), key, fc.constantFrom('0', '1'), place, place, unit),
	fc.tuple(fc.constant('bitfield'), key, fc.array(fullField, {maxLength: 3})).map(parts => parts.flat(2)),
	fc.tuple(name('bitfield', 'bitfield_ro'), key, fc.array(field, {maxLength: 3})).map(parts => parts.flat(2)),
	fc
		.tuple(name('bitfield', 'bitfield_ro'), key, fc.array(fc.oneof(offset, fieldType, unit), {maxLength: 4}))
		.map(parts => parts.flat()),
	fc.tuple(name('bitop'), operator, key, fc.array(key, {minLength: 1, maxLength: 3})).map(parts => parts.flat()),
);
/** Their deadlines go along, are kept or cleared: told as such, since both are given the same. */
const other: fc.Arbitrary<readonly string[]> = fc.oneof(
	fc.tuple(name('set'), key, value),
	fc.tuple(fc.constant('set'), key, value, name('pxat'), fc.constantFrom('4102444800000', '4102444900000')),
	fc.tuple(fc.constantFrom('append'), key, value),
	fc.tuple(fc.constantFrom('del', 'strlen'), key),
	fc
		.tuple(
			name(
				'rename',
				'renamenx',
				'copy',
				'setrange',
				'incrbyfloat',
				'msetnx',
				'setbit',
				'getbit',
				'bitcount',
				'bitpos',
				'bitop',
			),
			fc.array(fc.oneof(key, offset, unit), {maxLength: 6}),
		)
		.map(parts => parts.flat()),
);
const keys = ['a', 'b', 'c\0\u00ff', 'd', 'e'];
/** After each command all keys and their deadlines are asked for. */
const conversation = fc
	.array(fc.oneof({weight: 2, arbitrary: command}, other), {maxLength: 25})
	.map(all => all.flatMap(parts => [parts, ['mget', ...keys], ...keys.slice(0, 3).map(each => ['pexpiretime', each])]));

/** In a transaction, and out of a script: the same commands, as parts of one step. */
const ways: Readonly<Record<string, (commands: readonly (readonly string[])[]) => readonly (readonly string[])[]>> = {
	'one by one': commands => commands,
	'in transactions': commands => [['multi'], ...commands, ['exec'], ['mget', ...keys]],
	'in scripts': commands =>
		commands.map((parts, place) => {
			const call = place % 2 === 0 ? 'call' : 'pcall';
			return ['eval', `return redis.${call}(unpack(ARGV))`, '0', ...parts];
		}),
};

for (const [way, planned] of Object.entries(ways)) {
	oracleTest(`names, parts, decimal numbers and bits change as those of redis-server 7.0, ${way}`, async t => {
		const redis = await startRedis(t);
		const {port} = await openGateway(t);
		await fc.assert(
			fc.asyncProperty(conversation, async commands => {
				const all = Buffer.concat([['flushall'], ...planned(commands), ['quit']].map(parts => request(...parts)));
				const [ours, theirs] = await Promise.all([talk({port}, all, 'keepOpen'), talk(redis, all, 'keepOpen')]);
				t.is(ours, theirs);
			}),
			{seed: 20_261_130, numRuns: 200},
		);
	});
}

/** Scripts do not have it. */
const lcsOption = fc.oneof(
	fc.tuple(name('len', 'idx', 'idx', 'withmatchlen', 'withmatchlen', 'minmatchlen')),
	fc.tuple(name('minmatchlen'), fc.constantFrom('0', '1', '2', '4', '-1', 'x')),
);

/** Of few letters, so that there is much in common, in many ways. */
const letters = fc.string({unit: fc.constantFrom('a', 'b', 'c', '\u00ff'), maxLength: 40});

oracleTest('LCS finds what redis-server 7.0 finds, of several that are as long the same', async t => {
	const [ours, theirs] = await Promise.all([openGateway(t), startRedis(t)]);
	await fc.assert(
		fc.asyncProperty(letters, letters, fc.array(lcsOption, {maxLength: 3}), async (first, second, options) => {
			const asked = Buffer.concat([
				request('MSET', 'a', first, 'b', second),
				request('LCS', 'a', 'b'),
				request('LCS', 'a', 'b', 'LEN'),
				request('LCS', 'a', 'b', ...options.flat()),
				request('LCS', 'a', 'none', ...options.flat()),
				request('MULTI'),
				request('LCS', 'a', 'b', 'IDX', 'WITHMATCHLEN'),
				request('EXEC'),
				request('HELLO', '3'),
				request('LCS', 'b', 'a', 'IDX'),
			]);
			const [one, other] = await Promise.all([ours, theirs].map(async server => talk(server, asked)));
			const withoutHello = (replies: string | undefined) => replies?.replaceAll(/%\d+\r\n\$6\r\nserver[^%]*/g, '');
			t.is(withoutHello(one), withoutHello(other));
		}),
		{seed: 20_261_129, numRuns: 200},
	);
});
