/**
 * Who has asked what, and what was answered: the table that makes a repeated request harmless (dissertation §6.3).
 * Part of the replicated state: every replica holds the same table at the same index, so nothing here may depend on
 * anything but the log.
 */
import {NumberMap} from '../base/number-map.js';
import type {Milliseconds} from '../raft/types.js';
import type {MachineTypes} from './machine.js';
import {type Kept, type OutOfMemory, outOfMemory} from './types.js';

/** How many sessions the servers keep, for how long, and what of each. Part of what the replicas agree on. */
export interface SessionLimits {
	/** Sessions; a new one evicts the one that was silent the longest. @default 10000 */
	readonly sessionsMax: number;
	/** Log time after which a silent session is forgotten, ms. @default 600000 (ten minutes) */
	readonly sessionTimeoutMs: Milliseconds;
	/** Results kept per session because the client has not acknowledged them. @default 4096 */
	readonly sessionResultsMax: number;
	/** Bytes of these results from which on the session is full. @default 16777216 (16 MiB) */
	readonly sessionResultBytesMax: number;
}

export const defaultSessionLimits: SessionLimits = {
	sessionsMax: 10_000,
	sessionTimeoutMs: 10 * 60 * 1000,
	sessionResultsMax: 4096,
	sessionResultBytesMax: 16 * 2 ** 20,
};

/** Sessions that this replica has forgotten since its start, without having been asked to by their clients. */
export interface SessionEnds {
	/** Silent for longer than the session timeout. */
	readonly expired: number;
	/** They had to make room for new ones. */
	readonly evicted: number;
}

/** What a snapshot keeps of a session, beside its results. */
export type SessionState = Pick<Session, 'id' | 'lastActive' | 'acknowledged' | 'lastSequence'>;

/** Stands for a result that is `undefined`. The contract has none; a machine that gives one must not run a write twice. */
const noResult = Symbol('noResult');

/**
 * What is held of a `Kept`: the result itself, or the one `outOfMemory`. A session holds thousands, and the collector of
 * garbage copies each twice before it lets it rest.
 */
type Held<T extends MachineTypes> = T['result'] | OutOfMemory | typeof noResult;

function heldOf<T extends MachineTypes>(kept: Kept<T>): Held<T> {
	if (kept.type === 'outOfMemory') return outOfMemory;
	return kept.result === undefined ? noResult : kept.result;
}

function keptOf<T extends MachineTypes>(held: Held<T>): Kept<T> {
	if (held === outOfMemory) return outOfMemory;
	return {type: 'result', result: held === noResult ? undefined : held};
}

/** What a refusal counts for among the bytes of results. */
const refusalBytes = 32;

/** A class, so that V8 knows one shape only: with copies made by spreading, each snapshot threw compiled code away. */
export class Session<T extends MachineTypes = MachineTypes> {
	/** The revision of the entry that opened it. */
	readonly id: number;
	/** Log time of its last request. */
	lastActive: Milliseconds;
	/** The client has, or no longer wants, the answers up to here. */
	acknowledged: number;
	/** By sequence, all above `acknowledged`. */
	readonly results: NumberMap<Held<T>>;
	/** Of `results`. */
	resultBytes = 0;
	/** Of the last write that was run. They run in the order of their sequences: what is not above it never runs any more. */
	lastSequence: number;
	/** Of the table when this object was made: an older one is shared with a snapshot, and copied before it changes. */
	readonly generation: number;

	constructor(
		{id, lastActive, acknowledged, lastSequence}: SessionState,
		generation: number,
		results = new NumberMap<Held<T>>(),
	) {
		this.id = id;
		this.lastActive = lastActive;
		this.acknowledged = acknowledged;
		this.lastSequence = lastSequence;
		this.results = results;
		this.generation = generation;
	}

	/** `undefined`: nothing is kept under this number. */
	keptOf(sequence: number): Kept<T> | undefined {
		const held = this.results.get(sequence);
		return held === undefined ? undefined : keptOf(held);
	}

	/** Each with its sequence, in their order. */
	*allKept(): Generator<readonly [number, Kept<T>]> {
		for (const [sequence, held] of this.results) yield [sequence, keptOf(held)];
	}

	copy(generation: number): Session<T> {
		const copy = new Session<T>(this, generation, this.results.copy());
		copy.resultBytes = this.resultBytes;
		return copy;
	}
}

export class SessionTable<T extends MachineTypes> {
	readonly #limits: SessionLimits;
	readonly #bytesOfResult: (result: T['result']) => number;
	/** The longest silent first: each use moves a session to the end. */
	readonly #sessions = new Map<number, Session<T>>();
	/** The last of them: a busy client's requests mostly come in a row. */
	#latest: Session<T> | undefined;
	#logTime: Milliseconds = 0;
	#generation = 0;

	/** Is counted up; no part of the replicated state. */
	readonly #ends: {expired: number; evicted: number};

	/** `bytesOfResult`: what a kept result counts for; the same on every replica. `ends`: counts on, from table to table. */
	constructor(
		limits: SessionLimits,
		bytesOfResult: (result: T['result']) => number,
		ends: {expired: number; evicted: number} = {expired: 0, evicted: 0},
	) {
		this.#limits = limits;
		this.#bytesOfResult = bytesOfResult;
		this.#ends = ends;
	}

	get size(): number {
		return this.#sessions.size;
	}

	/** The clock that sessions expire by: what leaders saw pass, ms. */
	get logTime(): Milliseconds {
		return this.#logTime;
	}

	get(id: number): Session<T> | undefined {
		return this.#sessions.get(id);
	}

	/** The longest silent first. */
	[Symbol.iterator](): IterableIterator<Session<T>> {
		return this.#sessions.values();
	}

	open(id: number): void {
		if (this.#sessions.size >= this.#limits.sessionsMax) this.#evictSilent();
		this.restoreSession({id, lastActive: this.#logTime, acknowledged: 0, lastSequence: 0});
	}

	/** Its client is done with it. */
	close(id: number): void {
		this.#sessions.delete(id);
	}

	/** Moves log time, never back (a new leader may know less of it), and forgets whom it leaves behind. */
	advance(logTime: Milliseconds): void {
		this.#logTime = Math.max(this.#logTime, logTime);
		for (const {id, lastActive} of this.#sessions.values()) {
			if (lastActive + this.#limits.sessionTimeoutMs > this.#logTime) return;
			this.#sessions.delete(id);
			this.#ends.expired += 1;
		}
	}

	/** The session, for this request to change, with what the client acknowledges forgotten; `undefined` if unknown. */
	use(id: number, acknowledged: number): Session<T> | undefined {
		const known = this.#sessions.get(id);
		if (known === undefined) return undefined;
		const session = known.generation === this.#generation ? known : known.copy(this.#generation);
		session.lastActive = this.#logTime;
		if (session !== this.#latest) this.#moveToEnd(session);
		this.#acknowledge(session, acknowledged);
		return session;
	}

	isFull(session: Session<T>): boolean {
		const {sessionResultsMax, sessionResultBytesMax} = this.#limits;
		return session.results.size >= sessionResultsMax || session.resultBytes >= sessionResultBytesMax;
	}

	keep(session: Session<T>, sequence: number, kept: Kept<T>): void {
		const held = heldOf(kept);
		session.results.set(sequence, held);
		session.resultBytes += this.#bytesOf(held);
		session.lastSequence = Math.max(session.lastSequence, sequence);
	}

	/** The sessions as they are now, in order. Copies references only; from here on a session is copied when it changes. */
	freeze(): readonly Session<T>[] {
		this.#generation += 1;
		return [...this.#sessions.values()];
	}

	/** Continues a table that is read from a snapshot, whose sessions come in order. */
	restoreSession(state: SessionState): Session<T> {
		const session = new Session<T>(state, this.#generation);
		this.#moveToEnd(session);
		return session;
	}

	restoreLogTime(logTime: Milliseconds): void {
		this.#logTime = logTime;
	}

	#moveToEnd(session: Session<T>): void {
		this.#sessions.delete(session.id);
		this.#sessions.set(session.id, session);
		this.#latest = session;
	}

	#evictSilent(): void {
		for (const id of this.#sessions.keys()) {
			this.#sessions.delete(id);
			this.#ends.evicted += 1;
			return;
		}
	}

	#bytesOf(held: Held<T>): number {
		if (held === outOfMemory) return refusalBytes;
		return this.#bytesOfResult(held === noResult ? undefined : held);
	}

	#acknowledge(session: Session<T>, acknowledged: number): void {
		if (acknowledged <= session.acknowledged) return;
		session.acknowledged = acknowledged;
		// Mostly everything: who waits for one request at a time has seen all answers when the next is sent.
		if (acknowledged >= session.lastSequence) {
			session.results.clear();
			session.resultBytes = 0;
			return;
		}
		session.results.deleteThrough(acknowledged, held => {
			session.resultBytes -= this.#bytesOf(held);
		});
	}
}
