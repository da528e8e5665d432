/** Scripts on redis-server and on ours: the same requests, and the same replies, byte for byte. */
import {languageScripts} from '../kv/script/scripts.js';
import {libraryScripts} from '../kv/script/library-scripts.js';
import {openGateway, request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

const unknown = '0'.repeat(40);
const one = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';

/** Each call tells its answer. */
const databaseScripts: readonly (readonly string[])[] = [
	'select 3;set s x;get s;move s 0;move s 2;move s 2;get s;select 2;get s;select 0;get s',
	'select 16;select -1;select x;select 99999999999;get s',
	'set a 1;swapdb 0 5;get a;set a 2;select 5;get a;swapdb 5 0;get a;select 0;get a',
	'copy s t db 4;copy s t db 4;copy s t db 4 replace;get t;select 4;append t 1;get t;copy t s db 0;rename t u;get u',
	'select 1;mset a 1 b 2;flushdb;get a;select 0;get s;flushall;get s',
	'select 1;set a 1;select 2;set a 2;select 1;flushdb;select 2;get a;swapdb 1 2;get a;select 1;get a;del a',
	'move s 0;move s 16;move s x;move none 3;swapdb 0 16;swapdb x 1;swapdb 1 x;swapdb 3 3;copy s s;copy s s db 1',
	'select 9;incr n;incrby n 2;setrange n 3 x;setbit m 3 1;expire m 1000;persist m;exists n m;bitop not o m;msetnx n 1 p 1',
].map(calls => [
	'eval',
	`local told = {}
for call in string.gmatch(ARGV[1], '[^;]+') do
	local words = {}
	for word in string.gmatch(call, '%S+') do words[#words + 1] = word end
	local reply = redis.pcall(unpack(words))
	told[#told + 1] = type(reply) == 'table' and (reply.err or reply.ok) or reply
end
return told`,
	'0',
	calls,
]);

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
	...databaseScripts,
	['eval', 'return (', '0'],
	['eval', '#!lua flags=no-writes\nreturn redis.call("set","a","b")', '0'],
	['eval', '#!lua\nreturn 5', '0'],
	['eval', '#!lua name=x\nreturn 1', '0'],
	['eval', '#!js\nreturn 1', '0'],
	['select', '6'],
	['multi'],
	['eval', "return redis.call('incr', KEYS[1])", '1', 'counter'],
	['eval', "redis.call('select', 7) return redis.call('incr', KEYS[1])", '1', 'counter'],
	['evalsha', unknown, '0'],
	['exec'],
	['get', 'counter'],
	['eval', "redis.call('select', 7) return redis.call('get', 'counter')", '0'],
];

oracleTest('scripts are answered byte for byte as by redis-server 7.0', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	const start = Buffer.concat([request('flushall'), request('set', 's', 'abc')]);
	const scripts = [...languageScripts, ...libraryScripts].map(text => ['eval', text, '1', 's', 'a1']);
	t.true(scripts.length > 300);
	for (const parts of [...scripts, ...others.slice(0, -8)]) {
		const bytes = Buffer.concat([start, request(...parts)]);
		const [theirs, ours] = await Promise.all([talk(redis, bytes), talk({port}, bytes)]);
		t.is(ours, theirs, parts.join(' '));
	}
	const bytes = Buffer.concat(others.slice(-8).map(parts => request(...parts)));
	t.is(await talk({port}, bytes), await talk(redis, bytes));
});
