import {databaseOf, keyInDatabase, nameOfKey} from './database-name.js';
import type {DatabaseNumber, Key} from './types.js';

/** Which database was which before some were exchanged: for those who look through to a store where they are not exchanged yet. */
export class ExchangedDatabases {
	/** By the number that a database has now; not there: it is the same. */
	readonly #before = new Map<DatabaseNumber, DatabaseNumber>();

	exchange(one: DatabaseNumber, other: DatabaseNumber): void {
		const [before, otherBefore] = [this.before(one), this.before(other)];
		this.#before.set(one, otherBefore).set(other, before);
	}

	/** The number that it had. */
	before(database: DatabaseNumber): DatabaseNumber {
		return this.#before.get(database) ?? database;
	}

	/** The key that the one of this name was. */
	keyBefore(key: Key): Key {
		return this.#before.size === 0 ? key : keyInDatabase(this.before(databaseOf(key)), nameOfKey(key));
	}
}
