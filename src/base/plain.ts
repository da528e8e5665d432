/** Checks for what comes out of a decoder: `unknown` becomes a type here, or is refused. */
import {isInt64} from './int64.js';

/** A list of plain data: what CBOR can carry (numbers, bigints, text, byte arrays, lists, records). */
export type Plain = readonly unknown[];

/** A whole number from 0 on that a double holds exactly. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

/** Small numbers take fewer bytes as `number`; CBOR tells the two apart by size, not by type. */
export function plainOfInt64(value: bigint): number | bigint {
	const small = Number(value);
	return Number.isSafeInteger(small) ? small : value;
}

export function int64OfPlain(value: unknown): bigint | undefined {
	if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
	return typeof value === 'bigint' && isInt64(value) ? value : undefined;
}

/** The parts of a list, each parsed; `undefined` when it is no list, or when one of them is none. */
export function parseAll<T>(value: unknown, parse: (part: Plain) => T | undefined): readonly T[] | undefined {
	if (!Array.isArray(value)) return undefined;
	const parsed: T[] = [];
	for (const part of value as Plain) {
		const one = Array.isArray(part) ? parse(part as Plain) : undefined;
		if (one === undefined) return undefined;
		parsed.push(one);
	}
	return parsed;
}
