import {int64Max, int64Min} from '../../src/base/int64.js';

const canonical = /^(?:0|-?[1-9][0-9]{0,18})$/;

/** A signed 64-bit number in canonical decimal, the only form that Redis takes (util.c, string2ll). */
export function parseInt64(bytes: Buffer): bigint | undefined {
	if (bytes.length > 20) return undefined;
	const text = bytes.toString('latin1');
	if (!canonical.test(text)) return undefined;
	const value = BigInt(text);
	return value < int64Min || value > int64Max ? undefined : value;
}
