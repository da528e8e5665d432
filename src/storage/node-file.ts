/**
 * The file in which a node keeps what its log cannot say of itself: whose it is, how often it has been started, and a
 * place that the log is known to have reached.
 *
 *     node := preamble, 16 | identity, 20 | starts, u48 | sequence, u32 | offset, u32 | chain, u32 |
 *             ends there, u8 | zeros | crc of all before, u32                         64 bytes, little endian
 *
 * It is only ever replaced as a whole (see durable-file.ts), so no crash explains that it is not whole. It is replaced
 * at each start, when a new segment has been begun and before the first flush goes to it, and when the log is closed.
 * The log always reaches the mark; after a close it ends there, and then nothing at all may be missing from its end.
 */
import {crc32} from 'node:zlib';
import {getUint48, setUint48, viewOf} from './bytes.js';
import {decodeIdentity, encodeIdentity, type Identity} from './identity.js';
import {decodePreamble, encodePreamble, nodeMagic, preambleBytes} from './segment-format.js';

export const nodeFileName = 'node';
const nodeFileBytes = 64;

/** A place between two frames of the log. */
export interface LogMark {
	readonly sequence: number;
	/** Bytes from the start of the segment. */
	readonly offset: number;
	/** The crc in the header of the frame that ends there. */
	readonly chain: number;
}

export interface NodeFile {
	readonly identity: Identity;
	/** How often the node has been started; at least 1. */
	readonly starts: number;
	readonly mark: LogMark;
	/** The log was closed, and ends at the mark. `false` from the next start on. */
	readonly isClosed: boolean;
}

export function encodeNodeFile({identity, starts, mark, isClosed}: NodeFile): Uint8Array {
	const bytes = new Uint8Array(nodeFileBytes);
	const view = viewOf(bytes);
	encodePreamble(bytes, nodeMagic);
	encodeIdentity(bytes, preambleBytes, identity);
	setUint48(view, 36, starts);
	view.setUint32(42, mark.sequence, true);
	view.setUint32(46, mark.offset, true);
	view.setUint32(50, mark.chain, true);
	view.setUint8(54, isClosed ? 1 : 0);
	view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
	return bytes;
}

/** `undefined`: damaged, or no file of this kind. A file of another format's version has to be told apart before. */
export function decodeNodeFile(bytes: Uint8Array): NodeFile | undefined {
	if (bytes.length !== nodeFileBytes || decodePreamble(bytes, nodeMagic) === undefined) return undefined;
	const view = viewOf(bytes);
	if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60))) return undefined;
	const mark = {
		sequence: view.getUint32(42, true),
		offset: view.getUint32(46, true),
		chain: view.getUint32(50, true),
	};
	return {
		identity: decodeIdentity(bytes, preambleBytes),
		starts: getUint48(view, 36),
		mark,
		isClosed: view.getUint8(54) === 1,
	};
}
