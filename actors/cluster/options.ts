/** What a cluster can be told at its start. */
import {defaultRaftLimits, type RaftLimits} from '../../src/raft/options.js';
import type {ReplayLimits} from '../../src/storage/cluster-file.js';
import {
	bytes,
	checkOptions,
	fileLocation,
	flag,
	given,
	wholeMilliseconds,
	optionsOf,
	text,
	wholeNumber,
} from '../options/check-options.js';
import {OptionError} from '../options/option-error.js';
import {raftLimitsSchema} from '../options/raft-limits.js';
import {processMemoryBytes} from '../process-memory.js';
import {type ResolvedThreadEntries, resolveThreadEntries, type ThreadEntries, urlOf} from './thread-entries.js';

/** How a cluster is started. All of it can be left out. */
export interface ClusterOptions {
	/** Voters, each on a thread of its own. 1 to 9. @default 3 */
	readonly nodes?: number;
	/** Where the nodes keep their logs, a folder each. Without it the data lives as long as this object. */
	readonly directory?: string;
	/** Bytes of log after which a node takes a snapshot; `undefined` in so many words: never. @default 16 MiB */
	readonly maxRaftState?: number | undefined;
	/** The KV server of each node on a thread of its own. @default false */
	readonly kvThread?: boolean;
	/**
	 * The module of the state machine that the cluster runs, a URL or a path: its default export is what `defineMachine`
	 * returns. Each replica's thread loads it. @default keys and values
	 */
	readonly machine?: string | URL;
	/** The files that threads begin with, for a program that a bundler made. */
	readonly threads?: ThreadEntries;
	/** Times and limits of the Raft core. */
	readonly limits?: Partial<RaftLimits>;
	/** Largest value, in bytes. A directory keeps that of its first start. @default the directory's own, or 1 MiB */
	readonly valueBytesMax?: number;
	/**
	 * Bytes of keys and values; each node holds a copy. Beyond it writes that add to them fail with an `OutOfMemoryError`,
	 * reads and deletes go on. @default 40 % of what the process may use (control groups counted), divided by the nodes
	 */
	readonly maxMemoryBytes?: number;
	/**
	 * A client session that does nothing for this long, in log time, is forgotten. A directory keeps the time of its first start.
	 * @default the directory's own, or 10 minutes
	 */
	readonly sessionTimeoutMs?: number;
	/**
	 * How often a node that fails is tried again quickly (after 0.1 to 10 s) before it has been up for a minute. After that
	 * it is tried every 15 to 30 s, for as long as the cluster lives. 0: never quickly. @default 10
	 */
	readonly restartsPerMinute?: number;
	/** Of the network's faults and the election timeouts. @default random */
	readonly seed?: number;
}

export type ResolvedClusterOptions = Required<
	Omit<
		ClusterOptions,
		'directory' | 'limits' | 'machine' | 'maxRaftState' | 'threads' | 'valueBytesMax' | 'sessionTimeoutMs'
	>
> & {
	readonly directory: string | undefined;
	readonly maxRaftState: number | undefined;
	readonly limits: RaftLimits;
	/** Those that were given. */
	readonly replayLimits: Partial<ReplayLimits>;
	readonly threads: ResolvedThreadEntries;
	/** A URL; `undefined`: the key/value machine. */
	readonly machine: string | undefined;
};

const nodesMax = 9;
/** The rest is for logs, snapshots, requests, replies and the threads themselves. */
const dataShareOfMemory = 0.4;

const defaultMaxMemoryBytes = (nodes: number): number => Math.floor((processMemoryBytes() * dataShareOfMemory) / nodes);

const seedMax = 2 ** 32 - 1;

const schema = optionsOf({
	nodes: wholeNumber(1, nodesMax),
	directory: text(),
	maxRaftState: bytes(1, 2 ** 40),
	kvThread: flag(),
	machine: fileLocation(),
	threads: optionsOf({replica: fileLocation(), kvServer: fileLocation()}),
	limits: raftLimitsSchema,
	valueBytesMax: bytes(1, 2 ** 30),
	maxMemoryBytes: bytes(1, Number.MAX_SAFE_INTEGER),
	// Servers tell it to clerks as a whole number.
	sessionTimeoutMs: wholeMilliseconds(1),
	restartsPerMinute: wholeNumber(0, 1000),
	seed: wholeNumber(0, seedMax),
});

/** Throws an `OptionError`, or a `ThreadError` where a file that a thread would begin with is missing. */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
	checkOptions(schema, options);
	const {limits = {}, valueBytesMax, sessionTimeoutMs} = options;
	const resolved = {
		nodes: options.nodes ?? 3,
		directory: options.directory,
		machine: options.machine === undefined ? undefined : urlOf(options.machine).href,
		maxRaftState: 'maxRaftState' in options ? options.maxRaftState : 16 * 2 ** 20,
		kvThread: options.kvThread ?? false,
		threads: resolveThreadEntries(options.threads ?? {}, options.kvThread ?? false),
		limits: {...defaultRaftLimits, ...given(limits)},
		replayLimits: {
			...(valueBytesMax === undefined ? {} : {valueBytesMax}),
			...(sessionTimeoutMs === undefined ? {} : {sessionTimeoutMs}),
		},
		maxMemoryBytes: options.maxMemoryBytes ?? defaultMaxMemoryBytes(options.nodes ?? 3),
		restartsPerMinute: options.restartsPerMinute ?? 10,
		seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
	};
	const {electionTimeoutMs, heartbeatMs} = resolved.limits;
	if (electionTimeoutMs < 2 * heartbeatMs) {
		const allowed = `at least twice limits.heartbeatMs (${heartbeatMs}), or followers campaign against a healthy leader`;
		throw OptionError.value('limits.electionTimeoutMs', allowed, electionTimeoutMs);
	}
	return resolved;
}
