import {int64OfText} from '../../src/base/int64.js';

/** See `int64OfText`. */
export const parseInt64 = (bytes: Buffer): bigint | undefined =>
	bytes.length > 20 ? undefined : int64OfText(bytes.toString('latin1'));
