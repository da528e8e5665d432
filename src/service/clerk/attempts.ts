/** The requests in flight: how many may be, when each has taken too long, and what of the session is among them. */
import {NumberMap} from '../../base/number-map.js';
import type {Milliseconds} from '../../raft/types.js';
import type {MachineTypes} from '../machine.js';
import type {ServiceRequest} from '../types.js';
import type {ClientSession} from './client-session.js';
import type {LeaderSearch} from './leader-search.js';
import type {ClerkLimits} from './limits.js';
import type {ClerkOutbox} from './outbox.js';
import type {Attempt, Task} from './task.js';

/** A few large operations that time out slowly must not keep small ones from being sent. */
const requestsMin = 4;

export interface AttemptsOptions<T extends MachineTypes, Caller> {
	readonly limits: ClerkLimits;
	/** Says whom to ask. */
	readonly search: LeaderSearch;
	readonly outbox: ClerkOutbox<T, Caller>;
	/** See `ClerkOptions`. */
	readonly requestsMayBeDoubled: boolean;
}

export class Attempts<T extends MachineTypes, Caller> {
	readonly #limits: ClerkLimits;
	readonly #search: LeaderSearch;
	readonly #outbox: ClerkOutbox<T, Caller>;
	readonly #requestsMayBeDoubled: boolean;
	readonly #inFlight = new NumberMap<Attempt<T, Caller>>();
	/**
	 * So many may be in flight: half as many after one that timed out or was refused for want of room, one more after each
	 * that is answered (as TCP does, RFC 5681). Servers that take longer than an attempt may would else be asked
	 * everything again and again, and do little else.
	 */
	#allowed: number;
	/** The newest when that was halved: those before say nothing about the number that holds now. */
	#halvedAt = 0;
	/** Not after the first of them times out; found again when it is reached, since attempts mostly end before. */
	#earliestTimeout = Infinity;
	/** Those among them whose answers may wait: they are no work for a server meanwhile. */
	#putOffCount = 0;
	/** When the target was first asked for something since it last said anything; `undefined`: it owes nothing. */
	#silentSince: Milliseconds | undefined;
	/** When the newest of the others was sent. */
	#sentAt: Milliseconds = -Infinity;
	#isOpeningSession = false;
	#lastRequestId = 0;

	constructor({limits, search, outbox, requestsMayBeDoubled}: AttemptsOptions<T, Caller>) {
		this.#limits = limits;
		this.#search = search;
		this.#outbox = outbox;
		this.#requestsMayBeDoubled = requestsMayBeDoubled;
		this.#allowed = limits.requestsMax;
	}

	/** Whether one more request may be sent now. */
	get hasRoom(): boolean {
		return this.#inFlight.size - this.#putOffCount < this.#allowed;
	}

	/** Until when a request that is not full waits for the answer to another; in the past: it need not wait. */
	get gathersUntil(): Milliseconds {
		return this.#inFlight.size === this.#putOffCount ? -Infinity : this.#sentAt + this.#limits.gatherMs;
	}

	/** A request that opens a session is among them. */
	get isOpeningSession(): boolean {
		return this.#isOpeningSession;
	}

	/** When to call `takeTimedOut` at the latest; `Infinity`: nothing is in flight. */
	get nextTimeout(): Milliseconds {
		return this.#inFlight.size > 0 ? this.#earliestTimeout : Infinity;
	}

	/** Sends a request for these. */
	begin(
		now: Milliseconds,
		type: Attempt<T, Caller>['type'],
		tasks: readonly Task<T, Caller>[],
		request: ServiceRequest,
	): void {
		this.#lastRequestId += 1;
		const requestId = this.#lastRequestId;
		const server = this.#search.target;
		const deadline = now + this.#timeoutOf(tasks);
		this.#earliestTimeout = Math.min(this.#earliestTimeout, deadline);
		const isPutOff = tasks.length === 1 && (tasks[0]?.waitMs ?? 0) > 0;
		const attempt = {requestId, server, sentAt: now, deadline, isPutOff, type, tasks, waiting: tasks.length};
		this.#inFlight.set(requestId, attempt);
		if (isPutOff) this.#putOffCount += 1;
		else {
			this.#silentSince ??= now;
			this.#sentAt = now;
		}
		if (type === 'openSession') this.#isOpeningSession = true;
		for (const task of tasks) {
			task.attempt = attempt;
			task.attempts += 1;
			task.mayHaveRun ||= this.#requestsMayBeDoubled;
		}
		this.#outbox.add({type: 'send', requestId, server, request});
	}

	/** Sends a request whose answer nobody waits for. */
	sendUnanswered(request: ServiceRequest): void {
		this.#lastRequestId += 1;
		this.#outbox.add({type: 'send', requestId: this.#lastRequestId, server: this.#search.target, request});
	}

	/** It is answered, or will not be; `undefined`: nobody waits for it any more. */
	end(requestId: number): Attempt<T, Caller> | undefined {
		const attempt = this.#inFlight.get(requestId);
		if (attempt === undefined) return undefined;
		this.#remove(attempt);
		this.#silentSince = undefined;
		if (attempt.type === 'openSession') this.#isOpeningSession = false;
		for (const task of attempt.tasks) {
			if (task.attempt === attempt) task.attempt = undefined;
		}
		return attempt;
	}

	/** This one no longer waits for the request that it is in. The last to leave ends it. */
	leave(task: Task<T, Caller>): void {
		const {attempt} = task;
		task.attempt = undefined;
		if (attempt === undefined) return;
		attempt.waiting -= 1;
		if (attempt.waiting > 0) return;
		this.#remove(attempt);
		this.#outbox.add({type: 'cancel', requestId: attempt.requestId});
	}

	/** Those that have taken too long; they are in flight no more. */
	takeTimedOut(now: Milliseconds): readonly Attempt<T, Caller>[] {
		if (this.#earliestTimeout > now) return [];
		const timedOut: Attempt<T, Caller>[] = [];
		this.#earliestTimeout = Infinity;
		for (const [requestId, attempt] of this.#inFlight) {
			if (attempt.deadline > now) this.#earliestTimeout = Math.min(this.#earliestTimeout, attempt.deadline);
			else {
				this.end(requestId);
				this.#outbox.add({type: 'cancel', requestId});
				if (!attempt.isPutOff) this.allowFewer(requestId);
				timedOut.push(attempt);
			}
		}
		return timedOut;
	}

	/** Nobody waits for any of them any more. */
	cancelAll(): void {
		for (const [requestId] of this.#inFlight) this.#outbox.add({type: 'cancel', requestId});
		this.#inFlight.clear();
		this.#putOffCount = 0;
	}

	/** A server has carried out what it was asked. */
	allowMore(): void {
		this.#allowed = Math.min(this.#limits.requestsMax, this.#allowed + 1);
	}

	/** This one took too long, or was refused for want of room. */
	allowFewer(requestId: number): void {
		if (requestId <= this.#halvedAt) return;
		this.#halvedAt = this.#lastRequestId;
		const {requestsMax} = this.#limits;
		this.#allowed = Math.max(Math.min(requestsMin, requestsMax), Math.floor(this.#allowed / 2));
	}

	/**
	 * What is given up ends its attempt before that has timed out. A server that never answers would be asked for ever by a
	 * caller whose operations all have less time than an attempt.
	 */
	leaveSilentServer(now: Milliseconds): void {
		if (this.#silentSince === undefined || now - this.#silentSince < this.#limits.attemptTimeoutMs) return;
		this.#silentSince = undefined;
		this.#search.missed(this.#search.target, undefined);
	}

	/**
	 * Whether a write that came too early would come too early again: an earlier one is still in a request that was sent
	 * before, and lost or late. Writes behind it wait with it.
	 */
	hasEarlierThan({outOfOrderIn, identity}: Task<T, Caller>): boolean {
		if (outOfOrderIn === 0 || identity === undefined) return false;
		for (const [requestId, {tasks}] of this.#inFlight) {
			if (requestId > outOfOrderIn) return false;
			const isEarlier = tasks.some(
				task => task.attempt?.requestId === requestId && (task.identity?.sequence ?? Infinity) < identity.sequence,
			);
			if (isEarlier) return true;
		}
		return false;
	}

	/** Whether a write under a session before this one is among them. */
	hasFormerSessionOf(session: ClientSession): boolean {
		for (const [, {tasks}] of this.#inFlight) {
			if (tasks.some(({identity}) => identity !== undefined && identity.session !== session)) return true;
		}
		return false;
	}

	#remove({requestId, isPutOff}: Attempt<T, Caller>): void {
		this.#inFlight.delete(requestId);
		if (isPutOff) this.#putOffCount -= 1;
	}

	/** Asked again too early, a large operation only adds the same work to what the servers have to do for it. */
	#timeoutOf(tasks: readonly Task<T, Caller>[]): Milliseconds {
		const {attemptTimeoutMs, batchBytesMax} = this.#limits;
		const [only] = tasks;
		if (tasks.length !== 1 || only === undefined || only.byteLength <= batchBytesMax)
			return attemptTimeoutMs + (only?.waitMs ?? 0);
		return attemptTimeoutMs * Math.ceil(only.byteLength / batchBytesMax) * 2 ** Math.min(3, only.attempts);
	}
}
