/** `threadraft start`: a cluster, its Redis port, and the console, until the input ends or a signal comes. */
import path from 'node:path';
import {isatty} from 'node:tty';
import {Cluster} from '../cluster/cluster.js';
import type {SupervisorEvent} from '../cluster/supervisor.js';
import type {StartOptions} from '../console/command-line.js';
import {runConsole} from '../console/console.js';
import {type RedisGateway, startRedisGateway} from '../redis/gateway.js';
import {unreachable} from '../../src/raft/types.js';
import {ClusterTarget} from './cluster-target.js';

/** Bytes. Large enough for what people put into Redis, small enough for a message between threads. */
const valueBytesMax = 2 ** 20;
/** A client of the Redis port waits this long for a leader before it gets an error. */
const redisTimeoutMs = 30_000;
/** What a shell shows for a process that ended by this signal. */
const signalStatus = {SIGINT: 130, SIGTERM: 143} as const;

export async function start(options: StartOptions): Promise<number> {
	const {nodes, kvThread, directory} = options;
	const cluster = await Cluster.start({
		nodes,
		kvThread,
		valueBytesMax,
		...(directory === undefined ? {} : {directory}),
	});
	const gateway = await openGateway(cluster, options);
	const target = new ClusterTarget(cluster, cluster.clerk(), gateway);
	cluster.on('event', tellEvent);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void target.close().finally(() => process.exit(signalStatus[signal])));
	}
	tellStart(options, gateway);
	return runConsole(target, {
		input: process.stdin,
		output: process.stdout,
		errorOutput: process.stderr,
		// Not isTTY, which is undefined, and not false, where there is no terminal.
		isTerminal: isatty(process.stdin.fd) && isatty(process.stdout.fd),
	});
}

async function openGateway(cluster: Cluster, {redisHost, redisPort}: StartOptions): Promise<RedisGateway> {
	try {
		return await startRedisGateway({
			client: cluster.clerk({timeoutMs: redisTimeoutMs}),
			host: redisHost,
			port: redisPort,
			info: () => clusterInfo(cluster),
			limits: {valueBytesMax},
		});
	} catch (error) {
		await cluster.close();
		throw error;
	}
}

function tellStart({nodes, directory}: StartOptions, {address, port}: RedisGateway): void {
	const place =
		directory === undefined
			? 'in temporary files that are gone at the end'
			: `in ${path.relative('', directory) || '.'}`;
	process.stdout.write(`${nodes} nodes on ${nodes} threads, data ${place}\n`);
	process.stdout.write(`Redis protocol on ${address}:${port} (redis-cli -p ${port}); "help" lists the commands\n`);
}

/** What the supervisor does by itself is told as it happens; what a command caused, its own answer tells. */
function tellEvent(event: SupervisorEvent): void {
	switch (event.type) {
		case 'nodeUp':
		case 'nodeDown':
			return;
		case 'nodeRestarting':
			process.stderr.write(`node ${event.id} died and is restarted: ${event.error?.message ?? 'its thread ended'}\n`);
			return;
		case 'nodeGivenUp':
			process.stderr.write(`node ${event.id} stays down: ${event.error?.message ?? 'it died too often'}\n`);
			return;
		default:
			return unreachable(event);
	}
}

/** The `raft` section of INFO. */
async function clusterInfo(cluster: Cluster): Promise<Record<string, string | number>> {
	const statuses = await cluster.status();
	const info: Record<string, string | number> = {nodes: statuses.length};
	for (const {id, state, replica} of statuses) {
		info[`node${id}`] =
			replica === undefined
				? `state=${state}`
				: `state=${state},role=${replica.role},term=${replica.currentTerm},commit=${replica.commitIndex},applied=${replica.appliedIndex}`;
	}
	return info;
}
