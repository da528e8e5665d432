/** What INFO tells, section by section: only what is true here. */
import {arch, release, totalmem, type} from 'node:os';
import type {DatabaseCount} from '../../../src/kv/types.js';
import type {ClusterInfo, GatewayState, InfoFields} from '../client-state.js';
import {compatibleVersion} from './hello.js';

type Section = (gateway: GatewayState, cluster: ClusterInfo) => InfoFields;

const secondsPerDay = 86_400;

const server: Section = gateway => {
	const uptimeSeconds = Math.floor((performance.now() - gateway.startedMs) / 1000);
	return {
		redis_version: compatibleVersion,
		redis_mode: 'standalone',
		server_name: 'threadraft',
		os: `${type()} ${release()} ${arch()}`,
		arch_bits: 64,
		process_id: process.pid,
		tcp_port: gateway.port,
		server_time_usec: Date.now() * 1000,
		uptime_in_seconds: uptimeSeconds,
		uptime_in_days: Math.floor(uptimeSeconds / secondsPerDay),
	};
};

const clients: Section = gateway => ({
	connected_clients: gateway.clientStates.size,
	maxclients: gateway.limits.clientsMax,
	// No command waits for another client, and no client is told what has changed.
	blocked_clients: 0,
	tracking_clients: 0,
});

/** `used_memory` is what counts against the limit: keys and values. What the process takes is in `used_memory_rss`. */
const memory: Section = (gateway, {data}) => {
	const residentBytes = process.memoryUsage.rss();
	return {
		...(data === undefined ? {} : {used_memory: data.bytes, used_memory_human: humanBytes(data.bytes)}),
		used_memory_rss: residentBytes,
		used_memory_rss_human: humanBytes(residentBytes),
		total_system_memory: totalmem(),
		total_system_memory_human: humanBytes(totalmem()),
		number_of_cached_scripts: gateway.scripts.count,
		mem_clients_normal: gateway.memory.bytes,
		maxmemory: gateway.maxMemoryBytes,
		maxmemory_human: humanBytes(gateway.maxMemoryBytes),
		maxmemory_clients: gateway.limits.clientsBytesMax,
		maxmemory_policy: 'noeviction',
	};
};

/** Redis' names for what is there already. */
const persistence: Section = gateway => ({
	// Clients wait until nothing is loading (ioredis' ready check).
	loading: gateway.isLoading() ? 1 : 0,
	// There is a log and no other file, so nothing is dumped or rewritten.
	rdb_bgsave_in_progress: 0,
	aof_enabled: gateway.isDurable ? 1 : 0,
	aof_rewrite_in_progress: 0,
	aof_rewrite_scheduled: 0,
});

const stats: Section = gateway => ({
	...countedSince(gateway),
	evicted_keys: 0,
	pubsub_channels: gateway.channels.count('channel'),
	pubsub_patterns: gateway.channels.count('pattern'),
	pubsubshard_channels: gateway.channels.count('shardChannel'),
});

/** What has been counted since the start of the port, or the last CONFIG RESETSTAT. */
function countedSince(gateway: GatewayState): Readonly<Record<string, number>> {
	const pairs = Object.entries(countersOf(gateway));
	return Object.fromEntries(pairs.map(([name, count]) => [name, count - (gateway.forgottenCounts[name] ?? 0)]));
}

/** Since the start of the port. */
export const countersOf = (gateway: GatewayState): Readonly<Record<string, number>> => ({
	total_connections_received: gateway.connectionsReceived,
	total_commands_processed: gateway.commandsProcessed,
	total_net_input_bytes: gateway.inputBytes,
	total_net_output_bytes: gateway.outputBytes,
	rejected_connections: gateway.connectionsRejected,
	evicted_clients: gateway.dropped.counts.evicted,
	total_error_replies: gateway.errorReplies,
	client_output_buffer_limit_disconnections: gateway.dropped.counts.unreadReplies,
});

const cpu: Section = () => {
	const {system, user} = process.cpuUsage();
	return {used_cpu_sys: (system / 1e6).toFixed(6), used_cpu_user: (user / 1e6).toFixed(6)};
};

/** All sections, in the order of INFO. */
export const sections: Readonly<Record<string, Section>> = {
	server,
	clients,
	memory,
	persistence,
	stats,
	replication: () => ({role: 'master', connected_slaves: 0}),
	cpu,
	cluster: () => ({cluster_enabled: 0}),
	keyspace: (_, {databases}) => keyspaceOf(databases),
	raft: (_, {raft}) => raft,
};

/** Those that need a look at the cluster. */
export const clusterSections: ReadonlySet<string> = new Set(['memory', 'keyspace', 'raft']);

/** Of each database that has keys. */
function keyspaceOf(databases: readonly DatabaseCount[]): InfoFields {
	const lines = databases.map(({count, expiringCount, expireAfterMs}, place) => [
		`db${place}`,
		count === 0 ? undefined : `keys=${count},expires=${expiringCount},avg_ttl=${expireAfterMs}`,
	]);
	return Object.fromEntries(lines.filter(([, told]) => told !== undefined)) as InfoFields;
}

const units = ['B', 'K', 'M', 'G', 'T', 'P'];

/** As Redis writes it for people: 0B, 97.66K, 2.00G. */
function humanBytes(bytes: number): string {
	let unit = 0;
	let amount = bytes;
	for (; amount >= 1024 && unit < units.length - 1; unit++) amount /= 1024;
	return `${unit === 0 ? amount : amount.toFixed(2)}${units[unit]}`;
}
