import {once} from 'node:events';
import test from 'ava';
import fc from 'fast-check';
import {StoreClient} from './store-client.js';
import {open, openGateway, readToEnd, request, talk, talkUntil, turnGateway} from './harness.js';

/** Numbers below 5, the same for the same seed. */
function drawTurns(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * 5);
	};
}

const key = fc.constantFrom('a', 'b');
const command = fc.oneof(
	fc.tuple(fc.constantFrom('GET', 'STRLEN', 'DEL', 'INCR', 'GETDEL'), key),
	fc.tuple(fc.constantFrom('SET', 'APPEND', 'GETSET', 'SETNX'), key, fc.constantFrom('1', '22', 'x')),
	fc.constantFrom(['MGET', 'a', 'b'], ['MSET', 'a', '1', 'b', '2'], ['EXISTS', 'a', 'b']),
	fc.constantFrom(['PING'], ['ECHO', 'hey'], ['FOO'], ['INFO', 'raft'], ['HELLO', '2'], ['HELLO', '3']),
);

test('a pipeline is answered as if each request had waited for the reply before it', async t => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(command, {maxLength: 40}),
			fc.nat(),
			fc.integer({min: 1, max: 8}),
			async (commands, seed, pendingCommandsMax) => {
				// Two gateways, so that both connections have the same id in the replies to HELLO.
				const model = await openGateway(t);
				const socket = await open(t, model.port);
				let expected = '';
				for (const parts of commands) {
					socket.write(request(...parts));
					expected += String((await once(socket, 'data'))[0] as Buffer);
				}
				const client = new StoreClient(drawTurns(seed));
				const limits = {pendingCommandsMax: seed % 2 === 0 ? pendingCommandsMax : 1024};
				const gateway = await openGateway(t, {client, limits});
				t.is(await talk(gateway, Buffer.concat(commands.map(parts => request(...parts)))), expected);
				t.true(client.outstandingMax <= 2 * limits.pendingCommandsMax);
				socket.destroy();
				await Promise.all([gateway.close(), model.close()]);
			},
		),
		{seed: 20_240_603, numRuns: 150},
	);
});

test('a run of writes travels in one batch, a run of reads too, and requests without operations do not part them', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const lines = [
		'SET a 1',
		'PING',
		'INCR a',
		'FOO',
		'DEL b',
		'GET a',
		'ECHO x',
		'MGET a b',
		'APPEND a x',
		'INFO raft',
		'SET b 1',
	];
	await talk({port}, lines.map(line => `${line}\r\n`).join(''));
	t.deepEqual(client.batches, [['put', 'increment', 'delete', 'batch'], ['get', 'get'], ['append'], ['put']]);
});

test('reads of one key between writes travel with them, in their order, however often they alternate', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const rounds = 50;
	const lines = Array.from({length: rounds}, (_, round) => [`SET a ${round}`, 'GET a', 'STRLEN a', 'TTL a']).flat();
	const expected = Array.from({length: rounds}, (_, round) => {
		const text = String(round);
		return `+OK\r\n$${text.length}\r\n${text}\r\n:${text.length}\r\n:-1\r\n`;
	});
	t.is(await talk({port}, lines.map(line => `${line}\r\n`).join('')), expected.join(''));
	// Each on its own would be two a round. As many values may be under way as there is room for, at first few.
	t.true(client.batches.length <= 16, String(client.batches.length));
	t.true(client.batches.some(batch => batch.filter(type => type === 'put').length > 10));
});

test('requests behind QUIT are not carried out', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	t.is(await talk({port}, 'SET a 1\r\nQUIT\r\nSET a 2\r\n'), '+OK\r\n+OK\r\n');
	t.deepEqual(client.batches, [['put']]);
});

test('what precedes a protocol error is carried out and answered, then the error, then the connection ends', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const reply = '+OK\r\n$1\r\n1\r\n-ERR Protocol error: invalid bulk length\r\n';
	t.is(await talk({port}, 'SET a 1\r\nGET a\r\n*1\r\n$-1\r\nSET a 2\r\n'), reply);
	t.deepEqual(client.batches, [['put', 'batch']]);
});

test('an HTTP request ends the connection without a word, and its body is not carried out', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	t.is(await talk({port}, 'POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET a 1\r\n'), '');
	t.is(await talk({port}, 'Host: localhost\r\n\r\nSET a 1\r\n'), '');
	t.deepEqual(client.batches, []);
});

class OperationError extends Error {
	readonly code: string;
	readonly outcome: 'unknown' | 'notExecuted';

	constructor(outcome: 'unknown' | 'notExecuted', code = 'ERR_TIMEOUT') {
		super('no answer\r\nin 5 s');
		this.code = code;
		this.outcome = outcome;
	}
}

test('an operation that fails has one line of error in its place, which says whether it may have happened', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	client.failWith = whole => {
		// A read behind a write is a batch of its own.
		const operation = whole.type === 'batch' ? whole.operations[0] : whole;
		if (operation === undefined || !('key' in operation)) return undefined;
		if (operation.key === 'unknown') return new OperationError('unknown');
		if (operation.key === 'not') return new OperationError('notExecuted');
		if (operation.key === 'large') return new OperationError('notExecuted', 'ERR_VALUE_TOO_LARGE');
		return operation.key === 'bug' ? new Error('broken') : undefined;
	};
	const lines = [
		'SET ok 1',
		'SET unknown 1',
		'SET not 1',
		'SET bug 1',
		'SET large 1',
		'GET unknown',
		'MGET ok not',
		'GET ok',
	];
	t.is(
		await talk({port}, lines.map(line => `${line}\r\n`).join('')),
		[
			'+OK',
			'-UNCERTAIN the command may have been executed, or may yet be (ERR_TIMEOUT): no answer  in 5 s',
			'-TRYAGAIN the command was not executed (ERR_TIMEOUT): no answer  in 5 s',
			'-UNCERTAIN the command may have been executed, or may yet be (Error): broken',
			'-ERR the command was not executed (ERR_VALUE_TOO_LARGE): no answer  in 5 s',
			'-TRYAGAIN the command was not executed (ERR_TIMEOUT): no answer  in 5 s',
			'-TRYAGAIN the command was not executed (ERR_TIMEOUT): no answer  in 5 s',
			'$1\r\n1\r\n',
		].join('\r\n'),
	);
});

/** A gate of the client that the test opens. */
function closeGate(client: StoreClient): () => void {
	let openIt = () => {};
	client.gate = new Promise(resolve => {
		openIt = resolve;
	});
	return openIt;
}

test('while the service is slow a client can only send so much, and all of it is answered in the end', async t => {
	const client = new StoreClient();
	const openIt = closeGate(client);
	const {port} = await openGateway(t, {client, limits: {pendingCommandsMax: 3}});
	const socket = await open(t, port);
	const value = 'x'.repeat(10_000);
	const count = 4000;
	for (let sent = 0; sent < count; sent++) socket.write(request('SET', 'k', value));
	socket.end();
	const replies = readToEnd(socket);
	await turnGateway(t, port, 300);
	// 40 MB do not fit into the system's buffers, so the rest is still on this side.
	t.true(socket.writableLength > 0);
	openIt();
	t.is(await replies, '+OK\r\n'.repeat(count));
	t.is(client.outstandingMax, 3);
});

test('requests are taken in up to a number of bytes', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client, limits: {pendingBytesMax: 1000}});
	const requests = Array.from({length: 50}, () => request('SET', 'k', 'x'.repeat(196)));
	t.is(await talk({port}, Buffer.concat(requests)), '+OK\r\n'.repeat(50));
	t.is(client.outstandingMax, 5);
});

test('a client that does not read its replies is not served until it does', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client, limits: {pendingCommandsMax: 10}});
	const value = 'x'.repeat(65_536);
	await talk({port}, request('SET', 'k', value));
	const socket = await open(t, port);
	const count = 1000;
	socket.end(Buffer.concat(Array.from({length: count}, () => request('GET', 'k'))));
	await turnGateway(t, port, 300);
	const served = client.batches.flat().length;
	// 64 MB of replies do not fit into the system's buffers and ours.
	t.true(served < count / 2, `served ${served}`);
	t.is((await readToEnd(socket)).length, count * `$65536\r\n${value}\r\n`.length);
});

test('a client that vanishes in the middle of a pipeline is forgotten, and others are served', async t => {
	const client = new StoreClient();
	const openIt = closeGate(client);
	const {port} = await openGateway(t, {client});
	const socket = await open(t, port);
	socket.write('SET a 1\r\nMGET a b\r\n');
	await turnGateway(t, port, 5);
	socket.resetAndDestroy();
	await turnGateway(t, port, 5);
	openIt();
	await talkUntil(port, 'INFO clients', replies => replies.includes('connected_clients:1\r\n'));
	t.is(client.outstanding, 0);
	t.deepEqual(client.batches[0], ['put']);
	t.false(client.batches.flat().includes('get'));
});
