import test from 'ava';
import {UnsupportedOperationError} from '../../actors/engines/etcd/errors.js';
import {secondsOf} from '../../actors/redis/commands/times.js';
import {StoreClient} from './store-client.js';
import {openGateway, request, talk} from './harness.js';

/** Requests as one types them, each with the reply that redis-server 7.0 gives to it, byte for byte. */
const dialogue = test.macro(async (t, ...exchanges: [line: string, reply: string][]) => {
	const {port} = await openGateway(t);
	const replies = await talk({port}, exchanges.map(([line]) => `${line}\r\n`).join(''));
	t.is(replies, exchanges.map(([, reply]) => reply.replaceAll('\n', '\r\n')).join(''));
});

const notAnInteger = '-ERR value is not an integer or out of range\n';

test(
	'PING and ECHO answer what they are given',
	dialogue,
	['PING', '+PONG\n'],
	['ping "a b"', '$3\na b\n'],
	['ECHO x', '$1\nx\n'],
);

test(
	'GET and SET: a value, no value, a value with line breaks',
	dialogue,
	['GET k', '$-1\n'],
	[String.raw`SET k "a\r\nb\x00"`, '+OK\n'],
	['get k', '$5\na\nb\0\n'],
	['STRLEN k', ':5\n'],
	['STRLEN none', ':0\n'],
);

test(
	'SET NX and XX write only under their condition',
	dialogue,
	['SET k 1 XX', '$-1\n'],
	['SET k 1 NX', '+OK\n'],
	['SET k 2 nx', '$-1\n'],
	['SET k 3 xx', '+OK\n'],
	['GET k', '$1\n3\n'],
	['SETNX k 4', ':0\n'],
	['SETNX other 4', ':1\n'],
);

test(
	'SET GET answers the previous value, whatever its condition',
	dialogue,
	['SET k 1 GET', '$-1\n'],
	['SET k 2 GET NX', '$1\n1\n'],
	['SET k 3 XX GET', '$1\n1\n'],
	['SET none 1 XX GET', '$-1\n'],
	['SET new 1 NX GET', '$-1\n'],
	['GET new', '$1\n1\n'],
	['GETSET k 4', '$1\n3\n'],
	['GETDEL k', '$1\n4\n'],
	['GETDEL k', '$-1\n'],
);

const invalidTime = (name: string): string => `-ERR invalid expire time in '${name}' command\n`;

test(
	'SET writes nothing when its options contradict each other or its time is none',
	dialogue,
	['SET k 1 EX 0', invalidTime('set')],
	['SET k 1 NX pxat -10', invalidTime('set')],
	['SET k 1 EX 9223372036854776', invalidTime('set')],
	['SET k 1 PX 9223372036854775807', invalidTime('set')],
	['SETEX k 0 1', invalidTime('setex')],
	['PSETEX k -1 1', invalidTime('psetex')],
	['SET k 1 EX x', notAnInteger],
	['SET k 1 EX', '-ERR syntax error\n'],
	['SET k 1 EX 10 PX 10', '-ERR syntax error\n'],
	['SET k 1 KEEPTTL EX 10', '-ERR syntax error\n'],
	['SET k 1 PERSIST', '-ERR syntax error\n'],
	['SET k 1 NX XX', '-ERR syntax error\n'],
	['SET k 1 FOO', '-ERR syntax error\n'],
	['GET k', '$-1\n'],
);

test(
	'a deadline is told to the millisecond, kept by INCR, APPEND and KEEPTTL, and cleared by SET, GETSET, MSET and PERSIST',
	dialogue,
	['PEXPIRETIME k', ':-2\n'],
	['SET k 1', '+OK\n'],
	['TTL k', ':-1\n'],
	['PEXPIREAT k 4102444800499', ':1\n'],
	['INCR k', ':2\n'],
	['APPEND k 3', ':2\n'],
	['SET k 5 KEEPTTL GET', '$2\n23\n'],
	['GETEX k', '$1\n5\n'],
	['PEXPIRETIME k', ':4102444800499\n'],
	['EXPIRETIME k', ':4102444800\n'],
	['GETEX k PXAT 4102444800500', '$1\n5\n'],
	['EXPIRETIME k', ':4102444801\n'],
	['GETEX k PERSIST', '$1\n5\n'],
	['PTTL k', ':-1\n'],
	['PERSIST k', ':0\n'],
	['SET k 1 EXAT 4102444800', '+OK\n'],
	['PERSIST k', ':1\n'],
	['EXPIREAT k 4102444800', ':1\n'],
	['GETSET k 2', '$1\n1\n'],
	['EXPIRETIME k', ':-1\n'],
	['EXPIREAT k 4102444800', ':1\n'],
	['MSET k 2', '+OK\n'],
	['EXPIRETIME k', ':-1\n'],
);

test(
	'a deadline that is over deletes the key, and one beyond 2^53 ms is that one',
	dialogue,
	['MSET a 1 b 1 c 1 d 1 e 1', '+OK\n'],
	['EXPIRE a 0', ':1\n'],
	['PEXPIRE b -1', ':1\n'],
	['EXPIREAT c 1', ':1\n'],
	['GETEX d EXAT 1', '$1\n1\n'],
	['SET e 2 PXAT 1 GET', '$1\n1\n'],
	['EXISTS a b c d e', ':0\n'],
	['EXPIRE a -1', ':0\n'],
	['SET f 1', '+OK\n'],
	['EXPIREAT f 9223372036854775', ':1\n'],
	['PEXPIRETIME f', ':9007199254740991\n'],
);

test(
	'a deadline is set only if NX, XX, GT and LT hold; no deadline is later than any',
	dialogue,
	['SET k 1', '+OK\n'],
	['EXPIREAT k 4102444800 XX', ':0\n'],
	['EXPIREAT k 4102444800 GT', ':0\n'],
	['EXPIREAT k 4102444800 NX', ':1\n'],
	['EXPIREAT k 4102444801 NX', ':0\n'],
	['EXPIREAT k 4102444800 gt', ':0\n'],
	['EXPIREAT k 4102444801 XX GT', ':1\n'],
	['EXPIREAT k 4102444801 LT', ':0\n'],
	['EXPIREAT k 4102444800 LT', ':1\n'],
	['EXPIRE k 10 NX GT', '-ERR NX and XX, GT or LT options at the same time are not compatible\n'],
	['EXPIRE k 10 GT LT', '-ERR GT and LT options at the same time are not compatible\n'],
	['EXPIRE k 10 FOO', '-ERR Unsupported option FOO\n'],
	['EXPIRE k 9223372036854776', invalidTime('expire')],
	['EXPIRETIME k', ':4102444800\n'],
);

test(
	'GETEX says what is wrong with its time only of a key that is there',
	dialogue,
	['GETEX k EX x', '$-1\n'],
	['SET k 1', '+OK\n'],
	['GETEX k EX x', notAnInteger],
	['GETEX k PX 0', invalidTime('getex')],
	['GETEX k KEEPTTL', '-ERR syntax error\n'],
	['GETEX k PERSIST EX 10', '-ERR syntax error\n'],
	['TTL k', ':-1\n'],
);

test('what sets or takes a deadline together with a read is one write, and the rest is a read', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	for (const line of [
		'SET k 1',
		'GETEX k EX 100',
		'GETEX k PERSIST',
		'EXPIRE k 100 GT',
		'GETDEL k',
		'GETEX k',
		'TTL k',
	]) {
		await talk({port}, `${line}\r\n`);
	}
	t.deepEqual(client.batches, [['put'], ['batch'], ['batch'], ['expire'], ['batch'], ['get'], ['get']]);
});

test('what the engine cannot do is refused in words that no library tries again', async t => {
	const client = new StoreClient();
	client.failWith = () => new UnsupportedOperationError('order');
	const {port} = await openGateway(t, {client});
	t.regex(
		await talk({port}, 'EXPIRE k 10 GT\r\n'),
		/^-ERR the command was not executed \(ERR_UNSUPPORTED_OPERATION\): With etcd, a deadline is not compared with another one/,
	);
});

test('seconds are rounded, half up', t => {
	t.deepEqual([0, 499, 500, 1499, 1500].map(secondsOf), [0, 0, 1, 1, 2]);
});

test(
	'DEL, UNLINK and EXISTS count; EXISTS counts a key as often as it is named',
	dialogue,
	['MSET a 1 b 2 c 3', '+OK\n'],
	['EXISTS a b none a', ':3\n'],
	['MGET a none b', '*3\n$1\n1\n$-1\n$1\n2\n'],
	['DEL a a none', ':1\n'],
	['UNLINK b', ':1\n'],
	['EXISTS a b c', ':1\n'],
	['FLUSHALL', '+OK\n'],
	['EXISTS c', ':0\n'],
	['FLUSHDB ASYNC', '+OK\n'],
	['FLUSHALL now', '-ERR syntax error\n'],
);

test(
	'MSET needs pairs',
	dialogue,
	['MSET a 1 b', `-ERR wrong number of arguments for 'mset' command\n`],
	['GET a', '$-1\n'],
);

test(
	'INCR and its like count in 64 bits and refuse what is no number',
	dialogue,
	['INCR n', ':1\n'],
	['INCRBY n 9223372036854775806', ':9223372036854775807\n'],
	['INCR n', '-ERR increment or decrement would overflow\n'],
	['DECRBY n 9223372036854775807', ':0\n'],
	['DECR n', ':-1\n'],
	['DECRBY n -9223372036854775808', '-ERR decrement would overflow\n'],
	['INCRBY n +1', notAnInteger],
	['INCRBY n 9223372036854775808', notAnInteger],
	['INCRBY n 1.5', notAnInteger],
	['APPEND s abc', ':3\n'],
	['INCR s', notAnInteger],
);

test(
	'GETRANGE and SUBSTR include both ends, and count negative ones from the end',
	dialogue,
	['APPEND k "hello "', ':6\n'],
	['APPEND k world', ':11\n'],
	['GETRANGE k 0 -1', '$11\nhello world\n'],
	['SUBSTR k -5 -1', '$5\nworld\n'],
	['GETRANGE k -100 0', '$1\nh\n'],
	['GETRANGE k 3 100', '$8\nlo world\n'],
	['GETRANGE k -1 -5', '$0\n\n'],
	['GETRANGE k -200 -100', '$1\nh\n'],
	['GETRANGE k -100 -200', '$0\n\n'],
	['GETRANGE k 5 2', '$0\n\n'],
	['GETRANGE none 0 -1', '$0\n\n'],
	['GETRANGE k x 1', notAnInteger],
);

test(
	'an unknown command is quoted with its arguments, up to 128 bytes of each',
	dialogue,
	['foo a "b\\nc"', `-ERR unknown command 'foo', with args beginning with: 'a' 'b c' \n`],
	['f'.repeat(200), `-ERR unknown command '${'f'.repeat(128)}', with args beginning with: \n`],
	[
		`foo ${'a'.repeat(120)} ${'b'.repeat(120)} c`,
		`-ERR unknown command 'foo', with args beginning with: '${'a'.repeat(120)}' 'bbbbb' \n`,
	],
	['GET', `-ERR wrong number of arguments for 'get' command\n`],
	['gEt a b', `-ERR wrong number of arguments for 'get' command\n`],
	['CLIENT', `-ERR wrong number of arguments for 'client' command\n`],
	['CLIENT SETNAME', `-ERR wrong number of arguments for 'client|setname' command\n`],
	['CLIENT FOO x', `-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\n`],
	['CONFIG FOO a b', `-ERR unknown subcommand 'FOO'. Try CONFIG HELP.\n`],
	['constructor', `-ERR unknown command 'constructor', with args beginning with: \n`],
);

test(
	'there are 16 databases and no password',
	dialogue,
	['SELECT 0', '+OK\n'],
	['SELECT 15', '+OK\n'],
	['SELECT 16', '-ERR DB index is out of range\n'],
	['SELECT x', notAnInteger],
	['AUTH default any', '+OK\n'],
	['AUTH user any', '-WRONGPASS invalid username-password pair or user is disabled.\n'],
	[
		'AUTH any',
		'-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\n',
	],
);

const hello = (start: string, protocol: number) =>
	`${start}\n$6\nserver\n$5\nredis\n$7\nversion\n$5\n7.0.0\n$5\nproto\n:${protocol}\n$2\nid\n:1\n$4\nmode\n$10\nstandalone\n$4\nrole\n$6\nmaster\n$7\nmodules\n*0\n`;
test(
	'HELLO switches the protocol, and the replies behind it follow',
	dialogue,
	['GET none', '$-1\n'],
	['HELLO', hello('*14', 2)],
	['HELLO 3 AUTH default x SETNAME me', hello('%7', 3)],
	['GET none', '_\n'],
	['CONFIG GET save', '%1\n$4\nsave\n$0\n\n'],
	['CLIENT GETNAME', '$2\nme\n'],
	['HELLO 4', '-NOPROTO unsupported protocol version\n'],
	['HELLO x', '-ERR Protocol version is not an integer or out of range\n'],
	['HELLO 2 AUTH who x', '-WRONGPASS invalid username-password pair or user is disabled.\n'],
	['HELLO 2 FOO', `-ERR Syntax error in HELLO option 'FOO'\n`],
	['HELLO 2 SETNAME "a b"', '-ERR Client names cannot contain spaces, newlines or special characters.\n'],
	['GET none', '_\n'],
	['HELLO 2', hello('*14', 2)],
	['GET none', '$-1\n'],
);

test(
	'CONFIG GET answers pairs, by name and by pattern',
	dialogue,
	['CONFIG GET save', '*2\n$4\nsave\n$0\n\n'],
	['config get APPENDONLY', '*2\n$10\nappendonly\n$2\nno\n'],
	['CONFIG GET max*y', '*4\n$9\nmaxmemory\n$1\n0\n$16\nmaxmemory-policy\n$10\nnoeviction\n'],
	['CONFIG GET s?ve save t*o?t', '*4\n$4\nsave\n$0\n\n$7\ntimeout\n$1\n0\n'],
	['CONFIG GET nothing', '*0\n'],
);

test(
	'a connection has an id and, once given, a name and a library',
	dialogue,
	['CLIENT ID', ':1\n'],
	['CLIENT GETNAME', '$-1\n'],
	['CLIENT SETNAME me', '+OK\n'],
	['CLIENT GETNAME', '$2\nme\n'],
	['CLIENT SETNAME "a b"', '-ERR Client names cannot contain spaces, newlines or special characters.\n'],
	['CLIENT SETINFO LIB-NAME x', '+OK\n'],
	['CLIENT SETINFO FOO x', `-ERR Unrecognized option 'FOO'\n`],
	['CLIENT SETINFO lib-ver "a b"', '-ERR lib-ver cannot contain spaces, newlines or special characters.\n'],
	['CLIENT NO-EVICT on', '+OK\n'],
	['CLIENT NO-EVICT maybe', '-ERR syntax error\n'],
	['CLIENT NO-TOUCH on', '+OK\n'],
	['CLIENT NO-TOUCH off', '+OK\n'],
	['CLIENT NO-TOUCH maybe', '-ERR syntax error\n'],
);

test('CLIENT LIST has a line for every connection', async t => {
	const {port} = await openGateway(t);
	const replies = await talk({port}, 'CLIENT SETNAME me\r\nCLIENT SETINFO lib-ver 1.2\r\nCLIENT LIST\r\n');
	t.regex(
		replies,
		/id=1 addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ fd=\d+ name=me .* resp=2 lib-name= lib-ver=1\.2\n\r\n$/,
	);
});

test('CLIENT INFO has the line of its own connection, and of no other', async t => {
	const {port} = await openGateway(t);
	await talk({port}, 'CLIENT SETNAME other\r\n');
	const replies = await talk({port}, 'CLIENT SETNAME me\r\nCLIENT INFO\r\n');
	t.regex(
		replies,
		/^\+OK\r\n\$\d+\r\nid=2 addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ fd=\d+ name=me [^\n]* lib-ver=\n\r\n$/,
	);
});

test('INFO tells of the server, its clients and the cluster, all or by section', async t => {
	const {port} = await openGateway(t);
	const all = await talk({port}, 'INFO\r\n');
	for (const line of [
		'redis_version:7.0.0',
		'loading:0',
		'connected_clients:1',
		'# Raft',
		'leader:n2',
		'term:7',
		'role:master',
	])
		t.true(all.includes(`${line}\r\n`), line);
	t.is(await talk({port}, 'INFO raft\r\n'), '$27\r\n# Raft\r\nleader:n2\r\nterm:7\r\n\r\n');
	t.is(
		await talk({port}, 'INFO replication nosuch\r\n'),
		'$48\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n',
	);
	t.is(
		await talk({port}, 'HELLO 3\r\nINFO raft\r\n').then(text => text.slice(-38)),
		'=31\r\ntxt:# Raft\r\nleader:n2\r\nterm:7\r\n\r\n',
	);
});

test('CONFIG GET and INFO name the limit of memory for keys and values, and 0 where there is none', async t => {
	const {port} = await openGateway(t, {maxMemoryBytes: 104_857_600});
	t.is(await talk({port}, 'CONFIG GET maxmemory\r\n'), '*2\r\n$9\r\nmaxmemory\r\n$9\r\n104857600\r\n');
	const limited = await talk({port}, 'INFO memory\r\n');
	for (const line of ['maxmemory:104857600', 'maxmemory_human:100.00M', 'maxmemory_policy:noeviction'])
		t.true(limited.includes(`\r\n${line}\r\n`), line);
	const unlimited = await talk(await openGateway(t), 'INFO memory\r\n');
	for (const line of ['maxmemory:0', 'maxmemory_human:0B']) t.true(unlimited.includes(`\r\n${line}\r\n`), line);
});

test('INFO answers also when the cluster cannot be asked', async t => {
	const {port} = await openGateway(t, {info: () => Promise.reject(new Error('no\nleader'))});
	t.true((await talk({port}, 'INFO\r\n')).includes('# Raft\r\nerror:Error: no leader\r\n'));
});

test('COMMAND describes every command that there is', async t => {
	const {port} = await openGateway(t);
	const count = Number(/:(\d+)/.exec(await talk({port}, 'COMMAND COUNT\r\n'))?.[1]);
	t.true(count > 25);
	t.regex(
		await talk({port}, 'COMMAND INFO get nosuch\r\n'),
		/^\*2\r\n\*10\r\n\$3\r\nget\r\n:2\r\n\*2\r\n\+readonly\r\n\+fast\r\n:1\r\n:1\r\n:1\r\n[^]*\*0\r\n\$-1\r\n$/,
	);
	t.true((await talk({port}, 'COMMAND\r\n')).startsWith(`*${count}\r\n*10\r\n`));
	t.true((await talk({port}, 'COMMAND DOCS\r\n')).startsWith(`*${2 * count}\r\n`));
	t.true((await talk({port}, 'COMMAND LIST\r\n')).startsWith(`*${count}\r\n`));
	t.true(
		(await talk({port}, 'COMMAND DOCS client|id nosuch\r\n')).startsWith(
			'*2\r\n$9\r\nclient|id\r\n*8\r\n$7\r\nsummary\r\n',
		),
	);
	t.true((await talk({port}, 'CLIENT HELP\r\n')).includes('+SETNAME\r\n'));
	t.true((await talk({port}, 'SLOWLOG HELP\r\n')).includes('+RESET\r\n'));
	t.true((await talk({port}, 'PUBSUB HELP\r\n')).includes('+NUMPAT\r\n'));
	t.true((await talk({port}, 'COMMAND HELP\r\n')).includes('+DOCS\r\n'));
});

test('keys and values are byte strings of exactly their size', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const every = Uint8Array.from({length: 256}, (_, byte) => byte);
	const key = Buffer.from(every).toString('latin1');
	t.is(
		await talk({port}, Buffer.concat([request('SET', every, every), request('GET', every)])),
		`+OK\r\n$256\r\n${key}\r\n`,
	);
	t.is(client.store.size, 1);
	t.deepEqual(client.store.get(key)?.value, every);
});

test('MSET and DEL of many are one operation, so they happen in one step', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	await talk({port}, 'MSET a 1 b 2\r\nDEL a b\r\nDEL a\r\nMGET a b\r\n');
	t.deepEqual(client.batches, [
		['batch', 'batch', 'delete'],
		['get', 'get'],
	]);
});

test('keys and values beyond the limits are refused in words that name the limit', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client, limits: {keyBytesMax: 3, valueBytesMax: 5}});
	const valueError = '-ERR value exceeds the limit of 5 bytes\r\n';
	const keyError = '-ERR key exceeds the limit of 3 bytes\r\n';
	const lines = [
		'SET key 12345',
		'SET key 123456',
		'MSET a 1 b 123456',
		'SET keys 1',
		'MGET a b keys',
		'APPEND key 123456',
	];
	t.is(
		await talk({port}, lines.map(line => `${line}\r\n`).join('')),
		['+OK\r\n', valueError, valueError, keyError, keyError, valueError].join(''),
	);
	client.apply = () => ({type: 'invalid', reason: 'valueTooLarge', version: 1});
	t.is(await talk({port}, 'APPEND key 1\r\n'), valueError);
	client.apply = () => ({type: 'batch', results: [{type: 'invalid', reason: 'valueTooLarge', version: 1}]});
	t.is(await talk({port}, 'MSET key 1\r\n'), valueError);
});
