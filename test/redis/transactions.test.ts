import test from 'ava';
import {Redis} from 'ioredis';
import {bytesOfOperation} from '../../src/kv/operation-bytes.js';
import {plainOfOperation} from '../../src/kv/operation-codec.js';
import {defaultServerLimits} from '../../src/service/server/limits.js';
import {codec} from '../../actors/codec/codec.js';
import {queuedBytesMax, queuedCommandsMax, watchedKeysMax} from '../../actors/redis/queued-transaction.js';
import type {Operation} from '../../src/kv/types.js';
import {StoreClient} from './store-client.js';
import {clusterInfo, openGateway, request, talk} from './harness.js';
import {RawClient} from './raw-client.js';

/** Requests as one types them, each with its reply, on one connection. */
const dialogue = test.macro(async (t, ...exchanges: [line: string, reply: string][]) => {
	const {port} = await openGateway(t);
	const client = await RawClient.open(t, {port});
	for (const [line, reply] of exchanges) t.is(await client.say(line), reply.replaceAll('\n', '\r\n'), line);
});

const queued = '+QUEUED\n';
const aborted = '-EXECABORT Transaction discarded because of previous errors.\n';
const ok = '+OK\n';

test(
	'EXEC carries out what was queued, and answers each command; one that fails does not stop the others',
	dialogue,
	['MULTI', ok],
	['SET a 5', queued],
	['INCRBY a 2', queued],
	['GET a', queued],
	['APPEND a x', queued],
	['INCR a', queued],
	['SET a 1 FOO', queued],
	['MGET a none', queued],
	['MSET b 1 c 2', queued],
	['DEL b c none', queued],
	['PING', queued],
	['GETSET a y', queued],
	[
		'EXEC',
		'*11\n+OK\n:7\n$1\n7\n:2\n-ERR value is not an integer or out of range\n-ERR syntax error\n*2\n$2\n7x\n$-1\n+OK\n:2\n+PONG\n$2\n7x\n',
	],
	['GET a', '$1\ny\n'],
);

test('what is selected behind EXEC in one pipeline stays selected', async t => {
	const {port} = await openGateway(t);
	const pipeline = (...lines: readonly string[]): Promise<string> =>
		talk({port}, Buffer.concat(lines.map(line => request(...line.split(' ')))));
	const replies = await pipeline('SELECT 1', 'MULTI', 'EXEC', 'RESET', 'SET a 1');
	t.is(replies, '+OK\r\n+OK\r\n*0\r\n+RESET\r\n+OK\r\n');
	t.is(await pipeline('EXISTS a', 'SELECT 1', 'EXISTS a'), ':1\r\n+OK\r\n:0\r\n');
});

test(
	'deadlines are set, told, kept and taken within a transaction',
	dialogue,
	['MULTI', ok],
	['SET a 1 PXAT 4102444800000', queued],
	['INCR a', queued],
	['PEXPIRETIME a', queued],
	['GETEX a PERSIST', queued],
	['TTL a', queued],
	['SETEX b 100 x', queued],
	['EXPIRE b -1', queued],
	['TTL b', queued],
	['EXPIRE a 100 FOO', queued],
	['EXEC', '*9\n+OK\n:2\n:4102444800000\n$1\n2\n:-1\n+OK\n:1\n:-2\n-ERR Unsupported option FOO\n'],
	['EXISTS a b', ':1\n'],
);

test(
	'what cannot be queued lets EXEC carry out nothing',
	dialogue,
	['MULTI', ok],
	['SET a 1', queued],
	['NOSUCH', "-ERR unknown command 'NOSUCH', with args beginning with: \n"],
	['SET a', "-ERR wrong number of arguments for 'set' command\n"],
	['SET a 2', queued],
	['EXEC', aborted],
	['GET a', '$-1\n'],
	['MULTI', ok],
	['SUBSCRIBE a', '-ERR SUBSCRIBE is not supported inside MULTI: send it before MULTI\n'],
	['PING', queued],
	['EXEC', aborted],
	['MULTI', ok],
	[
		'SCAN 0',
		'-ERR SCAN is not supported inside MULTI: it reads all keys, which takes longer than one entry of the log may\n',
	],
	['EXEC', aborted],
	['SET a 1', ok],
	['MULTI', ok],
	['CLIENT TRACKING ON', '-ERR CLIENT TRACKING is not supported inside MULTI: send it before MULTI\n'],
	[
		'CLIENT REPLY OFF',
		'-ERR CLIENT REPLY is not supported inside MULTI: the replies of a transaction are one, which cannot be turned off in the middle\n',
	],
	['GET a', queued],
	['EXEC', aborted],
	['GET a', '$1\n1\n'],
);

test(
	'MULTI, EXEC, DISCARD and WATCH where they do not belong are errors, and change nothing of the transaction',
	dialogue,
	['EXEC', '-ERR EXEC without MULTI\n'],
	['DISCARD', '-ERR DISCARD without MULTI\n'],
	['MULTI', ok],
	['MULTI', '-ERR MULTI calls can not be nested\n'],
	['WATCH a', '-ERR WATCH inside MULTI is not allowed\n'],
	['UNWATCH', queued],
	['EXEC', '*1\n+OK\n'],
	['MULTI', ok],
	['EXEC', '*0\n'],
	['MULTI', ok],
	['SET a 1', queued],
	['DISCARD', ok],
	['EXEC', '-ERR EXEC without MULTI\n'],
	['GET a', '$-1\n'],
	['MULTI', ok],
	['EXEC x', "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command\n"],
	['EXEC', '-ERR EXEC without MULTI\n'],
);

/** What the other connection does between WATCH and EXEC, and whether EXEC is refused for it. */
const watches: readonly (readonly [
	title: string,
	before: readonly string[],
	between: readonly string[],
	isConflict: boolean,
])[] = [
	['nothing, of an absent key', [], [], false],
	['nothing, of a key that is there', ['SET a 1'], [], false],
	['a change of another key', [], ['SET b 1', 'DEL b'], false],
	['a read', ['SET a 1'], ['GET a', 'STRLEN a', 'EXISTS a'], false],
	['the same value again', ['SET a 1'], ['SET a 1'], true],
	['a key that is made', [], ['SET a 1'], true],
	['a key that is made and deleted', [], ['SET a 1', 'DEL a'], true],
	['a key that is made and deleted, twice', [], ['SET a 1', 'DEL a', 'INCR a', 'GETDEL a'], true],
	['a key that is made, and everything is deleted', [], ['SET a 1', 'FLUSHALL'], true],
	['a key that is deleted', ['SET a 1'], ['DEL a'], true],
	['a key that is deleted and made again as it was', ['SET a 1'], ['DEL a', 'SET a 1'], true],
	['everything is deleted, the key among it', ['SET a 1'], ['FLUSHALL'], true],
	['everything is deleted, and the key was absent', ['SET b 1'], ['FLUSHALL'], false],
	['a delete of a key that is absent', [], ['DEL a'], false],
	['a SET whose condition does not hold', ['SET a 1'], ['SET a 2 NX', 'SET b 1 XX'], false],
];

for (const [title, before, between, isConflict] of watches) {
	test(`EXEC is ${isConflict ? 'refused' : 'carried out'} after WATCH and then, by others: ${title}`, async t => {
		const {port} = await openGateway(t);
		const ours = await RawClient.open(t, {port});
		const others = await RawClient.open(t, {port});
		for (const line of before) await others.say(line);
		t.is(await ours.say('WATCH c a'), '+OK\r\n');
		for (const line of between) t.notRegex(await others.say(line), /^-/);
		await ours.say('MULTI');
		await ours.say('SET done yes');
		t.is(await ours.say('EXEC'), isConflict ? '*-1\r\n' : '*1\r\n+OK\r\n');
		t.is(await others.say('EXISTS done'), isConflict ? ':0\r\n' : ':1\r\n');
	});
}

test('EXEC, DISCARD, UNWATCH, RESET and a conflict end the watching, each of them, and an EXEC without MULTI does not', async t => {
	const {port} = await openGateway(t);
	const others = await RawClient.open(t, {port});
	for (const ending of [['MULTI', 'EXEC'], ['MULTI', 'DISCARD'], ['UNWATCH'], ['RESET'], ['MULTI', 'NOSUCH', 'EXEC']]) {
		const ours = await RawClient.open(t, {port});
		await ours.say('WATCH a');
		for (const line of ending) await ours.say(line);
		await others.say('INCR a');
		await ours.say('MULTI');
		await ours.say('PING');
		t.is(await ours.say('EXEC'), '*1\r\n+PONG\r\n', ending.join(' '));
	}
	const ours = await RawClient.open(t, {port});
	await ours.say('WATCH a');
	t.is(await ours.say('EXEC'), '-ERR EXEC without MULTI\r\n');
	await ours.say('INCR a');
	await ours.say('MULTI');
	t.is(await ours.say('EXEC'), '*-1\r\n');
	await ours.say('MULTI');
	t.is(await ours.say('EXEC'), '*0\r\n');
});

test('of a connection that ends in the middle of a transaction nothing is carried out', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	t.is(await talk({port}, 'WATCH a\r\nMULTI\r\nSET a 1\r\n'), '+OK\r\n+OK\r\n+QUEUED\r\n');
	t.is(client.store.get('a'), undefined);
	t.is(await talk({port}, 'MULTI\r\nSET a 1\r\nQUIT\r\nEXEC\r\n', 'keepOpen'), '+OK\r\n+QUEUED\r\n+OK\r\n');
	t.is(client.store.get('a'), undefined);
});

test('a pipeline keeps its order before, in and behind a transaction', async t => {
	const {port} = await openGateway(t, {client: new StoreClient(() => 3)});
	const lines = ['SET a 1', 'GET a', 'WATCH a b', 'MULTI', 'INCR a', 'INCR b', 'GET a', 'EXEC', 'INCR a', 'MGET a b'];
	t.is(
		await talk({port}, lines.map(line => `${line}\r\n`).join('')),
		'+OK\n$1\n1\n+OK\n+OK\n+QUEUED\n+QUEUED\n+QUEUED\n*3\n:2\n:1\n$1\n2\n:3\n*2\n$1\n3\n$1\n1\n'.replaceAll(
			'\n',
			'\r\n',
		),
	);
});

test('an EXEC is one operation, reads included, that carries the compares along; a WATCH is one more', async t => {
	const client = new StoreClient();
	const operations: Operation[] = [];
	client.failWith = operation => {
		operations.push(operation);
		return undefined;
	};
	const {port} = await openGateway(t, {client});
	await talk({port}, 'SET b 1\r\nWATCH a b\r\nMULTI\r\nGET a\r\nMSET a 1 b 2\r\nMGET a b\r\nEXEC\r\n');
	t.deepEqual(
		operations.map(({type}) => type),
		['put', 'transaction', 'transaction'],
	);
	const [, , exec] = operations;
	t.like(exec, {
		compares: [
			{key: 'a', expected: {absentSince: 2}},
			{key: 'b', expected: {version: 1}},
		],
	});
	t.deepEqual(exec?.type === 'transaction' && exec.operations.map(({type}) => type), [
		'get',
		'put',
		'put',
		'get',
		'get',
	]);
});

test('RESP3: no reply is null, and a transaction has its own forms within', async t => {
	const {port} = await openGateway(t);
	const client = await RawClient.open(t, {port});
	await client.say('HELLO 3');
	await client.say('MULTI');
	await client.say('GET none');
	await client.say('COMMAND DOCS get');
	const reply = await client.say('EXEC');
	t.true(reply.startsWith('*2\r\n_\r\n%1\r\n'), reply);
	await client.say('WATCH a');
	await client.say('SET a 1');
	await client.say('MULTI');
	t.is(await client.say('EXEC'), '_\r\n');
});

test('PUBLISH within a transaction is carried out by EXEC, and no message is within its reply', async t => {
	const {port} = await openGateway(t);
	const client = await RawClient.open(t, {port});
	await client.say('hello 3');
	t.is(await client.say('subscribe news'), '>3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n');
	await client.say('multi');
	await client.say('publish news a');
	await client.say('set a 1');
	const reply = await client.say('exec');
	t.is(reply, '*2\r\n:1\r\n+OK\r\n');
	t.is(await client.say('ping'), '>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\na\r\n');
});

test('INFO within a transaction tells of the cluster, as outside', async t => {
	const {port} = await openGateway(t);
	const client = await RawClient.open(t, {port});
	await client.say('MULTI');
	await client.say('SET a 1');
	await client.say('INFO raft');
	const reply = await client.say('EXEC');
	t.true(reply.startsWith('*2\r\n+OK\r\n$'));
	t.true(reply.includes(`leader:${clusterInfo.leader}\r\n`), reply);
});

test('a WATCH that failed lets EXEC carry out nothing; one that is sent after that is as good as new', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const raw = await RawClient.open(t, {port});
	client.failWith = () => Object.assign(new Error('no leader'), {code: 'ERR_TIMEOUT', outcome: 'notExecuted'});
	t.is(await raw.say('WATCH a'), '-TRYAGAIN the command was not executed (ERR_TIMEOUT): no leader\r\n');
	client.failWith = () => undefined;
	await raw.say('MULTI');
	await raw.say('SET a 1');
	t.is(await raw.say('EXEC'), '-EXECABORT Transaction discarded because of: a watched key could not be read.\r\n');
	t.is(client.store.get('a'), undefined);
	await raw.say('WATCH a');
	await raw.say('MULTI');
	await raw.say('SET a 1');
	t.is(await raw.say('EXEC'), '*1\r\n+OK\r\n');
});

test('an EXEC that failed says whether it may have been executed', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const raw = await RawClient.open(t, {port});
	for (const [outcome, word] of [['unknown', /^-UNCERTAIN /] as const, ['notExecuted', /^-TRYAGAIN /] as const]) {
		client.failWith = () => Object.assign(new Error('too late'), {code: 'ERR_TIMEOUT', outcome});
		await raw.say('MULTI');
		await raw.say('SET a 1');
		t.regex(await raw.say('EXEC'), word);
		t.is(await raw.say('EXEC'), '-ERR EXEC without MULTI\r\n');
	}
});

const tooMuch = `-ERR this transaction has more than ${queuedCommandsMax} commands and keys, or ${queuedBytesMax} bytes: use several\r\n`;

test('a transaction has at most so many commands, keys and bytes, and what has more is refused when it is queued', async t => {
	const {port} = await openGateway(t);
	const within = ['MULTI', ...new Array<string>(queuedCommandsMax).fill('INCR a')];
	const all = [...within, 'EXEC', ...within, 'INCR a', 'EXEC', 'GET a'].map(line => `${line}\r\n`).join('');
	const replies = await talk({port}, all);
	const end = replies.slice(-tooMuch.length - 200);
	t.true(end.includes(`${tooMuch}-EXECABORT Transaction discarded because of previous errors.\r\n$4\r\n8192\r\n`), end);
	const raw = await RawClient.open(t, {port});
	await raw.say('MULTI');
	t.is(await raw.ask('set', 'a', 'x'.repeat(2 ** 20)), '+QUEUED\r\n');
	t.is(await raw.ask('echo', 'x'.repeat(2 ** 20)), tooMuch);
	t.is(await raw.say('EXEC'), '-EXECABORT Transaction discarded because of previous errors.\r\n');
});

test('a connection watches at most so many keys', async t => {
	const {port} = await openGateway(t);
	const raw = await RawClient.open(t, {port});
	const keys = Array.from({length: watchedKeysMax}, (_, place) => `key${place}`);
	t.is(await raw.ask('watch', ...keys), '+OK\r\n');
	const refusal = `-ERR more than ${watchedKeysMax} keys, or too long ones, are watched: send UNWATCH, and watch fewer\r\n`;
	t.is(await raw.say('WATCH one'), refusal);
	await raw.say('UNWATCH');
	t.is(await raw.ask('watch', 'x'.repeat(65_536)), '+OK\r\n');
	t.is(await raw.ask('watch', 'y'.repeat(65_536)), refusal);
	await raw.say('MULTI');
	t.is(await raw.say('EXEC'), '*0\r\n');
});

test('the largest transaction that is let in fits into a request of the service', async t => {
	const client = new StoreClient();
	let largest: Operation | undefined;
	client.failWith = operation => {
		largest = operation;
		return undefined;
	};
	const {port} = await openGateway(t, {client});
	const raw = await RawClient.open(t, {port});
	// Each byte of a key takes two in a request.
	await raw.ask('watch', ...Array.from({length: 2730}, (_, place) => `\u00ff${String(place).padStart(23, '\u00ff')}`));
	t.true(bytesOfOperation(largest as Operation) < defaultServerLimits.commandBytesMax);
	await raw.say('MULTI');
	for (const key of ['a', 'b', 'c', 'd']) t.is(await raw.ask('set', key, 'x'.repeat(327_000)), '+QUEUED\r\n');
	t.true((await raw.say('EXEC')).startsWith('*4\r\n'));
	const length = codec.encode(plainOfOperation(largest as Operation)).length;
	t.true(length > 1.3 * 2 ** 20 && length < defaultServerLimits.commandBytesMax, String(length));
	t.true(bytesOfOperation(largest as Operation) < defaultServerLimits.commandBytesMax);
});

test('what is queued counts as memory of its connection', async t => {
	const {port} = await openGateway(t, {limits: {clientsBytesMax: 2 ** 20}});
	const large = Buffer.concat([request('multi'), request('set', 'a', 'x'.repeat(2 ** 20))]);
	t.is(
		await talk({port}, large, 'keepOpen'),
		'+OK\r\n+QUEUED\r\n-ERR the connection is closed: the connections together hold more requests and replies in memory than they may\r\n',
	);
});

test('what is queued keeps nothing else in memory that came with it', async t => {
	const client = new StoreClient();
	const buffers: number[] = [];
	client.failWith = operation => {
		const [part] = operation.type === 'transaction' ? operation.operations : [];
		if (part?.type === 'put') buffers.push(part.value.buffer.byteLength);
		return undefined;
	};
	const {port} = await openGateway(t, {client});
	const filler = request('echo', 'x'.repeat(30_000));
	await talk({port}, Buffer.concat([request('multi'), request('set', 'key', 'value'), filler, request('exec')]));
	t.deepEqual(buffers, ['setkeyvalue'.length]);
});

test('ioredis: a transaction as its documentation has it, and WATCH', async t => {
	const {port} = await openGateway(t);
	const client = new Redis({port, lazyConnect: true});
	t.teardown(() => client.disconnect());
	const results = await client.multi().set('foo', 'bar').get('foo').incr('foo').exec();
	t.deepEqual(results?.slice(0, 2), [
		[null, 'OK'],
		[null, 'bar'],
	]);
	t.is(results?.[2]?.[0]?.message, 'ERR value is not an integer or out of range');
	await client.watch('foo');
	await client.set('foo', 'changed');
	t.is(await client.multi().set('foo', 'mine').exec(), null);
	t.is(await client.get('foo'), 'changed');
});
