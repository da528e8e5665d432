/** What the answers to requests mean for the operations in them: settled, or to be sent again. */
import {unreachable} from '../../base/errors.js';
import type {CommandCodec} from '../command-codec.js';
import {
	type FailedOutcome,
	type LastReply,
	MalformedError,
	type OperationError,
	OutOfMemoryError,
	TooManyWatchesError,
	ValueTooLargeError,
} from '../errors.js';
import type {MachineTypes} from '../machine.js';
import {barrier, type Outcome, type ReadResult, type ServiceReply} from '../types.js';
import type {Attempts} from './attempts.js';
import type {LeaderSearch} from './leader-search.js';
import type {SessionInUse} from './session-in-use.js';
import {isSettled, outcomeOf, type Attempt, type Task} from './task.js';
import type {UnsettledTasks} from './unsettled-tasks.js';
import type {WaitingTasks} from './waiting-tasks.js';

type RefusalReason = Extract<ServiceReply, {type: 'refused'}>['reason'];

export interface AnswersOptions<T extends MachineTypes, Caller> {
	readonly commands: CommandCodec<T>;
	/** See `ClerkLimits`. */
	readonly operationBytesMax: number;
	readonly search: LeaderSearch;
	readonly inUse: SessionInUse;
	readonly waiting: WaitingTasks<T, Caller>;
	readonly unsettled: UnsettledTasks<T, Caller>;
	readonly attempts: Attempts<T, Caller>;
}

export class Answers<T extends MachineTypes, Caller> {
	readonly #commands: CommandCodec<T>;
	readonly #operationBytesMax: number;
	readonly #search: LeaderSearch;
	readonly #inUse: SessionInUse;
	readonly #waiting: WaitingTasks<T, Caller>;
	readonly #unsettled: UnsettledTasks<T, Caller>;
	readonly #attempts: Attempts<T, Caller>;

	constructor(options: AnswersOptions<T, Caller>) {
		this.#commands = options.commands;
		this.#operationBytesMax = options.operationBytesMax;
		this.#search = options.search;
		this.#inUse = options.inUse;
		this.#waiting = options.waiting;
		this.#unsettled = options.unsettled;
		this.#attempts = options.attempts;
	}

	/** The answer to an attempt, which has ended with it. */
	take(attempt: Attempt<T, Caller>, reply: ServiceReply): void {
		switch (reply.type) {
			case 'outcomes':
				if (attempt.type === 'read') return this.#takeResults(attempt, this.#commands.decodeResults(reply.outcomes));
				return this.#takeOutcomes(attempt, this.#commands.decodeOutcomes(reply.outcomes));
			case 'notLeader':
				this.#search.missed(attempt.server, reply.leaderId);
				return this.#waiting.retryAll(attempt, 'notLeader');
			case 'unknown':
				this.#search.missed(attempt.server, reply.leaderId);
				return this.#retryUnknown(attempt, 'unknown');
			case 'refused':
				return this.#takeRefusal(attempt, reply.reason);
			default:
				return unreachable(reply);
		}
	}

	/** No usable answer from this server. */
	miss(attempt: Attempt<T, Caller>, lastReply: LastReply): void {
		this.#search.missed(attempt.server, undefined);
		this.#retryUnknown(attempt, lastReply);
	}

	#takeResults(attempt: Attempt<T, Caller>, results: readonly ReadResult<T>[] | undefined): void {
		if (results?.length !== attempt.tasks.length) return this.miss(attempt, 'malformed');
		this.#succeeded();
		let offset = 0;
		for (const task of attempt.tasks) {
			const result = results[offset];
			offset += 1;
			if (isSettled(task)) continue;
			this.#unsettled.finish(task, result === barrier ? undefined : result);
		}
	}

	#takeOutcomes(attempt: Attempt<T, Caller>, outcomes: readonly Outcome<T>[] | undefined): void {
		const count = attempt.type === 'openSession' ? 1 : attempt.tasks.length;
		if (outcomes?.length !== count) return this.miss(attempt, 'malformed');
		this.#succeeded();
		if (attempt.type === 'openSession') {
			const [opened] = outcomes;
			if (opened?.type === 'sessionOpened') this.#inUse.open(opened.session, opened.timeoutMs, attempt.sentAt);
			return;
		}
		if (outcomes[0]?.type !== 'sessionExpired') {
			attempt.tasks[0]?.identity?.session.used(attempt.sentAt);
		}
		let offset = 0;
		for (const task of attempt.tasks) {
			const outcome = outcomes[offset];
			offset += 1;
			if (outcome !== undefined && !isSettled(task)) this.#takeOutcome(task, outcome, attempt.requestId);
		}
	}

	/** A server has carried out what it was asked. */
	#succeeded(): void {
		this.#search.succeeded();
		this.#attempts.allowMore();
	}

	#takeOutcome(task: Task<T, Caller>, outcome: Outcome<T>, requestId: number): void {
		switch (outcome.type) {
			case 'sessionExpired': {
				// What was asked under this number did not run and never will; the sender decides what else is known.
				const {session} = this.#inUse;
				if (session !== undefined && session === task.identity?.session) this.#inUse.end(session);
				return this.#waiting.retry(task, task.lastReply);
			}
			case 'outOfOrder':
				task.outOfOrderIn = requestId;
				return this.#waiting.retry(task, 'outOfOrder');
			case 'sessionFull':
				this.#search.overloaded();
				return this.#waiting.retry(task, 'sessionFull');
			case 'alreadyAcknowledged':
			case 'sessionOpened':
			case 'malformed':
			case 'done':
				// Not what a server of ours says to a request that waits for its answer.
				task.mayHaveRun = true;
				this.#search.overloaded();
				return this.#waiting.retry(task, 'malformed');
			case 'outOfMemory':
				// The log says so, under this number: no copy of it can run.
				return this.#unsettled.fail(task, new OutOfMemoryError());
			case 'result':
				return this.#unsettled.finish(task, outcome.result);
			default:
				return unreachable(outcome);
		}
	}

	#takeRefusal(attempt: Attempt<T, Caller>, reason: RefusalReason): void {
		if (reason === 'overloaded' || attempt.tasks.length === 0) {
			this.#search.overloaded();
			if (reason === 'overloaded') this.#attempts.allowFewer(attempt.requestId);
			return this.#waiting.retryAll(attempt, 'overloaded');
		}
		const [only] = attempt.tasks;
		if (attempt.tasks.length === 1 && only !== undefined) return this.#failRefused(only, reason);
		for (const task of attempt.tasks) task.isAlone = true;
		this.#waiting.retryAll(attempt, 'malformed');
	}

	#failRefused(task: Task<T, Caller>, reason: Exclude<RefusalReason, 'overloaded'>): void {
		const outcome = outcomeOf(task);
		this.#unsettled.fail(task, this.#errorOf(reason, outcome, task.byteLength));
	}

	#errorOf(reason: Exclude<RefusalReason, 'overloaded'>, outcome: FailedOutcome, byteLength: number): OperationError {
		switch (reason) {
			case 'tooLarge':
				return new ValueTooLargeError(outcome, byteLength, this.#operationBytesMax);
			case 'malformed':
				return new MalformedError(outcome);
			case 'tooManyWaiting':
				return new TooManyWatchesError();
			default:
				return unreachable(reason);
		}
	}

	#retryUnknown(attempt: Attempt<T, Caller>, lastReply: LastReply): void {
		for (const task of attempt.tasks) task.mayHaveRun = true;
		this.#waiting.retryAll(attempt, lastReply);
	}
}
