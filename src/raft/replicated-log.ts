/**
 * What one node holds of the replicated log: the entries, the configurations among them, and how far they are durable,
 * committed and taken by the service. Every byte that changes the log passes through here, whoever leads and however it
 * came.
 *
 *     snapshotIndex <= takenIndex <= commitIndex <= lastIndex
 */
import {decodeConfiguration} from './codec.js';
import {ConfigurationHistory} from './configuration-history.js';
import {Durability} from './durability.js';
import {assert} from '../base/errors.js';
import {RaftLog} from './log.js';
import type {AppendEntries, Configuration, LogEntry, LogIndex, PersistentState, SnapshotMeta, Term} from './types.js';
import {isConfiguration} from './validation.js';

const nothing: readonly LogEntry[] = [];

export class ReplicatedLog {
	readonly log: RaftLog;
	readonly durability: Durability;
	readonly #configurations: ConfigurationHistory;
	#commitIndex: LogIndex;
	/** Committed entries up to here were taken, to be applied; how far the service has applied them, its driver knows. */
	#takenIndex: LogIndex;

	constructor(initialConfiguration: Configuration, state: PersistentState, youngEntries: number) {
		this.log = new RaftLog(state, youngEntries);
		this.durability = new Durability(this.log.lastIndex);
		this.#configurations = new ConfigurationHistory(initialConfiguration, state);
		this.#commitIndex = this.log.snapshotIndex;
		this.#takenIndex = this.log.snapshotIndex;
	}

	/** Highest index known to be committed; never above what this log was verified to share with a leader's. */
	get commitIndex(): LogIndex {
		return this.#commitIndex;
	}

	/** The latest in the log, committed or not (§6). */
	get configuration(): Configuration {
		return this.#configurations.latest;
	}

	append(entry: LogEntry): void {
		this.log.append(entry);
		this.#configurations.append(entry);
	}

	// --------------------------------------------------------------------------------- what a leader sends

	/** Whether a leader can have sent these: terms in order, and nothing against what is committed (§5.4.3). */
	isPossibleAppend(entries: readonly LogEntry[], {term, prevLogIndex, prevLogTerm}: AppendEntries): boolean {
		if (this.#isAgainstCommitted(prevLogIndex, prevLogTerm)) return false;
		let previousTerm = prevLogTerm;
		for (const entry of entries) {
			if (entry.term < previousTerm || entry.term > term) return false;
			previousTerm = entry.term;
			if (this.#isAgainstCommitted(entry.index, entry.term)) return false;
			if (entry.type === 'configuration' && !isConfigurationEntry(entry)) return false;
		}
		return true;
	}

	/** Log matching (§5.3): what a snapshot holds is committed, so it is shared with every leader. */
	hasEntry(index: LogIndex, term: Term): boolean {
		return index <= this.log.snapshotIndex || this.log.termAt(index) === term;
	}

	/** Appends what is missing; drops a conflicting suffix, and only a conflicting one. Returns whether the log changed. */
	takeEntries(entries: readonly LogEntry[]): boolean {
		let isChanged = false;
		for (const entry of entries) {
			if (entry.index <= this.log.snapshotIndex) continue;
			const ownTerm = this.log.termAt(entry.index);
			// An old message may end before this log does: what matches stays, whatever follows it.
			if (ownTerm === entry.term) continue;
			if (ownTerm !== undefined) this.#truncateFrom(entry.index);
			this.append(entry);
			isChanged = true;
		}
		return isChanged;
	}

	#isAgainstCommitted(index: LogIndex, term: Term): boolean {
		const ownTerm = index <= this.#commitIndex ? this.log.termAt(index) : undefined;
		return ownTerm !== undefined && ownTerm !== term;
	}

	#truncateFrom(index: LogIndex): void {
		assert(index > this.#commitIndex, 'a committed entry is never replaced');
		this.log.truncateFrom(index);
		this.#configurations.truncateFrom(index);
		this.durability.truncated(index);
	}

	// ---------------------------------------------------------------------------------- committed and taken

	/** Never goes back. */
	commitTo(index: LogIndex): void {
		this.#commitIndex = Math.max(this.#commitIndex, index);
	}

	/** The committed entries that were not taken before. */
	takeCommitted(): readonly LogEntry[] {
		if (this.#takenIndex === this.#commitIndex) return nothing;
		const entries = this.log.slice(this.#takenIndex + 1, this.#commitIndex + 1);
		this.#takenIndex = this.#commitIndex;
		return entries;
	}

	// -------------------------------------------------------------------------------------------- snapshots

	get currentSnapshot(): SnapshotMeta {
		const {snapshotIndex: lastIncludedIndex, snapshotTerm: lastIncludedTerm} = this.log;
		return {lastIncludedIndex, lastIncludedTerm, configuration: this.#configurations.at(lastIncludedIndex)};
	}

	/** What a snapshot of the state at `index` stands for; `undefined` where the log no longer tells. */
	snapshotMeta(index: LogIndex): SnapshotMeta | undefined {
		const lastIncludedTerm = this.log.termAt(index);
		if (lastIncludedTerm === undefined || index <= this.log.snapshotIndex) return undefined;
		return {lastIncludedIndex: index, lastIncludedTerm, configuration: this.#configurations.at(index)};
	}

	/** The service's own snapshot is finished: the log before it can go. `false` when it is of no use any more. */
	compact(index: LogIndex): boolean {
		const snapshot = this.snapshotMeta(index);
		// A snapshot that came from the leader meanwhile is newer: snapshots only move forward.
		if (snapshot === undefined || index > this.#takenIndex) return false;
		this.log.compactTo(index, snapshot.lastIncludedTerm);
		this.#configurations.compactTo(snapshot);
		this.durability.snapshotMade(snapshot, {isLogDropped: false});
		return true;
	}

	/** Whether a leader can have made it: it agrees with what is committed here (§5.4.3). */
	isPossibleSnapshot({lastIncludedIndex, lastIncludedTerm}: SnapshotMeta): boolean {
		if (lastIncludedIndex <= this.#commitIndex) return !this.#isAgainstCommitted(lastIncludedIndex, lastIncludedTerm);
		return lastIncludedTerm >= (this.log.termAt(this.#commitIndex) ?? 0);
	}

	/** §7: keeps a suffix that follows on the snapshot's last entry, drops a log that does not have that entry. */
	install(snapshot: SnapshotMeta): void {
		const {lastIncludedIndex, lastIncludedTerm} = snapshot;
		assert(lastIncludedIndex > this.#commitIndex, 'a snapshot only moves a node forward');
		const isShared = this.log.termAt(lastIncludedIndex) === lastIncludedTerm;
		if (isShared) this.log.compactTo(lastIncludedIndex, lastIncludedTerm);
		else this.log.resetTo(lastIncludedIndex, lastIncludedTerm);
		if (!isShared) this.#configurations.truncateFrom(0);
		this.#configurations.compactTo(snapshot);
		this.durability.snapshotMade(snapshot, {isLogDropped: !isShared});
		this.#commitIndex = lastIncludedIndex;
		this.#takenIndex = lastIncludedIndex;
	}
}

function isConfigurationEntry({command}: LogEntry): boolean {
	const configuration = decodeConfiguration(command);
	return configuration !== undefined && isConfiguration(configuration);
}
