/**
 * The clerk's core: turns operations into requests, and finds somebody to serve them, until each is settled once.
 *
 *     submit ──▶ WaitingTasks ── flush: Sender ──▶ Attempts ── reply: Answers ──▶ settled
 *                   ▲                                 │
 *                   └── not leader, unknown, refused, lost, timed out
 *
 * It never waits and has no clock: the host calls `submit`, `reply` and `requestLost` as things come in, `flush` at the
 * end of each turn to learn what to do (or `takeEffects` before), and `tick` when `nextDeadline` is reached.
 *
 * Writes take effect in the order in which they were submitted, however many requests they travel in: each request
 * names the write before it, and the servers do not run it before that one. What is given up is passed over for good.
 * Reads keep no order, neither among each other nor with writes.
 */
import {assert} from '../../base/errors.js';
import type {Codec} from '../../base/codec.js';
import type {Milliseconds, NodeId} from '../../raft/types.js';
import {CommandCodec} from '../command-codec.js';
import {
	ClerkClosedError,
	type FailedOutcome,
	OverloadedError,
	TimeoutError,
	ValueTooLargeError,
	type OperationError,
} from '../errors.js';
import type {MachineTypes, Words} from '../machine.js';
import {barrier, type ServiceReply} from '../types.js';
import {Answers} from './answers.js';
import {Attempts} from './attempts.js';
import {LeaderSearch} from './leader-search.js';
import {defaultClerkLimits, type ClerkLimits} from './limits.js';
import {ClerkOutbox, type ClerkEffect} from './outbox.js';
import {Sender} from './sender.js';
import {SessionInUse} from './session-in-use.js';
import {outcomeOf, type Operation, type Task} from './task.js';
import {UnsettledTasks} from './unsettled-tasks.js';
import {WaitingTasks} from './waiting-tasks.js';

export interface ClerkOptions<T extends MachineTypes> {
	readonly codec: Codec;
	/** Of the machine that the servers run. */
	readonly words: Words<T>;
	/** At least one. */
	readonly servers: readonly NodeId[];
	/** Uniform in [0, 1). */
	readonly random: () => number;
	/**
	 * The network may deliver a request more than once (a fault plan can). Then a refusal, or word of an expired session,
	 * is that of one copy and says nothing of the other: each write that was sent counts as one that may have run.
	 * @default false
	 */
	readonly requestsMayBeDoubled?: boolean;
	readonly limits?: Partial<ClerkLimits>;
}

export class ClerkCore<T extends MachineTypes, Caller = unknown> {
	readonly #commands: CommandCodec<T>;
	readonly #limits: ClerkLimits;
	readonly #search: LeaderSearch;
	readonly #inUse: SessionInUse;
	readonly #outbox = new ClerkOutbox<T, Caller>();
	readonly #waiting = new WaitingTasks<T, Caller>();
	readonly #attempts: Attempts<T, Caller>;
	readonly #unsettled: UnsettledTasks<T, Caller>;
	readonly #sender: Sender<T, Caller>;
	readonly #answers: Answers<T, Caller>;

	#lastOperationId = 0;
	#pausedUntil: Milliseconds = -Infinity;
	/** The last flush held something back because of that. */
	#isPaused = false;
	#isClosed = false;

	constructor({codec, words, servers, random, requestsMayBeDoubled = false, limits: given = {}}: ClerkOptions<T>) {
		assert(servers.length > 0, 'a clerk has a server to talk to');
		const commands = new CommandCodec(codec, words);
		const limits = {...defaultClerkLimits, ...given};
		const search = new LeaderSearch(servers, random, limits);
		const inUse = new SessionInUse(limits.windowMax);
		const attempts = new Attempts({limits, search, outbox: this.#outbox, requestsMayBeDoubled});
		const unsettled = new UnsettledTasks(attempts, this.#outbox);
		const parts = {commands, inUse, waiting: this.#waiting, unsettled, attempts};
		this.#commands = commands;
		this.#limits = limits;
		this.#search = search;
		this.#inUse = inUse;
		this.#attempts = attempts;
		this.#unsettled = unsettled;
		this.#sender = new Sender({...parts, limits});
		this.#answers = new Answers({...parts, search, operationBytesMax: limits.operationBytesMax});
	}

	/** Operations that are not settled. */
	get pendingCount(): number {
		return this.#unsettled.count;
	}

	/** The server that is asked next. */
	get target(): NodeId {
		return this.#search.target;
	}

	/**
	 * Takes an operation; `deadline`: when it is given up, on the clock of `flush` and `tick`, and later by as much as its answer may wait. Settled under this id, and
	 * with the `caller` that is given here.
	 */
	submit(
		operation: Operation<T>,
		{deadline, caller}: {readonly deadline: Milliseconds; readonly caller?: Caller},
	): number {
		this.#lastOperationId += 1;
		const id = this.#lastOperationId;
		const byteLength = this.#bytesOf(operation);
		const error = this.#refusalOf(byteLength);
		if (error !== undefined) {
			this.#outbox.add({type: 'failed', operationId: id, caller, error});
			return id;
		}
		const waitMs = this.#waitMsOf(operation);
		const task: Task<T, Caller> = {
			id,
			offset: this.#unsettled.count,
			caller,
			operation,
			byteLength,
			// Is not to run out while the answer waits.
			deadline: deadline + waitMs,
			waitMs,
			identity: undefined,
			attempt: undefined,
			attempts: 0,
			mayHaveRun: false,
			lastReply: 'none',
			outOfOrderIn: 0,
			isAlone: waitMs > 0,
		};
		this.#unsettled.add(task);
		this.#waiting.add(task);
		return id;
	}

	/** The answer to a request. One that nobody waits for any more is ignored. */
	reply(requestId: number, reply: ServiceReply): void {
		const attempt = this.#attempts.end(requestId);
		if (attempt !== undefined) this.#answers.take(attempt, reply);
	}

	/** The link or the server died: no answer to this request will come. */
	requestLost(requestId: number): void {
		const attempt = this.#attempts.end(requestId);
		if (attempt !== undefined) this.#answers.miss(attempt, 'lost');
	}

	/** Gives up what is past its time. */
	tick(now: Milliseconds): void {
		for (const attempt of this.#attempts.takeTimedOut(now)) this.#answers.miss(attempt, 'timeout');
		if (this.#unsettled.nextDeadline > now) return;
		for (const task of this.#unsettled.findExpired(now))
			this.#unsettled.fail(task, new TimeoutError(outcomeOf(task), task.attempts, task.lastReply));
		this.#attempts.leaveSilentServer(now);
	}

	/** Gives up those operations for which there is an error, given what is known of them. They settle with the next `takeEffects`. */
	abandon(errorOf: (caller: Caller | undefined, outcome: FailedOutcome) => OperationError | undefined): void {
		for (const task of this.#unsettled.inOrder()) {
			const error = errorOf(task.caller, outcomeOf(task));
			if (error !== undefined) this.#unsettled.fail(task, error);
		}
	}

	/** The end of a turn: sends what can be sent, and hands out all that is to be done since the last time. */
	flush(now: Milliseconds): readonly ClerkEffect<T, Caller>[] {
		this.tick(now);
		const pause = this.#search.takePause();
		if (pause !== undefined) this.#pausedUntil = now + pause;
		this.#isPaused = now < this.#pausedUntil && !this.#waiting.isEmpty;
		if (now >= this.#pausedUntil && !this.#isClosed) this.#sender.send(now);
		return this.takeEffects();
	}

	/** All that is to be done since the last time, with nothing sent on top of it. */
	takeEffects(): readonly ClerkEffect<T, Caller>[] {
		return this.#outbox.takeAll();
	}

	/** When to call `tick` and `flush` next if nothing happens before; `undefined`: no need. */
	nextDeadline(): Milliseconds | undefined {
		let deadline = Math.min(this.#unsettled.nextDeadline, this.#attempts.nextTimeout, this.#sender.gathersUntil);
		if (this.#isPaused) deadline = Math.min(deadline, this.#pausedUntil);
		return this.#unsettled.count > 0 && deadline < Infinity ? deadline : undefined;
	}

	/**
	 * Settles everything, with the next `flush`; what is submitted later fails. The session is given back, without waiting for
	 * an answer: if that is lost, the servers forget it by themselves.
	 */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const task of this.#unsettled.inOrder()) this.#unsettled.fail(task, new ClerkClosedError(outcomeOf(task)));
		this.#attempts.cancelAll();
		const {session} = this.#inUse;
		if (session === undefined) return;
		const command = this.#commands.encodeCommand({type: 'closeSession', session: session.id});
		this.#attempts.sendUnanswered({type: 'write', command});
	}

	#refusalOf(byteLength: number): OperationError | undefined {
		if (this.#isClosed) return new ClerkClosedError('notExecuted');
		const {operationBytesMax, operationsMax} = this.#limits;
		if (byteLength > operationBytesMax) return new ValueTooLargeError('notExecuted', byteLength, operationBytesMax);
		if (this.#unsettled.count >= operationsMax) return new OverloadedError(this.#unsettled.count);
		return undefined;
	}

	#waitMsOf(operation: Operation<T>): Milliseconds {
		if (operation.type === 'write' || operation.read === barrier) return 0;
		return this.#commands.words.waitMsOf?.(operation.read) ?? 0;
	}

	#bytesOf(operation: Operation<T>): number {
		const {words} = this.#commands;
		if (operation.type === 'write') return words.bytesOfWrite(operation.write);
		return operation.read === barrier ? 1 : words.bytesOfRead(operation.read);
	}
}
