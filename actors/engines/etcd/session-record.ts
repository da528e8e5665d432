/**
 * What a session's last transaction did, written by that very transaction: its sequence and the results of its
 * operations. A client that lost the answer finds it here. `[sequence, [result, ...]]` as CBOR.
 */
import {parseResult, plainOfResult} from '../../../src/kv/result-codec.js';
import {isCount, parseAll} from '../../../src/base/plain.js';
import type {Result, Version} from '../../../src/kv/types.js';
import {codec} from '../../codec/codec.js';

export interface SessionRecord {
	/** 0 before the first transaction. */
	readonly sequence: number;
	/** With `pendingVersion` for the version that the transaction gave. */
	readonly results: readonly Result[];
}

/**
 * Stands for the revision of the transaction under way, which nobody knows before it is through: then it is the
 * mod_revision of all that it wrote, the session's record included.
 */
export const pendingVersion: Version = Number.MAX_SAFE_INTEGER;

export function encodeRecord({sequence, results}: SessionRecord): Buffer {
	return Buffer.from(codec.encode([sequence, results.map(result => plainOfResult(result))]));
}

/** `undefined`: these bytes are no record. */
export function tryDecodeRecord(bytes: Uint8Array): SessionRecord | undefined {
	let plain: unknown;
	try {
		// Slices of a Buffer are Buffers: results hold plain arrays, whichever way they came.
		plain = codec.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
	} catch {
		return undefined;
	}
	const [sequence, results] = Array.isArray(plain) ? (plain as readonly unknown[]) : [];
	const parsed = parseAll(results, parseResult);
	return isCount(sequence) && parsed !== undefined ? {sequence, results: parsed} : undefined;
}

/** The result with the revision that its transaction turned out to have. */
export function settleVersion(result: Result, revision: Version): Result {
	if (result.type === 'batch') return {...result, results: result.results.map(part => settleVersion(part, revision))};
	if (result.type === 'transaction') {
		return {...result, revision, results: result.results.map(part => settleVersion(part, revision))};
	}
	return 'version' in result && result.version === pendingVersion ? {...result, version: revision} : result;
}
