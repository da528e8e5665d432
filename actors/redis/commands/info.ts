import type {ClusterInfo, GatewayState} from '../client-state.js';
import {type RedisCommand, type Plan, textAt} from './command.js';
import {compatibleVersion} from './hello.js';

type Fields = Readonly<Record<string, string | number | boolean>>;

const raftSection = 'raft';

/** The sections that need no look at the cluster, in the order of INFO. */
const sections: Readonly<Record<string, (gateway: GatewayState) => Fields>> = {
	server: gateway => ({
		redis_version: compatibleVersion,
		redis_mode: 'standalone',
		server_name: 'threadraft',
		process_id: process.pid,
		tcp_port: gateway.port,
		uptime_in_seconds: Math.floor((performance.now() - gateway.startedMs) / 1000),
	}),
	clients: gateway => ({connected_clients: gateway.clientStates.size, maxclients: gateway.limits.clientsMax}),
	memory: gateway => ({
		used_memory_rss: process.memoryUsage.rss(),
		mem_clients_normal: gateway.memory.bytes,
		maxmemory: gateway.maxMemoryBytes,
		maxmemory_human: humanBytes(gateway.maxMemoryBytes),
		maxmemory_clients: gateway.limits.clientsBytesMax,
		maxmemory_policy: 'noeviction',
	}),
	// Clients wait until nothing is loading (ioredis' ready check).
	persistence: gateway => ({loading: gateway.isLoading() ? 1 : 0}),
	stats: gateway => ({
		total_connections_received: gateway.connectionsReceived,
		total_commands_processed: gateway.commandsProcessed,
		rejected_connections: gateway.connectionsRejected,
		evicted_clients: gateway.dropped.counts.evicted,
		client_output_buffer_limit_disconnections: gateway.dropped.counts.unreadReplies,
	}),
	replication: () => ({role: 'master', connected_slaves: 0}),
};

const units = ['B', 'K', 'M', 'G', 'T', 'P'];

/** As Redis writes it for people: 0B, 97.66K, 2.00G. */
function humanBytes(bytes: number): string {
	let unit = 0;
	let amount = bytes;
	for (; amount >= 1024 && unit < units.length - 1; unit++) amount /= 1024;
	return `${unit === 0 ? amount : amount.toFixed(2)}${units[unit]}`;
}

const everything = new Set(['all', 'everything', 'default']);

function planInfo(parts: readonly Buffer[]): Plan {
	const asked = new Set(parts.slice(1).map((_, offset) => textAt(parts, offset + 1).toLowerCase()));
	const all = asked.size === 0 || [...everything].some(name => asked.has(name));
	const local = Object.keys(sections).filter(name => all || asked.has(name));
	const localText = (gateway: GatewayState) => local.map(name => sectionText(name, sections[name]?.(gateway) ?? {}));
	if (!all && !asked.has(raftSection))
		return {type: 'local', reply: (out, {gateway}) => out.verbatim(localText(gateway).join('\r\n'))};
	return {
		type: 'report',
		reply: (out, {gateway}, cluster) =>
			out.verbatim([...localText(gateway), sectionText(raftSection, cluster)].join('\r\n')),
	};
}

function sectionText(name: string, fields: Fields | ClusterInfo): string {
	const lines = Object.entries(fields).map(
		([field, value]) => `${field}:${String(value).replaceAll(/[\r\n]+/g, ' ')}\r\n`,
	);
	return `# ${name.charAt(0).toUpperCase()}${name.slice(1)}\r\n${lines.join('')}`;
}

export const infoCommand: RedisCommand = {
	name: 'info',
	arity: -1,
	flags: [],
	group: 'server',
	since: '1.0.0',
	summary: 'Describe the server, its clients and the cluster behind it',
	plan: planInfo,
};
