/** Who may use the port: the password. */
import test from 'ava';
import fc from 'fast-check';
import {Redis} from 'ioredis';
import {startRedisGateway} from '../../actors/redis/gateway.js';
import {open, openGateway, readToEnd, request, talk} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';
import {StoreClient} from './store-client.js';

const password = 'hush';
const needed = '-NOAUTH Authentication required.\r\n';
const wrong = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';

const lines = (...texts: readonly string[]): string => texts.map(text => `${text}\r\n`).join('');

test('before AUTH nothing is carried out, in the words of Redis', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client, password});
	const replies = await talk({port}, lines('SET a 1', 'GET', 'PING', 'CLIENT LIST', 'INFO', 'COMMAND', 'CONFIG GET *'));
	t.is(replies, needed + `-ERR wrong number of arguments for 'get' command\r\n` + needed.repeat(5));
	t.is(client.store.get('a'), undefined);
	t.deepEqual(client.batches, []);
});

test('AUTH with the right password opens the connection for what follows in the same pipeline, and RESET closes it', async t => {
	const {port} = await openGateway(t, {password});
	t.is(
		await talk(
			{port},
			lines(
				'AUTH nope',
				'AUTH hus',
				'AUTH hushh',
				'GET a',
				'AUTH hush',
				'SET a 1',
				'AUTH nope',
				'GET a',
				'RESET',
				'GET a',
			),
		),
		`${wrong.repeat(3)}${needed}+OK\r\n+OK\r\n${wrong}$1\r\n1\r\n+RESET\r\n${needed}`,
	);
	t.is(
		await talk({port}, lines('AUTH other hush', 'AUTH default hush x', 'PING', 'AUTH default hush', 'PING')),
		`${wrong}-ERR syntax error\r\n${needed}+OK\r\n+PONG\r\n`,
	);
	t.is(await talk({port}, lines('PING')), needed, 'each connection for itself');
});

test('a password is bytes: what is beyond ASCII is given as UTF-8', async t => {
	const {port} = await openGateway(t, {password: 'häsch "x"'});
	t.is(
		await talk({port}, Buffer.concat([request('AUTH', Buffer.from('häsch "x"')), request('PING')])),
		'+OK\r\n+PONG\r\n',
	);
	t.is(await talk({port}, request('AUTH', Buffer.from('häsch "x"', 'latin1'))), wrong);
});

test('ioredis logs in by its option, and by none is told what is missing', async t => {
	const {port} = await openGateway(t, {password});
	const client = new Redis({port, host: '127.0.0.1', password, lazyConnect: true});
	t.teardown(() => client.disconnect());
	t.is(await client.set('a', '1'), 'OK');
	const stranger = new Redis({port, host: '127.0.0.1', lazyConnect: true, enableReadyCheck: false});
	t.teardown(() => stranger.disconnect());
	await t.throwsAsync(stranger.get('a'), {message: 'NOAUTH Authentication required.'});
});

test('no list of clients and no object of the gateway shows a password', async t => {
	const gateway = await openGateway(t, {password: 'a-secret-word'});
	const replies = await talk(
		gateway,
		lines(
			'AUTH a-secret-word',
			'CLIENT LIST',
			'CLIENT INFO',
			'INFO',
			'CONFIG GET *',
			'COMMAND DOCS',
			'AUTH a-secret-wor',
		),
	);
	t.true(replies.startsWith('+OK\r\n'));
	t.false(replies.includes('a-secret-wor'));
});

oracleTest('what is said before and after AUTH and HELLO is byte for byte what redis-server 7.0 says', async t => {
	const redis = await startRedis(t, '--requirepass', password);
	const {port} = await openGateway(t, {password});
	const word = fc.constantFrom('hush', 'default', 'nope', '', 'auth', 'setname', '2', '3', '4', 'me', 'a b');
	const command: fc.Arbitrary<readonly string[]> = fc.oneof(
		fc.tuple(fc.constantFrom(['auth'], ['AUTH']), fc.array(word, {maxLength: 4})).map(parts => parts.flat()),
		fc.tuple(fc.constantFrom(['hello'], ['HELLO']), fc.array(word, {maxLength: 6})).map(parts => parts.flat()),
		fc.constantFrom(
			['auth', 'hush'],
			['auth', 'default', 'hush'],
			['hello', '3', 'auth', 'default', 'hush'],
			['hello', '2', 'auth', 'default', 'nope'],
			['hello', '3', 'setname', 'me'],
			['get', 'a'],
			['set', 'a', '1'],
			['get'],
			['nosuch', 'hush'],
			['client', 'getname'],
			['client', 'nosuch'],
			['ping'],
			['exec'],
			['discard'],
			['reset'],
			['reset', 'x'],
		),
	);
	// Whose connection it is, and which Redis, differ.
	const comparable = (replies: string): string =>
		replies.replaceAll(/version\r\n\$\d\r\n[\d.]+/g, 'version').replaceAll(/id\r\n:\d+/g, 'id');
	await fc.assert(
		fc.asyncProperty(fc.array(command, {maxLength: 30}), async commands => {
			const all = Buffer.concat([...commands, ['quit']].map(parts => request(...parts)));
			const [ours, theirs] = await Promise.all([talk({port}, all, 'keepOpen'), talk(redis, all, 'keepOpen')]);
			t.is(comparable(ours), comparable(theirs));
		}),
		{seed: 20_240_606, numRuns: 300},
	);
});

test('who has not given the password cannot make the port hold large requests, as in Redis', async t => {
	const {port} = await openGateway(t, {password});
	const tooMany = '-ERR Protocol error: unauthenticated multibulk length\r\n';
	const tooLong = '-ERR Protocol error: unauthenticated bulk length\r\n';
	t.is(await talk({port}, '*11\r\n', 'keepOpen'), tooMany);
	t.is(await talk({port}, '*2\r\n$16385\r\n', 'keepOpen'), tooLong);
	t.is(await talk({port}, request('GET', ...new Array<string>(10).fill('a')), 'keepOpen'), tooMany);
	t.is(await talk({port}, request('GET', 'a'.repeat(16_385)), 'keepOpen'), tooLong);
	t.is(await talk({port}, request('GET', 'a'.repeat(16_384))), needed);
	const large = request('SET', 'a', 'x'.repeat(16_385));
	t.is(await talk({port}, Buffer.concat([request('AUTH', password), large])), '+OK\r\n+OK\r\n');
	const socket = await open(t, port);
	socket.end(Buffer.concat([request('AUTH', password), large, request('RESET'), large]));
	t.is(await readToEnd(socket), `+OK\r\n+OK\r\n+RESET\r\n${tooLong}`);
});

test('beyond the loopback address the port is not opened without a password, and the error says what to do', async t => {
	const client = new StoreClient();
	const info = () => Promise.resolve({});
	for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
		const error = await t.throwsAsync(startRedisGateway({client, info, port: 0, host}), undefined, host);
		t.like(error, {name: 'GatewayAccessError', code: 'ERR_PASSWORD_NEEDED'});
		t.is(
			error?.message,
			`The Redis port at ${host} would be open to everybody who can reach this machine: give a password (--redis-password-file FILE, or the option "password"), or listen on 127.0.0.1`,
		);
	}
	for (const host of ['127.0.0.1', '127.8.9.10', 'localhost']) await openGateway(t, {host});
	const gateway = await openGateway(t, {host: '0.0.0.0', password});
	t.is(gateway.address, '0.0.0.0');
	t.is(await talk(gateway, lines('AUTH hush', 'PING')), '+OK\r\n+PONG\r\n');
});

test('an empty password is a mistake, not an open port', async t => {
	const options = {client: new StoreClient(), info: () => Promise.resolve({}), port: 0, password: ''};
	await t.throwsAsync(startRedisGateway(options), {code: 'ERR_OPTION'});
});
