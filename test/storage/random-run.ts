/** Random batches and snapshots for a storage, with what the log should hold after each of them. */
import {type LogEntry, type PersistentState, type WriteBatch, nodeId, term} from '../../src/raft/types.js';
import type {RaftStorage} from '../../src/storage/storage.js';
import {batch, bytesOf, snapshotAt} from './samples.js';
import {fingerprint, stateAfter} from './model.js';

export class RandomRun {
	readonly #random: () => number;
	readonly #storage: RaftStorage;
	/** The log after all that was handed over. */
	#state: PersistentState;
	#isSnapshotting = false;
	/** `states[n]`: the log after `n` batches of this run. */
	readonly states: string[];
	/** Batches acknowledged so far. */
	acknowledged = 0;
	readonly failures: Error[] = [];
	readonly #onAcknowledged: () => void;

	constructor(storage: RaftStorage, state: PersistentState, random: () => number, onAcknowledged = (): void => {}) {
		this.#storage = storage;
		this.#state = state;
		this.#random = random;
		this.states = [fingerprint(state)];
		this.#onAcknowledged = onAcknowledged;
	}

	/** Does one thing at random. */
	step(): void {
		const dice = this.#random();
		if (dice < 0.12 && !this.#isSnapshotting) this.#snapshot();
		else this.#hand(this.#batch(dice));
	}

	#hand(next: WriteBatch): void {
		this.#state = stateAfter(this.#state, next);
		const count = this.states.push(fingerprint(this.#state)) - 1;
		this.#storage.write(next, error => {
			if (error !== undefined) {
				this.failures.push(error);
				return;
			}
			if (this.acknowledged !== count - 1) throw new Error('acknowledged out of order');
			this.acknowledged = count;
			this.#onAcknowledged();
		});
	}

	#batch(dice: number): WriteBatch {
		const {hardState, entries, snapshot} = this.#state;
		let {currentTerm} = hardState;
		const snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
		const nextIndex = snapshotIndex + entries.length + 1;
		if (dice < 0.3 || currentTerm === 0) {
			currentTerm = term(currentTerm + 1);
			const votedFor = this.#random() < 0.5 ? nodeId(this.#upTo(3)) : undefined;
			return batch({
				hardState: {currentTerm, votedFor},
				...(dice < 0.2 ? {entries: this.#entries(nextIndex, currentTerm)} : {}),
			});
		}
		if (dice < 0.4) {
			const truncateFrom = snapshotIndex + 1 + this.#upTo(entries.length + 1);
			return batch({truncateFrom, entries: dice < 0.37 ? this.#entries(truncateFrom, currentTerm) : []});
		}
		return batch({entries: this.#entries(nextIndex, currentTerm)});
	}

	#entries(first: number, entryTerm: LogEntry['term']): readonly LogEntry[] {
		return Array.from({length: 1 + this.#upTo(3)}, (_, offset) => ({
			index: first + offset,
			term: entryTerm,
			type: 'command',
			// Sometimes long, and sometimes full of zeros: neither must look like the end of the log.
			command:
				this.#random() < 0.1
					? new Uint8Array(this.#upTo(1500))
					: bytesOf(`${first + offset} `.repeat(1 + this.#upTo(12))),
		}));
	}

	/** Compacts part of the log, or installs a snapshot from beyond its end. */
	#snapshot(): void {
		const {entries, snapshot, hardState} = this.#state;
		if (hardState.currentTerm === 0) return;
		const snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
		const index = snapshotIndex + 1 + this.#upTo(entries.length + 2);
		const meta = snapshotAt(index, hardState.currentTerm);
		this.#isSnapshotting = true;
		const writer = this.#storage.createSnapshot(meta);
		const end = (error?: Error): void => {
			this.#isSnapshotting = false;
			if (error !== undefined) {
				this.failures.push(error);
				return;
			}
			const current = this.#state.snapshot?.lastIncludedIndex ?? 0;
			if (index <= current || this.#random() < 0.1) return;
			const truncateFrom = this.#random() < 0.3 ? index + 1 : undefined;
			this.#hand(batch({snapshot: meta, truncateFrom}));
		};
		writer.write(snapshotContent(index), error => {
			if (error !== undefined) end(error);
			else if (this.#random() < 0.2) {
				writer.abort();
				this.#isSnapshotting = false;
			} else writer.finish(end);
		});
	}

	#upTo(limit: number): number {
		return Math.floor(this.#random() * limit);
	}
}

/** A snapshot's bytes follow from its index. */
export const snapshotContent = (index: number): Uint8Array => bytesOf(`state at ${index};`.repeat(1 + (index % 40)));
