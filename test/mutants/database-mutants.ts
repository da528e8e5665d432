/** Mistakes with databases, of which a key says by its first character in which it is. */
import {plant, type Mutant} from './mutant.js';

export const databaseMutants: readonly Mutant[] = [
	plant(
		'restored-into-database-0',
		'a replica that loads a snapshot has the keys of all databases in database 0',
		'addb-swstarlab/LEAST_Redis#1 (only database 0 is recovered)',
		'kv/state-machine',
		'this.#store.set(key, value, Math.abs(version), until);',
		'this.#store.set(key.replace(/^[\\u0101-\\u010f]/, ""), value, Math.abs(version), until);',
	),
	plant(
		'exchange-unseen-by-watch',
		'SWAPDB changes no version, so a transaction goes by what it watched in another database',
		'redis/redis#8236, #8239',
		'kv/database',
		'this.#exchangedAt = version; other.#exchangedAt = version;',
		'',
	),
	plant(
		'move-unseen-by-watch',
		'of the keys that are watched for their absence, a change is noted in database 0 only',
		'redis/redis#6594 (MOVE and WATCH)',
		'kv/database',
		'if (this.watchedKeys.size > 0)',
		'if (this.watchedKeys.size > 0 && this.number === 0)',
	),
	plant(
		'clear-of-all-clears-one',
		'FLUSHALL takes the keys of database 0 alone',
		'fppt/jedis-mock#124',
		'kv/store',
		'return this.#held.reduce((sum, { number }) => sum + this.clear(number), 0);',
		'return this.clear(0);',
	),
];
