/**
 * The door of the consensus core: what goes in, what comes out.
 *
 *      messages, proposals, reads,            ┌──────────┐   send, persist, apply, ...
 *      ticks, "persisted up to here"  ──────▶ │ RaftNode │ ──────────────────────────────▶ driver
 *                                             └──────────┘
 *
 * **Durability is in the effects.** A message that may leave only after a write is durable (a vote, an acknowledgement,
 * a candidate's own request) is no effect at all until the core has been told, by `persisted`, that the write is. So a
 * shell may carry out every effect the moment it gets it, in the order of the list, and cannot get it wrong.
 * A leader's AppendEntries comes at once, before the `persist` of the same step: its disk and its followers' disks
 * work in parallel (dissertation §10.2.1).
 */
import type {TransferOutcome} from './transfer-outcome.js';
import type {InstallSnapshot, NodeId, RaftMessage, ServiceInput, SnapshotMeta, WriteBatch} from './types.js';

/** What can happen to a node. */
export type Input =
	/** Time has passed; due when `nextDeadline` says so. */
	| {readonly type: 'tick'}
	| {readonly type: 'message'; readonly from: NodeId; readonly message: RaftMessage}
	/** Takes all commands or none; answered by the service input `proposed` or `proposalRefused`. */
	| {readonly type: 'propose'; readonly proposalId: number; readonly commands: readonly Uint8Array[]}
	/** A linearizable read; answered by `readReady` or `readRefused`. */
	| {readonly type: 'read'; readonly readId: number}
	/**
	 * Whoever runs the nodes says that this life of a peer has ended: its process is gone, and says nothing more. It may come late,
	 * twice, or be wrong: it takes a leader's word away, and adds nothing to anybody's.
	 */
	| {readonly type: 'peerDown'; readonly peer: NodeId}
	/** Whoever runs the nodes says that none leads yet, because it has just started them all. It may be wrong, too. */
	| {readonly type: 'noLeader'}
	/** Hands the leadership over (dissertation §3.10), to the best of the others without `to`; answered by `transferSettled`. */
	| {readonly type: 'transferLeadership'; readonly transferId: number; readonly to: NodeId | undefined}
	/** The batch of this sequence, and all before it, are durable. */
	| {readonly type: 'persisted'; readonly sequence: number}
	/** The service's state includes this index (for the bound on what is not applied yet). */
	| {readonly type: 'applied'; readonly index: number}
	/** The service's snapshot at this index is durable (not yet current). */
	| {readonly type: 'snapshotTaken'; readonly index: number}
	/** A chunk of `storeSnapshotChunk` is written; for the last one: the whole snapshot is durable (not yet current). */
	| {readonly type: 'snapshotChunkStored'; readonly snapshot: SnapshotMeta; readonly offset: number};

/** What a step asks its user to do, in the order of the list: a later effect may rely on an earlier one being done. */
export type Effect =
	| {readonly type: 'send'; readonly to: NodeId; readonly message: RaftMessage}
	/** To be answered by `persisted`. Batches are numbered 1, 2, 3, ... and must become durable in that order. */
	| {readonly type: 'persist'; readonly sequence: number; readonly batch: WriteBatch}
	| {readonly type: 'service'; readonly input: ServiceInput}
	/** What has become of a `transferLeadership`. */
	| {readonly type: 'transferSettled'; readonly transferId: number; readonly outcome: TransferOutcome}
	/** Fill in at most `bytesMax` bytes of the current snapshot from `offset` on, and send. */
	| {
			readonly type: 'sendSnapshot';
			readonly to: NodeId;
			readonly message: Omit<InstallSnapshot, 'data' | 'done'>;
			readonly bytesMax: number;
	  }
	/** Write a chunk of a snapshot that a leader sends; `offset` 0 begins anew. To be answered by `snapshotChunkStored`. */
	| {
			readonly type: 'storeSnapshotChunk';
			readonly snapshot: SnapshotMeta;
			readonly offset: number;
			readonly data: Uint8Array;
			readonly done: boolean;
	  }
	/** What was received of a snapshot is no longer wanted. */
	| {readonly type: 'dropReceivedSnapshot'}
	/** The stored snapshot is the state now: load it into the service before anything is applied that comes later. */
	| {readonly type: 'installSnapshot'; readonly snapshot: SnapshotMeta};
