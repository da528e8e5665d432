/** What BITFIELD does, on the bits of a value as text: one character a bit, the highest bit of a byte first. */
import {int64Max, int64OfText} from '../../base/int64.js';

/** What it makes of the bits, and what it answers. */
export interface FieldsOutcome {
	readonly bits: string;
	readonly items: readonly (bigint | undefined)[];
	/** Bits that the value has to have for what is written: 0 if nothing is. */
	readonly length: number;
}

interface Field {
	readonly isSigned: boolean;
	readonly width: number;
	readonly place: number;
}

interface Step extends Field {
	readonly action: string;
	readonly operand: bigint;
	readonly overflow: string;
}

const placesMax = 2n ** 32n;
const actions: Readonly<Record<string, number>> = {get: 2, set: 3, incrby: 3};

/** `words`: those behind the key. `undefined`: they are refused. */
export function runFields(
	bits: string,
	words: readonly string[],
	bitsMax: number,
): FieldsOutcome | 'tooLarge' | undefined {
	const steps = stepsOf(words);
	if (steps === undefined) return undefined;
	const ends = steps.map(({action, place, width}) => (action === 'get' ? 0 : 8 * Math.ceil((place + width) / 8)));
	const length = Math.max(0, ...ends);
	if (length > bitsMax) return 'tooLarge';
	let present = bits.padEnd(length, '0');
	const items = steps.map(step => {
		const before = numberIn(present, step);
		if (step.action === 'get') return before;
		const after = fitting(step, before);
		if (after === undefined) return undefined;
		const digits = BigInt.asUintN(step.width, after).toString(2).padStart(step.width, '0');
		present = present.slice(0, step.place) + digits + present.slice(step.place + step.width);
		return step.action === 'set' ? before : after;
	});
	return {bits: present, items, length};
}

function stepsOf(words: readonly string[]): readonly Step[] | undefined {
	const steps: Step[] = [];
	let overflow = 'wrap';
	for (let rest = words, count = 0; rest.length > 0; rest = rest.slice(count)) {
		const [name = '', type = '', place = '', operand = ''] = rest;
		const action = name.toLowerCase();
		if (action === 'overflow') {
			overflow = type.toLowerCase();
			if (!['wrap', 'sat', 'fail'].includes(overflow)) return undefined;
			count = 2;
			continue;
		}
		count = 1 + (actions[action] ?? rest.length);
		const field = count > rest.length ? undefined : fieldOf(type, place);
		const number = action === 'get' ? 0n : int64OfText(operand);
		if (field === undefined || number === undefined) return undefined;
		steps.push({...field, action, operand: number, overflow});
	}
	return steps;
}

function fieldOf(type: string, at: string): Field | undefined {
	const isSigned = type.startsWith('i');
	const width = isSigned || type.startsWith('u') ? int64OfText(type.slice(1)) : undefined;
	if (width === undefined || width < 1n || width > (isSigned ? 64n : 63n)) return undefined;
	const number = int64OfText(at.replace('#', ''));
	if (number === undefined || at.lastIndexOf('#') > 0) return undefined;
	const place = at.startsWith('#') ? number * width : number;
	return place < 0n || place >= placesMax ? undefined : {isSigned, width: Number(width), place: Number(place)};
}

function numberIn(bits: string, {isSigned, width, place}: Field): bigint {
	const number = BigInt(`0b${bits.slice(place, place + width).padEnd(width, '0')}`);
	return isSigned ? BigInt.asIntN(width, number) : number;
}

/** What is written; `undefined`: the number does not fit, and nothing is. */
function fitting({action, isSigned, width, operand, overflow}: Step, before: bigint): bigint | undefined {
	const max = 2n ** BigInt(isSigned ? width - 1 : width) - 1n;
	const min = isSigned ? -max - 1n : 0n;
	// A negative number that is set where none can be is taken for one of 64 bits without a sign.
	const set = isSigned ? operand : BigInt.asUintN(64, operand);
	const wanted = action === 'set' ? set : before + operand;
	if (wanted >= min && wanted <= max) return wanted;
	if (overflow === 'fail') return undefined;
	// Redis' difference of 64 bits between the largest number and one that is set wraps: one far below counts as above.
	const isAbove = wanted > max || (isSigned && action === 'set' && max - wanted > int64Max);
	if (overflow === 'sat') return isAbove ? max : min;
	return isSigned ? BigInt.asIntN(width, wanted) : BigInt.asUintN(width, wanted);
}
