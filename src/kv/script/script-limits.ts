/** How large what a script leaves behind may be. */
import type {Script} from '../types.js';

/** Of the answer of one script: it is held in memory by every replica until its client has it. */
export const scriptReplyBytesMax = 4 * 2 ** 20;

/** What a script counts for besides its bytes, wherever writes are weighed: it can store more than it brings. */
const scriptOverheadBytes = 8 * 1024;

/** So many bytes of the state for each byte that a script counts for: no more than any write may have. */
const growthFactor = 8;

/** What it counts for. */
export function bytesOfScript({source, keys, values}: Script): number {
	const given = values.reduce((sum, value) => sum + value.length + 8, 0);
	// Characters of keys from U+0080 on take two bytes.
	return keys.reduce((sum, key) => sum + key.length * 2 + 8, scriptOverheadBytes + source.length + given);
}

/** Bytes by which it may make the state grow. A leader lets it into the log if there is room for so many. */
export const growthMaxOf = (script: Script): number => bytesOfScript(script) * growthFactor;
