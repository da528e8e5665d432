/** TLS, client certificates, users and passwords, before real etcds that want them. */
import {createServer} from 'node:http2';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {createSecureContext} from 'node:tls';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {
	EngineAccessError,
	EngineRefusedError,
	EtcdClerk,
	type EtcdClerkOptions,
	type OperationError,
} from '../../actors/index.js';
import {textOf} from '../../actors/text.js';
import {launch, run} from '../cli/cli-process.js';
import {needing} from '../needs.js';
import {Certificates} from './certificates.js';
import {EtcdCluster, etcdMissing} from './etcd-cluster.js';
import {Users} from './users.js';

/** All that the tests share. */
async function setUp() {
	const certificates = await Certificates.open();
	const authority = await certificates.authority('authority');
	const stranger = await certificates.authority('stranger');
	const server = await certificates.signed('server', authority, 'IP:127.0.0.1');
	const client = await certificates.signed('client', authority);
	const strange = await certificates.signed('strange', stranger);
	const tls = {cert: server.certFile, key: server.keyFile};
	const [guarded, mutual] = await Promise.all([
		// A token lives for a second after its last use.
		EtcdCluster.start({tls, flags: {'auth-token-ttl': '1', 'bcrypt-cost': '4'}}),
		EtcdCluster.start({tls: {...tls, clientCa: authority.certFile}}),
	]);
	const secureContext = createSecureContext({ca: authority.cert});
	const users = await Users.enable({addresses: guarded.addresses, secureContext});
	await users.add('app', 'hush', {readWrite: ['app/']});
	await users.add('reader', 'read', {read: ['app/']});
	await users.add('partial', 'part', {readWrite: ['part/sessions/', 'part/keys/mine']});
	const close = () => Promise.all([guarded.close(), mutual.close(), certificates.close()]);
	return {certificates, authority, stranger, client, strange, guarded, mutual, users, close};
}

type Setting = Awaited<ReturnType<typeof setUp>>;
const setting = etcdMissing === undefined ? await setUp() : undefined;
test.after.always(() => setting?.close());

function accessTest(title: string, body: (t: ExecutionContext, setting: Setting) => Promise<void>): void {
	needing(etcdMissing)(title, t => body(t, setting as Setting));
}

const urlOf = (cluster: EtcdCluster, prefix: string, user?: string): string =>
	cluster.url(prefix).replace('://', user === undefined ? '://' : `://${user}@`);

async function connect(t: ExecutionContext, url: string, options: EtcdClerkOptions): Promise<EtcdClerk> {
	const clerk = await EtcdClerk.connect(url, {connectTimeoutMs: 20_000, timeoutMs: 20_000, ...options});
	t.teardown(() => clerk.close());
	return clerk;
}

async function isRefused(t: ExecutionContext, url: string, options: EtcdClerkOptions, message: RegExp): Promise<void> {
	// Who cannot get in is told at once, not when the time is over.
	const error = await t.throwsAsync(EtcdClerk.connect(url, {connectTimeoutMs: 60_000, ...options}), {
		instanceOf: EngineAccessError,
	});
	t.regex(error?.message ?? '', message);
	t.is(error?.code, 'ERR_ENGINE_ACCESS');
}

accessTest('a user with its password reads and writes over TLS', async (t, {guarded, authority}) => {
	const clerk = await connect(t, urlOf(guarded, 'app', 'app'), {password: 'hush', tls: {ca: authority.cert}});
	await clerk.append('log', 'a');
	t.is(await clerk.getText('log'), 'a');
	t.is((await clerk.members()).filter(({type}) => type === 'up').length, 3);
});

accessTest(
	'a token that has expired, or that a restart forgot, is replaced without a word',
	async (t, {guarded, authority}) => {
		const options = {password: 'hush', tls: {ca: authority.cert}};
		const clerk = await connect(t, urlOf(guarded, 'app', 'app'), options);
		await clerk.put('token', '0');
		await sleep(3500);
		await clerk.append('token', '1');
		await sleep(3500);
		t.is(await clerk.getText('token'), '01');
		for (const member of [0, 1, 2]) {
			await guarded.kill(member);
			guarded.restart(member);
			await clerk.append('token', '2');
		}
		t.is(await clerk.getText('token'), '01222');
	},
);

accessTest(
	'who may read watches, also after members have forgotten his token; who may not is told so',
	async (t, {guarded, authority}) => {
		const tls = {ca: authority.cert};
		const limits = {attemptTimeoutMs: 500};
		const app = await connect(t, urlOf(guarded, 'app', 'app'), {password: 'hush', tls, limits});
		const reader = await connect(t, urlOf(guarded, 'app', 'reader'), {password: 'read', tls, limits});
		const {version} = await app.put('watched', '0');
		const watch = reader.watch({prefix: 'watched', from: version});
		const told: string[] = [];
		for (const member of [0, 1, 2]) {
			for (const change of (await watch.next()).value?.changes ?? []) {
				told.push(change.type === 'put' ? textOf(change.value) : change.type);
			}
			await guarded.kill(member);
			guarded.restart(member);
			await app.put('watched', String(member + 1));
		}
		t.deepEqual(told, ['0', '1', '2']);
		await watch.return();
		const partial = await connect(t, urlOf(guarded, 'part', 'partial'), {password: 'part', tls, limits});
		const error = await t.throwsAsync(partial.watch({from: version}).next(), {instanceOf: EngineRefusedError});
		t.regex(error?.message ?? '', /permission denied.*grant/);
		await t.throwsAsync(partial.range().next(), {instanceOf: EngineRefusedError});
	},
);

accessTest('leases want the rights of all keys under the prefix', async (t, {guarded, authority}) => {
	const tls = {ca: authority.cert};
	const app = await connect(t, urlOf(guarded, 'app', 'app'), {password: 'hush', tls});
	const lease = await app.grantLease(600_000);
	await lease.put('leased', '1');
	t.true((await lease.keepAlive()) > Date.now());
	while ((await lease.state())?.keyCount !== 1);
	t.true(await lease.revoke());
	t.is(await app.get('leased'), undefined);
	await app.put('timed', '1', {ttlMs: 600_000});
	t.is(typeof (await app.ttl('timed')), 'number');
	for (const [prefix, user, password] of [
		['app', 'reader', 'read'],
		['part', 'partial', 'part'],
	] as const) {
		const other = await connect(t, urlOf(guarded, prefix, user), {password, tls});
		await t.throwsAsync(other.grantLease(600_000), {instanceOf: EngineRefusedError, message: /permission denied/});
	}
});

accessTest('who is not let in is told why, and what to do', async (t, {guarded, authority}) => {
	const tls = {ca: authority.cert};
	await isRefused(t, urlOf(guarded, 'app', 'app'), {tls, password: 'loud'}, /with this password: check both/);
	await isRefused(t, urlOf(guarded, 'app', 'nobody'), {tls, password: 'hush'}, /does not know this user/);
	await isRefused(t, urlOf(guarded, 'app'), {tls}, /wants a user: write it before the addresses/);
	await isRefused(t, urlOf(guarded, 'app', 'app'), {tls}, /password of user "app" is missing: give it/);
	await isRefused(t, urlOf(guarded, 'app'), {tls, password: 'hush'}, /no user: write etcds:\/\/USER@/);
	await isRefused(t, urlOf(guarded, 'other', 'app'), {tls, password: 'hush'}, /permission denied\): .*grant its role/);
});

accessTest(
	'what a user may not do is refused as not executed, and nothing else with it',
	async (t, {guarded, authority}) => {
		const tls = {ca: authority.cert};
		const reader = await connect(t, urlOf(guarded, 'app', 'reader'), {password: 'read', tls});
		await reader.get('log');
		const refused = await t.throwsAsync(reader.put('log', 'x'), {instanceOf: EngineRefusedError});
		t.is(refused?.outcome, 'notExecuted');
		t.regex(refused?.message ?? '', /permission denied\): .*grant its role/);
		const partial = await connect(t, urlOf(guarded, 'part', 'partial'), {password: 'part', tls});
		const keys = ['mine 1', 'theirs', 'mine 2', 'mine 3'];
		const writes = await Promise.allSettled(keys.map(key => partial.put(key, key)));
		t.deepEqual(
			writes.map(({status}) => status),
			['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
		);
		const reads = await Promise.allSettled(keys.map(key => partial.getText(key)));
		t.deepEqual(
			reads.map(read => (read.status === 'fulfilled' ? read.value : (read.reason as OperationError).outcome)),
			['mine 1', 'notExecuted', 'mine 2', 'mine 3'],
		);
	},
);

accessTest(
	'a password that is changed meanwhile ends in a refusal, not in a timeout',
	async (t, {guarded, authority, users}) => {
		await users.add('leaver', 'old', {readWrite: ['leave/']});
		const options = {password: 'old', tls: {ca: authority.cert}};
		const clerk = await connect(t, urlOf(guarded, 'leave', 'leaver'), options);
		await clerk.put('key', 'value');
		await users.changePassword('leaver', 'new');
		const error = await t.throwsAsync(clerk.put('key', 'other'), {instanceOf: EngineRefusedError});
		t.is(error?.outcome, 'notExecuted');
		t.regex(error?.message ?? '', /with this password/);
	},
);

accessTest(
	'a certificate that is not trusted is told from one of another host, and from no TLS at all',
	async (t, setting) => {
		const {guarded, authority, stranger} = setting;
		const url = urlOf(guarded, 'app', 'app');
		const password = 'hush';
		await isRefused(t, url, {password, tls: {ca: stranger.cert}}, /authority that is trusted here: give the right one/);
		await isRefused(t, url, {password}, /authority that is trusted here: give the right one/);
		const named = url.replaceAll('127.0.0.1', 'localhost');
		await isRefused(
			t,
			named,
			{password, tls: {ca: authority.cert}},
			/is for other hosts: use an address that it names/,
		);
		await isRefused(t, url.replace('etcds:', 'etcd:'), {password}, /write etcds:\/\/ if etcd has certificates/);
		await isRefused(t, url.replace('etcds:', 'etcd:'), {password, tls: {ca: authority.cert}}, /write etcds:\/\//);
		const server = createServer().listen(0, '127.0.0.1');
		t.teardown(() => server.close());
		await once(server, 'listening');
		const plain = `etcds://127.0.0.1:${(server.address() as AddressInfo).port}`;
		await isRefused(t, plain, {tls: {ca: authority.cert}}, /no TLS is spoken there: write etcd:\/\//);
	},
);

accessTest('etcd that wants a client certificate takes ours, and nobody without', async (t, setting) => {
	const {mutual, authority, client, strange} = setting;
	const {cert, key} = client;
	const ca = authority.cert;
	const clerk = await connect(t, mutual.url('mutual'), {tls: {ca, cert, key}});
	await clerk.append('log', 'a');
	t.is(await clerk.getText('log'), 'a');
	const url = mutual.url('mutual');
	await isRefused(t, url, {tls: {ca}}, /give the client certificate that it wants/);
	await isRefused(
		t,
		url,
		{tls: {ca, cert: strange.cert, key: strange.key}},
		/give the client certificate that it wants/,
	);
	await isRefused(t, url, {tls: {ca, cert}}, /private key is missing: give both/);
	await isRefused(t, url, {tls: {ca, cert, key: strange.key}}, /cannot be used .*the key of just this certificate/);
	await isRefused(t, url, {tls: {ca: 'junk', cert, key}}, /CA is no certificate: give PEM/);
});

accessTest('where etcd has no users, a user with a password is let in as everybody is', async (t, setting) => {
	const {mutual, authority, client} = setting;
	const tls = {ca: authority.cert, cert: client.cert, key: client.key};
	const clerk = await connect(t, urlOf(mutual, 'anyone', 'app'), {password: 'whatever', tls});
	await clerk.put('key', 'value');
	t.is(await clerk.getText('key'), 'value');
});

accessTest(
	'the command line takes certificates and the password from files, and the load has them too',
	async (t, setting) => {
		const {guarded, authority, certificates} = setting;
		const secret = await certificates.file('password', 'hush\n');
		const anyPort = ['--redis-port', '0'];
		const engine = ['--engine', urlOf(guarded, 'app', 'app'), '--engine-ca', authority.certFile, ...anyPort];
		const script = 'put city Bern\nload start\nload stop\nget city\n';
		const {status, output, errors} = await run(t, [...engine, '--engine-password-file', secret], script);
		t.is(errors, '');
		t.is(status, 0);
		t.regex(output, /> get city\nBern\n/);
		t.regex(output, /linearizable/);
		const wrong = await certificates.file('wrong', 'loud');
		const refused = await run(t, [...engine, '--engine-password-file', wrong], 'get city\n');
		t.is(refused.status, 1);
		t.regex(refused.errors, /^threadraft: etcd at .* with this password: check both .*\n$/);
		t.notRegex(refused.errors, /loud/);
		const missing = await run(t, [...engine, '--engine-password-file', `${wrong}er`], 'get city\n');
		t.is(missing.status, 1);
		t.regex(missing.errors, /^threadraft: The file of --engine-password-file cannot be read .*\n$/);
		const none = await run(t, engine, 'get city\n');
		t.regex(none.errors, /^threadraft: The password of user "app" is missing: .*THREADRAFT_ENGINE_PASSWORD.*\n$/);
		const variable = launch(t, engine, ['env', 'THREADRAFT_ENGINE_PASSWORD=hush']);
		variable.process.stdin?.end('get city\n');
		t.regex((await variable.exit).output, /> get city\nBern\n/);
	},
);
