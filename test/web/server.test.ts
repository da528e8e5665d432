/** The page's server: who may ask what, and that nothing grows or goes on without a reader. */
import {once} from 'node:events';
import {get, type IncomingMessage} from 'node:http';
import {createServer} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {ClusterRecorder} from '../../actors/observe/cluster-recorder.js';
import {openPage} from '../../actors/web/open-page.js';
import {MemoryTarget} from '../console/memory-target.js';
import {ask, type Asked, opened, QuietCluster} from './web-kit.js';

const requests: readonly Asked[] = [
	{path: '/'},
	{path: '/commands'},
	{path: '/stream'},
	{path: '/trace'},
	{path: '/record'},
	{method: 'POST', path: '/line', body: 'kill 0'},
];

for (const asked of requests) {
	const what = `${asked.method ?? 'GET'} ${asked.path}`;

	test(`${what} without the token, or with another, is refused and does nothing`, async t => {
		const {port, target, token} = await opened(t);
		const wrong = ['', 'x', token.slice(0, -1), `${token}x`, token.toLowerCase()];
		for (const given of wrong) {
			t.is((await ask(port, {...asked, path: `${asked.path}?token=${given}`})).status, 401);
			t.is((await ask(port, {...asked, headers: {Authorization: `Bearer ${given}`}})).status, 401);
		}
		t.is((await ask(port, asked)).status, 401);
		t.deepEqual(target.calls, []);
	});

	test(`${what} under another name of this machine, or from a page elsewhere, is refused with the right token`, async t => {
		const {port, target, token} = await opened(t);
		const Authorization = `Bearer ${token}`;
		const Host = `127.0.0.1:${port}`;
		const wrong: readonly Record<string, string>[] = [
			{Host: 'evil.example'},
			{Host: `evil.example:${port}`},
			{Host: `127.0.0.1:${port + 1}`},
			{Host: '127.0.0.1'},
			{Host, Origin: 'http://evil.example'},
			{Host, Origin: `http://evil.example:${port}`},
			{Host, Origin: `https://127.0.0.1:${port}`},
			{Host, Origin: 'null'},
			{Host, 'Sec-Fetch-Site': 'cross-site'},
			{Host, 'Sec-Fetch-Site': 'same-site'},
		];
		for (const headers of wrong) t.is((await ask(port, {...asked, headers: {...headers, Authorization}})).status, 403);
		t.deepEqual(target.calls, []);
	});
}

test('with the token there is the page, and the browser may do nothing but what the page needs', async t => {
	const {port, token} = await opened(t);
	const {status, headers, text} = await ask(port, {path: `/?token=${token}`});
	t.is(status, 200);
	t.regex(text, /^<!doctype html>/);
	const policy = String(headers['content-security-policy']);
	t.regex(policy, /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/);
	t.regex(policy, /frame-ancestors 'none'/);
	t.is(headers['cache-control'], 'no-store');
	t.is(headers['access-control-allow-origin'], undefined);
	t.is((await ask(port, {path: `/other?token=${token}`})).status, 404);
});

test('what nobody can ask for is refused in good order, whatever its path looks like', async t => {
	const {port, token, target} = await opened(t);
	const headers = {Authorization: `Bearer ${token}`, Host: `127.0.0.1:${port}`};
	for (const path of ['//', '//[', 'http://[', '//commands', '/../commands', '/%00', '/line/', 'http://evil.example/'])
		t.is((await ask(port, {path, headers})).status, 404, path);
	for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST']) {
		const {status, headers: answered} = await ask(port, {method, path: '/', headers});
		t.is(status, 405, method);
		t.is(answered['allow'], 'GET');
	}
	t.is((await ask(port, {path: '/line', headers})).status, 405);
	t.deepEqual(target.calls, []);
});

test('as many lines as may run at once do so without a warning; one more is told to wait', async t => {
	const warnings: Error[] = [];
	const heard = (warning: Error): void => void warnings.push(warning);
	process.on('warning', heard);
	t.teardown(() => process.off('warning', heard));
	const page = await opened(t);
	const {port, token} = page;
	const headers = {Authorization: `Bearer ${token}`, Host: `127.0.0.1:${port}`};
	const line = {method: 'POST', path: '/line', headers, body: 'at +86400s'};
	const asked = Array.from({length: 33}, () => ask(port, line));
	t.regex((await Promise.race(asked)).text, /32 lines are running already/);
	await page.close();
	await Promise.allSettled(asked);
	t.deepEqual(warnings, []);
});

test('each start has another token', async t => {
	const [one, other] = [await opened(t), await opened(t)];
	t.not(one.token, other.token);
	t.is((await ask(one.port, {path: `/?token=${other.token}`})).status, 401);
});

test('a line does what it does in the console, and what goes wrong is an answer', async t => {
	const {port, token, target} = await opened(t);
	const headers = {Authorization: `Bearer ${token}`, Host: `127.0.0.1:${port}`, Origin: `http://127.0.0.1:${port}`};
	const line = async (body: string): Promise<unknown> => {
		const {status, text} = await ask(port, {method: 'POST', path: '/line', headers, body});
		t.is(status, 200);
		return JSON.parse(text);
	};
	t.deepEqual(await line('put greeting "good day"'), {type: 'answered', text: 'OK'});
	t.like(await line('get greeting'), {type: 'answered', text: '"good day"'});
	t.deepEqual(await line('kill leader'), {type: 'answered', text: 'node 1 is down'});
	t.deepEqual(target.calls, ['kill 1']);
	t.like(await line('jump'), {type: 'failed'});
	t.like(await line('   '), {type: 'empty'});
	t.like(await line('quit'), {type: 'failed'});
	t.is(target.closeCount, 0);
	const {status} = await ask(port, {method: 'POST', path: '/line', headers, body: 'x'.repeat(65 * 1024)});
	t.is(status, 413);
});

test('what shows itself again and again in a terminal is refused with where to look', async t => {
	const {port, token} = await opened(t);
	const Authorization = `Bearer ${token}`;
	for (const name of ['watch', 'trace']) {
		const body = name === 'trace' ? 'trace on' : 'watch';
		const {text} = await ask(port, {method: 'POST', path: '/line', headers: {Authorization}, body});
		const {type, text: said} = JSON.parse(text) as {type: string; text: string};
		t.is(type, 'failed');
		t.is(said, `"${name}" is for the console in a terminal: the page shows the nodes and the messages itself`);
	}
});

test('reads and writes of the page come one after the other, and other lines at once', async t => {
	const {port, token, target} = await opened(t);
	const Authorization = `Bearer ${token}`;
	const line = async (body: string): Promise<{type: string; text: string}> => {
		const {text} = await ask(port, {method: 'POST', path: '/line', headers: {Authorization}, body});
		return JSON.parse(text) as {type: string; text: string};
	};
	let write = (): void => undefined;
	const held = new Promise<void>(resolve => (write = resolve));
	const begun = new Promise<void>(resolve => {
		const put = target.put.bind(target);
		target.put = async (...given) => {
			resolve();
			await held;
			return put(...given);
		};
	});
	const putting = line('put k v');
	await begun;
	const reading = line('get k');
	t.is((await line('kill leader')).text, 'node 1 is down');
	write();
	t.is((await putting).text, 'OK');
	t.is((await reading).text, 'v');
});

test('the page is told every command of the console, with a line that works', async t => {
	const {port, token} = await opened(t);
	const {text} = await ask(port, {path: `/commands?token=${token}`});
	const {commands, topics} = JSON.parse(text) as {
		commands: {name: string; topic: string; example: string; firstWords: string[]}[];
		topics: {name: string}[];
	};
	const kill = commands.find(({name}) => name === 'kill');
	t.true(kill?.firstWords.includes('leader'));
	t.true(kill?.firstWords.includes('2'));
	for (const {topic} of commands) t.true(topics.some(({name}) => name === topic));
});

async function openStream(port: number, token: string): Promise<IncomingMessage> {
	const asking = get({host: '127.0.0.1', port, path: `/stream?token=${token}`, agent: false});
	const [response] = (await once(asking, 'response')) as [IncomingMessage];
	return response;
}

test('nobody looks at the cluster while no page is open', async t => {
	const {cluster, port, token} = await opened(t);
	await sleep(300);
	const atFirst = cluster.looks;
	t.true(atFirst <= 1);
	t.is(cluster.taps.size, 0);
	const response = await openStream(port, token);
	let text = '';
	response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
	while (cluster.looks < atFirst + 3) await sleep(10);
	t.is(cluster.taps.size, 1);
	t.regex(text, /^data: \{"type":"header","format":"threadraft-trace","version":1/);
	response.destroy();
	while (cluster.taps.size > 0) await sleep(10);
	const looks = cluster.looks;
	await sleep(300);
	t.true(cluster.looks <= looks + 1);
});

test('who reads too slowly is told what is so when it reads on, and nothing is kept for it', async t => {
	const {cluster, port, token} = await opened(t);
	const response = await openStream(port, token);
	response.pause();
	const [tap] = cluster.taps;
	const detail = 'x'.repeat(4000);
	const sighting = {
		layer: 'raft',
		type: 'appendEntries',
		from: 'node:0',
		to: 'node:1',
		term: 1,
		firstIndex: 1,
		lastIndex: 1,
		detail,
		bytes: 1,
		afterMs: [0],
		isUndeliverable: false,
		skipped: 0,
	} as const;
	const toldMax = 40 * 2 ** 20;
	let told = 0;
	for (let round = 0; told < toldMax; round++) {
		for (let count = 0; count < 100; count++) tap?.(sighting);
		told += 100 * detail.length;
		const {looks} = cluster;
		while (cluster.looks === looks) await sleep(5);
	}
	let received = 0;
	let last = '';
	response.on('data', (chunk: Buffer) => {
		received += chunk.length;
		last = (last + chunk.toString()).slice(-2000);
	});
	response.resume();
	while (!last.includes('"cuts":[]}')) await sleep(10);
	t.true(received < toldMax / 4, `${received} of ${told}`);
	response.destroy();
});

test('closing ends open streams', async t => {
	const page = await opened(t);
	const {port, token} = page;
	const response = await openStream(port, token);
	response.resume().on('error', () => undefined);
	const ended = new Promise(resolve => void response.once('close', resolve));
	await page.close();
	await ended;
	await t.throwsAsync(ask(port, {path: '/'}), {code: 'ECONNREFUSED'});
	await t.notThrowsAsync(page.close());
});

test('a port that is taken is an error that says what to do', async t => {
	const taken = createServer().listen(0, '127.0.0.1');
	await once(taken, 'listening');
	t.teardown(() => taken.close());
	const {port} = taken.address() as {port: number};
	const cluster = new QuietCluster();
	const recorder = new ClusterRecorder(cluster, {every: () => () => undefined});
	const opening = openPage({cluster, target: new MemoryTarget(), recorder, port, title: ''});
	await t.throwsAsync(opening, {code: 'ERR_WEB_SERVER', message: /in use: choose another port/});
});
