import {databaseCount} from './database-name.js';
import type {Key} from './types.js';

/** A string whose characters are bytes, as keys are; the first may be that of a database: see `database-name`. */
export function isKey(value: unknown): value is Key {
	if (typeof value !== 'string') return false;
	const first = value.charCodeAt(0);
	const namesDatabase = first > 0x100 && first < 0x100 + databaseCount;
	let bits = 0;
	for (let place = namesDatabase ? 1 : 0; place < value.length; place += 1) bits |= value.charCodeAt(place);
	return bits <= 0xff;
}
