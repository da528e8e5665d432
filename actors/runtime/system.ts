import type {MessagePort} from 'node:worker_threads';
import {assert} from '../../src/base/errors.js';
import type {ActorFactory, SpawnOptions, StopReason, Transfer} from './actor.js';
import {type Address, isActorName, type ReplyTo} from './address.js';
import type {ActorMetrics} from './cell.js';
import {type Clock, systemClock} from './clock.js';
import type {ErrorClass} from './error-codec.js';
import {ActorStoppedError} from './errors.js';
import type {DeadLetterReason, SystemListener} from './events.js';
import {Link, type LinkOptions, type ThreadLink} from './link.js';
import type {ActorRef} from './ref.js';
import {Runtime} from './runtime.js';

export interface ActorSystemOptions {
	/** For people: it begins every address. No `/ # ? ~`. */
	readonly name: string;
	/** @default the thread's real clock */
	readonly clock?: Clock;
	/** Calls back in a later turn of the event loop. @default setImmediate */
	readonly defer?: (callback: () => void) => void;
	/** In `[0, 1)`, for the jitter of backoffs. @default Math.random */
	readonly random?: () => number;
	/** How long messages are handled at one go before timers and sockets have their turn, in ms. @default 4 */
	readonly sliceMs?: number;
	/** Error classes of the application that are to arrive as themselves from other threads. @default none */
	readonly errorClasses?: readonly ErrorClass[];
}

/**
 * All actors of one thread.
 *
 * ```
 *   thread "main"                                          thread "n1"
 *   ActorSystem ── /supervisor ── /supervisor/n1           ActorSystem ── /node
 *      ThreadLink ═══════════════ one MessagePort ═══════════ ThreadLink
 * ```
 *
 * Delivery is at most once, in order from one sender to one actor. An actor has one message in hand at a time. The work of
 * all actors is done in slices, so that a flood of messages holds up neither timers nor control messages.
 */
export class ActorSystem {
	readonly #runtime: Runtime;

	constructor(options: ActorSystemOptions) {
		assert(isActorName(options.name), 'a system name is not empty and has none of / # ? ~');
		this.#runtime = new Runtime(this, {
			clock: systemClock,
			defer: callback => void setImmediate(callback),
			random: Math.random,
			sliceMs: 4,
			errorClasses: [],
			...options,
		});
	}

	/** The name, and what tells this system from an earlier one of that name. */
	get id(): string {
		return this.#runtime.id;
	}

	get clock(): Clock {
		return this.#runtime.clock;
	}

	/** Resolves when the system has ended: by {@link stop}, or because a failure was escalated by the topmost actors. */
	get terminated(): Promise<StopReason> {
		return this.#runtime.terminated;
	}

	/** Starts a topmost actor. Throws {@link ActorNameTakenError}, and {@link ActorStoppedError} when the system is ending. */
	spawn<M>(factory: ActorFactory<M>, options: SpawnOptions = {}): ActorRef<M> {
		const {root} = this.#runtime;
		if (root.state === 'stopping' || root.state === 'stopped') throw new ActorStoppedError(root.ref.address);
		return root.spawn(factory, options);
	}

	/** The living actor of this system at a path such as `/router`. `M` is taken on trust. */
	lookup<M>(path: string): ActorRef<M> | undefined {
		return this.#runtime.lookup(path);
	}

	/** The ref of an address, of this system or a linked one. Always a ref: one that leads nowhere makes dead letters. */
	resolve<M>(address: Address<M>): ActorRef<M> {
		return this.#runtime.ref(address);
	}

	/** Calls back once when an actor ends, or soon if it has. The returned function calls it off. */
	watch(target: ActorRef<never>, onStopped: (reason: StopReason) => void): () => void {
		const {events} = this.#runtime;
		return this.#runtime.endpoint(target.address).watch(reason => events.guard(() => onStopped(reason)));
	}

	/** Stops an actor of this system or a linked one: what waits in its mailbox is lost, what it has in hand is finished. */
	stopActor(target: ActorRef<never>): Promise<StopReason> {
		const endpoint = this.#runtime.endpoint(target.address);
		return new Promise(resolve => {
			endpoint.watch(resolve);
			endpoint.stop();
		});
	}

	/** As {@link ActorContext.reply}. */
	reply<R>(to: ReplyTo<R>, answer: R, transfer: Transfer = []): void {
		this.#runtime.reply(to, answer, transfer);
	}

	/** As {@link ActorContext.reject}. */
	reject<R>(to: ReplyTo<R>, error: Error): void {
		this.#runtime.reject(to, error);
	}

	/** Joins this system with the one at the other end of the port, which does the same. From here on the port is the link's. */
	connect(port: MessagePort, options: LinkOptions = {}): ThreadLink {
		return new Link(this.#runtime, port, options);
	}

	/** Listens to failures, restarts, deaths, dead letters and links. The returned function ends it. */
	observe(listener: SystemListener): () => void {
		return this.#runtime.events.listen(listener);
	}

	/** Dead letters since the start, by reason. */
	get deadLetters(): Readonly<Record<DeadLetterReason, number>> {
		return this.#runtime.events.deadLetters;
	}

	/** The figures of all actors that have not ended. */
	metrics(): readonly ActorMetrics[] {
		return this.#runtime.metrics();
	}

	/**
	 * Stops all actors, children before parents and the youngest first, then fails open asks and closes the links. What is not
	 * done after `deadlineMs` (@default 5000) is abandoned. Calling it again waits for the same end.
	 */
	async stop({deadlineMs = 5000}: {readonly deadlineMs?: number} = {}): Promise<void> {
		await this.#runtime.stop(deadlineMs);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}
}
