import {once} from 'node:events';
import {connect} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {open, openGateway, request, talk, talkUntil} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

/** What a second connection is shown of these commands, each sent when the one before it is answered; times and addresses left out. */
async function monitored(
	t: ExecutionContext,
	target: {readonly port: number} | {readonly path: string},
	commands: readonly (readonly (string | Uint8Array)[])[],
): Promise<string> {
	const watching = connect({...target, host: '127.0.0.1'});
	const asking = connect({...target, host: '127.0.0.1'});
	t.teardown(() => {
		watching.destroy();
		asking.destroy();
	});
	let shown = '';
	watching.on('data', (chunk: Buffer) => (shown += chunk.toString('latin1')));
	watching.write('MONITOR\r\nMONITOR\r\n');
	while (!shown.includes('+OK\r\n')) await once(watching, 'data');
	for (const parts of commands) {
		asking.write(request(...parts));
		await once(asking, 'data');
	}
	asking.write('ECHO end\r\n');
	while (!shown.includes('"end"\r\n')) await once(watching, 'data');
	return shown.replaceAll(/\d{10}\.\d{6} \[0 (?:unix:\/|127\.0\.0\.1:\d+)[^\]]*\]/g, 'TIME AND ADDRESS');
}

const allBytes = Buffer.from(Array.from({length: 256}, (_, byte) => byte));

oracleTest('MONITOR shows what redis-server 7.0 shows, and no user and no password', async t => {
	const commands = [
		['SET', 'k', '1'],
		['get'],
		['GET', 'k', 'x'],
		['nosuch', 'x'],
		['ECHO', allBytes],
		['echo', ''],
		['AUTH', 'secret'],
		['AUTH', 'default', 'secret'],
		['auth', 'user', 'secret'],
		['HELLO', '3', 'auth', 'default', 'secret', 'SETNAME', 'auth'],
		['HELLO', '2', 'SETNAME', 'auth', 'AUTH', 'user', 'secret'],
		['HELLO', '2'],
		['CLIENT', 'LIST'],
		['CLIENT', 'SETNAME', 'me'],
		['CLIENT', 'NOSUCH'],
		['CONFIG', 'GET', 'save'],
		['INFO', 'replication'],
		['PUBLISH', 'a', 'b'],
		['SUBSCRIBE', 'a'],
		['GET', 'k'],
		['UNSUBSCRIBE'],
		['COMMAND', 'COUNT'],
		['RESET'],
	];
	const ours = await monitored(t, await openGateway(t), commands);
	t.is(ours, await monitored(t, await startRedis(t), commands));
	t.false(ours.includes('secret'));
});

test('MONITOR cuts what is long, and ends with RESET and the connection', async t => {
	const {port} = await openGateway(t);
	const many = Array.from({length: 200}, () => 'k');
	const shown = await monitored(t, {port}, [
		['ECHO', 'x'.repeat(5000)],
		['MGET', ...many],
	]);
	t.true(shown.includes(`"ECHO" "${'x'.repeat(4096)}... (904 more bytes)"\r\n`));
	t.true(shown.includes(`"MGET" ${'"k" '.repeat(127)}"... (73 more arguments)"\r\n`));
	const socket = await open(t, port);
	socket.write('MONITOR\r\n');
	await once(socket, 'data');
	// As in Redis, its own RESET is shown to others only.
	const reset = await talk({port}, 'MONITOR\r\nRESET\r\nQUIT\r\n');
	t.is(reset, '+OK\r\n+RESET\r\n+OK\r\n');
	t.regex(await talk({port}, 'CLIENT LIST ID 3\r\n'), / flags=O /);
	socket.write('RESET\r\n');
	t.regex(await talkUntil(port, 'CLIENT LIST ID 3', text => !text.includes(' flags=O ')), / flags=N /);
});

test('who reads too slowly what MONITOR shows is dropped, and the others are served', async t => {
	const notices: string[] = [];
	const limits = {unreadMessagesBytesMax: 2_000_000};
	const {port} = await openGateway(t, {limits, notice: text => notices.push(text)});
	const socket = await open(t, port);
	socket.on('error', () => undefined);
	socket.write('MONITOR\r\n');
	await once(socket, 'data');
	socket.pause();
	const parts = Array.from({length: 100}, () => 'x'.repeat(4096));
	while (notices.length === 0) await talk({port}, request('MGET', ...parts));
	t.regex(notices[0] ?? '', /is dropped: it left more than 2000000 bytes of messages unread$/);
	t.notRegex(await talk({port}, 'CLIENT LIST\r\n'), / flags=O /);
	socket.destroy();
});
