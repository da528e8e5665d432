/**
 * A client of the cluster (the lab's clerk): finds the leader, retries under the same session and sequence until the
 * deadline, and tells how each operation ended. Operations begun in the same turn travel in one request.
 */
import {performance} from 'node:perf_hooks';
import type {MessagePort} from 'node:worker_threads';
import {clientEndpoint, type Endpoint} from '../../src/faults/endpoint.js';
import {ClerkCore, type ClerkEffect, type ClerkLimits, type Settlement} from '../../src/service/clerk.js';
import {defaultSessionLimits} from '../../src/service/sessions.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {kvWords, serviceOperation, type KvTypes} from '../../src/kv/words.js';
import {type NodeId} from '../../src/raft/types.js';
import {unreachable} from '../../src/base/errors.js';
import {codec} from '../codec/codec.js';
import {KeyValueClient} from '../key-value-client.js';
import {checkOperation} from '../options/check-operation.js';
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
import type {BusyPoll} from '../network/busy-poll.js';
import type {LinkReset, RequestEnvelope} from '../network/envelope.js';
import type {Router} from '../network/router.js';
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
interface Network {
	readonly client: number;
	/** On the router's own thread. */
	readonly busyPoll?: BusyPoll;
	send(batch: readonly RequestEnvelope[]): void;
	close(): void;
}

interface Waiter {
	readonly resolve: (result: Result) => void;
	readonly reject: (error: Error) => void;
}

const clerkOptions = optionsOf({
	timeoutMs: milliseconds(0, Number.MAX_SAFE_INTEGER),
	limits: optionsOf({
		backoffMinMs: milliseconds(0),
		backoffMaxMs: milliseconds(0),
		attemptTimeoutMs: milliseconds(),
		requestsMax: wholeNumber(1),
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

export class Clerk extends KeyValueClient {
	readonly #core: ClerkCore<KvTypes, Waiter>;
	readonly #network: Network;
	readonly #channels: ReplyChannels;
	readonly #options: ClerkOptions;
	readonly #refusal: () => Error | undefined;
	#flushing: NodeJS.Immediate | undefined;
	#timer: NodeJS.Timeout | undefined;
	#timerAt = Infinity;
	#isClosed = false;

	private constructor(
		connect: (clerk: {reset: (server: NodeId) => void}) => Network,
		servers: readonly NodeId[],
		options: ClerkOptions,
		refusal: () => Error | undefined = () => undefined,
	) {
		super();
		checkOptions(clerkOptions, options);
		this.#options = options;
		this.#refusal = refusal;
		this.#core = new ClerkCore({
			codec,
			words: kvWords,
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

	/**
	 * On the router's own thread. `refusal`: the error of an operation that is not to be begun now. Throws an `OptionError`.
	 *
	 * @internal
	 */
	static local(
		router: Router,
		servers: readonly NodeId[],
		options: ClerkOptions = {},
		refusal?: () => Error | undefined,
	): Clerk {
		return new Clerk(
			({reset}) => {
				const client = router.attachClient({linkReset: reset});
				return {
					client,
					busyPoll: router.busyPoll,
					send: batch => router.route(batch),
					close: () => router.detachClient(client),
				};
			},
			servers,
			options,
			refusal,
		);
	}

	/** On another thread, with what `Cluster.clerkPort` gave. */
	static connect({port, client, servers}: ClerkConnection, options: ClerkOptions = {}): Clerk {
		return new Clerk(
			({reset}) => {
				port.on('message', (message: LinkReset) => reset(message.server));
				const send = (batch: readonly RequestEnvelope[]): void =>
					port.postMessage(
						batch,
						batch.flatMap(envelope => (envelope.port === undefined ? [] : [envelope.port])),
					);
				return {client, send, close: () => port.close()};
			},
			servers,
			options,
		);
	}

	/** Its name in a fault plan. */
	get endpoint(): Endpoint {
		return clientEndpoint(String(this.#network.client));
	}

	execute(operation: Operation): Promise<Result> {
		try {
			checkOperation(operation);
		} catch (error) {
			return Promise.reject(error);
		}
		const refusal = this.#refusal();
		if (refusal !== undefined) return Promise.reject(refusal);
		const deadline = now() + (this.#options.timeoutMs ?? defaultTimeoutMs);
		return new Promise((resolve, reject) => {
			this.#core.submit(serviceOperation(operation), {deadline, caller: {resolve, reject}});
			this.#network.busyPoll?.began();
			this.#flushSoon();
		});
	}

	/** Settles everything that waits (`ClerkClosedError`) and closes all ports. Idempotent. */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#core.close();
		this.#flush();
		clearImmediate(this.#flushing);
		clearTimeout(this.#timer);
		this.#channels.close();
		this.#network.close();
		this.#options.closed?.();
	}

	#flushSoon(): void {
		this.#flushing ??= setImmediate(this.#flush);
	}

	readonly #flush = (): void => {
		clearImmediate(this.#flushing);
		this.#flushing = undefined;
		const batch: RequestEnvelope[] = [];
		for (const effect of this.#core.flush(now())) this.#perform(effect, batch);
		if (batch.length > 0) this.#network.send(batch);
		if (!this.#isClosed) this.#schedule(this.#core.nextDeadline());
	};

	#perform(effect: ClerkEffect<KvTypes, Waiter>, batch: RequestEnvelope[]): void {
		switch (effect.type) {
			case 'send': {
				const {server, requestId, request} = effect;
				const {channel, port} = this.#channels.acquire(server, requestId);
				batch.push({type: 'request', client: this.#network.client, server, channel, port, requestId, request});
				return;
			}
			case 'cancel':
				return this.#channels.abandon(effect.requestId);
			case 'settle':
				return this.#settle(effect.caller, effect.settlement);
			default:
				return unreachable(effect);
		}
	}

	#settle(waiter: Waiter | undefined, settlement: Settlement<KvTypes>): void {
		this.#network.busyPoll?.ended();
		if (settlement.type === 'done') waiter?.resolve(settlement.result);
		else waiter?.reject(settlement.error);
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
