/** TLS and the unix socket. */
import {execFile, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {lstat, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises';
import {connect as connectPlain, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {connect, type ConnectionOptions} from 'node:tls';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {launch} from '../cli/cli-process.js';
import {Certificates} from '../engines/certificates.js';
import {needing} from '../needs.js';
import {open, openGateway, readToEnd, talk} from './harness.js';
import {StoreClient} from './store-client.js';
import {startRedisGateway} from '../../actors/redis/gateway.js';

const run = promisify(execFile);
const isThere = (program: string): boolean => spawnSync(program, ['--version']).status !== null;
const hasOpenssl = isThere('openssl');
const tlsTest = needing(hasOpenssl ? undefined : 'openssl is not installed');
const cliTest = needing(
	hasOpenssl && isThere('redis-cli') ? undefined : 'openssl and redis-cli are not both installed',
);

async function setUp() {
	const certificates = await Certificates.open();
	const authority = await certificates.authority('authority');
	const stranger = await certificates.authority('stranger');
	return {
		certificates,
		authority,
		server: await certificates.signed('server', authority, 'IP:127.0.0.1'),
		client: await certificates.signed('client', authority),
		strange: await certificates.signed('strange', stranger),
	};
}

type Setting = Awaited<ReturnType<typeof setUp>>;
const setting = hasOpenssl ? await setUp() : undefined;
test.after.always(() => setting?.certificates.close());
const given = (): Setting => setting as Setting;

/** What the port says to a PING over TLS; `undefined`: it ended the connection without a word. */
async function pingOver(port: number, options: ConnectionOptions): Promise<string | undefined> {
	const socket = connect({port, host: '127.0.0.1', ca: given().authority.cert, ...options});
	socket.end('PING\r\n');
	return readToEnd(socket).then(
		said => (said === '' ? undefined : said),
		() => undefined,
	);
}

tlsTest('with a certificate the port speaks TLS and nothing else', async t => {
	const {server, strange} = given();
	const {port} = await openGateway(t, {tls: {cert: server.cert, key: server.key}});
	t.is(await pingOver(port, {}), '+PONG\r\n');
	t.is(await pingOver(port, {maxVersion: 'TLSv1.2'}), '+PONG\r\n');
	t.is(await pingOver(port, {ca: strange.cert}), undefined, 'the client looks at our certificate');
	const plain = connectPlain(port, '127.0.0.1');
	plain.write('PING\r\n');
	t.false((await readToEnd(plain).catch(() => '')).includes('PONG'));
	t.is(await pingOver(port, {}), '+PONG\r\n', 'and serves others after that');
});

tlsTest('with an authority a client must show a certificate of it', async t => {
	const {server, authority, client, strange} = given();
	const {port} = await openGateway(t, {tls: {cert: server.cert, key: server.key, ca: authority.cert}});
	t.is(await pingOver(port, {cert: client.cert, key: client.key}), '+PONG\r\n');
	t.is(await pingOver(port, {}), undefined);
	t.is(await pingOver(port, {cert: strange.cert, key: strange.key}), undefined);
});

tlsTest('closing cuts clients that have not ended their handshake, and those that have', async t => {
	const {server} = given();
	const gateway = await openGateway(t, {tls: {cert: server.cert, key: server.key}});
	const hanging = await open(t, gateway.port);
	const idle = connect({port: gateway.port, host: '127.0.0.1', ca: given().authority.cert});
	t.teardown(() => idle.destroy());
	idle.on('error', () => undefined);
	await once(idle, 'secureConnect');
	const ended = Promise.all([hanging, idle].map(socket => readToEnd(socket).catch(() => '')));
	await gateway.close();
	t.deepEqual(await ended, ['', '']);
});

tlsTest('who does not end its handshake takes the place of a client, and gives it back', async t => {
	const {server} = given();
	const {port} = await openGateway(t, {tls: {cert: server.cert, key: server.key}, limits: {clientsMax: 1}});
	const first = await open(t, port);
	const second = await open(t, port);
	t.is(await readToEnd(second).catch(() => ''), '', 'it is cut off');
	first.resetAndDestroy();
	let said: string | undefined;
	do said = await pingOver(port, {});
	while (said === undefined);
	t.is(said, '+PONG\r\n');
});

tlsTest('certificates that cannot be used are a typed error that repeats no key', async t => {
	const {server, client} = given();
	const start = (tls: {cert: string; key: string; ca?: string}) =>
		startRedisGateway({client: new StoreClient(), info: () => Promise.resolve({}), port: 0, tls});
	for (const tls of [
		{cert: server.cert, key: client.key},
		{cert: 'x', key: server.key},
		{cert: server.cert, key: server.key, ca: 'x'},
	]) {
		const error = await t.throwsAsync(start(tls));
		t.like(error, {name: 'GatewayAccessError', code: 'ERR_CERTIFICATE'});
		t.false(error?.message.includes('PRIVATE KEY'));
		t.false(error?.message.includes(tls.key.slice(40, 80)));
	}
});

async function folder(t: ExecutionContext): Promise<string> {
	const made = await mkdtemp(path.join(tmpdir(), 'threadraft-door-'));
	t.teardown(() => rm(made, {recursive: true, force: true}));
	return made;
}

test('a unix socket is for this user alone, and is gone when the gateway is', async t => {
	const directory = await folder(t);
	const socketPath = path.join(directory, 'redis.sock');
	const gateway = await openGateway(t, {socketPath});
	const {mode} = await lstat(socketPath);
	t.is((mode % 0o1000).toString(8), '600');
	t.deepEqual(await readdir(directory), ['redis.sock']);
	t.is(await talk({path: socketPath}, 'SET a 1\r\n'), '+OK\r\n');
	t.is(await talk(gateway, 'GET a\r\n'), '$1\r\n1\r\n', 'the port has the same data');
	const listed = await talk({path: socketPath}, 'CLIENT INFO\r\n');
	t.true(listed.includes(`addr=${socketPath}:0 laddr=${socketPath}:0`));
	t.true(listed.includes(' flags=U '));
	await gateway.close();
	t.deepEqual(await readdir(directory), []);
});

test('a socket that somebody listens on is refused, one that was left behind is taken over, another file is kept', async t => {
	const directory = await folder(t);
	const socketPath = path.join(directory, 's');
	const options = {client: new StoreClient(), info: () => Promise.resolve({}), port: 0, socketPath};
	const first = await openGateway(t, {socketPath});
	t.like(await t.throwsAsync(startRedisGateway(options)), {
		name: 'GatewayError',
		code: 'ERR_SOCKET_IN_USE',
		host: socketPath,
		message: `the unix socket ${socketPath} is in use: stop what listens there, or choose another path`,
	});
	t.is(await talk({path: socketPath}, 'PING\r\n'), '+PONG\r\n', 'and goes on being served');
	await first.close();

	// A server that is killed leaves its socket. This one's does not remove what it no longer has the name of.
	const left = createServer().listen(`${socketPath}.made`);
	await once(left, 'listening');
	await run('mv', [`${socketPath}.made`, socketPath]);
	left.close();
	await once(left, 'close');
	t.true((await lstat(socketPath)).isSocket());
	const second = await openGateway(t, {socketPath});
	t.is(await talk({path: socketPath}, 'PING\r\n'), '+PONG\r\n');
	await second.close();

	await writeFile(socketPath, 'precious');
	t.like(await t.throwsAsync(startRedisGateway(options)), {code: 'ERR_SOCKET_PATH'});
	t.is(await readFile(socketPath, 'utf8'), 'precious');
	const long = path.join(directory, 'x'.repeat(100));
	t.like(await t.throwsAsync(startRedisGateway({...options, socketPath: long})), {code: 'ERR_SOCKET_PATH'});
	const nowhere = path.join(directory, 'no', 's');
	t.like(await t.throwsAsync(startRedisGateway({...options, socketPath: nowhere})), {code: 'ERR_LISTEN'});
	t.deepEqual(await readdir(directory), ['s']);
});

test('where the unix socket cannot be opened, the port is closed again', async t => {
	const socketPath = path.join(await folder(t), 'no', 's');
	const probe = await openGateway(t);
	await probe.close();
	const {port} = probe;
	const options = {client: new StoreClient(), info: () => Promise.resolve({}), port, socketPath};
	await t.throwsAsync(startRedisGateway(options));
	t.is((await openGateway(t, {port})).port, port);
});

cliTest(
	'redis-cli logs in over TLS and over the unix socket, and nothing of the process shows the password',
	async t => {
		const {certificates, authority, server, client} = given();
		const secret = 'a-secret-word';
		const passwordFile = await certificates.file('password', `${secret}\n`);
		const socketPath = path.join(await folder(t), 's');
		const args = ['start', '--serve', '--memory', '--nodes', '1', '--redis-port', '0', '--redis-socket', socketPath];
		const tls = ['--tls-cert', server.certFile, '--tls-key', server.keyFile, '--tls-ca', authority.certFile];
		const running = launch(t, [...args, '--redis-password-file', passwordFile, ...tls]);
		const port = await running.said(/Redis protocol on 127\.0\.0\.1:(\d+) \(redis-cli -p \d+ --tls\)/);
		await running.said(/Redis protocol on \S+ \(redis-cli -s (\S+)\)/);
		const login = ['-a', secret, '--no-auth-warning'];
		const certificate = ['--tls', '--cacert', authority.certFile, '--cert', client.certFile, '--key', client.keyFile];
		const ask = async (...words: readonly string[]): Promise<string> => (await run('redis-cli', words)).stdout.trim();
		t.is(await ask('-p', port, ...certificate, ...login, 'set', 'a', '1'), 'OK');
		t.is(await ask('-s', socketPath, ...login, 'get', 'a'), '1');
		t.is(await ask('-s', socketPath, 'get', 'a'), 'NOAUTH Authentication required.');
		t.is(await ask('-s', socketPath, '-a', 'nope', '--no-auth-warning', 'get', 'a'), 'NOAUTH Authentication required.');
		const {stdout: processes} = await run('ps', ['-p', String(running.process.pid), '-o', 'args=']);
		running.process.kill('SIGTERM');
		const {status, output, errors} = await running.exit;
		t.is(status, 0);
		t.true(processes.includes(passwordFile));
		for (const text of [processes, output, errors]) t.false(text.includes(secret));
		t.is(await lstat(socketPath).catch(() => undefined), undefined);
	},
);

cliTest('files that protect the port and cannot be read, or are empty, end the start with one line', async t => {
	const {certificates} = given();
	const args = ['start', '--serve', '--memory', '--nodes', '1', '--redis-port', '0', '--redis-password-file'];
	const missing = await launch(t, [...args, '/no/such/file']).exit;
	t.is(missing.status, 1);
	t.regex(
		missing.errors,
		/^threadraft: The file of --redis-password-file cannot be read \(ENOENT.*\): check its name and its permissions\n$/,
	);
	const empty = await launch(t, [...args, await certificates.file('empty', '\n')]).exit;
	t.is(empty.status, 1);
	t.is(
		empty.errors,
		'threadraft: The file of --redis-password-file is empty: write the password into it, or leave out the option\n',
	);
});
