/**
 * Entries as bytes: one format for AppendEntries and for the write-ahead log, so that an entry is encoded once.
 *
 *     entry := length of command, u32 | type, u8 | term, u48 | command          (little endian)
 */
import type {Configuration, EntryType, LogEntry, LogIndex, NodeId, Term} from './types.js';

/** Bytes that an entry takes beside its command. */
export const entryHeaderBytes = 11;

const entryTypes: readonly EntryType[] = ['noop', 'command', 'configuration'];
const twoTo32 = 2 ** 32;

/** Bytes of one entry in a packed batch, a log file, and in what `maxRaftState` counts. */
export const packedBytes = (entry: LogEntry): number => entryHeaderBytes + entry.command.length;

/** Lays entries end to end; their indexes are implied by where the batch starts. */
export function packEntries(entries: readonly LogEntry[]): Uint8Array {
	let length = 0;
	for (const entry of entries) length += packedBytes(entry);
	const bytes = new Uint8Array(length);
	packEntriesInto(bytes, 0, entries);
	return bytes;
}

/** The same into a larger array, from `start` on; returns the offset behind the last entry. */
export function packEntriesInto(target: Uint8Array, start: number, entries: readonly LogEntry[]): number {
	const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
	let offset = start;
	for (const {type, term, command} of entries) {
		view.setUint32(offset, command.length, true);
		view.setUint8(offset + 4, entryTypes.indexOf(type));
		view.setUint32(offset + 5, term % twoTo32, true);
		view.setUint16(offset + 9, Math.floor(term / twoTo32), true);
		target.set(command, offset + entryHeaderBytes);
		offset += entryHeaderBytes + command.length;
	}
	return offset;
}

/**
 * The entries of a packed batch, the first at `firstIndex`; their commands are views of `bytes`.
 * `undefined` when the bytes are not such a batch: a peer's mistake is data here, not an exception.
 */
export function unpackEntries(bytes: Uint8Array, firstIndex: LogIndex): readonly LogEntry[] | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const entries: LogEntry[] = [];
	let offset = 0;
	while (offset < bytes.length) {
		if (offset + entryHeaderBytes > bytes.length) return undefined;
		const end = offset + entryHeaderBytes + view.getUint32(offset, true);
		const type = entryTypes[view.getUint8(offset + 4)];
		if (type === undefined || end > bytes.length) return undefined;
		const term = termAt(view, offset + 5);
		const command = bytes.subarray(offset + entryHeaderBytes, end);
		entries.push({index: firstIndex + entries.length, term, type, command});
		offset = end;
	}
	return entries;
}

function termAt(view: DataView, offset: number): Term {
	const high = view.getUint16(offset + 4, true);
	const low = view.getUint32(offset, true);
	// Most are small. A product with 2^32 is a double for V8, also where it is 0, and so is all that is made of it.
	return (high === 0 ? low : high * twoTo32 + low) as Term;
}

/** How many entries a packed batch has; 0 when the bytes are no such batch. */
export function countPackedEntries(bytes: Uint8Array): number {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let count = 0;
	let offset = 0;
	for (; offset + entryHeaderBytes <= bytes.length; count++) offset += entryHeaderBytes + view.getUint32(offset, true);
	return offset === bytes.length ? count : 0;
}

/** Voters and learners as bytes: two counted lists of u16. */
export function encodeConfiguration({voters, learners}: Configuration): Uint8Array {
	const numbers = [voters.length, ...voters, learners.length, ...learners];
	const bytes = new Uint8Array(numbers.length * 2);
	const view = new DataView(bytes.buffer);
	for (const [offset, number] of numbers.entries()) view.setUint16(offset * 2, number, true);
	return bytes;
}

/** `undefined` when the bytes are not a configuration. */
export function decodeConfiguration(bytes: Uint8Array): Configuration | undefined {
	if (bytes.length % 2 !== 0) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const numbers = Array.from({length: bytes.length / 2}, (_, offset) => view.getUint16(offset * 2, true) as NodeId);
	const voterCount = numbers[0];
	if (voterCount === undefined) return undefined;
	const learnerCount = numbers[1 + voterCount];
	if (learnerCount === undefined || numbers.length !== 2 + voterCount + learnerCount) return undefined;
	return {voters: numbers.slice(1, 1 + voterCount), learners: numbers.slice(2 + voterCount)};
}
