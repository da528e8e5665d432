/**
 * The sessions of the service's model (dissertation §6.3): who has asked what, and what was answered. Written from the words
 * of the protocol, with plain maps, apart from the service's own table: what both have wrong nobody would see.
 */
import type {SessionLimits} from '../service/sessions.js';
import type {MachineTypes} from '../service/machine.js';
import type {Kept} from '../service/types.js';

export interface ModelSession<T extends MachineTypes> {
	readonly id: number;
	/** Log time of its last request. */
	lastActive: number;
	/** The client needs no answer up to here any more. */
	acknowledged: number;
	/** The sequence of the write that ran last: the writes of a session never run but forwards. */
	newest: number;
	/** By sequence. */
	readonly kept: Map<number, Kept<T>>;
}

/** What a refusal weighs that is kept in the place of a result. */
const weightOfRefusal = 32;

export class ModelSessions<T extends MachineTypes> {
	/** Forgotten because they were silent for too long; and because there were too many. */
	expired = 0;
	evicted = 0;
	/** Closed by their clients: for good, and for the one that took their place. */
	givenBack = 0;
	renewed = 0;
	logTime = 0;
	readonly #limits: SessionLimits;
	/** What a kept result weighs, the space for itself included. */
	readonly #weightOf: (result: T['result']) => number;
	#sessions: ModelSession<T>[] = [];

	constructor(limits: SessionLimits, weightOf: (result: T['result']) => number) {
		this.#limits = limits;
		this.#weightOf = weightOf;
	}

	get size(): number {
		return this.#sessions.length;
	}

	open(id: number): void {
		if (this.#sessions.length >= this.#limits.sessionsMax) {
			this.#sessions.shift();
			this.evicted += 1;
		}
		this.#sessions.push({id, lastActive: this.logTime, acknowledged: 0, newest: 0, kept: new Map()});
	}

	/** `false`: there is none of this id. */
	close(id: number): boolean {
		const {size} = this;
		this.#sessions = this.#sessions.filter(session => session.id !== id);
		return this.size < size;
	}

	/** Log time goes on, never back; whoever was silent for the timeout is gone. */
	advance(logTime: number): void {
		if (logTime > this.logTime) this.logTime = logTime;
		const stay = this.#sessions.filter(({lastActive}) => this.logTime - lastActive < this.#limits.sessionTimeoutMs);
		this.expired += this.#sessions.length - stay.length;
		this.#sessions = stay;
	}

	/** A request of this session: it is the one that spoke last now, and what it acknowledges is forgotten. */
	spoken(id: number, acknowledged: number): ModelSession<T> | undefined {
		const place = this.#sessions.findIndex(session => session.id === id);
		if (place < 0) return undefined;
		const [session] = this.#sessions.splice(place, 1) as [ModelSession<T>];
		this.#sessions.push(session);
		session.lastActive = this.logTime;
		session.acknowledged = Math.max(session.acknowledged, acknowledged);
		for (const sequence of session.kept.keys()) if (sequence <= session.acknowledged) session.kept.delete(sequence);
		return session;
	}

	/** No more results are kept for it until some are acknowledged. */
	isFull({kept}: ModelSession<T>): boolean {
		if (kept.size >= this.#limits.sessionResultsMax) return true;
		// Counted only where the limit can be near: results are small.
		let weight = 0;
		for (const one of kept.values()) weight += one.type === 'result' ? this.#weightOf(one.result) : weightOfRefusal;
		return weight >= this.#limits.sessionResultBytesMax;
	}
}
