/**
 * Older entries of the log, laid end to end in one array. An object and a view for each would survive one garbage
 * collection after the other, and be copied by it, for as long as the log holds them.
 */
import {packEntries, unpackEntries} from './codec.js';
import {assert} from '../base/errors.js';
import type {LogEntry, LogIndex} from './types.js';

export class PackedRun {
	readonly firstIndex: LogIndex;
	readonly lastIndex: LogIndex;
	readonly #bytes: Uint8Array;

	/** Of entries in a row, one at least. */
	constructor(entries: readonly LogEntry[]) {
		const [first] = entries;
		assert(first !== undefined, 'a run has an entry');
		this.firstIndex = first.index;
		this.lastIndex = first.index + entries.length - 1;
		this.#bytes = packEntries(entries);
	}

	get byteLength(): number {
		return this.#bytes.length;
	}

	/** New objects each time; their commands are views of the run. */
	entries(): readonly LogEntry[] {
		const entries = unpackEntries(this.#bytes, this.firstIndex);
		assert(entries !== undefined, 'what was packed can be unpacked');
		return entries;
	}
}
