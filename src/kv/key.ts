import type {Key} from './types.js';

/** A string whose characters are bytes, as keys are. */
export function isKey(value: unknown): value is Key {
	if (typeof value !== 'string') return false;
	let bits = 0;
	for (let place = 0; place < value.length; place += 1) bits |= value.charCodeAt(place);
	return bits <= 0xff;
}
