/**
 * The words of the Raft paper (Ongaro & Ousterhout, extended version, figure 2) as types, and what crosses the border
 * of the consensus core: messages between nodes, what must be durable, and what it exchanges with the service above it.
 */

declare const unit: unique symbol;

/** A number that increases with each election (§5.1). Branded, so that an index cannot stand in for it. */
export type Term = number & {readonly [unit]: 'term'};
/** A node's place in the cluster: 0, 1, 2, ... */
export type NodeId = number & {readonly [unit]: 'nodeId'};
/** A place in the log, from 1; 0 means "before the first entry". */
export type LogIndex = number;
/** Milliseconds on a clock that never goes back; only differences mean anything. */
export type Milliseconds = number;

/** A plain number as a term: a whole number from 0. */
export const term = (value: number): Term => value as Term;
/** A plain number as a node’s: a whole number from 0. */
export const nodeId = (value: number): NodeId => value as NodeId;

/**
 * What an entry is for: `noop` opens a term (§8), `command` belongs to the service, `configuration` carries a
 * {@link Configuration} (see `encodeConfiguration`).
 */
export type EntryType = 'noop' | 'command' | 'configuration';

/** One entry of the log. `command` is opaque to Raft; its bytes must never change. */
export interface LogEntry {
	readonly index: LogIndex;
	readonly term: Term;
	readonly type: EntryType;
	readonly command: Uint8Array;
}

/** The members of the group (§6). Learners receive the log and are never counted. */
export interface Configuration {
	readonly voters: readonly NodeId[];
	readonly learners: readonly NodeId[];
}

/** Figure 2, "Persistent state", without the log. One atomic record: a term is never stored without its vote. */
export interface HardState {
	readonly currentTerm: Term;
	readonly votedFor: NodeId | undefined;
}

/** What a snapshot stands for (§7): all entries up to and including `lastIncludedIndex`. */
export interface SnapshotMeta {
	readonly lastIncludedIndex: LogIndex;
	readonly lastIncludedTerm: Term;
	readonly configuration: Configuration;
}

/** Everything that a node finds on its disk when it starts. */
export interface PersistentState {
	readonly hardState: HardState;
	/** `undefined` when the log still begins at index 1. */
	readonly snapshot: SnapshotMeta | undefined;
	/** From `snapshot.lastIncludedIndex + 1` (or 1), without a gap. */
	readonly entries: readonly LogEntry[];
}

/**
 * One atomic write: after a crash either all of it is there or nothing. Parts take effect in the order of the fields.
 */
export interface WriteBatch {
	readonly hardState: HardState | undefined;
	/**
	 * Makes a snapshot that was written and finished before (see `RaftStorage.createSnapshot`) the current one: entries
	 * up to `lastIncludedIndex` are gone, and later ones stay unless `truncateFrom` says otherwise.
	 */
	readonly snapshot: SnapshotMeta | undefined;
	/** Entries from this index on are gone. */
	readonly truncateFrom: LogIndex | undefined;
	/** Follow without a gap on what the fields above leave. */
	readonly entries: readonly LogEntry[];
}

// ---------------------------------------------------------------------------------------------- between nodes

/** §5.2, §9.6 of the dissertation for `preVote`: such a request carries the *next* term and changes nothing anywhere. */
export interface RequestVote {
	readonly type: 'requestVote';
	readonly term: Term;
	readonly preVote: boolean;
	/** The leader itself has asked for this election: that it is at work speaks against no vote (dissertation §4.2.3). */
	readonly isTransfer: boolean;
	readonly lastLogIndex: LogIndex;
	readonly lastLogTerm: Term;
}

/** The answer to a request for a vote or a pre-vote (figure 2; dissertation §9.6). */
export interface RequestVoteReply {
	readonly type: 'requestVoteReply';
	/** The asked-for term when granted, else the voter's own. */
	readonly term: Term;
	readonly preVote: boolean;
	readonly voteGranted: boolean;
}

/** §5.3. A heartbeat is one without entries. */
export interface AppendEntries {
	readonly type: 'appendEntries';
	readonly term: Term;
	readonly prevLogIndex: LogIndex;
	readonly prevLogTerm: Term;
	/** Entries from `prevLogIndex + 1` on, as `packEntries` makes them: one array of bytes costs a thread hop the least. */
	readonly entries: Uint8Array;
	readonly leaderCommit: LogIndex;
	/** The leader's newest round of ReadIndex (dissertation §6.4) or of heartbeats in this term; echoed by the reply. */
	readonly readToken: number;
}

/** The answer to a heartbeat or to entries (figure 2). */
export interface AppendEntriesReply {
	readonly type: 'appendEntriesReply';
	readonly term: Term;
	readonly success: boolean;
	readonly readToken: number;
	/** On success: the last index known to equal the leader's log *and* durable here. Never this node's own tail. */
	readonly matchIndex: LogIndex;
	/** Echo of the request, so that a late refusal can be told from a current one. */
	readonly prevLogIndex: LogIndex;
	/** On refusal: the term of the entry at `prevLogIndex`, `undefined` where the log is too short (§5.3, last part). */
	readonly conflictTerm: Term | undefined;
	/** On refusal: the first index of `conflictTerm`, or one past the end of a log that is too short. */
	readonly conflictIndex: LogIndex;
}

/** §7, figure 13, in chunks; the receiver says which offset it wants next, so a cut transfer resumes. */
export interface InstallSnapshot {
	readonly type: 'installSnapshot';
	readonly term: Term;
	readonly snapshot: SnapshotMeta;
	/** Bytes. */
	readonly offset: number;
	readonly data: Uint8Array;
	readonly done: boolean;
	readonly readToken: number;
}

/** The answer to a piece of a snapshot (figure 13): how far the follower has come. */
export interface InstallSnapshotReply {
	readonly type: 'installSnapshotReply';
	readonly term: Term;
	readonly lastIncludedIndex: LogIndex;
	/** Bytes that the follower holds; the next chunk starts here. */
	readonly offset: number;
	/** The snapshot is durable and current at the follower (or was not needed): its log begins after it. */
	readonly installed: boolean;
	readonly readToken: number;
}

/** A follower asks the leader for a read index on behalf of its own service (dissertation §6.4, last paragraph). */
export interface ReadIndexRequest {
	readonly type: 'readIndex';
	readonly term: Term;
	readonly readId: number;
}

/** The answer to a follower that asks for an index to read at (dissertation §6.4). */
export interface ReadIndexReply {
	readonly type: 'readIndexReply';
	readonly term: Term;
	readonly readId: number;
	/** `undefined`: refused, ask again. */
	readonly readIndex: LogIndex | undefined;
}

/**
 * A leader asks a follower to stand for election at once, to take its place (dissertation §3.10). The answer is a request for a
 * vote in the next term, or nothing: it is asked again until the transfer is given up.
 */
export interface TimeoutNow {
	readonly type: 'timeoutNow';
	readonly term: Term;
	/**
	 * The leader's last entry, which the follower has. A leader that has gone on since then takes entries again, and a copy of
	 * this message that comes late no longer fits the follower's log.
	 */
	readonly lastLogIndex: LogIndex;
}

/** All that nodes say to each other. */
export type RaftMessage =
	| RequestVote
	| RequestVoteReply
	| AppendEntries
	| AppendEntriesReply
	| InstallSnapshot
	| InstallSnapshotReply
	| ReadIndexRequest
	| ReadIndexReply
	| TimeoutNow;

// ------------------------------------------------------------------------------ between a node and its service

/**
 * What a node is in its term (§5.1); a `preCandidate` asks whether it could win before it begins a term (dissertation
 * §9.6).
 */
export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

/** Why a proposal was not taken. Nothing of it is in any log. `transferring`: the leader is handing its place over. */
export type ProposalRefusal = 'notLeader' | 'transferring' | 'entryTooLarge' | 'uncommittedFull' | 'stopped';

/** From the node to its service, in the order of the log. */
export type ServiceInput =
	/** Committed entries, each index exactly once and without a gap, also `noop` and `configuration` ones. */
	| {readonly type: 'apply'; readonly entries: readonly LogEntry[]}
	/** Commands `firstIndex .. firstIndex + count - 1` of this term; always told before any of them is applied. */
	| {
			readonly type: 'proposed';
			readonly proposalId: number;
			readonly firstIndex: LogIndex;
			readonly count: number;
			readonly term: Term;
	  }
	| {
			readonly type: 'proposalRefused';
			readonly proposalId: number;
			readonly reason: ProposalRefusal;
			/** Whom to ask instead: the leader, or who is about to take its place. */
			readonly leaderId: NodeId | undefined;
	  }
	/** The read may be answered from the state at `readIndex` or later. */
	| {readonly type: 'readReady'; readonly readId: number; readonly readIndex: LogIndex}
	| {readonly type: 'readRefused'; readonly readId: number; readonly leaderId: NodeId | undefined}
	/** Told on every change of role, term or known leader. */
	| {readonly type: 'leadership'; readonly role: Role; readonly term: Term; readonly leaderId: NodeId | undefined}
	/** Stream a snapshot of the state as it is now; one `snapshotChunk` at a time. */
	| {readonly type: 'takeSnapshot'}
	/** The last `snapshotChunk` is stored: send the next one. */
	| {readonly type: 'snapshotChunkStored'; readonly index: LogIndex}
	/** Forget the snapshot that is being taken: it is no longer wanted. */
	| {readonly type: 'abandonSnapshot'}
	/** A new state follows in `installChunk`s; the old one, and waiters up to its index, are over. */
	| {readonly type: 'installSnapshot'; readonly snapshot: SnapshotMeta}
	| {readonly type: 'installChunk'; readonly index: LogIndex; readonly data: Uint8Array; readonly done: boolean};

/** From the service to its node. */
export type ServiceOutput =
	| {readonly type: 'propose'; readonly proposalId: number; readonly commands: readonly Uint8Array[]}
	| {readonly type: 'read'; readonly readId: number}
	/** The service's state now includes this index. */
	| {readonly type: 'applied'; readonly index: LogIndex}
	/** `index` is the applied index at `takeSnapshot`. Chunks have any size; their borders mean nothing. */
	| {readonly type: 'snapshotChunk'; readonly index: LogIndex; readonly data: Uint8Array; readonly done: boolean}
	/** The last `installChunk` is taken in: send the next one. */
	| {readonly type: 'installChunkLoaded'; readonly index: LogIndex};
