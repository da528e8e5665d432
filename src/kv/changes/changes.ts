/**
 * What a replica remembers of changes: those that writes made, and keys that expired, told together in the order of the log.
 *
 * What writes make is kept while somebody watches, as the log says (`KeepChanges`). While nobody does only the last few changes are
 * remembered, so that a write need not pay for what nobody asks for. Whoever reads keys may want to watch from there on: a
 * replica that is asked for keys keeps what comes next, too, by itself.
 */
import {databaseOf} from '../database-name.js';
import type {Change, ChangesRead, DatabaseNumber, Key, Result, Value, Version} from '../types.js';
import {type ChangeEvent, changeEvents, numberOfEvent} from './change-event.js';
import {type ChangeMemory, ChangeRing, type RingLimits} from './change-ring.js';
import {type ExpiredBatch, ExpiredKeys} from './expired-keys.js';
import {RecentChanges, recentMax} from './recent-changes.js';

/** What is to be said of a change beside what became of its key. */
export interface ChangeDetails {
	/** The key was absent. */
	readonly isNew?: boolean;
	/** The write has set a deadline, too. */
	readonly setsDeadline?: boolean;
}

/** Where operations tell what they change. */
export interface ChangeSink {
	/** `value`: what is there now, of a change that leaves something there. It is copied. */
	note(event: ChangeEvent, revision: Version, key: Key, value?: Value, details?: ChangeDetails): void;
	/** The same of many keys. */
	noteAll(event: ChangeEvent, revision: Version, keys: ReadonlySet<Key>): void;
	/** All keys of the one database are now in the other. */
	noteExchange(revision: Version, one: DatabaseNumber, other: DatabaseNumber): void;
}

/** An answer with more is cut, between two revisions. */
const answerBytesMax = 2 ** 20;
/** What one change takes in an answer beside its bytes. */
const changeOverheadBytes = 24;

/** As the ring and the codec have it: the number of the event, and what else there is to say. */
const newFlag = 64;
const deadlineFlag = 128;

export const codeOf = ({event, isNew, setsDeadline}: Pick<Change, 'event' | 'isNew' | 'setsDeadline'>): number =>
	numberOfEvent[event] + (isNew ? newFlag : 0) + (setsDeadline ? deadlineFlag : 0);

/** `undefined`: it is none. */
export function parseCode(code: number): Pick<Change, 'event' | 'isNew' | 'setsDeadline'> | undefined {
	const event = changeEvents[code & (newFlag - 1)];
	if (event === undefined || code >= 2 * deadlineFlag) return undefined;
	return {event, isNew: (code & newFlag) > 0, setsDeadline: (code & deadlineFlag) > 0};
}

/** Whether a change of this key is told. No key of another database begins with a prefix, unless that is empty. */
const isAsked = ({prefix = '', ofAllDatabases = false}: ChangesRead, key: Key): boolean =>
	ofAllDatabases || (prefix === '' ? databaseOf(key) === 0 : key.startsWith(prefix));

/** Whether the end of all keys is told that have this one in front. */
const isClearAsked = ({prefix = '', ofAllDatabases = false}: ChangesRead, key: Key): boolean =>
	ofAllDatabases || databaseOf(prefix) === databaseOf(key);

class Answer {
	readonly changes: Change[] = [];
	bytes = 0;
	readonly #read: ChangesRead;

	constructor(read: ChangesRead) {
		this.#read = read;
	}

	addWrite(memory: ChangeMemory, place: number): void {
		const key = memory.keyAt(place);
		const kind = parseCode(memory.codeAt(place)) as Pick<Change, 'event' | 'isNew' | 'setsDeadline'>;
		const isTold = kind.event === 'clear' ? isClearAsked(this.#read, key) : isAsked(this.#read, key);
		if (!isTold) return;
		// A view, as of a `get`: who keeps the result, copies it.
		this.#add({...kind, revision: memory.revisionAt(place), key, value: memory.valueAt(place)});
	}

	addExpired({revision, keys}: ExpiredBatch): void {
		for (const key of keys) {
			if (!isAsked(this.#read, key)) continue;
			this.#add({event: 'expired', isNew: false, setsDeadline: false, revision, key, value: noValue});
		}
	}

	#add(change: Change): void {
		this.changes.push(change);
		this.bytes += change.key.length + change.value.length + changeOverheadBytes;
	}
}

const noValue = new Uint8Array(0);

interface ChangesLimits extends RingLimits {
	/** See `KvLimits.changesKeptMs`. */
	readonly keptMs: number;
}

/** The last few, with copies of their values: a view would keep a page of many. */
function recentOf(memory: ChangeMemory): RecentChanges {
	const {first, end} = memory;
	const from = Math.max(first, end - recentMax);
	const recent = new RecentChanges(from === first ? memory.since : memory.revisionAt(from - 1));
	for (let place = from; place < end; place += 1) {
		const value = new Uint8Array(memory.valueAt(place));
		recent.push(memory.revisionAt(place), memory.codeAt(place), memory.keyAt(place), value);
	}
	return recent;
}

export class Changes implements ChangeSink {
	readonly expired: ExpiredKeys;
	/** A `ChangeRing` while changes are kept. */
	#memory: ChangeMemory;
	readonly #limits: ChangesLimits;
	#keptUntil: number;
	/** Those up to this place of the ring are kept for whoever has read keys. */
	#keptThrough = 0;
	/** By database: the revision at which all its keys became others. */
	readonly #exchangedAt = new Map<DatabaseNumber, Version>();

	/** `since`: what came up to this revision is not known. `keptUntil`: as another replica had it. */
	constructor(since: Version, limits: ChangesLimits, keptUntil = 0) {
		this.#limits = limits;
		this.#memory = keptUntil > 0 ? new ChangeRing(limits, since) : new RecentChanges(since);
		this.#keptUntil = keptUntil;
		this.expired = new ExpiredKeys(limits, since);
	}

	/** Changes are kept until then, by the log's time. The replicas agree on it. */
	get keptUntil(): number {
		return this.#keptUntil;
	}

	/** Somebody watches. `now`: the log's time. */
	keep(now: number): void {
		this.#keptUntil = Math.max(this.#keptUntil, now + this.#limits.keptMs);
		this.#begin();
	}

	/** Somebody reads keys, and may watch from there on. */
	keysRead(): void {
		this.#begin();
		this.#keptThrough = this.#memory.end + this.#limits.changesMax;
	}

	/** `now`: the log's time. Nobody has asked for long: what is kept goes. */
	advance(now: number): void {
		if (!this.#isKeeping || now < this.#keptUntil || this.#memory.end < this.#keptThrough) return;
		this.#memory = recentOf(this.#memory);
		this.#keptThrough = 0;
	}

	get #isKeeping(): boolean {
		return this.#memory instanceof ChangeRing;
	}

	#begin(): void {
		if (this.#isKeeping) return;
		const recent = this.#memory;
		this.#memory = new ChangeRing(this.#limits, recent.since);
		for (let place = recent.first; place < recent.end; place += 1)
			this.#memory.push(recent.revisionAt(place), recent.codeAt(place), recent.keyAt(place), recent.valueAt(place));
	}

	note(event: ChangeEvent, revision: Version, key: Key, value?: Value, details?: ChangeDetails): void {
		let code = numberOfEvent[event];
		if (details?.isNew === true) code += newFlag;
		if (details?.setsDeadline === true) code += deadlineFlag;
		this.#memory.push(revision, code, key, value);
	}

	noteAll(event: ChangeEvent, revision: Version, keys: ReadonlySet<Key>): void {
		if (keys.size > this.#limits.changesMax || (keys.size > recentMax && !this.#isKeeping))
			return this.#memory.forget(revision);
		for (const key of [...keys].sort()) this.note(event, revision, key);
	}

	noteExchange(revision: Version, one: DatabaseNumber, other: DatabaseNumber): void {
		this.#exchangedAt.set(one, revision).set(other, revision);
	}

	/** The answer as of this revision, which is that of the state. */
	read(asked: ChangesRead, revision: Version): Extract<Result, {type: 'changes' | 'compacted'}> {
		const {after} = asked;
		if (after === undefined) return {type: 'changes', revision, changes: []};
		const since = this.#sinceFor(asked);
		if (after < since) return {type: 'compacted', revision: since};
		const memory = this.#memory;
		const through = this.#knownThrough(revision);
		const answer = new Answer(asked);
		let toldThrough = Math.max(after, through);
		let place = memory.placeAfter(after);
		const batches = this.expired.told.filter(batch => batch.revision > after);
		for (let offset = 0, told = after; ;) {
			const batch = batches[offset];
			const next = Math.min(place < memory.end ? memory.revisionAt(place) : Infinity, batch?.revision ?? Infinity);
			if (next > through) break;
			if (answer.bytes >= answerBytesMax) {
				toldThrough = told;
				break;
			}
			// Of one revision there is either the one or the other.
			if (batch?.revision === next) {
				answer.addExpired(batch);
				offset += 1;
			} else for (; place < memory.end && memory.revisionAt(place) === next; place += 1) answer.addWrite(memory, place);
			told = next;
		}
		return {type: 'changes', revision: toldThrough, changes: answer.changes};
	}

	/** The same question from here on, if there is nothing to tell up to now; `undefined`: there is. */
	continued(read: ChangesRead, revision: Version): ChangesRead | undefined {
		const {after} = read;
		if (after === undefined || after < this.#sinceFor(read)) return undefined;
		const memory = this.#memory;
		const through = this.#knownThrough(revision);
		if (through <= after) return read;
		for (let place = memory.placeAfter(after); place < memory.end && memory.revisionAt(place) <= through; place += 1) {
			const isClear = changeEvents[memory.codeAt(place) & (newFlag - 1)] === 'clear';
			const key = memory.keyAt(place);
			if (isClear ? isClearAsked(read, key) : isAsked(read, key)) return undefined;
		}
		for (const batch of this.expired.told) {
			if (batch.revision > after && batch.keys.some(key => isAsked(read, key))) return undefined;
		}
		return {...read, after: through};
	}

	/** Up to there nothing can be told any more. Where all keys became others, each of them would have to be told. */
	#sinceFor({prefix = '', ofAllDatabases = false}: ChangesRead): Version {
		const exchangedAt = ofAllDatabases ? 0 : (this.#exchangedAt.get(databaseOf(prefix)) ?? 0);
		return Math.max(this.#memory.since, this.expired.since, exchangedAt);
	}

	/** Up to there all changes are known; those of later entries are told when it is known what has expired before them. */
	#knownThrough(revision: Version): Version {
		return Math.min(revision, this.expired.pendingFrom - 1);
	}
}
