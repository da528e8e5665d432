/** `threadraft start`: a cluster or an etcd cluster's client, its Redis port, and the console, until the input ends or a signal comes. */
import path from 'node:path';
import {Cluster} from '../cluster/cluster.js';
import {describeReason, healthOf} from '../cluster/health.js';
import {eventText} from '../cluster/event-text.js';
import type {StartOptions} from '../console/command-line.js';
import type {EngineOptions} from '../console/engine-options.js';
import type {RedisOptions} from '../console/redis-options.js';
import {Notices} from '../console/notices.js';
import type {EtcdClerk} from '../engines/etcd/etcd-clerk.js';
import type {KeyValueClient} from '../key-value-client.js';
import type {NodeMetrics} from '../metrics/cluster-metrics.js';
import type {ExportedMetrics} from '../metrics/definition.js';
import type {DataInfo} from '../redis/client-state.js';
import type {ClientsDropped} from '../redis/dropped-clients.js';
import {reservedDescriptors} from '../redis/descriptors.js';
import type {RedisGateway} from '../redis/gateway.js';
import {startRedisGateway} from '../redis/start-gateway.js';
import type {OpenPage} from '../web/open-page.js';
import {ClusterTarget} from './cluster-target.js';
import {converse} from './converse.js';
import {readEngineSecurity} from './engine-security.js';
import {commandTimeoutMs} from './data-target.js';
import {EtcdTarget} from './etcd-target.js';
import {type RedisSecurity, readRedisSecurity} from './redis-security.js';

/** Bytes, at the Redis port. Large enough for what people put into Redis, small enough for a message between threads. */
const valueBytesMax = 2 ** 20;
/** A client of the Redis port waits this long for a leader before it gets an error. */
const redisTimeoutMs = 30_000;
/**
 * Clients of the port read one by one, each when its last answer has come, and each request of reads asks a quorum. A slow read must not
 * hold up the others for long.
 */
const readsGatherMs = 5;
/** More files than a node has open at once beyond those of its start: segments of the log, a snapshot, its thread's own. */
const descriptorsOfNode = 16;

export async function start(options: StartOptions): Promise<number> {
	return options.engine === undefined ? startCluster(options) : startEngine(options.engine, options);
}

async function startCluster(options: StartOptions): Promise<number> {
	const {nodes, kvThread, directory, maxMemoryBytes} = options;
	const notices = newNotices();
	const redisSecurity = await readRedisSecurity(options.redis);
	const cluster = await Cluster.start({
		nodes,
		kvThread,
		...(directory === undefined ? {} : {directory}),
		...(maxMemoryBytes === undefined ? {} : {maxMemoryBytes}),
	});
	const gateway = await openGateway(
		options,
		redisSecurity,
		{
			client: cluster.clerk({timeoutMs: redisTimeoutMs, refuseWhileDown: true}),
			reader: cluster.clerk({
				timeoutMs: redisTimeoutMs,
				refuseWhileDown: true,
				limits: {gatherMs: readsGatherMs},
			}),
			info: () => clusterInfo(cluster),
			data: () => heldBy(cluster),
			isDurable: directory !== undefined,
			isLoading: () => cluster.availability === 'loading',
			maxMemoryBytes: cluster.maxMemoryBytes,
			clientsDropped: event => cluster.announce(event),
			close: () => cluster.close(),
		},
		notices,
	);
	cluster.on('event', event => {
		const told = eventText(event);
		if (told?.isTrouble === true) notices.tell(told.text);
		else if (told !== undefined) notices.tellWatcher(told.text);
	});
	for (const reason of (await cluster.health()).reasons) {
		const isOfStart = reason.type === 'nodeDamaged' || reason.type === 'nodeWaiting';
		if (isOfStart) notices.tell(describeReason(reason));
	}
	const place = directory === undefined ? 'in temporary files that are gone at the end' : `in ${shortPath(directory)}`;
	const what = `${nodes} nodes on ${nodes} threads, data ${place}`;
	const target = new ClusterTarget(cluster, gateway);
	const page = await openPageOf(cluster, target, options.webPort, what);
	tellStart(what, gateway, options.redis);
	if (page !== undefined) process.stdout.write(`Page on ${page.link}\n`);
	const {metricsPort} = options;
	if (metricsPort !== undefined) await openMetrics(cluster, gateway, target, {...options, metricsPort});
	return converse(target, options, notices);
}

/** `undefined`: no option asked for one. If it cannot be opened, everything that has started is closed. */
async function openPageOf(
	cluster: Cluster,
	target: ClusterTarget,
	port: number | undefined,
	title: string,
): Promise<OpenPage | undefined> {
	if (port === undefined) return undefined;
	try {
		const {openPage} = await import('../web/open-page.js');
		const page = await openPage({cluster, target, recorder: target.recorder, port, title});
		target.closesToo(page);
		return page;
	} catch (error) {
		await target.close();
		throw error;
	}
}

/** Rejects with a `MetricsPortError`; then all is closed that has started. */
async function openMetrics(
	cluster: Cluster,
	gateway: RedisGateway,
	target: ClusterTarget,
	{metricsHost: host, metricsPort}: {readonly metricsHost: string; readonly metricsPort: number},
): Promise<void> {
	const read = async (): Promise<ExportedMetrics> => ({...(await cluster.metrics()), redis: gateway.metrics()});
	try {
		const {startMetricsPort} = await import('../metrics/metrics-port.js');
		const opened = await startMetricsPort({read, host, port: metricsPort});
		target.closesToo(opened);
		process.stdout.write(`Metrics for Prometheus on http://${urlHost(opened.address)}:${opened.port}/metrics\n`);
	} catch (error) {
		await target.close();
		throw error;
	}
}

/** As a URL has it. */
const urlHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** To stderr, as long as nobody sits at the console. */
const newNotices = (): Notices => new Notices(line => void process.stderr.write(`${line}\n`));

/** The same console and Redis port, before an etcd cluster. */
async function startEngine(engine: EngineOptions, options: StartOptions): Promise<number> {
	const {url} = engine;
	const notices = newNotices();
	const redisSecurity = await readRedisSecurity(options.redis);
	const security = await readEngineSecurity(engine, process.env);
	// Loaded where it is asked for: a cluster of our own starts sooner without it.
	const {EtcdClerk} = await import('../engines/etcd/etcd-clerk.js');
	const clerk = await EtcdClerk.connect(url, security);
	const redisClerk = await orClose(clerk, EtcdClerk.connect(url, {...security, timeoutMs: redisTimeoutMs}));
	const close = async (): Promise<void> => {
		await Promise.all([clerk.close(), redisClerk.close()]);
	};
	const backend = {client: redisClerk, info: () => engineInfo(clerk), isDurable: true, databases: 1, close};
	const gateway = await openGateway(options, redisSecurity, backend, notices);
	tellStart(`etcd at ${clerk.addresses.join(', ')}, keys under ${clerk.prefix}/`, gateway, options.redis);
	const openClient = (): Promise<EtcdClerk> => EtcdClerk.connect(url, {...security, timeoutMs: commandTimeoutMs});
	const target = new EtcdTarget({connection: {url, security}, clerk, openClient, gateway, closeClerks: close});
	return converse(target, options, notices);
}

/** The connections that are there would keep the process from ending. */
async function orClose(other: EtcdClerk, connecting: Promise<EtcdClerk>): Promise<EtcdClerk> {
	try {
		return await connecting;
	} catch (error) {
		await other.close();
		throw error;
	}
}

/** What the Redis port stands before. */
interface Backend {
	readonly client: KeyValueClient;
	readonly reader?: KeyValueClient;
	readonly info: () => Promise<Record<string, string | number>>;
	readonly data?: () => Promise<DataInfo | undefined>;
	readonly isDurable: boolean;
	readonly isLoading?: () => boolean;
	readonly maxMemoryBytes?: number;
	readonly databases?: number;
	readonly clientsDropped?: (event: ClientsDropped) => void;
	close(): Promise<void>;
}

async function openGateway(
	{redis: {host, port, socketPath}, nodes}: StartOptions,
	{password, tls}: RedisSecurity,
	backend: Backend,
	notices: Notices,
): Promise<RedisGateway> {
	const {client, reader, info, data, isDurable, isLoading, maxMemoryBytes, databases, clientsDropped} = backend;
	try {
		return await startRedisGateway({
			client,
			reader,
			host,
			port,
			password,
			tls,
			socketPath,
			info,
			data,
			isDurable,
			limits: {valueBytesMax},
			isLoading,
			maxMemoryBytes,
			databases,
			clientsDropped,
			reservedDescriptors: reservedDescriptors + nodes * descriptorsOfNode,
			notice: text => notices.tell(text),
		});
	} catch (error) {
		await backend.close();
		throw error;
	}
}

/** From here, where it lies below. */
function shortPath(directory: string): string {
	const relative = path.relative('', directory) || '.';
	return relative.startsWith('..') ? path.resolve(directory) : relative;
}

function tellStart(what: string, {address, port}: RedisGateway, {certFile, socketPath}: RedisOptions): void {
	process.stdout.write(`${what}\n`);
	const secure = certFile === undefined ? '' : ' --tls';
	process.stdout.write(`Redis protocol on ${address}:${port} (redis-cli -p ${port}${secure})\n`);
	if (socketPath !== undefined) process.stdout.write(`Redis protocol on ${socketPath} (redis-cli -s ${socketPath})\n`);
}

/** The `raft` section of INFO. */
async function clusterInfo(cluster: Cluster): Promise<Record<string, string | number>> {
	const statuses = await cluster.status();
	const {state: health, up} = healthOf(statuses);
	const info: Record<string, string | number> = {health, nodes: statuses.length, nodes_up: up};
	for (const {id, state, replica, error, damage} of statuses) {
		const place = damage === undefined ? '' : `,file=${damage.file},offset=${damage.offset ?? '-'}`;
		if (error !== undefined) info[`node${id}_error`] = error.message;
		info[`node${id}`] =
			replica === undefined
				? `state=${state}${place}`
				: `state=${state},role=${replica.role},term=${replica.currentTerm},commit=${replica.commitIndex},applied=${replica.lastApplied}`;
	}
	return info;
}

/** By the node that has applied the most. */
async function heldBy(cluster: Cluster): Promise<DataInfo | undefined> {
	const {nodes} = await cluster.metrics();
	const applied = (node: NodeMetrics): number => node.raft?.lastApplied ?? -1;
	const [first] = nodes.filter(({server}) => server !== undefined).sort((a, b) => applied(b) - applied(a));
	return first?.server === undefined ? undefined : {bytes: first.server.stateBytes};
}

async function engineInfo(clerk: EtcdClerk): Promise<Record<string, string | number>> {
	const members = await clerk.members();
	const info: Record<string, string | number> = {engine: 'etcd', nodes: members.length};
	for (const [number, member] of members.entries()) {
		info[`node${number}`] =
			member.type === 'down'
				? `address=${member.address},state=down`
				: `address=${member.address},state=up,role=${member.isLeader ? 'leader' : 'follower'},term=${member.currentTerm},commit=${member.commitIndex},applied=${member.lastApplied}`;
	}
	return info;
}
