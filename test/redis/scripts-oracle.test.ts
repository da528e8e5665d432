/** Scripts on redis-server and on ours: the same requests, and the same replies, byte for byte. */
import {languageScripts} from '../kv/script/scripts.js';
import {libraryScripts} from '../kv/script/library-scripts.js';
import {openGateway, request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

const unknown = '0'.repeat(40);
const one = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';

/** What is asked besides scripts: `return 1` has that SHA-1. */
const others: readonly (readonly string[])[] = [
	['eval', 'return 1', 'x'],
	['eval', 'return 1', '-1'],
	['eval', 'return 1', '2', 'a'],
	['eval', 'return 1'],
	['evalsha', unknown, '0'],
	['evalsha', 'x', '0'],
	['script', 'exists', one, 'x'],
	['script', 'load', 'return 1'],
	['script', 'load', 'return ('],
	['script', 'exists', one, one.toUpperCase()],
	['evalsha', one, '0'],
	['evalsha', one.toUpperCase(), '0'],
	['evalsha_ro', one, '0'],
	['eval_ro', "return redis.call('get','s')", '0'],
	['eval_ro', "return redis.call('set','s','x')", '0'],
	['script', 'flush', 'async'],
	['script', 'exists', one],
	['evalsha', one, '0'],
	['script', 'flush', 'x'],
	['script', 'kill'],
	['eval', 'return (', '0'],
	['eval', '#!lua flags=no-writes\nreturn redis.call("set","a","b")', '0'],
	['eval', '#!lua\nreturn 5', '0'],
	['eval', '#!lua name=x\nreturn 1', '0'],
	['eval', '#!js\nreturn 1', '0'],
	['multi'],
	['eval', "return redis.call('incr', KEYS[1])", '1', 'counter'],
	['evalsha', unknown, '0'],
	['exec'],
	['get', 'counter'],
];

oracleTest('scripts are answered byte for byte as by redis-server 7.0', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	const start = Buffer.concat([request('flushall'), request('set', 's', 'abc')]);
	const scripts = [...languageScripts, ...libraryScripts].map(text => ['eval', text, '1', 's', 'a1']);
	t.true(scripts.length > 300);
	for (const parts of [...scripts, ...others.slice(0, -5)]) {
		const bytes = Buffer.concat([start, request(...parts)]);
		const [theirs, ours] = await Promise.all([talk(redis, bytes), talk({port}, bytes)]);
		t.is(ours, theirs, parts.join(' '));
	}
	const bytes = Buffer.concat(others.slice(-5).map(parts => request(...parts)));
	t.is(await talk({port}, bytes), await talk(redis, bytes));
});
