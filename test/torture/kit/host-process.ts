/** A cluster and its Redis port as a process of its own, with options that the command line does not have. */
import {Cluster} from '../../../actors/cluster/cluster.js';
import type {ClusterOptions} from '../../../actors/cluster/options.js';
import {startRedisGateway} from '../../../actors/redis/gateway.js';
import type {RedisLimits} from '../../../actors/redis/limits.js';

export interface HostOptions extends Pick<
	ClusterOptions,
	'nodes' | 'directory' | 'maxRaftState' | 'kvThread' | 'sessionTimeoutMs'
> {
	/** Of the Redis port. */
	readonly redis?: Partial<RedisLimits>;
}

const clientTimeoutMs = 10_000;

const {redis, ...options} = JSON.parse(process.argv[2] ?? '{}') as HostOptions;
const cluster = await Cluster.start(options);
const info = (): Promise<Record<string, string>> => Promise.resolve({});
const client = cluster.clerk({timeoutMs: clientTimeoutMs});
const reader = cluster.clerk({timeoutMs: clientTimeoutMs});
const gateway = await startRedisGateway({client, reader, port: 0, info, limits: redis});
process.once('SIGTERM', () => void gateway.close().then(() => cluster.close()));
process.stdout.write(`${gateway.address}:${gateway.port}\n`);
