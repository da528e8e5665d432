/** One connection to one member, before servers that do what etcd seldom does. Needs no etcd. */
import {once} from 'node:events';
import {createServer as createHttp2Server, constants, type Http2Server, type ServerHttp2Stream} from 'node:http2';
import {createServer, type AddressInfo, type Server, type Socket} from 'node:net';
import {createSecureContext} from 'node:tls';
import test, {type ExecutionContext} from 'ava';
import {Connection} from '../../actors/engines/etcd/rpc/connection.js';
import type {Call} from '../../actors/engines/etcd/rpc/link.js';
import {freePorts} from './etcd-cluster.js';

const call: Call = {
	path: '/etcdserverpb.KV/Range',
	request: Buffer.from('request'),
	token: undefined,
	replyBytesMax: 1000,
	timeoutMs: 10_000,
};
const short: Call = {...call, timeoutMs: 200};

async function listen(t: ExecutionContext, server: Server | Http2Server): Promise<number> {
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	return (server.address() as AddressInfo).port;
}

function connect(t: ExecutionContext, port: number, isSecure = false): Connection {
	const secureContext = isSecure ? createSecureContext() : undefined;
	const connection = new Connection({host: '127.0.0.1', port, secureContext});
	t.teardown(() => connection.close());
	return connection;
}

/** A server whose every call is answered by this. */
async function answering(t: ExecutionContext, answer: (stream: ServerHttp2Stream) => void) {
	const server = createHttp2Server();
	const sessions: Promise<unknown>[] = [];
	server.on('session', session => sessions.push(once(session, 'close')));
	server.on('stream', stream => {
		stream.on('error', () => undefined);
		answer(stream);
	});
	return {connection: connect(t, await listen(t, server)), sessions};
}

/** A message of 3 bytes, as gRPC frames it. */
const framed = Buffer.from([0, 0, 0, 0, 3, 1, 2, 3]);

function reply(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string>): void {
	stream.respond({':status': 200, 'content-type': 'application/grpc'}, {waitForTrailers: true});
	stream.on('wantTrailers', () => stream.sendTrailers(trailers));
	stream.end(body);
}

for (const isSecure of [false, true]) {
	test(`a ${isSecure ? 'TLS ' : ''}server that takes connections and says nothing gets no request, and no connection is left over`, async t => {
		const server = createServer();
		const gone: Promise<unknown>[] = [];
		server.on('connection', (socket: Socket) => {
			socket.on('error', () => undefined);
			gone.push(once(socket.resume(), 'close'));
		});
		const connection = connect(t, await listen(t, server), isSecure);
		t.like(await connection.exchange(short), {type: 'failed', cause: 'timeout', hasLeft: false});
		t.like(await connection.exchange(short), {type: 'failed', cause: 'timeout', hasLeft: false});
		t.is(gone.length, 2);
		await Promise.all(gone);
		const closing = connection.exchange(call);
		await once(server, 'connection');
		connection.close();
		t.like(await closing, {type: 'failed', cause: 'connection', hasLeft: false});
		await Promise.all(gone);
	});
}

test('a call that is not answered in time may have arrived; the next one takes a new connection, and the old one goes', async t => {
	const seen: number[] = [];
	const {connection, sessions} = await answering(t, stream => {
		seen.push(sessions.length);
		if (sessions.length > 1) reply(stream, framed, {'grpc-status': '0'});
	});
	t.like(await connection.exchange(short), {type: 'failed', cause: 'timeout', hasLeft: true});
	t.like(await connection.exchange(call), {type: 'replied', reply: Buffer.from([1, 2, 3])});
	t.deepEqual(seen, [1, 2]);
	await sessions[0];
});

test('calls at the same time share a connection; each has its headers and its deadline', async t => {
	const headers: unknown[] = [];
	const server = createHttp2Server();
	let sessionCount = 0;
	server.on('session', () => sessionCount++);
	server.on('stream', (stream, received) => {
		const {':path': path, token, te, hasleader, 'grpc-timeout': timeout, 'content-type': contentType} = received;
		headers.push({path, token, te, hasleader, contentType, isMs: /^\d+m$/.test(String(timeout))});
		reply(stream, framed, {'grpc-status': '0'});
	});
	const connection = connect(t, await listen(t, server));
	const answers = await Promise.all([call, {...call, token: 'secret'}].map(one => connection.exchange(one)));
	t.deepEqual(
		answers.map(({type}) => type),
		['replied', 'replied'],
	);
	t.is(sessionCount, 1);
	const common = {path: call.path, te: 'trailers', hasleader: 'true', contentType: 'application/grpc', isMs: true};
	t.deepEqual(headers, [
		{...common, token: undefined},
		{...common, token: 'secret'},
	]);
});

test('what the server refuses comes with its number and its words, unescaped', async t => {
	const {connection} = await answering(t, stream =>
		stream.respond({':status': 200, 'grpc-status': '7', 'grpc-message': 'no %C3%A4ccess'}, {endStream: true}),
	);
	t.like(await connection.exchange(call), {type: 'replied', status: {code: 7, message: 'no äccess'}});
});

test('a stream that the server refuses before looking at it has not arrived; one that breaks off may have', async t => {
	const refusing = await answering(t, stream => stream.close(constants.NGHTTP2_REFUSED_STREAM));
	t.like(await refusing.connection.exchange(call), {type: 'failed', cause: 'connection', hasLeft: false});
	const breaking = await answering(t, stream => stream.session?.destroy());
	t.like(await breaking.connection.exchange(call), {type: 'failed', cause: 'connection', hasLeft: true});
});

test('a server that goes away says which calls it has not looked at', async t => {
	const {connection} = await answering(t, stream => {
		if (stream.id === 1) return reply(stream, framed, {'grpc-status': '0'});
		stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
		setImmediate(() => stream.session?.destroy());
	});
	t.like(await connection.exchange(call), {type: 'replied'});
	t.like(await connection.exchange(call), {type: 'failed', cause: 'connection', hasLeft: false});
});

test('an answer that is too large is not read to its end', async t => {
	const {connection} = await answering(t, stream => reply(stream, Buffer.alloc(5000), {'grpc-status': '0'}));
	t.like(await connection.exchange(call), {type: 'failed', cause: 'replyTooLarge'});
});

test('a server that is no etcd is told from one', async t => {
	const site = await answering(t, stream => stream.respond({':status': 404}, {endStream: true}));
	t.like(await site.connection.exchange(call), {type: 'failed', cause: 'notEtcd', reason: 'the answer is HTTP 404'});
	const cut = await answering(t, stream => reply(stream, framed.subarray(0, 6), {'grpc-status': '0'}));
	t.like(await cut.connection.exchange(call), {type: 'failed', cause: 'notEtcd', hasLeft: true});
});

test('where nobody listens nothing arrives', async t => {
	const [port] = await freePorts(1);
	t.like(await connect(t, port!).exchange(call), {
		type: 'failed',
		cause: 'connection',
		hasLeft: false,
		errorCode: 'ECONNREFUSED',
	});
});
