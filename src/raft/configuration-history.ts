/** Which configuration holds at which index: the latest in the log, committed or not (§6), goes with the log. */
import {decodeConfiguration} from './codec.js';
import type {Configuration, LogEntry, LogIndex, PersistentState, SnapshotMeta} from './types.js';

interface Change {
	readonly index: LogIndex;
	readonly configuration: Configuration;
}

export class ConfigurationHistory {
	/** What holds before the first change: of the snapshot, or the initial one. */
	#base: Change;
	#changes: Change[] = [];

	constructor(initial: Configuration, {snapshot, entries}: Pick<PersistentState, 'snapshot' | 'entries'>) {
		this.#base = {index: snapshot?.lastIncludedIndex ?? 0, configuration: snapshot?.configuration ?? initial};
		for (const entry of entries) this.append(entry);
	}

	get latest(): Configuration {
		return (this.#changes.at(-1) ?? this.#base).configuration;
	}

	at(index: LogIndex): Configuration {
		return (this.#changes.findLast(change => change.index <= index) ?? this.#base).configuration;
	}

	append(entry: LogEntry): void {
		if (entry.type !== 'configuration') return;
		const configuration = decodeConfiguration(entry.command);
		if (configuration !== undefined) this.#changes.push({index: entry.index, configuration});
	}

	truncateFrom(index: LogIndex): void {
		this.#changes = this.#changes.filter(change => change.index < index);
	}

	compactTo({lastIncludedIndex, configuration}: SnapshotMeta): void {
		this.#base = {index: lastIncludedIndex, configuration};
		this.#changes = this.#changes.filter(change => change.index > lastIncludedIndex);
	}
}
