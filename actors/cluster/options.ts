/** What a cluster can be told at its start. */
import {defaultRaftLimits, type RaftLimits} from '../../src/raft/options.js';
import {RaftError} from '../../src/raft/errors.js';

export interface ClusterOptions {
	/** Voters, each on a thread of its own. 1 to 9. @default 3 */
	readonly nodes?: number;
	/** Where the nodes keep their logs, a folder each. Without it the data lives as long as this object. */
	readonly directory?: string;
	/** Bytes of log after which a node takes a snapshot; `undefined` in so many words: never. @default 16 MiB */
	readonly maxRaftState?: number | undefined;
	/** The KV server of each node on a thread of its own. @default false */
	readonly kvThread?: boolean;
	/** Times and limits of the Raft core. */
	readonly limits?: Partial<RaftLimits>;
	/** Largest value, in bytes. @default 1 MiB */
	readonly valueBytesMax?: number;
	/** A client session that does nothing for this long, in log time, is forgotten. @default 10 minutes */
	readonly sessionTimeoutMs?: number;
	/** How often a node may die by itself within a minute before it stays down. @default 10 */
	readonly restartsPerMinute?: number;
	/** Of the network's faults and the election timeouts. @default random */
	readonly seed?: number;
}

export type ResolvedClusterOptions = Required<Omit<ClusterOptions, 'directory' | 'limits' | 'maxRaftState'>> & {
	readonly directory: string | undefined;
	readonly maxRaftState: number | undefined;
	readonly limits: RaftLimits;
};

/** An option has no meaning; the message says which values do. */
export class OptionError extends RaftError {
	override readonly name = 'OptionError';
	readonly code = 'ERR_OPTION';
}

const nodesMax = 9;

export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
	const resolved = {
		nodes: options.nodes ?? 3,
		directory: options.directory,
		maxRaftState: 'maxRaftState' in options ? options.maxRaftState : 16 * 2 ** 20,
		kvThread: options.kvThread ?? false,
		limits: {...defaultRaftLimits, ...options.limits},
		valueBytesMax: options.valueBytesMax ?? 2 ** 20,
		sessionTimeoutMs: options.sessionTimeoutMs ?? 10 * 60_000,
		restartsPerMinute: options.restartsPerMinute ?? 10,
		seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
	};
	requireInteger('nodes', resolved.nodes, 1, nodesMax);
	requireInteger('seed', resolved.seed, 0, 2 ** 32 - 1);
	requireInteger('valueBytesMax', resolved.valueBytesMax, 1, 2 ** 30);
	requireInteger('restartsPerMinute', resolved.restartsPerMinute, 0, 1000);
	if (resolved.maxRaftState !== undefined) requireInteger('maxRaftState', resolved.maxRaftState, 1, 2 ** 40);
	if (resolved.limits.electionTimeoutMs < 2 * resolved.limits.heartbeatMs) {
		throw new OptionError(
			'limits.electionTimeoutMs must be at least twice limits.heartbeatMs, or followers campaign against a healthy leader',
		);
	}
	return resolved;
}

function requireInteger(name: string, value: number, min: number, max: number): void {
	if (Number.isInteger(value) && value >= min && value <= max) return;
	throw new OptionError(`${name} must be a whole number from ${min} to ${max}, not ${value}`);
}
