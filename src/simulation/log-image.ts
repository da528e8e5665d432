/** A node's persistent state as an onlooker keeps it: the terms of its log, without the commands. */
import type {HardState, LogIndex, PersistentState, WriteBatch} from '../raft/types.js';

export class LogImage {
	currentTerm = 0;
	votedFor: number | undefined;
	snapshotIndex: LogIndex = 0;
	snapshotTerm = 0;
	/** `#terms[i]` is of index `snapshotIndex + 1 + i`. */
	#terms: number[] = [];

	get lastIndex(): LogIndex {
		return this.snapshotIndex + this.#terms.length;
	}

	get lastTerm(): number {
		return this.#terms.at(-1) ?? this.snapshotTerm;
	}

	/** `undefined` before the snapshot and beyond the end. */
	termAt(index: LogIndex): number | undefined {
		if (index === this.snapshotIndex) return this.snapshotTerm;
		return this.#terms[index - this.snapshotIndex - 1];
	}

	/** Whether it has the entry: as such, or in its snapshot. */
	holds(index: LogIndex, term: number): boolean {
		return index < this.snapshotIndex || this.termAt(index) === term;
	}

	/** The terms of the newest entries, at most `entriesMax`, as runs: `[first index, term]`, in order. */
	runs(entriesMax: number): readonly (readonly [index: number, term: number])[] {
		const runs: [number, number][] = [];
		const start = Math.max(0, this.#terms.length - entriesMax);
		for (let offset = start; offset < this.#terms.length; offset++) {
			const term = this.#terms[offset] ?? 0;
			if (runs.at(-1)?.[1] !== term) runs.push([this.snapshotIndex + 1 + offset, term]);
		}
		return runs;
	}

	apply({hardState, snapshot, truncateFrom, entries}: WriteBatch): void {
		if (hardState !== undefined) this.#setHardState(hardState);
		if (snapshot !== undefined) {
			const {lastIncludedIndex, lastIncludedTerm} = snapshot;
			this.#terms.splice(0, lastIncludedIndex - this.snapshotIndex);
			this.snapshotIndex = lastIncludedIndex;
			this.snapshotTerm = lastIncludedTerm;
		}
		if (truncateFrom !== undefined) {
			this.#terms.length = Math.max(0, Math.min(this.#terms.length, truncateFrom - this.snapshotIndex - 1));
		}
		for (const {term} of entries) this.#terms.push(term);
	}

	copy(): LogImage {
		const copy = new LogImage();
		copy.currentTerm = this.currentTerm;
		copy.votedFor = this.votedFor;
		copy.snapshotIndex = this.snapshotIndex;
		copy.snapshotTerm = this.snapshotTerm;
		copy.#terms = [...this.#terms];
		return copy;
	}

	/** How a loaded state differs; `undefined`: not at all. */
	differenceFrom({hardState, snapshot, entries}: PersistentState): string | undefined {
		if (hardState.currentTerm !== this.currentTerm) return `term ${hardState.currentTerm} for ${this.currentTerm}`;
		if (hardState.votedFor !== this.votedFor) return `vote for ${hardState.votedFor} for ${this.votedFor}`;
		const snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
		if (snapshotIndex !== this.snapshotIndex) return `snapshot ${snapshotIndex} for ${this.snapshotIndex}`;
		const lastIndex = snapshotIndex + entries.length;
		if (lastIndex !== this.lastIndex) return `last index ${lastIndex} for ${this.lastIndex}`;
		const wrong = entries.find(({index, term}) => this.termAt(index) !== term);
		return wrong && `term ${wrong.term} for ${this.termAt(wrong.index)} at index ${wrong.index}`;
	}

	#setHardState({currentTerm, votedFor}: HardState): void {
		this.currentTerm = currentTerm;
		this.votedFor = votedFor;
	}
}
