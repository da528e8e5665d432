import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {defaultRedisLimits} from '../../actors/redis/limits.js';
import {OutputLimit} from '../../actors/redis/output-limit.js';
import {StoreClient} from './store-client.js';
import {open, openGateway, request, talk, talkUntil, turnGateway} from './harness.js';

/** A connection that listens to a channel. `read`: waits until it has received this, and takes all that has come. */
async function listenTo(
	t: ExecutionContext,
	port: number,
	before: string,
): Promise<{socket: Socket; read: (until: string) => Promise<string>}> {
	const socket = await open(t, port);
	let received = '';
	socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
	const read = async (until: string): Promise<string> => {
		let searched = 0;
		while (!received.includes(until, searched)) {
			// Not all of it again and again: it may be long.
			searched = Math.max(0, received.length - until.length);
			await once(socket, 'data');
		}
		const taken = received;
		received = '';
		return taken;
	};
	socket.write(`${before}SUBSCRIBE news\r\n`);
	await read('$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n');
	return {socket, read};
}

const message = (text: string): string => `*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$${text.length}\r\n${text}\r\n`;

test('a message is given when the writes before it in the pipeline are carried out', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const {socket, read} = await listenTo(t, port, '');
	const seen: unknown[] = [];
	socket.on('data', () => seen.push(client.store.get('k')?.value.toString()));
	let openIt: () => void = () => undefined;
	client.gate = new Promise(resolve => (openIt = resolve));
	const replies = talk({port}, 'SET k 1\r\nGET k\r\nPUBLISH news hi\r\nSET later 1\r\n');
	await turnGateway(t, port, 20);
	t.deepEqual(seen, []);
	openIt();
	t.is(await replies, '+OK\r\n$1\r\n1\r\n:1\r\n+OK\r\n');
	await read(message('hi'));
	t.deepEqual(seen, ['49']);
});

test('no message comes in the middle of a long reply: it waits until the reply has ended', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const large = 'v'.repeat(100_000);
	await talk({port}, request('SET', 'k', large));
	const {socket, read} = await listenTo(t, port, 'HELLO 3\r\n');
	const count = 150;
	let begun = false;
	client.failWith = () => {
		begun = true;
		return undefined;
	};
	socket.write(Buffer.concat([request('MGET', ...Array.from({length: count}, () => 'k')), request('ECHO', 'end')]));
	await talkUntil(port, 'PUBLISH news hi', () => begun);
	const received = await read('$3\r\nend\r\n');
	const reply = `*${count}\r\n${`$100000\r\n${large}\r\n`.repeat(count)}`;
	const pushed = '>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n';
	const from = received.indexOf(reply);
	t.not(from, -1);
	t.regex(received.replace(reply, ''), /^(?:>3\r\n\$7\r\nmessage\r\n\$4\r\nnews\r\n\$2\r\nhi\r\n)+\$3\r\nend\r\n/);
	t.true(received.indexOf(pushed, from + reply.length) === from + reply.length);
});

test('a subscriber that does not read is dropped beyond the limit of messages, and the others get all of them', async t => {
	const notices: string[] = [];
	const {port} = await openGateway(t, {
		limits: {unreadMessagesBytesMax: 4_000_000},
		notice: text => notices.push(text),
	});
	const slow = await listenTo(t, port, '');
	slow.socket.on('error', () => undefined);
	slow.socket.pause();
	const reading = await listenTo(t, port, '');
	const large = 'v'.repeat(1_000_000);
	const count = 40;
	let got = 0;
	reading.socket.on('data', (chunk: Buffer) => (got += chunk.length));
	for (let sent = 0; sent < count; sent++) {
		t.regex(await talk({port}, request('PUBLISH', 'news', large)), /^:[12]\r\n$/);
		while (got < (sent + 1) * message(large).length) await once(reading.socket, 'data');
	}
	t.is(notices.length, 1);
	t.regex(notices[0] ?? '', /is dropped: it left more than 4000000 bytes of messages unread$/);
	t.is(await talk({port}, 'PUBSUB NUMSUB news\r\n'), '*2\r\n$4\r\nnews\r\n:1\r\n');
	t.regex(await talk({port}, 'INFO stats\r\n'), /client_output_buffer_limit_disconnections:1\r\n/);
	slow.socket.destroy();
});

test('a subscriber may leave many messages unread for a while, and not for long', t => {
	const limit = new OutputLimit(defaultRedisLimits);
	const mebibyte = 2 ** 20;
	const at = (seconds: number, mebibytes: number, isSubscribed = true) =>
		limit.excessOf(mebibytes * mebibyte, isSubscribed, () => seconds * 1000);
	t.is(at(0, 9), undefined);
	t.is(at(60, 9), undefined);
	t.is(at(61, 9), 'it left more than 8388608 bytes of messages unread for 60 s');
	t.is(at(62, 8), undefined);
	t.is(at(63, 32), undefined);
	t.is(at(123, 32), undefined);
	t.is(at(64, 33), 'it left more than 33554432 bytes of messages unread');
	t.is(at(200, 256, false), undefined);
	t.is(at(200, 257, false), 'it left more than 268435456 bytes of replies unread');
	t.is(at(200, 9), undefined);
});

test('who listens to too many channels for the memory of all connections is dropped', async t => {
	const {port} = await openGateway(t, {limits: {clientsBytesMax: 1_000_000}});
	const names = Array.from({length: 10_000}, (_, number) => `channel ${number}`);
	const socket = connect({port, host: '127.0.0.1'});
	socket.on('error', () => undefined);
	socket.resume();
	socket.write(request('SUBSCRIBE', ...names));
	await once(socket, 'close');
	t.is(await talkUntil(port, 'PUBSUB CHANNELS', text => text === '*0\r\n'), '*0\r\n');
});

test('who has gone listens no more', async t => {
	const {port} = await openGateway(t);
	const gone = await listenTo(t, port, '');
	t.is(await talk({port}, 'PUBLISH news x\r\n'), ':1\r\n');
	gone.socket.destroy();
	t.is(await talkUntil(port, 'PUBLISH news x', text => text === ':0\r\n'), ':0\r\n');
	t.is(await talk({port}, 'PUBSUB CHANNELS\r\n'), '*0\r\n');
});

test('messages come also while the cluster carries out nothing', async t => {
	const client = new StoreClient();
	client.gate = new Promise(() => undefined);
	const {port} = await openGateway(t, {client});
	const {read} = await listenTo(t, port, '');
	t.is(await talk({port}, 'PUBLISH news hi\r\nPUBLISH news ho\r\n'), ':1\r\n:1\r\n');
	t.is(await read('ho\r\n'), message('hi') + message('ho'));
});

test('what is read of a pipeline before SUBSCRIBE is answered does not decide about what follows it', async t => {
	const {port} = await openGateway(t);
	const replies = await talk(
		{port},
		'SET k 1\r\nSUBSCRIBE news\r\nGET k\r\nPING\r\nUNSUBSCRIBE news\r\nGET k\r\nHELLO 3\r\nSUBSCRIBE news\r\nGET k\r\n',
	);
	t.is(
		replies.replace(/%7[^]*modules\r\n\*0\r\n/, 'HELLO\r\n'),
		[
			'+OK',
			'*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1',
			"-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
			'*2\r\n$4\r\npong\r\n$0\r\n',
			'*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0',
			'$1\r\n1',
			'HELLO',
			'>3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1',
			'$1\r\n1\r\n',
		].join('\r\n'),
	);
});
