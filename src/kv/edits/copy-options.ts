import type {ByteString, DatabaseNumber} from '../types.js';
import {databaseNumberOf} from './database-words.js';

export interface CopyOptions {
	readonly replaces: boolean;
	/** `undefined`: none is named. */
	readonly database: DatabaseNumber | undefined;
}

/** What follows COPY and its two keys; or why Redis refuses it. */
export function copyOptions(words: readonly ByteString[]): CopyOptions | string {
	let replaces = false;
	let chosen: DatabaseNumber | undefined;
	for (let at = 0; at < words.length; at += 1) {
		const option = (words[at] ?? '').toLowerCase();
		if (option === 'replace') replaces = true;
		else if (option === 'db' && at + 1 < words.length) {
			at += 1;
			const database = databaseNumberOf(words[at] ?? '');
			if (typeof database === 'string') return database;
			chosen = database;
		} else return 'ERR syntax error';
	}
	return {replaces, database: chosen};
}
