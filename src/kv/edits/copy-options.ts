import {int64OfText} from '../../base/int64.js';
import type {ByteString} from '../types.js';

const databases = 16n;

/** What follows COPY and its two keys; or why Redis refuses it. */
export function copyOptions(words: readonly ByteString[]): {readonly replaces: boolean} | string {
	let replaces = false;
	for (let at = 0; at < words.length; at += 1) {
		const option = (words[at] ?? '').toLowerCase();
		if (option === 'replace') replaces = true;
		else if (option === 'db' && at + 1 < words.length) {
			at += 1;
			const database = int64OfText(words[at] ?? '');
			if (database === undefined) return 'ERR value is not an integer or out of range';
			if (database < -(2n ** 31n) || database >= 2n ** 31n)
				return 'ERR value is out of range, value must between -2147483648 and 2147483647';
			if (database < 0n || database >= databases) return 'ERR DB index is out of range';
			if (database > 0n) return `ERR COPY to database ${database} is not supported: there is one database, 0`;
		} else return 'ERR syntax error';
	}
	return {replaces};
}
