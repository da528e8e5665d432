/** SLOWLOG: what it keeps of commands, beside redis-server; the times themselves are nobody's promise. */
import test from 'ava';
import {openGateway} from './harness.js';
import {RawClient} from './raw-client.js';
import {oracleTest, startRedis} from './redis-server.js';

const long = 'x'.repeat(200);
const lines: readonly (readonly string[])[] = [
	['config', 'set', 'slowlog-log-slower-than', '0', 'slowlog-max-len', '5'],
	['slowlog', 'reset'],
	['client', 'setname', 'me'],
	['set', 'k', long],
	['mget', ...Array.from({length: 40}, (_, place) => `k${place}`)],
	['get', 'k'],
	['incr', 'k'],
	['multi'],
	['get', 'k'],
	['discard'],
	['slowlog', 'get', '-1'],
	['slowlog', 'len'],
	['slowlog', 'get', '2'],
	// Those that are not begun are not kept, and those that turn out to be wrong are.
	['nosuch', 'x'],
	['get'],
	['get', 'k', 'l'],
	['client', 'nosuch'],
	['client', 'id', 'x'],
	['incr', 'k', '1'],
	['set', 'k', 'v', 'nosuch'],
	['getrange', 'k', 'x', '1'],
	['slowlog', 'get', '-1'],
	['config', 'set', 'slowlog-max-len', '2'],
	// One by one: redis-server tells several in an order that is drawn at its start.
	['config', 'get', 'slowlog-max-*'],
	['config', 'get', 'slowlog-log-*'],
	['slowlog', 'get'],
	['config', 'set', 'slowlog-log-slower-than', '-1'],
	['slowlog', 'reset'],
	['get', 'k'],
	['slowlog', 'len'],
	['config', 'set', 'slowlog-log-slower-than', 'x'],
	['config', 'set', 'slowlog-max-len', '1', 'slowlog-max-len', '2'],
];

/** Without numbers (redis-server begins with the CONFIG SET itself), times and addresses. */
const untimed = (text: string): string =>
	text.replaceAll(/(\*6\r\n)(?::\d+\r\n){3}/g, '$1').replaceAll(/\$\d+\r\n(?:127\.0\.0\.1|\/\S*):\d+\r\n/g, '');

oracleTest('SLOWLOG keeps the commands that redis-server 7.0 keeps, as long as it is asked to', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	const ours = await RawClient.open(t, {port});
	const theirs = await RawClient.open(t, redis);
	// Not in one piece: what is taken in before the setting is carried out is not kept.
	for (const parts of lines) {
		const told = [await ours.ask(...parts), await theirs.ask(...parts)].map(untimed);
		t.is(told[0], told[1], parts.join(' '));
	}
});

test('SLOWLOG keeps no password, and no more entries than ten thousand', async t => {
	const {port} = await openGateway(t);
	const asked = [
		['config', 'set', 'slowlog-log-slower-than', '0'],
		['auth', 'a secret of mine'],
		['hello', '2', 'auth', 'default', 'a secret of mine'],
		['slowlog', 'get', '-1'],
		['config', 'set', 'slowlog-max-len', '10001'],
	];
	const client = await RawClient.open(t, {port});
	let told = '';
	for (const parts of asked) told += await client.ask(...parts);
	t.true(told.includes('(redacted)'));
	t.false(told.includes('a secret'));
	t.true(told.endsWith('argument must be between 0 and 10000 inclusive\r\n'));
});
