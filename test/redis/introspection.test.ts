/** What the port tells about its connections and itself, and how it is told to end some. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import test from 'ava';
import {commandTable} from '../../actors/redis/commands/table.js';
import {open, openGateway, readToEnd, talk, talkUntil} from './harness.js';
import {StoreClient} from './store-client.js';
import {oracleTest, startRedis} from './redis-server.js';

const fieldsOf = (line: string): Map<string, string> =>
	new Map(Array.from(line.matchAll(/([^ =]+)=(\S*)/g), ([, name = '', value = '']) => [name, value]));

oracleTest('CLIENT INFO has all fields of redis-server 7.0, in its order', async t => {
	const {port} = await openGateway(t);
	const names = (text: string) => [...fieldsOf(text.split('\r\n')[1] ?? '').keys()];
	const ours = names(await talk({port}, 'CLIENT INFO\r\n'));
	t.true(ours.length > 25);
	t.deepEqual(
		ours.filter(name => !name.startsWith('lib-')),
		names(await talk(await startRedis(t), 'CLIENT INFO\r\nQUIT\r\n', 'keepOpen')),
	);
});

test('CLIENT LIST tells what each connection listens to, holds and has asked last', async t => {
	const {port} = await openGateway(t);
	const socket = await open(t, port);
	socket.write('SUBSCRIBE a b\r\nPSUBSCRIBE c\r\nECHO half of a req');
	await talkUntil(port, 'CLIENT LIST TYPE pubsub', text => /sub=2 psub=1 .* qbuf=18 /.test(text));
	const fields = fieldsOf(await talk({port}, 'CLIENT LIST ID 1\r\n'));
	t.is(fields.get('flags'), 'P');
	t.is(fields.get('cmd'), 'psubscribe');
	t.is(fields.get('ssub'), '0');
	t.true(Number(fields.get('fd')) > 2);
	t.true(Number(fields.get('tot-mem')) >= 18 + 3);
	for (const command of ['list', 'info']) {
		const request = `*2\r\n$6\r\nCLIENT\r\n$4\r\n${command}\r\n`;
		t.regex(await talk({port}, request), new RegExp(` qbuf=${request.length} .* cmd=client\\|${command} `));
	}
	t.regex(await talk({port}, 'CLIENT LIST\r\n'), / cmd=client\|list user=default redir=-1 resp=2 /);
	socket.write('uest\r\nRESET\r\nMULTI\r\nGET k\r\nPING\r\n');
	await talkUntil(port, 'CLIENT LIST ID 1', text =>
		/ flags=x .* multi=2 .* multi-mem=[1-9]\d* .* cmd=ping /.test(text),
	);
	t.regex(await talk({port}, 'GET k\r\nNOSUCH\r\nCLIENT INFO\r\nGET k\r\n'), / cmd=client\|info /);
});

const requests = [
	'CLIENT LIST TYPE',
	'CLIENT LIST TYPE nosuch',
	'CLIENT LIST TYPE replica',
	'CLIENT LIST TYPE normal x',
	'CLIENT LIST ID',
	'CLIENT LIST ID x',
	'CLIENT LIST ID 0 77',
	'CLIENT LIST nosuch 1',
	'CLIENT KILL',
	'CLIENT KILL nosuch',
	'CLIENT KILL ADDR',
	'CLIENT KILL ID 77',
	'CLIENT KILL ID 0',
	'CLIENT KILL ID x',
	'CLIENT KILL ID 77 SKIPME',
	'CLIENT KILL TYPE nosuch',
	'CLIENT KILL TYPE pubsub',
	'CLIENT KILL TYPE master SKIPME no',
	'CLIENT KILL USER nosuch',
	'CLIENT KILL USER default',
	'CLIENT KILL ADDR 1.2.3.4:5 LADDR 1.2.3.4:5',
	'CLIENT KILL SKIPME maybe',
	'CLIENT KILL nosuch 1',
	'COMMAND LIST FILTERBY',
	'COMMAND LIST FILTERBY nosuch x',
	'COMMAND LIST nosuch module x',
	'COMMAND LIST FILTERBY MODULE x',
	'COMMAND LIST FILTERBY ACLCAT nosuch',
	'COMMAND LIST FILTERBY PATTERN GETD*',
	'COMMAND LIST FILTERBY PATTERN none*',
	'SLOWLOG GET',
	'SLOWLOG GET 5',
	'SLOWLOG GET -1',
	'SLOWLOG GET -2',
	'SLOWLOG GET x',
	'SLOWLOG GET 1 2',
	'SLOWLOG LEN',
	'SLOWLOG RESET',
	'SLOWLOG nosuch',
	'CONFIG GET slowlog-log-* slowlog-log-slower-than',
	'CONFIG GET appendonly',
	'CONFIG GET SAV[a-f]',
	'CLIENT KILL SKIPME no',
	'PING',
];

oracleTest('filters, what is wrong with them, and an empty slow log are answered as by redis-server 7.0', async t => {
	const {port} = await openGateway(t);
	const redis = await startRedis(t, '--slowlog-log-slower-than', '-1');
	const bytes = requests.map(each => `${each}\r\n`).join('');
	t.is(await talk({port}, bytes, 'keepOpen'), await talk(redis, bytes, 'keepOpen'));
});

/** A command that there is here and in 7.0. No category of Redis has a help. */
function isInBoth(name: string): boolean {
	const [head = '', tail] = name.split('|');
	const command = commandTable.get(head);
	const named = tail === undefined ? command : command?.subcommands?.get(tail);
	return named !== undefined && tail !== 'help' && Number.parseFloat(named.since) <= 7;
}

oracleTest('COMMAND LIST FILTERBY finds the commands that redis-server 7.0 finds, of those that there are', async t => {
	const redis = await startRedis(t);
	const {port} = await openGateway(t);
	for (const filter of ['PATTERN *', 'PATTERN client|*', 'PATTERN *s?t*', 'ACLCAT pubsub']) {
		const line = `COMMAND LIST FILTERBY ${filter}\r\nQUIT\r\n`;
		const names = (text: string) => text.split('\r\n').filter(name => isInBoth(name));
		const theirs = names(await talk(redis, line, 'keepOpen'));
		const ours = names(await talk({port}, line, 'keepOpen'));
		t.true(ours.length > 2, filter);
		t.deepEqual(ours.sort(), theirs.sort(), filter);
	}
});

test('CLIENT KILL ends those that are meant, and the one that asks after its reply', async t => {
	const {port} = await openGateway(t);
	const [first, second, third] = await Promise.all([open(t, port), open(t, port), open(t, port)]);
	second.write('SUBSCRIBE news\r\n');
	await once(second, 'data');
	const ends = [first, second, third].map(async socket => readToEnd(socket).catch(() => ''));
	t.is(await talk({port}, 'CLIENT KILL TYPE pubsub\r\nPUBSUB NUMSUB news\r\n'), ':1\r\n*2\r\n$4\r\nnews\r\n:0\r\n');
	await ends[1];
	t.is(await talk({port}, `CLIENT KILL 127.0.0.1:${first.localPort}\r\n`), '+OK\r\n');
	await ends[0];
	t.is(await talk({port}, 'CLIENT KILL SKIPME no\r\nPING\r\n', 'keepOpen'), ':2\r\n');
	await ends[2];
	t.regex(await talk({port}, 'INFO clients\r\n'), /connected_clients:1\r\n/);
});

test('TIME tells what the clock of the port shows', async t => {
	const {port} = await openGateway(t);
	const before = Date.now();
	const reply = await talk({port}, 'TIME\r\n');
	const [, seconds, microseconds] = /^\*2\r\n\$\d+\r\n(\d+)\r\n\$\d+\r\n(\d{1,6})\r\n$/.exec(reply) ?? [];
	const ms = Number(seconds) * 1000 + Number(microseconds) / 1000;
	// The clock of the process may have drifted from that of the system a little.
	t.true(Math.abs(ms - before) < 60_000, reply);
});

test('CONFIG RESETSTAT lets INFO count anew, and the metrics count on', async t => {
	const gateway = await openGateway(t);
	const counts = async (line: string): Promise<readonly (string | undefined)[]> => {
		const info = await talk(gateway, `${line}\r\nINFO stats\r\n`);
		return ['connections_received', 'commands_processed', 'error_replies'].map(
			name => new RegExp(`total_${name}:(\\d+)`).exec(info)?.[1],
		);
	};
	t.deepEqual(await counts('nosuch'), ['1', '2', '1']);
	t.deepEqual(await counts('CONFIG RESETSTAT'), ['0', '0', '0']);
	t.deepEqual(await counts('nosuch'), ['1', '2', '1']);
	t.like(gateway.metrics(), {connectionsReceived: 3, commands: 6, errors: 2});
});

test('INFO tells how many scripts the port knows', async t => {
	const {port} = await openGateway(t);
	t.regex(
		await talk({port}, 'SCRIPT LOAD "return 1"\r\nSCRIPT LOAD "return 2"\r\nINFO memory\r\n'),
		/\r\nnumber_of_cached_scripts:2\r\n/,
	);
	t.regex(await talk({port}, 'SCRIPT FLUSH\r\nINFO memory\r\n'), /\r\nnumber_of_cached_scripts:0\r\n/);
});

const held = {bytes: 9_000_000};

/** With keys in two databases. */
function filledClient(): StoreClient {
	const client = new StoreClient();
	for (let number = 0; number < 1200; number += 1) client.store.set(`${number}`, new Uint8Array(1), 1);
	for (let number = 0; number < 30; number += 1) client.store.set(`\u0103${number}`, new Uint8Array(1), 1, 2 ** 45);
	return client;
}

test('INFO tells how many keys there are and what they take, and leaves out what nobody knows', async t => {
	const client = filledClient();
	let data: typeof held | undefined = held;
	const {port} = await openGateway(t, {client, data: () => Promise.resolve(data), isDurable: true});
	const info = await talk({port}, 'INFO\r\n');
	for (const line of [
		'db0:keys=1200,expires=0,avg_ttl=0',
		'used_memory:9000000',
		'used_memory_human:8.58M',
		'aof_enabled:1',
	])
		t.true(info.includes(`\r\n${line}\r\n`), line);
	t.regex(info, /\r\ndb3:keys=30,expires=30,avg_ttl=[1-9]\d+\r\n/);
	t.is(await talk({port}, 'CONFIG GET appendonly\r\n'), '*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n');
	data = undefined;
	client.failWith = () => new Error('down');
	t.notRegex(await talk({port}, 'INFO\r\n'), /db0|used_memory:/);
	const unable = await openGateway(t, {data: () => Promise.reject(new Error('down'))});
	t.notRegex(await talk(unable, 'INFO\r\n'), /db0|used_memory:/);
	t.regex(await talk(unable, 'INFO\r\n'), /\r\naof_enabled:0\r\n[^]*\r\ntotal_net_input_bytes:\d+\r\n/);
});

oracleTest('redis-cli --stat shows the keys, the memory and the clients', async t => {
	const {port} = await openGateway(t, {client: filledClient(), data: () => Promise.resolve(held)});
	const cli = spawn('redis-cli', ['-p', String(port), '--stat', '-i', '0.1'], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => cli.kill());
	let row = '';
	for await (const line of createInterface(cli.stdout)) if (/^\d/.test((row = line))) break;
	t.regex(row, /^1230 +8\.58M +1 +0 +\d+ \(\+0\) +\d+ *$/);
});
