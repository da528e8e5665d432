/**
 * Keys that were absent when somebody began to watch them, and when each was last changed since. Between a WATCH and its EXEC
 * such a key may be made and deleted again, and nothing of that is left in a store: it is absent with version 0 before and
 * after. So the watch itself goes through the log, and from there on every replica notes the changes of this key.
 *
 * It is part of the state: it does what the log says, and is in snapshots. So a new leader, and a replica that began with a
 * snapshot, know the same. What it takes is bounded: who watches one key more pushes out the one that was watched longest ago,
 * and whoever waits for that takes it for changed. That costs a repetition, and never a change that was not seen.
 */
import type {Key, Version} from './types.js';

export interface Watched {
	/** The revision from which on its changes are noted. */
	readonly from: Version;
	/** The revision of its last change after that; 0: there was none. */
	readonly changedAt: Version;
}

/** Keys that are watched at once. */
export const watchedKeysMax = 16_384;
/** Of their bytes. */
const watchedBytesMax = 4 * 2 ** 20;

export class WatchedKeys {
	/** The one that was watched longest ago comes first. */
	readonly #keys = new Map<Key, Watched>();
	#bytes = 0;

	get size(): number {
		return this.#keys.size;
	}

	/** Begins to note its changes, or goes on. */
	watch(key: Key, version: Version): void {
		this.put(key, this.#keys.get(key) ?? {from: version, changedAt: 0});
	}

	/** With what is known of it, as if it were watched now. */
	put(key: Key, watched: Watched): void {
		this.#forget(key);
		this.#keys.set(key, watched);
		this.#bytes += key.length;
		for (const oldest of this.#keys.keys()) {
			if (this.#keys.size <= watchedKeysMax && this.#bytes <= watchedBytesMax) break;
			this.#forget(oldest);
		}
	}

	noteChange(key: Key, version: Version): void {
		const watched = this.#keys.get(key);
		// Replaces it in its place. The object stays as it is: a snapshot may hold it.
		if (watched !== undefined) this.#keys.set(key, {from: watched.from, changedAt: version});
	}

	/** Whether it is known that the key was not changed after this revision. */
	isUnchangedSince(key: Key, version: Version): boolean {
		const watched = this.#keys.get(key);
		return watched !== undefined && watched.from <= version && watched.changedAt <= version;
	}

	/** All, the one that was watched longest ago first. */
	entries(): (readonly [Key, Watched])[] {
		return [...this.#keys];
	}

	#forget(key: Key): void {
		if (this.#keys.delete(key)) this.#bytes -= key.length;
	}
}
