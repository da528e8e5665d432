/** The port at which Prometheus collects: what it answers over HTTP, and whether Prometheus itself is content with it. */
import {spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {
	Cluster,
	type ExportedMetrics,
	MetricsPortError,
	startMetricsPort,
	startRedisGateway,
} from '../../actors/index.js';
import {metricDefinitions} from '../../actors/metrics/catalogue.js';
import {nodeId} from '../../src/raft/types.js';
import {launch, run} from '../cli/cli-process.js';
import {needing} from '../needs.js';
import {talk} from '../redis/harness.js';

interface Series {
	readonly name: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

/** Reads the text as its format says, and nothing else. */
function parse(text: string): {readonly types: ReadonlyMap<string, string>; readonly series: readonly Series[]} {
	const types = new Map<string, string>();
	const series: Series[] = [];
	for (const line of text.split('\n').filter(each => each !== '')) {
		const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
		if (typed !== undefined) types.set(typed, type ?? '');
		if (line.startsWith('#')) continue;
		const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
		if (name === undefined) throw new Error(`no line of the format: ${line}`);
		const pairs = Array.from(labels.matchAll(/([a-z]+)="([^"]*)"/g), ([, key, text]) => [key, text]);
		series.push({name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value)});
	}
	return {types, series};
}

async function scrape(port: number): Promise<{readonly text: string} & ReturnType<typeof parse>> {
	const response = await fetch(`http://127.0.0.1:${port}/metrics`);
	const text = await response.text();
	if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
	return {text, ...parse(text)};
}

/** A cluster with a Redis port, under both of which something has happened, and the port of its metrics. */
async function served(t: ExecutionContext): Promise<{readonly cluster: Cluster; readonly port: number}> {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	await cluster.waitForLeader(30_000);
	const gateway = await startRedisGateway({client: cluster.clerk(), port: 0, info: async () => ({})});
	t.teardown(() => gateway.close());
	const read = async (): Promise<ExportedMetrics> => ({...(await cluster.metrics()), redis: gateway.metrics()});
	const metricsPort = await startMetricsPort({read});
	t.teardown(() => metricsPort.close());
	const {port} = metricsPort;
	await scrape(port);
	await talk(gateway, 'SET a 1\r\nGET a\r\nNONSENSE\r\n');
	return {cluster, port};
}

test.serial('the text has every metric with its type, and tells what has happened', async t => {
	const {cluster, port} = await served(t);
	let {types, series} = await scrape(port);
	const isMeasured = ({name}: Series): boolean => name === 'threadraft_thread_event_loop_delay_seconds';
	while (!series.some(isMeasured)) ({types, series} = await scrape(port));
	t.deepEqual(Object.fromEntries(types), Object.fromEntries(metricDefinitions.map(({name, type}) => [name, type])));
	const values = (name: string, labels: Readonly<Record<string, string>> = {}): readonly number[] =>
		series
			.filter(each => each.name === name && Object.entries(labels).every(([key, text]) => each.labels[key] === text))
			.map(({value}) => value);
	t.deepEqual(values('threadraft_up'), [1, 1, 1]);
	t.is(
		values('threadraft_server_is_leader').reduce((sum, value) => sum + value),
		1,
	);
	t.deepEqual(values('threadraft_redis_commands_total'), [3]);
	t.deepEqual(values('threadraft_redis_errors_total'), [1]);
	t.deepEqual(values('threadraft_redis_connections_received_total'), [1]);
	t.deepEqual(values('threadraft_clerk_operations_total', {outcome: 'answered'}), [2]);
	for (const {name, labels, type} of metricDefinitions) {
		const suffix = type === 'histogram' ? '_count' : '';
		const present = series.filter(each => each.name === `${name}${suffix}`);
		t.true(present.length > 0, name);
		for (const each of present) t.deepEqual(Object.keys(each.labels).sort(), [...labels].sort(), name);
	}
	const buckets = values('threadraft_disk_wal_fsync_duration_seconds_bucket', {node: '0'});
	t.is(buckets.length, 19);
	t.deepEqual(
		buckets,
		buckets.toSorted((one, other) => one - other),
		'buckets are cumulative',
	);
	t.deepEqual(values('threadraft_disk_wal_fsync_duration_seconds_count', {node: '0'}), [buckets.at(-1)]);
	await cluster.kill(nodeId(0));
	const {series: later} = await scrape(port);
	const up = later.filter(({name}) => name === 'threadraft_up');
	t.deepEqual(
		up.map(({labels: {node}, value}) => [node, value]),
		[
			['0', 0],
			['1', 1],
			['2', 1],
		],
	);
	t.false(later.some(({name, labels}) => name === 'threadraft_raft_term' && labels['node'] === '0'));
});

test.serial('only /metrics and a link to it are served, by GET and HEAD', async t => {
	const {port} = await served(t);
	const ask = async (place: string, method = 'GET'): Promise<readonly [number, string | null, string]> => {
		const response = await fetch(`http://127.0.0.1:${port}${place}`, {method});
		return [response.status, response.headers.get('content-type'), await response.text()];
	};
	const [status, type, body] = await ask('/metrics?name=any');
	t.is(status, 200);
	t.is(type, 'text/plain; version=0.0.4; charset=utf-8');
	t.regex(body, /^# HELP threadraft_up /);
	const [, pageType, page] = await ask('/');
	t.is(pageType, 'text/html; charset=utf-8');
	t.regex(page, /<a href="\/metrics">/);
	t.is((await ask('/other'))[0], 404);
	t.deepEqual((await ask('/metrics', 'HEAD')).slice(0, 1), [200]);
	t.is((await ask('/metrics', 'HEAD'))[2], '');
	for (const method of ['POST', 'PUT', 'DELETE']) t.is((await ask('/metrics', method))[0], 405);
});

test('metrics that cannot be read are an answer of their own, and a port that is closed lets go of all', async t => {
	let reads = 0;
	let begun = (): void => undefined;
	const secondBegun = new Promise<void>(resolve => (begun = resolve));
	const read = (): Promise<ExportedMetrics> => {
		reads += 1;
		if (reads === 1) return Promise.reject(new Error('no cluster'));
		begun();
		return new Promise(() => undefined);
	};
	const port = await startMetricsPort({read});
	const response = await fetch(`http://127.0.0.1:${port.port}/metrics`);
	t.is(response.status, 500);
	t.regex(await response.text(), /no cluster/);
	const [one, other] = [1, 2].map(() => t.throwsAsync(fetch(`http://127.0.0.1:${port.port}/metrics`)));
	await secondBegun;
	await fetch(`http://127.0.0.1:${port.port}/`);
	await port.close();
	await Promise.all([one, other]);
	t.is(reads, 2, 'those who ask at the same time get one reading');
	await port.close();
	const again = await startMetricsPort({read, port: port.port});
	await again.close();
});

test('a port that is taken, and an address that is not of this machine, are typed errors', async t => {
	const other = createServer();
	await new Promise<void>(resolve => void other.listen(0, '127.0.0.1', resolve));
	t.teardown(() => other.close());
	const {port} = other.address() as {readonly port: number};
	const read = (): Promise<never> => Promise.reject(new Error('not asked'));
	const taken = await t.throwsAsync(startMetricsPort({read, port}), {instanceOf: MetricsPortError});
	t.like(taken, {code: 'ERR_METRICS_PORT_IN_USE', host: '127.0.0.1', port});
	t.regex(taken?.message ?? '', /choose another port/);
	const foreign = await t.throwsAsync(startMetricsPort({read, host: '192.0.2.1'}), {instanceOf: MetricsPortError});
	t.is(foreign?.code, 'ERR_METRICS_LISTEN');
	await t.throwsAsync(startMetricsPort({read, port: 70_000}), {code: 'ERR_OPTION'});
});

test.serial('threadraft start prints where its metrics are, serves them, and lets the port go at its end', async t => {
	const running = launch(t, ['--memory', '--nodes', '1', '--redis-port', '0', '--metrics-port', '0']);
	const port = Number(await running.said(/Metrics for Prometheus on http:\/\/127\.0\.0\.1:(\d+)\/metrics/));
	const {series} = await scrape(port);
	t.true(series.some(({name, value}) => name === 'threadraft_up' && value === 1));
	t.true(series.some(({name}) => name === 'threadraft_redis_connections'));
	const second = await run(
		t,
		['--memory', '--nodes', '1', '--redis-port', '0', '--metrics-port', String(port)],
		'quit\n',
	);
	t.is(second.status, 1);
	t.regex(second.errors, new RegExp(`^threadraft: The metrics cannot be served at 127\\.0\\.0\\.1:${port}: .*\\n$`));
	running.process.stdin?.end('quit\n');
	t.is((await running.exit).status, 0);
	await t.throwsAsync(scrape(port));
});

const isThere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const withPromtool = needing(isThere('promtool') ? undefined : 'promtool is not installed: apt-get install prometheus');
const withPrometheus = needing(
	isThere('prometheus') ? undefined : 'prometheus is not installed: apt-get install prometheus',
);

withPromtool('promtool finds nothing to say about the metrics', async t => {
	const {port} = await served(t);
	const {text} = await scrape(port);
	const {status, stdout, stderr} = spawnSync('promtool', ['check', 'metrics'], {input: text, encoding: 'utf8'});
	t.deepEqual([status, stdout, stderr], [0, '', '']);
	const wrong = spawnSync('promtool', ['check', 'metrics'], {input: 'a_total{x="1" 1\n'});
	t.not(wrong.status, 0);
});

withPromtool('promtool takes the configuration among the examples', t => {
	const file = new URL('../../../examples/grafana/prometheus.yml', import.meta.url);
	const {status, stderr} = spawnSync('promtool', ['check', 'config', '--syntax-only', file.pathname], {
		encoding: 'utf8',
	});
	t.deepEqual([status, stderr], [0, '']);
});

withPrometheus('Prometheus collects the metrics of a cluster, and answers what the dashboard asks', async t => {
	const {port} = await served(t);
	const folder = await mkdtemp(path.join(tmpdir(), 'threadraft-prometheus-'));
	t.teardown(() => rm(folder, {recursive: true, force: true}));
	const config = path.join(folder, 'prometheus.yml');
	const example = readFileSync(new URL('../../../examples/grafana/prometheus.yml', import.meta.url), 'utf8');
	await writeFile(config, example.replace('127.0.0.1:9464', `127.0.0.1:${port}`).replace('15s', '200ms'));
	const prometheus = spawn('prometheus', [
		`--config.file=${config}`,
		`--storage.tsdb.path=${folder}/data`,
		'--web.listen-address=127.0.0.1:0',
		'--log.level=info',
	]);
	const ended = new Promise(resolve => prometheus.once('exit', resolve));
	t.teardown(async () => {
		prometheus.kill('SIGKILL');
		await ended;
	});
	const address = await new Promise<string>((resolve, reject) => {
		let log = '';
		prometheus.stderr.on('data', (chunk: Buffer) => {
			log += chunk.toString();
			const [, found] = /msg="Listening on" address=(127\.0\.0\.1:\d+)/.exec(log) ?? [];
			if (found !== undefined) resolve(found);
		});
		void ended.then(() => reject(new Error(`prometheus ended: ${log}`)));
	});
	const query = async (expression: string): Promise<readonly {readonly value: readonly [number, string]}[]> => {
		const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
		const answer = (await response.json()) as {readonly data?: {readonly result: never}; readonly error?: string};
		if (answer.data === undefined) throw new Error(`${expression}: ${answer.error ?? response.status}`);
		return answer.data.result;
	};
	const until = async (expression: string, wanted: string): Promise<void> => {
		for (let value = ''; value !== wanted;) value = (await query(expression))[0]?.value[1] ?? '';
	};
	while ((await fetch(`http://${address}/-/ready`)).status !== 200) await new Promise(resolve => setImmediate(resolve));
	await until('up{job="threadraft"}', '1');
	await until('sum(threadraft_up)', '3');
	for (const {expression} of dashboardQueries()) {
		const asked = expression.replaceAll('$job', 'threadraft').replaceAll('$__rate_interval', '1m');
		t.true(Array.isArray(await query(asked)), asked);
	}
});

interface Panel {
	readonly title: string;
	readonly targets?: readonly {readonly expr: string}[];
}

/** What the panels of the dashboard among the examples ask for. */
function dashboardQueries(): readonly {readonly title: string; readonly expression: string}[] {
	const file = new URL('../../../examples/grafana/threadraft.json', import.meta.url);
	const {panels} = JSON.parse(readFileSync(file, 'utf8')) as {readonly panels: readonly Panel[]};
	return panels.flatMap(({title, targets = []}) => targets.map(({expr}) => ({title, expression: expr})));
}

test('every metric that a panel of the dashboard names is exported, and so is each of its labels', t => {
	const exported = new Map<string, readonly string[]>();
	for (const {name, type, labels} of metricDefinitions) {
		const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
		for (const suffix of suffixes) exported.set(`${name}${suffix}`, suffix === '_bucket' ? [...labels, 'le'] : labels);
	}
	const queries = dashboardQueries();
	t.true(queries.length > 30);
	const used = new Set<string>();
	for (const {title, expression} of queries) {
		const names = expression.match(/\b(?:threadraft|process)_[a-z_]+/g) ?? [];
		t.true(names.length > 0, title);
		const labels = new Set(names.flatMap(name => exported.get(name) ?? []));
		for (const name of names) t.true(exported.has(name), `${title}: ${name}`);
		for (const [, by = ''] of expression.matchAll(/ by \(([^)]*)\)/g)) {
			for (const label of by.split(', ')) t.true(labels.has(label), `${title}: ${label}`);
		}
		for (const name of names) used.add(name);
	}
	t.true(used.size > 25);
});
