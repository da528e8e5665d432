/**
 * Keys whose time was over, by the entry that told so much time: from that revision on each of them is absent. They are found
 * later than that, when they are deleted, which is done in parts, or overwritten. A replica that is behind with that has the
 * same to tell as one that is not, only later: until all keys of an entry are found, nothing is told from its revision on.
 *
 *     clock ──▶ begin(revision, time) ── found(key, deadline), ... ──▶ settle(earliest deadline that is left) ──▶ told
 */
import type {Deadline, Key, Version} from '../types.js';
import type {RingLimits} from './change-ring.js';

export interface ExpiredBatch {
	readonly revision: Version;
	/** Keys with a deadline up to here, and after that of the batch before, are over since then. */
	readonly wallTime: number;
	readonly keys: Key[];
	bytes: number;
}

export class ExpiredKeys {
	readonly #limits: RingLimits;
	/** In the order of the log, all of whose keys are found. */
	readonly #told: ExpiredBatch[] = [];
	#pending: ExpiredBatch[] = [];
	#count = 0;
	#bytes = 0;
	#since: Version;
	/** Nothing is to be remembered of deadlines up to here. */
	#forgottenTime = 0;

	constructor(limits: RingLimits, since: Version) {
		this.#limits = limits;
		this.#since = since;
	}

	/** All that expired after this revision is held. */
	get since(): Version {
		return this.#since;
	}

	/** Before this revision everything is known; Infinity: everything is. */
	get pendingFrom(): Version {
		return this.#pending[0]?.revision ?? Infinity;
	}

	/** In the order of their revisions; the keys of each in the order of their bytes. */
	get told(): readonly ExpiredBatch[] {
		return this.#told;
	}

	/** The entry of this revision tells the time, and something may be over that was not before. */
	begin(revision: Version, wallTime: number): void {
		if (revision <= this.#since) this.#forgottenTime = Math.max(this.#forgottenTime, wallTime);
		else this.#pending.push({revision, wallTime, keys: [], bytes: 0});
	}

	/** This key was there until its deadline, which is over. */
	found(key: Key, deadline: Deadline): void {
		if (deadline <= this.#forgottenTime) return;
		const batch = this.#pendingOf(deadline);
		if (batch === undefined) return;
		batch.keys.push(key);
		batch.bytes += key.length;
		this.#count += 1;
		this.#bytes += key.length;
		while (this.#count > this.#limits.changesMax || this.#bytes > this.#limits.bytesMax) this.#dropFirst();
	}

	/** All of these were there until then. */
	foundAll(keys: ReadonlySet<Key>, deadline: Deadline): void {
		if (keys.size > this.#limits.changesMax) this.#forgetThrough(deadline);
		else for (const key of keys) this.found(key, deadline);
	}

	/** No key is left with a deadline before this. */
	settle(earliest: Deadline): void {
		while (this.#pending.length > 0 && (this.#pending[0] as ExpiredBatch).wallTime < earliest) {
			const batch = this.#pending.shift() as ExpiredBatch;
			if (batch.keys.length === 0) continue;
			batch.keys.sort();
			this.#told.push(batch);
		}
	}

	/** What is not found yet will not be found any more. */
	forgetPending(): void {
		for (const batch of this.#pending.splice(0)) this.#drop(batch);
	}

	#forgetThrough(deadline: Deadline): void {
		const last = this.#pendingOf(deadline);
		const count = last === undefined ? 0 : this.#pending.indexOf(last) + 1;
		for (const batch of this.#pending.splice(0, count)) this.#drop(batch);
	}

	#pendingOf(deadline: Deadline): ExpiredBatch | undefined {
		let low = 0;
		let high = this.#pending.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.#pending[middle] as ExpiredBatch).wallTime < deadline) low = middle + 1;
			else high = middle;
		}
		return this.#pending[low];
	}

	#dropFirst(): void {
		this.#drop((this.#told.shift() ?? this.#pending.shift()) as ExpiredBatch);
	}

	#drop({revision, wallTime, keys, bytes}: ExpiredBatch): void {
		this.#since = revision;
		this.#forgottenTime = wallTime;
		this.#count -= keys.length;
		this.#bytes -= bytes;
	}
}
