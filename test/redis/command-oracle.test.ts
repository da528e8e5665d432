/** What COMMAND and the help of redis-cli tell of commands, held against redis-server. */
import {execFile} from 'node:child_process';
import {promisify, stripVTControlCharacters} from 'node:util';
import {syntax} from '../../actors/redis/commands/syntax.js';
import {openGateway, request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

/** One behind the other. */
const requests: readonly string[] = [
	'get k | GET | get k l | set k v | set k v EX 5 GET | set get v | mget a b c | mset a 1 b 2 | mset a 1 b',
	'setnx k v | msetnx a 1 | append k v | getset k v | getdel k | getex k | setex k 1 v | strlen k | lcs a b',
	'getrange k 0 1 | substr k 0 1 | setrange k 0 v | incr k | decrby k 1 | incrbyfloat k 1 | setbit k 1 1',
	'getbit k 1 | bitcount k | bitpos k 1 | bitop and d a b | bitop not d a | bitfield k get u8 0',
	'bitfield k set u8 0 1 | bitfield k | bitfield_ro k get u8 0 | del a b | unlink a | exists a b | touch a',
	'rename a b | renamenx a b | copy a b | type a | expire k 1 | pexpireat k 1 | ttl k | pexpiretime k | persist k',
	'watch a b | object encoding k | OBJECT FREQ k | memory usage k | memory usage | object encoding',
	'eval s 2 a b c | eval s 0 | eval s 3 a | eval s x a | evalsha s 1 a | eval_ro s 1 a | evalsha_ro s 1 a b',
	'ping x | client getname | client nosuch | nosuch a | config get x | scan 0 | keys x | multi x | publish a b',
	'select 1 | object | object x',
].flatMap(line => line.split(' | '));

oracleTest('COMMAND GETKEYS and GETKEYSANDFLAGS find the keys that redis-server 7.0 finds', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	for (const name of ['COMMAND GETKEYS', 'COMMAND GETKEYSANDFLAGS']) {
		for (const version of ['2', '3']) {
			for (const line of requests) {
				const bytes = Buffer.concat([request('hello', version), request(...name.split(' '), ...line.split(' '))]);
				const [theirs, ours] = await Promise.all([talk(redis, bytes), talk({port}, bytes)]);
				t.is(answerIn(ours), answerIn(theirs), `${name} ${line}`);
			}
		}
	}
});

/** Behind the greeting, which is about the server itself. */
const answerIn = (text: string): string => text.slice(text.indexOf('modules')).split('\r\n').slice(2).join('\n');

/** What is ours, more or less than theirs. */
const others = new Set(['set', 'delex', 'client|setinfo', 'client|no-touch', 'client|kill', 'client|tracking']);
const untold = new Set(['command|getkeys', 'command|getkeysandflags']);

oracleTest('the help of redis-cli, which is what it shows as one types, is that of redis-server 7.0', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	const names = Object.keys(syntax).filter(name => !others.has(name) && !untold.has(name));
	const asked = [...names, ...others].map(name => `help ${name.replace('|', ' ')}\n`).join('');
	const linesOf = async (...place: readonly string[]): Promise<readonly string[]> => {
		const running = promisify(execFile)('redis-cli', place);
		running.child.stdin?.end(asked);
		const {stdout} = await running;
		return stripVTControlCharacters(stdout)
			.split(/\r?\n/)
			.filter(line => /^ {2}[A-Z]/.test(line))
			.map(line => line.trim());
	};
	const ours = await linesOf('-p', String(port));
	const theirs = await linesOf('-s', redis.path);
	t.true(names.length > 80);
	t.deepEqual(ours.slice(0, names.length), theirs.slice(0, names.length));
	t.deepEqual(
		ours.slice(names.length),
		[...others].map(name => `${name.replace('|', ' ').toUpperCase()} ${syntax[name]}`),
	);
});
