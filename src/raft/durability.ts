/**
 * What is durable, what is on its way, and which messages wait for it.
 *
 * Everything that changes the persistent state is noted here; at the end of a step it becomes one batch. A message
 * that promises something is held until the batch that it relies on is durable. There is no other way out of the node
 * for such a message, so no shell can send it too early.
 */
import {assert} from '../base/errors.js';
import type {RaftLog} from './log.js';
import type {HardState, LogIndex, Milliseconds, NodeId, RaftMessage, SnapshotMeta, WriteBatch} from './types.js';

interface UnfinishedBatch {
	readonly sequence: number;
	readonly since: Milliseconds;
	/**
	 * Entries up to here are in the log as this batch, and those before it, bring them to the disk. A truncation lowers
	 * it for good: should a later leader bring the very same entry again, then this batch is still not the one that
	 * makes it durable, because the truncation behind it takes the entry off the disk first.
	 */
	lastIndex: LogIndex;
}

interface HeldMessage {
	readonly sequence: number;
	readonly to: NodeId;
	readonly message: RaftMessage;
}

/** Messages that wait for the disk; far more than a healthy disk lets come together. */
const heldMessagesMax = 4096;
const noMessages: readonly HeldMessage[] = [];

export class Durability {
	/** The last batch that was handed out. */
	#sequence = 0;
	/** The last batch that is durable. */
	#completed = 0;
	/** The batch that carries the newest hard state. */
	#hardStateSequence = 0;
	readonly #unfinished: UnfinishedBatch[] = [];
	#held: HeldMessage[] = [];

	#hasNewHardState = false;
	#snapshot: SnapshotMeta | undefined;
	#truncateFrom: LogIndex | undefined;
	/** Entries up to here were handed out. */
	#handedOut: LogIndex;
	#durableIndex: LogIndex;

	constructor(lastIndex: LogIndex) {
		this.#handedOut = lastIndex;
		this.#durableIndex = lastIndex;
	}

	/** Entries up to here are on the disk, and are the ones that the log has there now. */
	get durableIndex(): LogIndex {
		return this.#durableIndex;
	}

	/** Since when the oldest batch is under way; `undefined`: all is durable that was handed out. */
	get unfinishedSince(): Milliseconds | undefined {
		return this.#unfinished[0]?.since;
	}

	/** Whether the oldest batch has been under way for this long. */
	isStalled(now: Milliseconds, stallMs: Milliseconds): boolean {
		const since = this.unfinishedSince;
		return since !== undefined && now - since >= stallMs;
	}

	hardStateChanged(): void {
		this.#hasNewHardState = true;
	}

	/** The log dropped its entries from `index` on. */
	truncated(index: LogIndex): void {
		this.#vouchOnlyTo(index - 1);
		if (index > this.#handedOut) return;
		this.#truncateFrom = Math.min(this.#truncateFrom ?? index, index);
		this.#handedOut = index - 1;
	}

	/** The log begins after this snapshot; `isLogDropped`: and holds nothing else. */
	snapshotMade(snapshot: SnapshotMeta, {isLogDropped}: {readonly isLogDropped: boolean}): void {
		this.#snapshot = snapshot;
		this.#handedOut = Math.max(this.#handedOut, snapshot.lastIncludedIndex);
		// A cut that was noted in this same step may lie inside of what the snapshot now stands for.
		if (this.#truncateFrom !== undefined) {
			this.#truncateFrom = Math.max(this.#truncateFrom, snapshot.lastIncludedIndex + 1);
		}
		if (!isLogDropped) return;
		this.truncated(snapshot.lastIncludedIndex + 1);
		// Until the batch is durable the disk holds the old log, which may differ anywhere.
		this.#vouchOnlyTo(0);
	}

	/** Everything noted since the last batch, or `undefined`. */
	takeBatch(log: RaftLog, hardState: HardState, now: Milliseconds): {sequence: number; batch: WriteBatch} | undefined {
		if (!this.#isDirty(log)) return undefined;
		this.#sequence++;
		if (this.#hasNewHardState) this.#hardStateSequence = this.#sequence;
		const batch = {
			hardState: this.#hasNewHardState ? hardState : undefined,
			snapshot: this.#snapshot,
			truncateFrom: this.#truncateFrom,
			entries: log.slice(this.#handedOut + 1, log.lastIndex + 1),
		};
		this.#unfinished.push({sequence: this.#sequence, since: now, lastIndex: log.lastIndex});
		this.#hasNewHardState = false;
		this.#snapshot = undefined;
		this.#truncateFrom = undefined;
		this.#handedOut = log.lastIndex;
		return {sequence: this.#sequence, batch};
	}

	/** Notes a completion; gives the messages that may leave now. */
	complete(sequence: number): readonly HeldMessage[] {
		assert(sequence <= this.#sequence, 'only what was handed out is completed');
		while (this.#unfinished[0] !== undefined && this.#unfinished[0].sequence <= sequence) {
			this.#durableIndex = Math.max(this.#durableIndex, this.#unfinished[0].lastIndex);
			this.#unfinished.shift();
		}
		this.#completed = Math.max(this.#completed, sequence);
		if (this.#held.length === 0) return noMessages;
		const released = this.#held.filter(held => held.sequence <= this.#completed);
		if (released.length > 0) this.#held = this.#held.filter(held => held.sequence > this.#completed);
		return released;
	}

	/** Holds a message until everything noted so far is durable; `false`: it already is, send at once. */
	holdForAll(log: RaftLog, to: NodeId, message: RaftMessage): boolean {
		return this.#hold(this.#isDirty(log) ? this.#sequence + 1 : this.#sequence, to, message);
	}

	/** Holds a message until the current term and vote are durable. */
	holdForHardState(to: NodeId, message: RaftMessage): boolean {
		return this.#hold(this.#hasNewHardState ? this.#sequence + 1 : this.#hardStateSequence, to, message);
	}

	/** Whether the current term and vote are durable. */
	get isHardStateDurable(): boolean {
		return !this.#hasNewHardState && this.#hardStateSequence <= this.#completed;
	}

	#vouchOnlyTo(index: LogIndex): void {
		this.#durableIndex = Math.min(this.#durableIndex, index);
		for (const batch of this.#unfinished) batch.lastIndex = Math.min(batch.lastIndex, index);
	}

	#hold(sequence: number, to: NodeId, message: RaftMessage): boolean {
		if (sequence <= this.#completed) return false;
		// Behind a disk that stalls they would pile up; to lose a message is something that Raft is made for.
		if (this.#held.length >= heldMessagesMax) this.#held.shift();
		this.#held.push({sequence, to, message});
		return true;
	}

	#isDirty(log: RaftLog): boolean {
		return (
			this.#hasNewHardState ||
			this.#snapshot !== undefined ||
			this.#truncateFrom !== undefined ||
			this.#handedOut < log.lastIndex
		);
	}
}
