/** What can be measured. Only the process that runs a system loads its code: clients and servers are heavy. */
import {existsSync} from 'node:fs';
import {peers} from './peers.js';
import {isInstalled} from './servers.js';
import type {System, SystemId} from './system.js';

const complete = {
	workloads: ['write', 'read', 'mixed'],
	durabilities: ['memory', 'durable'],
	unavailable: () => undefined,
} as const;
/** redis-benchmark knows no mix. */
const byRedisBenchmark = {...complete, workloads: ['write', 'read']} as const;

/** etcd 3.4 always syncs (`--unsafe-no-fsync` came with 3.5), so "in memory" is a directory in memory. */
export const memoryDirectory = '/dev/shm';

/** In the order of the tables: each limit before what it limits. */
export const systems: readonly System[] = [
	{
		...complete,
		id: 'skeleton',
		title: 'skeleton',
		limit: 'skeleton',
		start: async options => (await import('./skeleton/skeleton.js')).startSkeleton(options, 'batched', 'main'),
	},
	{
		...complete,
		id: 'threadraft',
		title: 'threadraft',
		limit: 'skeleton',
		start: async options => (await import('./threadraft.js')).startWithClerk(options),
	},
	{
		...complete,
		id: 'skeleton-thread',
		title: 'skeleton, client on a thread',
		limit: 'skeleton-thread',
		start: async options => (await import('./skeleton/skeleton.js')).startSkeleton(options, 'batched', 'thread'),
	},
	{
		...complete,
		id: 'threadraft-thread',
		title: 'threadraft, clerk on a thread',
		limit: 'skeleton-thread',
		start: async options => (await import('./threadraft.js')).startWithClerkThread(options),
	},
	{
		...complete,
		id: 'skeleton-single',
		title: 'skeleton, one op a message',
		limit: 'skeleton-single',
		start: async options => (await import('./skeleton/skeleton.js')).startSkeleton(options, 'single', 'thread'),
	},
	{
		...byRedisBenchmark,
		id: 'threadraft-redis',
		title: 'threadraft, Redis gateway',
		limit: 'skeleton',
		unavailable: () => missing('redis-benchmark', 'redis-tools'),
		start: async options => (await import('./redis.js')).startGateway(options),
	},
	{
		...complete,
		id: 'etcd',
		title: 'etcd, npm client',
		limit: 'skeleton',
		unavailable({durability}) {
			if (durability === 'memory' && !existsSync(memoryDirectory)) return `there is no ${memoryDirectory} for its data`;
			return missing('etcd', 'etcd-server');
		},
		start: async options => (await import('./etcd.js')).startEtcd(options, memoryDirectory),
	},
	{
		...byRedisBenchmark,
		id: 'redis',
		title: 'Redis alone',
		limit: 'skeleton',
		unavailable: () => missing('redis-server', 'redis-server') ?? missing('redis-benchmark', 'redis-tools'),
		start: async options => (await import('./redis.js')).startRedis(options),
	},
	...peers,
];

export function systemOf(id: SystemId): System {
	const system = systems.find(each => each.id === id);
	if (system === undefined) throw new Error(`there is no system '${id}': ${systems.map(each => each.id).join(', ')}`);
	return system;
}

const missing = (program: string, debianPackage: string): string | undefined =>
	isInstalled(program) ? undefined : `${program} is not installed (Debian: apt-get install ${debianPackage})`;
