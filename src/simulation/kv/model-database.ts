/** The database of a key, as src/kv/database-name.ts promises it, written a second time: the judge must not share a mistake. */
import type {ByteString, DatabaseNumber, Key} from '../../kv/types.js';

export const modelDatabase = (key: Key): DatabaseNumber => (/^[\u0101-\u010f]/.test(key) ? key.charCodeAt(0) % 256 : 0);

export const modelName = (key: Key): ByteString => key.replace(/^[\u0101-\u010f]/, '');

export const modelKey = (database: DatabaseNumber, name: ByteString): Key =>
	database === 0 ? name : `${String.fromCodePoint(256 + database)}${name}`;
