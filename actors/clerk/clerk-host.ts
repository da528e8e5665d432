/**
 * What carries a clerk's core: its timers, its reply channels and the way to the router, for any machine. What may be asked
 * is the clerk's to say. Operations begun in the same turn travel in one request.
 */
import {performance} from 'node:perf_hooks';
import type {MessagePort} from 'node:worker_threads';
import {unreachable} from '../../src/base/errors.js';
import {clientEndpoint, type Endpoint} from '../../src/faults/endpoint.js';
import type {NodeId} from '../../src/raft/types.js';
import {ClerkCore} from '../../src/service/clerk/clerk-core.js';
import type {ClerkLimits} from '../../src/service/clerk/limits.js';
import type {ClerkEffect} from '../../src/service/clerk/outbox.js';
import type {Operation} from '../../src/service/clerk/task.js';
import type {MachineTypes, Words} from '../../src/service/machine.js';
import {OperationAbortedError} from '../../src/service/errors.js';
import {barrier} from '../../src/service/types.js';
import {onAbort} from '../on-abort.js';
import {defaultSessionLimits} from '../../src/service/sessions.js';
import {codec} from '../codec/codec.js';
import type {BusyPoll} from '../network/busy-poll.js';
import type {LinkReset, RequestEnvelope} from '../network/envelope.js';
import {packBatch} from '../network/packed-batch.js';
import type {Router} from '../network/router.js';
import type {SettledCounters} from '../network/settled-counters.js';
import {
	bytes,
	callback,
	checkOptions,
	flag,
	given,
	milliseconds,
	optionsOf,
	wholeNumber,
} from '../options/check-options.js';
import {ReplyChannels} from './reply-channels.js';

/** How a clerk asks. All of it can be left out. */
export interface ClerkOptions {
	/** How long an operation may take, in ms, before it rejects with a `TimeoutError`. @default 10000 */
	readonly timeoutMs?: number;
	readonly limits?: Partial<ClerkLimits>;
	/**
	 * An operation that is begun while too few nodes are up rejects at once, with a `ClusterUnavailableError`, instead of
	 * waiting for them until its deadline. For clerks of `Cluster.clerk`. @default false
	 */
	readonly refuseWhileDown?: boolean;
	/** Called once, when the clerk is closed. */
	readonly closed?: () => void;
}

/** What a clerk on another thread needs; see `Cluster.clerkPort`. */
export interface ClerkConnection {
	readonly port: MessagePort;
	readonly client: number;
	readonly servers: readonly NodeId[];
}

/** The way to the router: a call within its thread, a port from another. */
export interface ClerkNetwork {
	readonly client: number;
	/** On the router's own thread. */
	readonly busyPoll?: BusyPoll;
	/** On the router's own thread: counts how its operations end. */
	readonly settled?: SettledCounters;
	send(batch: readonly RequestEnvelope[]): void;
	close(): void;
}

/** Who waits for an operation. */
interface Waiter<T extends MachineTypes> {
	resolve(result: T['result']): void;
	reject(error: Error): void;
}

interface Begun<T extends MachineTypes> {
	readonly operation: Operation<T>;
	readonly waiter: Waiter<T>;
}

const clerkOptions = optionsOf({
	timeoutMs: milliseconds(0, Number.MAX_SAFE_INTEGER),
	limits: optionsOf({
		backoffMinMs: milliseconds(0),
		backoffMaxMs: milliseconds(0),
		attemptTimeoutMs: milliseconds(),
		requestsMax: wholeNumber(1),
		gatherMs: milliseconds(0),
		batchOperationsMax: wholeNumber(1),
		batchBytesMax: bytes(),
		windowMax: wholeNumber(1, defaultSessionLimits.sessionResultsMax),
		operationBytesMax: bytes(),
		operationsMax: wholeNumber(1),
	}),
	refuseWhileDown: flag(),
	closed: callback(),
});
const defaultTimeoutMs = 10_000;
const now = (): number => performance.now();

/** What the network tells of itself. */
interface NetworkEvents {
	/** The reply channels to this server must be replaced. */
	readonly reset: (server: NodeId) => void;
}

export type ConnectNetwork = (events: NetworkEvents) => ClerkNetwork;

/** On the router's own thread. */
export function localNetwork(router: Router): ConnectNetwork {
	return ({reset}) => {
		const client = router.attachClient({linkReset: reset});
		return {
			client,
			busyPoll: router.busyPoll,
			settled: router.settled,
			send: batch => router.route(batch),
			close: () => router.detachClient(client),
		};
	};
}

/** On another thread. */
export function remoteNetwork({port, client}: ClerkConnection): ConnectNetwork {
	return ({reset}) => {
		port.on('message', (message: LinkReset) => reset(message.server));
		const send = (batch: readonly RequestEnvelope[]): void =>
			port.postMessage(
				packBatch(batch),
				batch.flatMap(envelope => (envelope.port === undefined ? [] : [envelope.port])),
			);
		return {client, send, close: () => port.close()};
	};
}

export interface ClerkHostOptions<T extends MachineTypes> {
	readonly words: Words<T>;
	readonly connect: ConnectNetwork;
	readonly servers: readonly NodeId[];
	readonly options: ClerkOptions;
	/** The error of an operation that is not to be begun now. */
	readonly refusal?: (() => Error | undefined) | undefined;
}

export class ClerkHost<T extends MachineTypes> {
	readonly #core: ClerkCore<T, Waiter<T>>;
	readonly #network: ClerkNetwork;
	readonly #channels: ReplyChannels;
	readonly #options: ClerkOptions;
	readonly #refusal: () => Error | undefined;
	readonly #words: Words<T>;
	/** Who asked for what may wait for something to tell: no answer is about to come, so nobody polls for it. */
	readonly #patient = new Set<Waiter<T> | undefined>();
	/** Waiters whose signals were aborted in this turn, and why. */
	#aborted = new Map<Waiter<T> | undefined, unknown>();
	/** Asked for in this turn. One look at the clock is enough for all of them. */
	#begun: Begun<T>[] = [];
	#flushing: NodeJS.Immediate | undefined;
	#timer: NodeJS.Timeout | undefined;
	#timerAt = Infinity;
	#isClosed = false;

	/** Throws an `OptionError`. */
	constructor({words, connect, servers, options, refusal = () => undefined}: ClerkHostOptions<T>) {
		checkOptions(clerkOptions, options);
		this.#options = options;
		this.#refusal = refusal;
		this.#words = words;
		this.#core = new ClerkCore({
			codec,
			words,
			servers,
			random: Math.random,
			// The router can be told to: then a refusal of one copy proves nothing about the other.
			requestsMayBeDoubled: true,
			limits: given(options.limits ?? {}),
		});
		this.#channels = new ReplyChannels({
			reply: ({requestId, reply}) => {
				this.#core.reply(requestId, reply);
				// At once: what a caller asks for next goes with the flush of this very turn.
				for (const effect of this.#core.takeEffects()) this.#perform(effect, []);
				this.#flushSoon();
			},
			lost: requestId => {
				this.#core.requestLost(requestId);
				this.#flushSoon();
			},
		});
		this.#network = connect({reset: server => this.#channels.reset(server)});
	}

	/** Its name in a fault plan. */
	get endpoint(): Endpoint {
		return clientEndpoint(String(this.#network.client));
	}

	/** Operations that are not settled. */
	get pendingCount(): number {
		return this.#core.pendingCount;
	}

	/** Rejects with an `OperationError`, or with what `refusal` says. */
	ask(operation: Operation<T>, signal?: AbortSignal): Promise<T['result']> {
		const refusal = this.#refusal();
		if (refusal !== undefined) return Promise.reject(refusal);
		if (signal !== undefined) return this.#askUntil(signal, operation);
		return new Promise((resolve, reject) => this.#take(operation, {resolve, reject}));
	}

	/** As `ask`, without a promise. The waiter is told later, never within this call. */
	begin(operation: Operation<T>, waiter: Waiter<T>): void {
		const refusal = this.#refusal();
		if (refusal === undefined) this.#take(operation, waiter);
		else queueMicrotask(() => waiter.reject(refusal));
	}

	/** Settles everything that waits (`ClerkClosedError`) and closes all ports. Idempotent. */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#core.close();
		// A waiter that is told now may begin another operation, which is refused with the next flush.
		this.#flush();
		clearTimeout(this.#timer);
		this.#channels.close();
		this.#network.close();
		this.#options.closed?.();
	}

	/** Gives it up when the signal is aborted. */
	#askUntil(signal: AbortSignal, operation: Operation<T>): Promise<T['result']> {
		if (signal.aborted) return Promise.reject(new OperationAbortedError('notExecuted', signal.reason));
		return new Promise((resolve, reject) => {
			const release = onAbort(signal, () => this.#abort(waiter, signal.reason));
			const waiter: Waiter<T> = {
				resolve: result => {
					release();
					resolve(result);
				},
				reject: error => {
					release();
					reject(error);
				},
			};
			this.#take(operation, waiter);
		});
	}

	#take(operation: Operation<T>, waiter: Waiter<T>): void {
		this.#begun.push({operation, waiter});
		const {busyPoll, settled} = this.#network;
		if (this.#mayWait(operation)) this.#patient.add(waiter);
		else busyPoll?.began();
		if (settled !== undefined) settled.begun += 1;
		this.#flushSoon();
	}

	#mayWait(operation: Operation<T>): boolean {
		if (operation.type === 'write' || operation.read === barrier) return false;
		return (this.#words.waitMsOf?.(operation.read) ?? 0) > 0;
	}

	/** One signal may be that of thousands: they are looked for together. */
	#abort(waiter: Waiter<T>, reason: unknown): void {
		if (this.#aborted.size === 0) queueMicrotask(() => this.#abandonAborted());
		this.#aborted.set(waiter, reason);
	}

	#abandonAborted(): void {
		const aborted = this.#aborted;
		this.#aborted = new Map();
		// Those of this very turn, too: nothing of them was sent.
		this.#submitAll(now());
		this.#core.abandon((waiter, outcome) =>
			aborted.has(waiter) ? new OperationAbortedError(outcome, aborted.get(waiter)) : undefined,
		);
		for (const effect of this.#core.takeEffects()) this.#perform(effect, []);
		this.#flushSoon();
	}

	#flushSoon(): void {
		this.#flushing ??= setImmediate(this.#flush);
	}

	readonly #flush = (): void => {
		clearImmediate(this.#flushing);
		this.#flushing = undefined;
		const at = now();
		this.#submitAll(at);
		const batch: RequestEnvelope[] = [];
		for (const effect of this.#core.flush(at)) this.#perform(effect, batch);
		if (batch.length > 0) this.#network.send(batch);
		if (!this.#isClosed) this.#schedule(this.#core.nextDeadline());
	};

	/** The time of an operation runs from the end of its turn: nothing can be done for it before. */
	#submitAll(at: number): void {
		if (this.#begun.length === 0) return;
		const begun = this.#begun;
		this.#begun = [];
		const deadline = at + (this.#options.timeoutMs ?? defaultTimeoutMs);
		for (const {operation, waiter} of begun) this.#core.submit(operation, {deadline, caller: waiter});
	}

	#perform(effect: ClerkEffect<T, Waiter<T>>, batch: RequestEnvelope[]): void {
		switch (effect.type) {
			case 'send': {
				const {server, requestId, request} = effect;
				const {channel, port} = this.#channels.acquire(server, requestId);
				batch.push({type: 'request', client: this.#network.client, server, channel, port, requestId, request});
				return;
			}
			case 'cancel':
				return this.#channels.abandon(effect.requestId);
			case 'done':
				this.#settled('answered', effect.caller);
				return effect.caller?.resolve(effect.result);
			case 'failed':
				this.#settled('failed', effect.caller);
				return effect.caller?.reject(effect.error);
			default:
				return unreachable(effect);
		}
	}

	/** Counts an operation that is settled. */
	#settled(end: 'answered' | 'failed', waiter: Waiter<T> | undefined): void {
		const {busyPoll, settled} = this.#network;
		if (this.#patient.size === 0 || !this.#patient.delete(waiter)) busyPoll?.ended();
		if (settled !== undefined) settled[end] += 1;
	}

	/** One timer, only ever armed earlier: deadlines mostly move away before they come. */
	#schedule(deadline: number | undefined): void {
		if (deadline === undefined || deadline >= this.#timerAt) return;
		clearTimeout(this.#timer);
		this.#timerAt = deadline;
		this.#timer = setTimeout(
			() => {
				this.#timerAt = Infinity;
				this.#flush();
			},
			Math.max(0, Math.ceil(deadline - now())),
		);
	}
}
