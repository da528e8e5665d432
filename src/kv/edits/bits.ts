/** The bits of a value, the highest bit of a byte first. */
export type BitOperator = 'and' | 'or' | 'xor' | 'not';

const ones = Uint8Array.from({length: 256}, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/** 0 beyond the end. */
export const bitAt = (value: Uint8Array, place: number): 0 | 1 =>
	((value[Math.floor(place / 8)] ?? 0) & (128 >> (place % 8))) === 0 ? 0 : 1;

/** Bits that are set, from `from` to before `end`. */
export function countOfBits(value: Uint8Array, from: number, end: number): number {
	let count = 0;
	let place = from;
	while (place < end) {
		const isWhole = place % 8 === 0 && place + 8 <= end;
		count += isWhole ? (ones[value[place / 8] ?? 0] ?? 0) : bitAt(value, place);
		place += isWhole ? 8 : 1;
	}
	return count;
}

/** The first bit that is like this, from `from` to before `end`; -1: there is none. */
export function placeOfBit(value: Uint8Array, bit: 0 | 1, from: number, end: number): number {
	const passedBy = bit === 1 ? 0 : 255;
	let place = from;
	while (place < end) {
		if (place % 8 === 0 && place + 8 <= end && value[place / 8] === passedBy) place += 8;
		else if (bitAt(value, place) === bit) return place;
		else place += 1;
	}
	return -1;
}

/** With zeros behind the shorter one. `before`: of those before, `undefined` for the first. A result may be changed in place. */
export function combined(operator: BitOperator, before: Uint8Array | undefined, value: Uint8Array): Uint8Array {
	if (before === undefined) return operator === 'not' ? value.map(byte => ~byte) : new Uint8Array(value);
	const result = before.length < value.length ? new Uint8Array(value.length) : before;
	if (result !== before) result.set(before);
	for (let offset = 0; offset < result.length; offset += 1) {
		const one = result[offset] ?? 0;
		const other = value[offset] ?? 0;
		result[offset] = operator === 'and' ? one & other : operator === 'or' ? one | other : one ^ other;
	}
	return result;
}
