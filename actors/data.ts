/** What people hand over for keys, values and numbers. */
import {checkArgument, wholeNumber} from './options/check-options.js';
import {OptionError} from './options/option-error.js';
import {bytesOf} from './text.js';

/** A key or a value: text is UTF-8. */
export type Data = string | Uint8Array;

/** `name`: what the caller calls it, for the `OptionError` that is thrown for anything else. */
export function valueOf(value: Data, name = 'value'): Uint8Array {
	if (typeof value === 'string') return bytesOf(value);
	if (value instanceof Uint8Array) return value;
	throw OptionError.value(name, 'a string or bytes (a Uint8Array)', value);
}

/** Throws an `OptionError` for what is no whole number. */
export function summandOf(by: bigint | number): bigint {
	if (typeof by === 'bigint') return by;
	checkArgument('by', wholeNumber(Number.MIN_SAFE_INTEGER), by);
	return BigInt(by);
}
