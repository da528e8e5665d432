/** Deadlines, held against those of redis-server. The clocks differ by a little: what counts from now on is compared within `slackMs`. */
import fc from 'fast-check';
import {openGateway, request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

/** How far apart the times of the two servers may be. Times that are meant to differ are at least 100 s apart. */
const slackMs = 50_000;
/** 2100. A deadline from then on was given as such, and is told to the ms. */
const farMs = 4_102_444_800_000;

/** A time that counts from now on: in place of it stands another one for each place in the conversation. */
const soon = (unitMs: number) => (draw: number, place: number) =>
	String(((draw * 100_000 + place * 100) * 1000) / unitMs);
type Time = string | ((draw: number, place: number) => string);

const key = fc.constantFrom('a', 'a', 'b');
const name = (...names: string[]) => fc.constantFrom(...names, ...names.map(each => each.toUpperCase()));
const never = ['0', '-1', '-0', 'x', '', '1.5', '+1', '01', '1 ', '9223372036854775808', '-9223372036854775808'];
const seconds = ['-9223372036854775', '-9223372036854776', '9223372036854776'];
const time = (...times: Time[]) =>
	fc.oneof({weight: 3, arbitrary: fc.constantFrom(...times)}, fc.constantFrom<Time>(...never));
/** By the unit and the beginning that commands and options give them. */
const times = {
	inSeconds: time(soon(1000), ...seconds, '9223372036854775'),
	inMs: time(soon(1), '9223372036854775807'),
	atSecond: time('1', '1700000000', '4102444800', '4102444801', '4102444802', ...seconds),
	atMs: time('1', '1700000000000', '4102444800000', '4102444800499', '4102444800500', '4102444801000'),
};
const timed = fc.oneof(
	fc.tuple(name('ex'), times.inSeconds),
	fc.tuple(name('px'), times.inMs),
	fc.tuple(name('exat'), times.atSecond),
	fc.tuple(name('pxat'), times.atMs),
);
const word = name('nx', 'xx', 'get', 'keepttl', 'persist').map(option => [option]);
const options = fc.array(fc.oneof(timed, word), {minLength: 1, maxLength: 3}).map(all => all.flat());
const conditions = fc.array(name('nx', 'xx', 'gt', 'lt', 'get'), {maxLength: 2});

const expiring: fc.Arbitrary<readonly Time[]> = fc.oneof(
	fc.tuple(name('ttl', 'pttl', 'expiretime', 'pexpiretime', 'persist'), key),
	fc.tuple(name('ttl', 'pttl', 'expiretime', 'pexpiretime'), key),
	fc.tuple(name('expire'), key, times.inSeconds, conditions).map(parts => parts.flat()),
	fc.tuple(name('pexpire'), key, times.inMs, conditions).map(parts => parts.flat()),
	fc.tuple(name('expireat'), key, times.atSecond, conditions).map(parts => parts.flat()),
	fc.tuple(name('pexpireat'), key, times.atMs, conditions).map(parts => parts.flat()),
	fc.tuple(name('set'), key, fc.constantFrom('1', 'x'), options).map(parts => parts.flat()),
	fc.tuple(name('getex'), key, options).map(parts => parts.flat()),
	fc.tuple(name('setex'), key, times.inSeconds, fc.constantFrom('1', 'x')),
	fc.tuple(name('psetex'), key, times.inMs, fc.constantFrom('1', 'x')),
);
/** They keep the deadline, or clear it, or only look whether the key is there. */
const other: fc.Arbitrary<readonly Time[]> = fc.oneof(
	fc.tuple(name('get', 'incr', 'getdel', 'del', 'exists', 'getex'), key),
	fc.tuple(name('set', 'getset', 'append', 'setnx', 'mset', 'incrby'), key, fc.constantFrom('1', 'x')),
	fc
		.tuple(
			name('ttl', 'persist', 'expire', 'pexpireat', 'setex', 'psetex', 'getex'),
			fc.array(fc.constantFrom('a', '1', 'gt', 'f\r\noo', 'ex', 'nosuch\0x'), {maxLength: 4}),
		)
		.map(parts => parts.flat()),
);
/** After each command the deadline of a key is asked for. */
const conversation = fc
	.array(fc.tuple(fc.oneof({weight: 3, arbitrary: expiring}, other), key, fc.integer({min: 1, max: 9})), {
		maxLength: 40,
	})
	.map(all =>
		all.flatMap(([parts, asked, draw], place) => [
			parts.map(part => (typeof part === 'string' ? part : part(draw, place))),
			['pexpiretime', asked],
			['expiretime', asked],
		]),
	);

/** Each reply; those of these commands are lines and bulks. */
const repliesIn = (text: string): readonly string[] => text.match(/\$\d+\r\n[^]*?\r\n|[^]*?\r\n/g) ?? [];

/** The unit of the command's reply, when that is a time. */
const unitOf = (command: string): number | undefined =>
	({ttl: 1000, pttl: 1, expiretime: 1000, pexpiretime: 1})[command.toLowerCase()];

/** The reply to be given: that of redis-server, or ours where both are times that only the clocks keep apart. */
function expected(command: string, ours: string, theirs: string): string {
	const unit = unitOf(command);
	const [our = 0, their = 0] = [ours, theirs].map(reply => Number(reply.slice(1)) * (unit ?? 0));
	const isExact = unit === undefined || their <= slackMs || (/expiretime/i.test(command) && their >= farMs);
	return isExact || Math.abs(our - their) > slackMs ? theirs : ours;
}

oracleTest('deadlines are set, kept, cleared, told and refused as by redis-server 7.0', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	await fc.assert(
		fc.asyncProperty(conversation, async commands => {
			const all = [['flushall'], ...commands, ['quit']];
			const bytes = Buffer.concat(all.map(parts => request(...parts)));
			const [ours, theirs] = (await Promise.all([talk({port}, bytes, 'keepOpen'), talk(redis, bytes, 'keepOpen')])).map(
				repliesIn,
			) as [readonly string[], readonly string[]];
			t.is(theirs.length, all.length);
			const told = all.map(([command = ''], place) => expected(command, ours[place] ?? '', theirs[place] ?? ''));
			t.deepEqual(ours, told);
		}),
		{seed: 20_260_101, numRuns: 300},
	);
});
