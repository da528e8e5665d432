/** SET with IFEQ and IFNE, and DELEX: redis-server 7.0 has none of them, and scripts that do the same. */
import fc from 'fast-check';
import {openGateway, talk} from './harness.js';
import {RawClient} from './raw-client.js';
import {oracleTest, startRedis} from './redis-server.js';
import test from 'ava';

const set = `local is = redis.call('get', KEYS[1])
if (is == ARGV[2]) ~= (ARGV[1] == 'ifeq') then
	for i = 4, #ARGV do if ARGV[i] == 'get' then return is end end
	return false
end
return redis.call('set', KEYS[1], unpack(ARGV, 3))`;
const delex = `local is = redis.call('get', KEYS[1])
if is and (is == ARGV[2]) == (ARGV[1] == 'ifeq') then return redis.call('del', KEYS[1]) end
return 0`;

const key = fc.constantFrom('a', 'b');
const value = fc.constantFrom('1', '2', '\0\u00ff', '');
const condition = fc.constantFrom('ifeq', 'ifne');
const options = fc.subarray(['get', 'keepttl'], {maxLength: 2});

/** What ours is asked, and what redis-server is asked. */
type Step = readonly [ours: readonly string[], theirs: readonly string[]];
const same = (parts: readonly string[]): Step => [parts, parts];

const step: fc.Arbitrary<Step> = fc.oneof(
	fc.tuple(key, value, condition, value, options).map(([name, put, how, compared, more]): Step => [
		['set', name, put, how, compared, ...more],
		['eval', set, '1', name, how, compared, put, ...more],
	]),
	fc.tuple(key, condition, value).map(([name, how, compared]): Step => [
		['delex', name, how, compared],
		['eval', delex, '1', name, how, compared],
	]),
	fc.tuple(fc.constant('set'), key, value, fc.constant('pxat'), fc.constant('4102444800000')).map(same),
	fc.tuple(fc.constantFrom('del', 'get', 'pexpiretime'), key).map(same),
	key.map((name): Step => [
		['delex', name],
		['del', name],
	]),
	fc.constantFrom<Step>(same(['multi']), same(['exec'])),
);

oracleTest('what compares a value first answers, and does, what a script of redis-server 7.0 does', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	await fc.assert(
		fc.asyncProperty(fc.array(step, {minLength: 10, maxLength: 40}), async steps => {
			const ours = await RawClient.open(t, {port});
			const theirs = await RawClient.open(t, redis);
			const told: string[] = [];
			for (const [our, their] of [same(['flushall']), ...steps, same(['get', 'a']), same(['pexpiretime', 'b'])]) {
				const [reply, wanted] = await Promise.all([ours.ask(...our), theirs.ask(...their)]);
				told.push(`${our.join(' ')} -> ${JSON.stringify(wanted)}`);
				t.is(reply, wanted, told.join('\n'));
			}
			ours.close();
			theirs.close();
		}),
		{seed: 20_261_130, numRuns: 150},
	);
});

test('a condition that contradicts another, or that there is not, is refused', async t => {
	const {port} = await openGateway(t);
	const wrong = "-ERR wrong number of arguments for 'delex' command\r\n";
	const unknown = '-ERR Invalid condition. Use IFEQ or IFNE: there are no digests\r\n';
	const exchanges = [
		['SET a 1 IFEQ 1 NX', '-ERR syntax error\r\n'],
		['SET a 1 XX IFNE 1', '-ERR syntax error\r\n'],
		['SET a 1 IFEQ', '-ERR syntax error\r\n'],
		['SET a 1 IFDEQ 0123456789abcdef', '-ERR syntax error\r\n'],
		['GETEX a IFEQ 1', '-ERR syntax error\r\n'],
		['DELEX a IFEQ', wrong],
		['DELEX a IFEQ 1 2', wrong],
		['DELEX a IFDEQ 0123456789abcdef', unknown],
		['SET a 1 IFNE 1 EX 100', '+OK\r\n'],
		['GET a', '$1\r\n1\r\n'],
		['DELEX a IFEQ 2', ':0\r\n'],
		['DELEX a IFEQ 1', ':1\r\n'],
	];
	const replies = await talk({port}, exchanges.map(([line]) => `${line}\r\n`).join(''));
	t.is(replies, exchanges.map(([, reply]) => reply).join(''));
});
