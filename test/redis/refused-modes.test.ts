import test from 'ava';
import {StoreClient} from './store-client.js';
import {openGateway, talk} from './harness.js';

/** Requests as one types them, each with its reply; `''` where there is none. */
const dialogue = test.macro(async (t, ...exchanges: [line: string, reply: string][]) => {
	// As with an engine that has no other.
	const {port} = await openGateway(t, {databases: 1});
	const replies = await talk({port}, exchanges.map(([line]) => `${line}\r\n`).join(''));
	t.is(replies, exchanges.map(([, reply]) => reply.replaceAll('\n', '\r\n')).join(''));
});

const inDatabase = (number: string) =>
	`-ERR SELECT ${number} was refused, so this command is not executed: send SELECT 0 to go on\n`;
const outOfRange = '-ERR DB index is out of range\n';

test(
	'what follows a refused SELECT neither reads nor writes database 0, until that is selected',
	dialogue,
	['SET a 1', '+OK\n'],
	['SELECT 1', outOfRange],
	['SET a 2', inDatabase('1')],
	['GET a', inDatabase('1')],
	['MGET a b', inDatabase('1')],
	['DEL a', inDatabase('1')],
	['FLUSHDB', inDatabase('1')],
	['PING', '+PONG\n'],
	['CLIENT ID', ':1\n'],
	['SELECT -7', outOfRange],
	['INCR a', inDatabase('1')],
	['SELECT 15', outOfRange],
	['MULTI', '+OK\n'],
	['INCR a', inDatabase('15')],
	['EXEC', '-EXECABORT Transaction discarded because of previous errors.\n'],
	['SELECT 0', '+OK\n'],
	['COPY a b DB 1', outOfRange],
	['MOVE a 1', outOfRange],
	['SWAPDB 0 1', outOfRange],
	['GET a', '$1\n1\n'],
	['CONFIG GET databases', '*2\n$9\ndatabases\n$1\n1\n'],
	['MULTI', '+OK\n'],
	['SELECT 1', '-ERR SELECT is not supported inside MULTI: send it before MULTI\n'],
	['EXEC', '-EXECABORT Transaction discarded because of previous errors.\n'],
	['SELECT x', '-ERR value is not an integer or out of range\n'],
	['GET a', '$1\n1\n'],
);

const notTracked =
	'-ERR CLIENT TRACKING was refused, so this command is not executed: send CLIENT TRACKING OFF to go on\n';

test(
	'nothing is read for a client that believes its cache to be kept up to date',
	dialogue,
	['CLIENT TRACKING OFF', '+OK\n'],
	[
		'CLIENT TRACKING ON OPTIN',
		'-ERR CLIENT TRACKING is not supported: nobody tells when a value that the client keeps has changed\n',
	],
	['GET a', notTracked],
	['PING', '+PONG\n'],
	['CLIENT TRACKING off', '+OK\n'],
	['GET a', '$-1\n'],
	['CLIENT TRACKING maybe', '-ERR syntax error\n'],
);

test(
	'RESET ends whatever a client believes to have begun, and its name and protocol',
	dialogue,
	['CLIENT SETNAME me', '+OK\n'],
	['SELECT 3', outOfRange],
	['CLIENT REPLY OFF', ''],
	['HELLO 3', ''],
	['MULTI', ''],
	['RESET', '+RESET\n'],
	['CLIENT GETNAME', '$-1\n'],
	['SET a 1', '+OK\n'],
	['GET none', '$-1\n'],
	['EXEC', '-ERR EXEC without MULTI\n'],
);

test('what one connection was refused is nothing to another', async t => {
	const {port} = await openGateway(t);
	await talk({port}, 'SELECT 1\r\nMULTI\r\nSELECT 2\r\n');
	t.is(await talk({port}, 'SET a 1\r\n'), '+OK\r\n');
});

test(
	'a refused AUTH leaves a connection what it was, as in Redis without passwords',
	dialogue,
	['HELLO 3 AUTH alice x', '-WRONGPASS invalid username-password pair or user is disabled.\n'],
	['GET none', '$-1\n'],
	['AUTH alice x', '-WRONGPASS invalid username-password pair or user is disabled.\n'],
	['GET none', '$-1\n'],
);

test('commands whose replies are turned off are carried out, and nothing is answered', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const value = 'x'.repeat(5000);
	const lines = ['CLIENT REPLY OFF', `SET a ${value}`, 'GET a', 'FOO', 'INFO', 'HELLO 3', 'CLIENT REPLY ON', 'GET b'];
	t.is(await talk({port}, lines.map(line => `${line}\r\n`).join('')), '+OK\r\n_\r\n');
	t.is(client.store.get('a')?.value.length, 5000);
});
