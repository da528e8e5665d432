import type {Configuration, Milliseconds, NodeId} from './types.js';

/** Times and limits of a node. All nodes of a cluster must have the same. */
export interface RaftLimits {
	/** A leader's sign of life. @default 50 */
	readonly heartbeatMs: Milliseconds;
	/**
	 * A follower that hears nothing for this long, up to half as long again (`electionTimeoutSpread`), asks for votes.
	 * A leader that hears no quorum for this long steps down.
	 *
	 * Measured (bench/election-timeout.ts): with 1024 writes in flight, and with every core kept busy by something else,
	 * nobody was deposed from 50 ms on, a few times at 20 and 30. It is a large state on a machine that has other work that
	 * asks for more: with a million keys and every core taken twice, the slowest answer of a node took 0.22 s
	 * (bench/snapshot-stall.ts; 0.03 s when nothing else ran). A healthy leader must not be deposed for that. @default 300
	 */
	readonly electionTimeoutMs: Milliseconds;
	/** A leader tells a new commit index to idle followers after this long. @default 10 */
	readonly commitNoticeMs: Milliseconds;
	/** A node whose disk has not finished a write for this long does not lead. @default 3000 */
	readonly diskStallMs: Milliseconds;
	/** Largest command. @default 4 MiB */
	readonly entryBytesMax: number;
	/** Bytes of entries in one AppendEntries, but never fewer than one entry. @default 1 MiB */
	readonly appendBytesMax: number;
	/** Bytes of AppendEntries on their way to one follower. @default 8 MiB */
	readonly inflightBytesMax: number;
	/** AppendEntries with entries on their way to one follower. @default 256 */
	readonly inflightMessagesMax: number;
	/** Entries at the end of the log that stay as they came; older ones are packed, this many at a time. @default 1024 */
	readonly youngEntries: number;
	/** Bytes of entries that the leader's service has not applied yet; over that, proposals are refused. @default 64 MiB */
	readonly unappliedBytesMax: number;
	/** Bytes of one snapshot chunk. @default 256 KiB */
	readonly snapshotChunkBytes: number;
}

/**
 * The share of the election timeout over which followers' timeouts are spread, drawn anew each time. A follower that loses its leader waits
 * for the shortest draw, so a wide spread costs every crash; a narrow one splits votes. Raft's authors needed 513 ms at worst
 * in a thousand elections of five servers with 50 ms of spread over 150 (Ongaro and Ousterhout 2014, §9.3).
 */
export const electionTimeoutSpread = 0.5;

/** For nodes that reach each other within a few ms: see `RaftLimits` for each. */
export const defaultRaftLimits: RaftLimits = {
	heartbeatMs: 50,
	electionTimeoutMs: 300,
	commitNoticeMs: 10,
	diskStallMs: 3000,
	entryBytesMax: 4 * 2 ** 20,
	appendBytesMax: 2 ** 20,
	inflightBytesMax: 8 * 2 ** 20,
	inflightMessagesMax: 256,
	youngEntries: 1024,
	unappliedBytesMax: 64 * 2 ** 20,
	snapshotChunkBytes: 256 * 2 ** 10,
};

/** The identity of a node, and its source of randomness. */
export interface RaftOptions {
	readonly id: NodeId;
	/** The members until a configuration entry or a snapshot says otherwise. */
	readonly initialConfiguration: Configuration;
	/** Uniform in [0, 1): the only chance there is in the core. */
	readonly random: () => number;
	readonly limits: RaftLimits;
}
