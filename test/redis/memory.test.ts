import {once} from 'node:events';
import type {Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {ClientsMemory, type MemoryClient} from '../../actors/redis/clients-memory.js';
import type {ClientsDropped} from '../../actors/redis/dropped-clients.js';
import {Lane, type Piece} from '../../actors/redis/lane.js';
import {ValueWindow} from '../../actors/redis/value-window.js';
import {StoreClient} from './store-client.js';
import {open, openGateway, readToEnd, request, talk, talkUntil} from './harness.js';

/** Writes everything before anything is read, as a plain blocking client does. */
async function writeWhole(socket: Socket, bytes: Buffer): Promise<void> {
	socket.pause();
	await new Promise<void>((resolve, reject) => {
		socket.write(bytes, error => (error ? reject(error) : resolve()));
	});
}

const large = 'v'.repeat(100_000);

const wholePipeline = test.macro(async (t, waitingRequestsBytesMax: number) => {
	const {port} = await openGateway(t, {limits: {waitingRequestsBytesMax}});
	await talk({port}, request('SET', 'k', large));
	const socket = await open(t, port);
	// 40 MB each way do not fit into the system's buffers.
	const count = 400;
	const requests = Array.from({length: count}, () => request('GETSET', 'k', large));
	await writeWhole(socket, Buffer.concat([...requests, request('QUIT')]));
	const replies = await readToEnd(socket);
	t.is(replies.length, count * `$100000\r\n${large}\r\n`.length + '+OK\r\n'.length);
});

test('a pipeline that is written whole before it is read waits as requests', wholePipeline, 2 ** 26);
test('when too many requests wait, it waits as replies', wholePipeline, 2 ** 20);

test('a client that leaves too many bytes of replies unread is dropped, told of and counted', async t => {
	const notices: string[] = [];
	const limits = {waitingRequestsBytesMax: 1, unreadRepliesBytesMax: 4_000_000};
	const events: ClientsDropped[] = [];
	const {port} = await openGateway(t, {
		limits,
		notice: text => notices.push(text),
		clientsDropped: event => events.push(event),
	});
	await talk({port}, request('SET', 'k', large));
	const socket = await open(t, port);
	socket.pause();
	socket.on('error', () => undefined);
	// More than are taken in at once, so that some wait as requests.
	socket.write(Buffer.concat(Array.from({length: 3000}, () => request('GET', 'k'))));
	await talkUntil(port, 'INFO stats', text => text.includes('client_output_buffer_limit_disconnections:1\r\n'));
	t.is(notices.length, 1);
	t.like(events, [{type: 'clientsDropped', cause: 'unreadReplies', count: 1}]);
	t.regex(
		notices[0] ?? '',
		/^the Redis client 127\.0\.0\.1:\d+ is dropped: it left more than 4000000 bytes of replies unread$/,
	);
	t.is(await talk({port}, 'STRLEN k\r\n'), ':100000\r\n');
	// What was on its way still comes, and then the end.
	await readToEnd(socket).catch(() => undefined);
	t.pass();
});

test('a client that does not read its replies for too long is dropped', async t => {
	const notices: string[] = [];
	const {port} = await openGateway(t, {limits: {unreadRepliesTimeoutMs: 100}, notice: text => notices.push(text)});
	await talk({port}, request('SET', 'k', large));
	const socket = await open(t, port);
	socket.pause();
	socket.on('error', () => undefined);
	socket.write(Buffer.concat(Array.from({length: 500}, () => request('GET', 'k'))));
	await talkUntil(port, 'INFO stats', text => text.includes('client_output_buffer_limit_disconnections:1\r\n'));
	t.regex(notices[0] ?? '', /it did not read its replies for 0\.1 s$/);
	socket.destroy();
});

test('of connections that together hold too much the largest are dropped, and told why; the others are served', async t => {
	const {port} = await openGateway(t, {limits: {clientsBytesMax: 1_000_000}});
	const sockets = await Promise.all(Array.from({length: 30}, () => open(t, port)));
	const [small, ...others] = sockets as [Socket, ...Socket[]];
	small.write('*2\r\n$4\r\nEC');
	const ends = others.map(async socket => readToEnd(socket).catch(() => ''));
	// 65,536 parts are announced, and most of them sent.
	for (const socket of others) socket.write(`*65536\r\n${'$1\r\nx\r\n'.repeat(10_000)}`);
	await talkUntil(port, 'INFO stats', text => !text.includes('evicted_clients:0\r\n'));
	const first = await Promise.race(ends);
	t.is(
		first,
		'-ERR the connection is closed: the connections together hold more requests and replies in memory than they may\r\n',
	);
	const memory = /mem_clients_normal:(\d+)/.exec(await talk({port}, 'INFO memory\r\n'))?.[1];
	t.true(Number(memory) <= 1_000_000, memory);
	small.write('HO\r\n$2\r\nhi\r\n');
	t.is(String((await once(small, 'data'))[0]), '$2\r\nhi\r\n');
});

test('an MGET of many large values is read in pieces, as fast as its client takes them', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	await talk({port}, request('SET', 'k', large));
	const socket = await open(t, port);
	const count = 2000;
	socket.end(request('MGET', ...Array.from({length: count}, () => 'k')));
	for (let turn = 0; turn < 300; turn++) await talk({port}, 'PING\r\n');
	const served = client.batches.flat().length;
	t.true(served < count / 2, `read ${served}`);
	t.is((await readToEnd(socket)).length, `*${count}\r\n`.length + count * `$100000\r\n${large}\r\n`.length);
	t.is(client.outstandingMax, 41);
});

class Timeout extends Error {
	readonly code = 'ERR_TIMEOUT';
	readonly outcome = 'notExecuted';
}

const failingMget = async (t: ExecutionContext, value: string, failingAt: number): Promise<string> => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	await talk({port}, request('SET', 'k', value));
	let reads = 0;
	client.failWith = operation => (operation.type === 'get' && ++reads === failingAt ? new Timeout('late') : undefined);
	const keys = Array.from({length: 300}, () => 'k');
	return talk({port}, Buffer.concat([request('ECHO', 'a'), request('MGET', ...keys), request('ECHO', 'b')]));
};

test('a read that fails in the middle of a large request is an error in its place while that is possible', async t => {
	const error = '-TRYAGAIN the command was not executed (ERR_TIMEOUT): late\r\n';
	t.is(await failingMget(t, 'v', 250), `$1\r\na\r\n${error}$1\r\nb\r\n`);
});

test('when a part of the reply is on its way, the connection ends', async t => {
	const replies = await failingMget(t, large, 250);
	t.true(replies.startsWith('$1\r\na\r\n*300\r\n$100000\r\n'));
	t.false(replies.includes('$1\r\nb\r\n'));
});

test('large pieces of work wait in turn, and small ones pass them by', t => {
	const lane = new Lane({smallBytesMax: 10, largeBytesMax: 100, operationsMax: 50});
	const begun: string[] = [];
	const piece = (name: string, bytes: number, operations = 1): Piece => {
		const made = {operations, bytes, begin: () => void begun.push(name)};
		lane.enter(made);
		return made;
	};
	const first = piece('first', 500);
	const second = piece('second', 60);
	piece('third', 40);
	piece('fourth', 40);
	piece('small', 10);
	t.deepEqual(begun, ['first', 'small']);
	lane.leave(first);
	t.deepEqual(begun, ['first', 'small', 'second', 'third']);
	lane.leave(second);
	t.deepEqual(begun, ['first', 'small', 'second', 'third', 'fourth']);
});

test('no more operations are under way than the service takes', t => {
	const lane = new Lane({smallBytesMax: 10, largeBytesMax: 100, operationsMax: 50});
	const begun: string[] = [];
	const one: Piece = {operations: 40, bytes: 5, begin: () => void begun.push('one')};
	lane.enter(one);
	lane.enter({operations: 20, bytes: 5, begin: () => void begun.push('two')});
	t.deepEqual(begun, ['one']);
	lane.leave(one);
	t.deepEqual(begun, ['one', 'two']);
});

test('a connection asks for more values at once as long as they are small', t => {
	const gateway = {valueBytesExpected: 1024};
	const window = new ValueWindow(gateway);
	const sizes: number[] = [];
	for (const bytes of [100, 100, 100, 2 ** 20, 100, 100]) {
		sizes.push(window.size);
		window.learn(window.size, window.size * bytes);
	}
	t.deepEqual(sizes, [16, 32, 64, 128, 4, 8]);
	window.learn(1, 2 ** 20);
	t.is(new ValueWindow(gateway).size, 4);
});

test('who holds the most goes first, and who asked to stay goes last', t => {
	const memory = new ClientsMemory(100);
	const evicted: string[] = [];
	const client = (name: string, memoryBytes: number, isDroppedLast = false): MemoryClient => ({
		memoryBytes,
		isDroppedLast,
		evict: () => void evicted.push(name),
	});
	memory.count(client('a', 40, true));
	memory.count(client('b', 30));
	t.deepEqual(evicted, []);
	memory.count(client('c', 35));
	t.deepEqual(evicted, ['c']);
	memory.count(client('d', 200, true));
	t.deepEqual(evicted, ['c', 'b', 'd']);
	t.is(memory.bytes, 40);
});
