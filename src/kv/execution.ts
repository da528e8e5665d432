/** What an operation runs in. */
import type {ChangeSink} from './changes/changes.js';
import type {Leases} from './leases.js';
import type {Stored} from './shard.js';
import type {DatabaseNumber, Result, Script, Value, Version} from './types.js';

/** What operations need of a store: the replicas' own, or what is known of somebody else's. */
export interface KeyValues {
	get(key: string): Stored | undefined;
	/**
	 * Takes a copy of the value. `until`: 0 for ever, above 0 a deadline, below 0 as long as the lease of that id, negated. Whether
	 * the key was absent.
	 */
	set(key: string, value: Value, version: Version, until: number): boolean;
	/** Whether there was something to delete. */
	delete(key: string): boolean;
	/** How many keys there were, in one database or in all. */
	clear(which?: DatabaseNumber | 'all'): number;
	/** See `Store.exchange`. Not there: it has one database. */
	exchange?(one: DatabaseNumber, other: DatabaseNumber, version: Version): boolean;
	/** Notes from now on the changes of this key, which is absent; `false`: this is not possible here. */
	watch(key: string, version: Version): boolean;
	/** See `AbsentSince`. */
	isAbsentSince(key: string, version: Version): boolean;
	/** Not there: it has none, and grants none. */
	readonly leases?: Leases;
}

/** What an operation runs in: `version` becomes that of all that it changes. */
export interface Execution {
	readonly store: KeyValues;
	readonly version: Version;
	/** Unix ms, as the log says. */
	readonly now: number;
	/** Bytes. */
	readonly valueBytesMax: number;
	/** `undefined`: nobody is told of changes. */
	readonly changes?: ChangeSink | undefined;
	/** `undefined`: no script can be run here. */
	readonly runScript?: ((execution: Execution, script: Script) => Result) | undefined;
}
