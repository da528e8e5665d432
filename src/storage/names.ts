/** The names of the log's files. Numbers have ten digits, so that sorted names are in order of age. */
import {replacementName} from './durable-file.js';
import {nodeFileName} from './node-file.js';

const digits = (number: number): string => String(number).padStart(10, '0');

export const segmentName = (sequence: number): string => `log-${digits(sequence)}`;
export const snapshotName = (serial: number): string => `snapshot-${digits(serial)}`;
/** A snapshot that is being written. */
export const temporaryName = (serial: number): string => `${snapshotName(serial)}.tmp`;
/** What a crash left of the last write, cut off at `offset`; kept for who wants to look. */
export const brokenName = (sequence: number, offset: number): string => `${segmentName(sequence)}.at-${offset}.broken`;

export interface DirectoryContent {
	/** Sorted. */
	readonly segments: readonly number[];
	/** Sorted. */
	readonly snapshots: readonly number[];
	/** Snapshots that were not finished. */
	readonly temporary: readonly string[];
	readonly broken: readonly string[];
	/** Small files that were being replaced. */
	readonly replacements: readonly string[];
	/** The node's own file is there: see node-file.ts. */
	readonly hasNodeFile: boolean;
}

/** Sorts a directory's files by what they are; files of others are left alone. */
export function sortNames(names: readonly string[]): DirectoryContent {
	const numbered = (pattern: RegExp): readonly number[] =>
		names
			.map(name => pattern.exec(name)?.[1])
			.filter(number => number !== undefined)
			.map(Number)
			.sort((one, other) => one - other);
	return {
		segments: numbered(/^log-(\d{10})$/),
		snapshots: numbered(/^snapshot-(\d{10})$/),
		temporary: names.filter(name => /^snapshot-\d{10}\.tmp$/.test(name)),
		broken: names.filter(name => /^log-\d{10}\.at-\d+\.broken$/.test(name)),
		replacements: names.filter(name => name === replacementName(nodeFileName)),
		hasNodeFile: names.includes(nodeFileName),
	};
}
