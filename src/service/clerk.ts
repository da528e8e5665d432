/**
 * The clerk's core: turns operations into requests, and finds somebody to serve them, until each is settled once.
 *
 *     submit ──▶ waiting ── flush ──▶ attempt ── reply: outcomes ──▶ settled
 *                   ▲                    │
 *                   └── not leader, unknown, refused, lost, timed out
 *
 * It never waits and has no clock: the host calls `submit`, `reply` and `requestLost` as things come in, `flush` at the
 * end of each turn to learn what to do (or `takeEffects` before), and `tick` when `nextDeadline` is reached.
 *
 * Writes take effect in the order in which they were submitted, however many requests they travel in: each request
 * names the write before it, and the servers do not run it before that one. What is given up is passed over for good.
 * Reads keep no order, neither among each other nor with writes.
 */
import {assert, unreachable} from '../base/errors.js';
import type {Milliseconds, NodeId} from '../raft/types.js';
import {isSettled, settledPlace, type Attempt, type Operation, type Task} from './clerk-task.js';
import {ClientSession} from './client-session.js';
import {CommandCodec} from './command-codec.js';
import {
	ClerkClosedError,
	MalformedError,
	OutOfMemoryError,
	OverloadedError,
	SessionExpiredError,
	TimeoutError,
	ValueTooLargeError,
	type FailedOutcome,
	type LastReply,
	type OperationError,
} from './errors.js';
import {LeaderSearch, type BackoffLimits} from './leader-search.js';
import {NumberMap} from '../base/number-map.js';
import {Queue} from '../base/queue.js';
import type {Codec} from '../base/codec.js';
import {
	barrier,
	type NumberedWrite,
	type Outcome,
	type ReadResult,
	type ServiceReply,
	type ServiceRequest,
	type ReadOrBarrier,
} from './types.js';
import type {MachineTypes, Words} from './machine.js';

/** How a clerk batches its requests, and when it asks again or another server. Sizes in bytes, times in ms. */
export interface ClerkLimits extends BackoffLimits {
	/**
	 * How long one attempt may take before another server is asked, ms. An operation that is larger than a batch gets this
	 * for each `batchBytesMax` of its bytes, and twice as long with each attempt, up to eight times. @default 500
	 */
	readonly attemptTimeoutMs: Milliseconds;
	/** Requests in flight; down to 4 while servers are too busy to answer them in time. @default 16 */
	readonly requestsMax: number;
	/** Operations of one request. @default 256 */
	readonly batchOperationsMax: number;
	/** Bytes of one request, more only for a single larger operation. @default 262144 (256 KiB) */
	readonly batchBytesMax: number;
	/** Writes not yet acknowledged; not more than the servers' `sessionResultsMax`. @default 2048 */
	readonly windowMax: number;
	/** Bytes of one operation; not more than the servers' `commandBytesMax`. @default 1572864 (1.5 MiB) */
	readonly operationBytesMax: number;
	/** Operations submitted and not settled. @default 65536 */
	readonly operationsMax: number;
}

export const defaultClerkLimits: ClerkLimits = {
	backoffMinMs: 5,
	backoffMaxMs: 25,
	attemptTimeoutMs: 500,
	requestsMax: 16,
	batchOperationsMax: 256,
	batchBytesMax: 256 * 1024,
	windowMax: 2048,
	operationBytesMax: 1.5 * 2 ** 20,
	operationsMax: 65_536,
};

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

/** A few large operations that time out slowly must not keep small ones from being sent. */
const requestsMin = 4;

/** What became of an operation. */
export type Settlement<T extends MachineTypes> =
	| {readonly type: 'done'; readonly result: T['result']}
	| {readonly type: 'failed'; readonly error: OperationError};

/** What the host is asked to do, in order; `Caller`: what it gave to `submit`. */
export type ClerkEffect<T extends MachineTypes, Caller = unknown> =
	/** The answer comes back by `reply` or `requestLost` with this id. */
	| {readonly type: 'send'; readonly requestId: number; readonly server: NodeId; readonly request: ServiceRequest}
	/** Nobody waits for this request any more. Its reply may still come: its channel must not serve another before. */
	| {readonly type: 'cancel'; readonly requestId: number}
	/** Exactly once for each operation. */
	| {
			readonly type: 'settle';
			readonly operationId: number;
			readonly caller: Caller | undefined;
			readonly settlement: Settlement<T>;
	  };

export class ClerkCore<T extends MachineTypes, Caller = unknown> {
	readonly #commands: CommandCodec<T>;
	readonly #limits: ClerkLimits;
	readonly #search: LeaderSearch;
	readonly #requestsMayBeDoubled: boolean;

	/** Not settled, in no order. An array: what a Map takes to add and delete each operation shows from 64 in flight on. */
	readonly #tasks: Task<T, Caller>[] = [];
	/** Never sent. May hold settled ones, which are skipped. */
	readonly #writes = new Queue<Task<T, Caller>>();
	readonly #reads = new Queue<Task<T, Caller>>();
	/** To be sent again, before those that were never sent. */
	#retries: Task<T, Caller>[] = [];
	/** In flight. */
	readonly #attempts = new NumberMap<Attempt<T, Caller>>();
	/**
	 * So many may be in flight: half as many after one that timed out or was refused for want of room, one more after each
	 * that is answered (as TCP does, RFC 5681). Servers that take longer than an attempt may would else be asked
	 * everything again and again, and do little else.
	 */
	#requestsAllowed: number;
	/** The newest when that was halved: those before say nothing about the number that holds now. */
	#halvedAt = 0;
	/** Not after the first of them times out; found again when it is reached, since attempts mostly end before. */
	#earliestTimeout = Infinity;
	/** When the target was first asked for something since it last said anything; `undefined`: it owes nothing. */
	#silentSince: Milliseconds | undefined;
	#session: ClientSession | undefined;
	#isOpeningSession = false;
	/** The session that the next one takes the place of; 0: none. */
	#endedSession = 0;
	/** The session before this one has ended, and requests under it may still be in flight. */
	#isChangingSession = false;

	#effects: ClerkEffect<T, Caller>[] = [];
	#lastOperationId = 0;
	#lastRequestId = 0;
	/** Not after the earliest deadline of any task; found again when it is reached, since tasks mostly settle before. */
	#earliestDeadline = Infinity;
	#pausedUntil: Milliseconds = -Infinity;
	/** The last flush held something back because of that. */
	#isPaused = false;
	#isClosed = false;

	constructor({codec, words, servers, random, requestsMayBeDoubled = false, limits = {}}: ClerkOptions<T>) {
		assert(servers.length > 0, 'a clerk has a server to talk to');
		this.#commands = new CommandCodec(codec, words);
		this.#limits = {...defaultClerkLimits, ...limits};
		this.#requestsAllowed = this.#limits.requestsMax;
		this.#search = new LeaderSearch(servers, random, this.#limits);
		this.#requestsMayBeDoubled = requestsMayBeDoubled;
	}

	/** Operations that are not settled. */
	get pendingCount(): number {
		return this.#tasks.length;
	}

	/** The server that is asked next. */
	get target(): NodeId {
		return this.#search.target;
	}

	/**
	 * Takes an operation; `deadline`: when it is given up, on the clock of `flush` and `tick`. Settled under this id, and
	 * with the `caller` that is given here.
	 */
	submit(
		operation: Operation<T>,
		{deadline, caller}: {readonly deadline: Milliseconds; readonly caller?: Caller},
	): number {
		this.#lastOperationId += 1;
		const task: Task<T, Caller> = {
			id: this.#lastOperationId,
			place: this.#tasks.length,
			caller,
			operation,
			byteLength: this.#bytesOf(operation),
			deadline,
			identity: undefined,
			attempt: undefined,
			attempts: 0,
			mayHaveRun: false,
			lastReply: 'none',
			outOfOrderIn: 0,
			isAlone: false,
		};
		const refusal = this.#refusalOf(task);
		this.#tasks.push(task);
		if (refusal !== undefined) {
			this.#fail(task, refusal);
			return task.id;
		}
		this.#earliestDeadline = Math.min(this.#earliestDeadline, deadline);
		(operation.type === 'write' ? this.#writes : this.#reads).push(task);
		return task.id;
	}

	/** The answer to a request. One that nobody waits for any more is ignored. */
	reply(requestId: number, reply: ServiceReply): void {
		const attempt = this.#endAttempt(requestId);
		if (attempt === undefined) return;
		this.#silentSince = undefined;
		switch (reply.type) {
			case 'outcomes':
				if (attempt.type === 'read') return this.#takeResults(attempt, this.#commands.decodeResults(reply.outcomes));
				return this.#takeOutcomes(attempt, this.#commands.decodeOutcomes(reply.outcomes));
			case 'notLeader':
				this.#search.missed(attempt.server, reply.leaderId);
				return this.#retry(attempt, 'notLeader');
			case 'unknown':
				this.#search.missed(attempt.server, reply.leaderId);
				return this.#retryUnknown(attempt, 'unknown');
			case 'refused':
				return this.#takeRefusal(attempt, reply.reason);
			default:
				return unreachable(reply);
		}
	}

	/** The link or the server died: no answer to this request will come. */
	requestLost(requestId: number): void {
		const attempt = this.#endAttempt(requestId);
		if (attempt !== undefined) this.#miss(attempt, 'lost');
	}

	/** Gives up what is past its time. */
	tick(now: Milliseconds): void {
		if (this.#earliestTimeout <= now) this.#timeOutAttempts(now);
		if (this.#earliestDeadline > now) return;
		this.#earliestDeadline = Infinity;
		const expired: Task<T, Caller>[] = [];
		for (const task of this.#tasks) {
			if (task.deadline > now) this.#earliestDeadline = Math.min(this.#earliestDeadline, task.deadline);
			else expired.push(task);
		}
		// Only those: all of them, tens of thousands when much is waiting, are too many to sort for each that expires.
		for (const task of inOrder(expired))
			this.#fail(task, new TimeoutError(this.#outcomeOf(task), task.attempts, task.lastReply));
		this.#leaveSilentServer(now);
	}

	/** The end of a turn: sends what can be sent, and hands out all that is to be done since the last time. */
	flush(now: Milliseconds): readonly ClerkEffect<T, Caller>[] {
		this.tick(now);
		const pause = this.#search.takePause();
		if (pause !== undefined) this.#pausedUntil = now + pause;
		this.#isPaused = now < this.#pausedUntil && this.#isAnythingWaiting();
		if (now >= this.#pausedUntil && !this.#isClosed) {
			this.#retries.sort((left, right) => left.id - right.id);
			this.#sendReads(now);
			this.#sendWrites(now);
		}
		return this.takeEffects();
	}

	/** All that is to be done since the last time, with nothing sent on top of it. */
	takeEffects(): readonly ClerkEffect<T, Caller>[] {
		const effects = this.#effects;
		this.#effects = [];
		return effects;
	}

	/** When to call `tick` and `flush` next if nothing happens before; `undefined`: no need. */
	nextDeadline(): Milliseconds | undefined {
		let deadline = this.#earliestDeadline;
		if (this.#attempts.size > 0) deadline = Math.min(deadline, this.#earliestTimeout);
		if (this.#isPaused) deadline = Math.min(deadline, this.#pausedUntil);
		return this.#tasks.length > 0 && deadline < Infinity ? deadline : undefined;
	}

	/**
	 * Settles everything, with the next `flush`; what is submitted later fails. The session is given back, without waiting for
	 * an answer: if that is lost, the servers forget it by themselves.
	 */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const task of inOrder(this.#tasks)) this.#fail(task, new ClerkClosedError(this.#outcomeOf(task)));
		for (const [requestId] of this.#attempts) this.#effects.push({type: 'cancel', requestId});
		this.#attempts.clear();
		if (this.#session === undefined) return;
		const command = this.#commands.encodeCommand({type: 'closeSession', session: this.#session.id});
		this.#lastRequestId += 1;
		const server = this.#search.target;
		this.#effects.push({type: 'send', requestId: this.#lastRequestId, server, request: {type: 'write', command}});
	}

	// ------------------------------------------------------------------------------------------------------- tasks

	#refusalOf({byteLength}: Task<T, Caller>): OperationError | undefined {
		if (this.#isClosed) return new ClerkClosedError('notExecuted');
		const {operationBytesMax} = this.#limits;
		if (byteLength > operationBytesMax) return new ValueTooLargeError('notExecuted', byteLength, operationBytesMax);
		if (this.#tasks.length >= this.#limits.operationsMax) return new OverloadedError(this.#tasks.length);
		return undefined;
	}

	#bytesOf(operation: Operation<T>): number {
		const {words} = this.#commands;
		if (operation.type === 'write') return words.bytesOfWrite(operation.write);
		return operation.read === barrier ? 1 : words.bytesOfRead(operation.read);
	}

	/** A read changes nothing, so it never has. */
	#outcomeOf({operation, mayHaveRun, attempt}: Task<T, Caller>): FailedOutcome {
		return operation.type === 'write' && (mayHaveRun || attempt !== undefined) ? 'unknown' : 'notExecuted';
	}

	#fail(task: Task<T, Caller>, error: OperationError): void {
		this.#settle(task, {type: 'failed', error});
	}

	#settle(task: Task<T, Caller>, settlement: Settlement<T>): void {
		if (isSettled(task)) return;
		this.#remove(task);
		// Also when it is given up: this client never asks for the answer again, so the servers may forget it, and a copy
		// that is still on its way will be refused instead of run late.
		task.identity?.session.settle(task.identity.sequence);
		this.#effects.push({type: 'settle', operationId: task.id, caller: task.caller, settlement});
		const {attempt} = task;
		task.attempt = undefined;
		if (attempt === undefined) return;
		attempt.waiting -= 1;
		if (attempt.waiting > 0) return;
		this.#attempts.delete(attempt.requestId);
		this.#effects.push({type: 'cancel', requestId: attempt.requestId});
	}

	/** The last takes its place. */
	#remove(task: Task<T, Caller>): void {
		const last = this.#tasks.pop();
		if (last !== undefined && last !== task) {
			this.#tasks[task.place] = last;
			last.place = task.place;
		}
		task.place = settledPlace;
	}

	#isAnythingWaiting(): boolean {
		return this.#retries.length + this.#writes.length + this.#reads.length > 0;
	}

	// ---------------------------------------------------------------------------------------------------- attempts

	#sendReads(now: Milliseconds): void {
		const retries = this.#takeRetries(task => task.operation.type === 'read');
		while (this.#attempts.size < this.#requestsAllowed) {
			const tasks = this.#takeBatch(retries, this.#reads);
			if (tasks.length === 0) break;
			const reads = tasks.map(({operation}) => readOf(operation));
			this.#attempt(now, 'read', tasks, {type: 'read', reads: this.#commands.encodeReads(reads)});
		}
		this.#retries.push(...retries.takeAll());
	}

	#sendWrites(now: Milliseconds): void {
		if (this.#session?.isToBeReplaced(now) === true) this.#endSession(this.#session);
		if (this.#session === undefined) {
			this.#openSession(now);
			return;
		}
		// What comes back of it is to be numbered anew, in its place before all that was submitted later.
		if (this.#isChangingSession && this.#isFormerSessionInFlight(this.#session)) return;
		this.#isChangingSession = false;
		const retries = this.#takeRetries(task => task.operation.type === 'write');
		while (this.#attempts.size < this.#requestsAllowed) {
			if (retries.first !== undefined && this.#mustWait(retries.first)) break;
			const tasks = this.#takeBatch(retries, this.#writes, this.#session);
			if (tasks.length === 0) break;
			this.#attempt(now, 'write', tasks, {type: 'write', command: this.#commandOf(this.#session, tasks)});
		}
		this.#retries.push(...retries.takeAll());
	}

	#commandOf(session: ClientSession, tasks: readonly Task<T, Caller>[]): Uint8Array {
		const writes = tasks.map(task => numbered(task));
		const {id, acknowledged} = session;
		const after = session.before(writes[0]?.sequence ?? 0);
		return this.#commands.encodeCommand({type: 'writes', session: id, acknowledged, after, writes});
	}

	/**
	 * Whether a write that came too early would come too early again: an earlier one is still in a request that was sent
	 * before, and lost or late. Writes behind it wait with it.
	 */
	#mustWait({outOfOrderIn, identity}: Task<T, Caller>): boolean {
		if (outOfOrderIn === 0 || identity === undefined) return false;
		for (const [requestId, {tasks}] of this.#attempts) {
			if (requestId > outOfOrderIn) return false;
			const isEarlier = tasks.some(
				task => task.attempt?.requestId === requestId && (task.identity?.sequence ?? Infinity) < identity.sequence,
			);
			if (isEarlier) return true;
		}
		return false;
	}

	#endSession({id}: ClientSession): void {
		this.#session = undefined;
		this.#endedSession = id;
		this.#isChangingSession = true;
	}

	#isFormerSessionInFlight(session: ClientSession): boolean {
		for (const [, {tasks}] of this.#attempts) {
			if (tasks.some(({identity}) => identity !== undefined && identity.session !== session)) return true;
		}
		return false;
	}

	/** Sessions are opened by the first write, through the log like everything else. */
	#openSession(now: Milliseconds): void {
		const isNeeded = this.#writes.length > 0 || this.#retries.some(task => task.operation.type === 'write');
		if (!isNeeded || this.#isOpeningSession || this.#attempts.size >= this.#requestsAllowed) return;
		this.#isOpeningSession = true;
		const command = this.#commands.encodeCommand({type: 'openSession', closes: this.#endedSession});
		this.#attempt(now, 'openSession', [], {type: 'write', command});
	}

	#takeRetries(isWanted: (task: Task<T, Caller>) => boolean): Queue<Task<T, Caller>> {
		const taken = new Queue<Task<T, Caller>>();
		if (this.#retries.length === 0) return taken;
		const others: Task<T, Caller>[] = [];
		for (const task of this.#retries) {
			if (isSettled(task)) continue;
			if (isWanted(task)) taken.push(task);
			else others.push(task);
		}
		this.#retries = others;
		return taken;
	}

	/** The next batch: what is to be repeated first, in order; `session`: for writes. */
	#takeBatch(
		retries: Queue<Task<T, Caller>>,
		fresh: Queue<Task<T, Caller>>,
		session?: ClientSession,
	): readonly Task<T, Caller>[] {
		const {batchOperationsMax, batchBytesMax, windowMax} = this.#limits;
		const tasks: Task<T, Caller>[] = [];
		let bytes = 0;
		while (tasks.length < batchOperationsMax) {
			const queue = retries.length > 0 ? retries : fresh;
			const task = queue.first;
			if (task === undefined) break;
			if (!isSettled(task)) {
				const isFull = bytes + task.byteLength > batchBytesMax || task.isAlone;
				if (tasks.length > 0 && isFull) break;
				if (session !== undefined && task.identity?.session !== session) {
					if (session.span >= windowMax) break;
					if (!this.#identify(task, session)) {
						queue.shift();
						continue;
					}
				}
				// Within a request each follows on the one before it: what is between them must not be overtaken.
				if (session !== undefined && tasks.length > 0 && !isNext(session, tasks.at(-1), task)) break;
				tasks.push(task);
				bytes += task.byteLength;
			}
			queue.shift();
			if (task.isAlone && tasks.length > 0) break;
		}
		return tasks;
	}

	/**
	 * Gives a write its number in this session; `false` when that must not be: under a session that expired it may have
	 * run, and nobody remembers. Under a new number it would run twice.
	 */
	#identify(task: Task<T, Caller>, session: ClientSession): boolean {
		const {identity} = task;
		if (identity !== undefined && task.mayHaveRun) {
			this.#fail(task, new SessionExpiredError(identity.session.id));
			return false;
		}
		task.identity = {session, sequence: session.nextSequence()};
		return true;
	}

	#attempt(
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
		const attempt = {requestId, server, sentAt: now, deadline, type, tasks, waiting: tasks.length};
		this.#attempts.set(requestId, attempt);
		for (const task of tasks) {
			task.attempt = attempt;
			task.attempts += 1;
			task.mayHaveRun ||= this.#requestsMayBeDoubled;
		}
		this.#silentSince ??= now;
		this.#effects.push({type: 'send', requestId, server, request});
	}

	/** Asked again too early, a large operation only adds the same work to what the servers have to do for it. */
	#timeoutOf(tasks: readonly Task<T, Caller>[]): Milliseconds {
		const {attemptTimeoutMs, batchBytesMax} = this.#limits;
		const [only] = tasks;
		if (tasks.length !== 1 || only === undefined || only.byteLength <= batchBytesMax) return attemptTimeoutMs;
		return attemptTimeoutMs * Math.ceil(only.byteLength / batchBytesMax) * 2 ** Math.min(3, only.attempts);
	}

	#timeOutAttempts(now: Milliseconds): void {
		this.#earliestTimeout = Infinity;
		for (const [requestId, attempt] of this.#attempts) {
			if (attempt.deadline > now) this.#earliestTimeout = Math.min(this.#earliestTimeout, attempt.deadline);
			else {
				this.#endAttempt(requestId);
				this.#effects.push({type: 'cancel', requestId});
				this.#allowFewer(requestId);
				this.#miss(attempt, 'timeout');
			}
		}
	}

	#allowFewer(requestId: number): void {
		if (requestId <= this.#halvedAt) return;
		this.#halvedAt = this.#lastRequestId;
		const {requestsMax} = this.#limits;
		this.#requestsAllowed = Math.max(Math.min(requestsMin, requestsMax), Math.floor(this.#requestsAllowed / 2));
	}

	/**
	 * What is given up ends its attempt before that has timed out. A server that never answers would be asked for ever by a
	 * caller whose operations all have less time than an attempt.
	 */
	#leaveSilentServer(now: Milliseconds): void {
		if (this.#silentSince === undefined || now - this.#silentSince < this.#limits.attemptTimeoutMs) return;
		this.#silentSince = undefined;
		this.#search.missed(this.#search.target, undefined);
	}

	#endAttempt(requestId: number): Attempt<T, Caller> | undefined {
		const attempt = this.#attempts.get(requestId);
		if (attempt === undefined) return undefined;
		this.#attempts.delete(requestId);
		if (attempt.type === 'openSession') this.#isOpeningSession = false;
		for (const task of attempt.tasks) {
			if (task.attempt === attempt) task.attempt = undefined;
		}
		return attempt;
	}

	// ----------------------------------------------------------------------------------------------------- answers

	#takeResults(attempt: Attempt<T, Caller>, results: readonly ReadResult<T>[] | undefined): void {
		if (results?.length !== attempt.tasks.length) return this.#miss(attempt, 'malformed');
		this.#answered();
		let place = 0;
		for (const task of attempt.tasks) {
			const result = results[place];
			place += 1;
			if (!isSettled(task)) this.#settle(task, {type: 'done', result: result === barrier ? undefined : result});
		}
	}

	#takeOutcomes(attempt: Attempt<T, Caller>, outcomes: readonly Outcome<T>[] | undefined): void {
		const count = attempt.type === 'openSession' ? 1 : attempt.tasks.length;
		if (outcomes?.length !== count) return this.#miss(attempt, 'malformed');
		this.#answered();
		if (attempt.type === 'openSession') {
			const [opened] = outcomes;
			if (opened?.type === 'sessionOpened') this.#sessionOpened(opened, attempt.sentAt);
			return;
		}
		if (attempt.type === 'write' && outcomes[0]?.type !== 'sessionExpired') {
			attempt.tasks[0]?.identity?.session.used(attempt.sentAt);
		}
		let place = 0;
		for (const task of attempt.tasks) {
			const outcome = outcomes[place];
			place += 1;
			if (outcome !== undefined && !isSettled(task)) this.#takeOutcome(task, outcome, attempt.requestId);
		}
	}

	/** A server has carried out what it was asked. */
	#answered(): void {
		this.#search.succeeded();
		this.#requestsAllowed = Math.min(this.#limits.requestsMax, this.#requestsAllowed + 1);
	}

	#sessionOpened({session: id, timeoutMs}: Extract<Outcome<T>, {type: 'sessionOpened'}>, openedAt: Milliseconds): void {
		this.#session = new ClientSession({id, windowMax: this.#limits.windowMax, timeoutMs, openedAt});
	}

	#takeOutcome(task: Task<T, Caller>, outcome: Outcome<T>, requestId: number): void {
		switch (outcome.type) {
			case 'sessionExpired':
				// What was asked under this number did not run and never will; `#identify` decides what else is known.
				if (this.#session !== undefined && this.#session === task.identity?.session) this.#endSession(this.#session);
				return this.#retryTask(task, task.lastReply);
			case 'outOfOrder':
				task.outOfOrderIn = requestId;
				return this.#retryTask(task, 'outOfOrder');
			case 'sessionFull':
				this.#search.overloaded();
				return this.#retryTask(task, 'sessionFull');
			case 'alreadyAcknowledged':
			case 'sessionOpened':
			case 'malformed':
			case 'done':
				// Not what a server of ours says to a request that waits for its answer.
				task.mayHaveRun = true;
				this.#search.overloaded();
				return this.#retryTask(task, 'malformed');
			case 'outOfMemory':
				// The log says so, under this number: no copy of it can run.
				return this.#fail(task, new OutOfMemoryError());
			case 'result':
				return this.#settle(task, {type: 'done', result: outcome.result});
			default:
				return unreachable(outcome);
		}
	}

	#takeRefusal(attempt: Attempt<T, Caller>, reason: 'overloaded' | 'tooLarge' | 'malformed'): void {
		if (reason === 'overloaded' || attempt.tasks.length === 0) {
			this.#search.overloaded();
			if (reason === 'overloaded') this.#allowFewer(attempt.requestId);
			return this.#retry(attempt, 'overloaded');
		}
		const [only] = attempt.tasks;
		if (attempt.tasks.length === 1 && only !== undefined) {
			const outcome = this.#outcomeOf(only);
			const {byteLength} = only;
			this.#fail(
				only,
				reason === 'tooLarge'
					? new ValueTooLargeError(outcome, byteLength, this.#limits.operationBytesMax)
					: new MalformedError(outcome),
			);
			return;
		}
		for (const task of attempt.tasks) task.isAlone = true;
		this.#retry(attempt, 'malformed');
	}

	/** No usable answer from this server. */
	#miss(attempt: Attempt<T, Caller>, lastReply: LastReply): void {
		this.#silentSince = undefined;
		this.#search.missed(attempt.server, undefined);
		this.#retryUnknown(attempt, lastReply);
	}

	#retryUnknown(attempt: Attempt<T, Caller>, lastReply: LastReply): void {
		for (const task of attempt.tasks) task.mayHaveRun = true;
		this.#retry(attempt, lastReply);
	}

	#retry(attempt: Attempt<T, Caller>, lastReply: LastReply): void {
		for (const task of attempt.tasks) {
			if (!isSettled(task)) this.#retryTask(task, lastReply);
		}
	}

	#retryTask(task: Task<T, Caller>, lastReply: LastReply): void {
		task.lastReply = lastReply;
		this.#retries.push(task);
	}
}

/** A copy, in which each can be settled. */
function inOrder<T extends MachineTypes, Caller>(tasks: readonly Task<T, Caller>[]): readonly Task<T, Caller>[] {
	return [...tasks].sort((left, right) => left.id - right.id);
}

/** Whether no write that still waits for its answer is between these. */
function isNext(session: ClientSession, one: Sequenced | undefined, other: Sequenced): boolean {
	return other.identity !== undefined && session.before(other.identity.sequence) === one?.identity?.sequence;
}

type Sequenced = Pick<Task<MachineTypes, unknown>, 'identity'>;

function numbered<T extends MachineTypes>({operation, identity}: Task<T, unknown>): NumberedWrite<T> {
	assert(identity !== undefined && operation.type === 'write', 'a write that is sent has a number');
	return {sequence: identity.sequence, write: operation.write};
}

function readOf<T extends MachineTypes>(operation: Operation<T>): ReadOrBarrier<T> {
	assert(operation.type === 'read', 'what waits among the reads is a read');
	return operation.read;
}
