/**
 * What a leader knows of one follower, and how much it may send (the flow control of etcd's raft).
 *
 *     probe ──answer──▶ replicate       probe: one message at a time, until the logs are known to meet
 *       ▲  ◀──refusal──     │           replicate: a pipeline, bounded in bytes and messages
 *       │                   │           snapshot: the log no longer reaches back far enough; chunks
 *       └──── snapshot ◀────┘
 *
 * Invariant: matchIndex < nextIndex; matchIndex never decreases within a term.
 */
import {assert} from '../base/errors.js';
import type {RaftLimits} from './options.js';
import type {LogIndex, Milliseconds, SnapshotMeta} from './types.js';

interface Inflight {
	readonly lastIndex: LogIndex;
	readonly bytes: number;
}

/** A snapshot on its way to a follower. One chunk is unanswered at a time. */
export interface OutgoingSnapshot {
	readonly snapshot: SnapshotMeta;
	/** Bytes that the follower says it holds. */
	readonly offset: number;
}

export class Progress {
	state: 'probe' | 'replicate' | 'snapshot' = 'probe';
	/** Highest index known to be on the follower's disk, equal to ours. */
	matchIndex: LogIndex = 0;
	nextIndex: LogIndex;
	/** In `probe`: a message is on its way, wait for its answer or the next heartbeat. */
	isProbeSent = false;
	outgoing: OutgoingSnapshot | undefined;
	/** When the last answer of this term came; the leader's own start counts as one. */
	lastContact: Milliseconds;
	lastSent: Milliseconds = -Infinity;
	/** The newest ReadIndex round that it has answered. */
	readToken = 0;
	/** The newest ReadIndex round that it was asked in. */
	readTokenSent = 0;
	/** The commit index that it was last told. */
	commitIndexSent: LogIndex = 0;

	readonly #limits: RaftLimits;
	#inflight: Inflight[] = [];
	#inflightBytes = 0;

	constructor(nextIndex: LogIndex, now: Milliseconds, limits: RaftLimits) {
		this.nextIndex = nextIndex;
		this.lastContact = now;
		this.#limits = limits;
	}

	get isWindowFull(): boolean {
		return (
			this.#inflight.length >= this.#limits.inflightMessagesMax || this.#inflightBytes >= this.#limits.inflightBytesMax
		);
	}

	/** Notes entries up to `lastIndex` as sent; the next message goes on from there without waiting. */
	sent(lastIndex: LogIndex, bytes: number): void {
		if (this.state === 'probe') {
			this.isProbeSent = true;
			return;
		}
		assert(lastIndex >= this.nextIndex, 'a pipeline only goes forward');
		this.nextIndex = lastIndex + 1;
		this.#inflight.push({lastIndex, bytes});
		this.#inflightBytes += bytes;
	}

	/**
	 * The follower verified and stored everything up to `matchIndex`. Late answers change nothing: a probe ends with its own,
	 * or a network that reorders would have the whole window sent again for each answer of the pipeline before it.
	 */
	acknowledged(matchIndex: LogIndex): void {
		if (this.state === 'probe' && matchIndex >= this.nextIndex - 1) this.#become('replicate');
		this.matchIndex = Math.max(this.matchIndex, matchIndex);
		this.nextIndex = Math.max(this.nextIndex, this.matchIndex + 1);
		while (this.#inflight[0] !== undefined && this.#inflight[0].lastIndex <= this.matchIndex) {
			this.#inflightBytes -= this.#inflight[0].bytes;
			this.#inflight.shift();
		}
	}

	/** A refusal of a message after `prevLogIndex` is current, not a late one of messages long superseded. */
	isRefusalCurrent(prevLogIndex: LogIndex): boolean {
		if (this.state === 'snapshot' || prevLogIndex <= this.matchIndex) return false;
		return this.state === 'replicate' || prevLogIndex === this.nextIndex - 1;
	}

	becomeProbe(nextIndex: LogIndex): void {
		this.#become('probe');
		this.nextIndex = Math.max(nextIndex, this.matchIndex + 1);
	}

	becomeReplicate(): void {
		this.#become('replicate');
		this.nextIndex = this.matchIndex + 1;
	}

	becomeSnapshot(snapshot: SnapshotMeta): void {
		this.#become('snapshot');
		this.outgoing = {snapshot, offset: 0};
	}

	#become(state: Progress['state']): void {
		this.state = state;
		this.isProbeSent = false;
		this.outgoing = undefined;
		this.#inflight = [];
		this.#inflightBytes = 0;
	}
}
