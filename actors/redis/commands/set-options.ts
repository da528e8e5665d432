import {syntaxError, textAt} from './command.js';

export interface SetOptions {
	readonly condition: 'absent' | 'present' | undefined;
	readonly returnPrevious: boolean;
}

const expiryOptions = new Set(['ex', 'px', 'exat', 'pxat']);
const noExpiry =
	'ERR expiry is not supported: this service keeps a key until it is deleted; set it without EX, PX, EXAT or PXAT';

/** The options of SET behind its key and value, or the error that they are. */
export function setOptions(parts: readonly Buffer[]): SetOptions | string {
	let condition: SetOptions['condition'];
	let returnPrevious = false;
	for (let at = 3; at < parts.length; at++) {
		const option = textAt(parts, at).toLowerCase();
		if (option === 'nx' && condition !== 'present') condition = 'absent';
		else if (option === 'xx' && condition !== 'absent') condition = 'present';
		else if (option === 'get') returnPrevious = true;
		else if (expiryOptions.has(option) && at + 1 < parts.length) return noExpiry;
		// What never expires keeps its time to live by itself.
		else if (option !== 'keepttl') return syntaxError;
	}
	return {condition, returnPrevious};
}
