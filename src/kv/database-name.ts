/**
 * Which database a key is of. There are 16, as in Redis. Database 0 is the one of all who know of no others: its keys are plain byte
 * strings. A key of another one begins with a character that no byte is, U+0100 and the number of its database:
 *
 *     name in the database   a        a             (a byte string)
 *     database               0        3
 *     key                    "a"      "\u0103a"
 *
 * So whatever carries keys knows databases, and what has to do with database 0 is as it would be without.
 */
import type {ByteString, DatabaseNumber, Key} from './types.js';

export const databaseCount = 16;

const firstCode = 0x100;

/** The database of a key, or of a prefix of keys. */
export function databaseOf(key: Key): DatabaseNumber {
	const code = key.charCodeAt(0);
	return code > firstCode ? code - firstCode : 0;
}

/** The key, or the prefix of keys, that has this name in that database. */
export const keyInDatabase = (database: DatabaseNumber, name: ByteString): Key =>
	database === 0 ? name : String.fromCharCode(firstCode + database) + name;

/** The name of a key in its database. */
export const nameOfKey = (key: Key): ByteString => (databaseOf(key) === 0 ? key : key.slice(1));

export const isDatabase = (number: unknown): number is DatabaseNumber =>
	Number.isInteger(number) && (number as number) >= 0 && (number as number) < databaseCount;
