import {assert} from '../../src/base/errors.js';
import type {ActorFactory, SpawnOptions} from './actor.js';
import {ActorCell} from './cell.js';
import {isActorName} from './children.js';
import {type Clock, systemClock} from './clock.js';
import {Dispatcher} from './dispatcher.js';
import {ActorStoppedError} from './errors.js';
import {Events, type SystemListener} from './events.js';
import type {StopReason} from './lifecycle.js';
import type {ActorRef} from './ref.js';

/** A system’s name, and the clock and chance that it uses. */
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
}

/**
 * All actors of one thread.
 *
 * ```
 *   thread "main"                                   thread "replica-1"
 *   ActorSystem ─┬─ /node-0 ── /node-0/life-1       ActorSystem ─┬─ /raft
 *                ├─ /node-1 ── /node-1/life-1                    └─ /kv
 *                └─ /node-2 ── /node-2/life-4
 * ```
 *
 * Delivery is at most once, in order from one sender to one actor. An actor has one message in hand at a time. The work of
 * all actors is done in slices, so that a flood of messages holds up neither timers nor control messages.
 */
export class ActorSystem {
	readonly #clock: Clock;
	readonly #events: Events;
	readonly #root: ActorCell;

	constructor({
		name,
		clock = systemClock,
		defer = callback => void setImmediate(callback),
		random = Math.random,
		sliceMs = 4,
	}: ActorSystemOptions) {
		assert(isActorName(name), 'a system name is not empty and has none of / # ? ~');
		this.#clock = clock;
		this.#events = new Events(defer);
		let uids = 0;
		const environment = {
			clock,
			random,
			events: this.#events,
			dispatcher: new Dispatcher(clock, defer, sliceMs),
			nextUid: () => ++uids,
		};
		// It only supervises: nobody is told its reference.
		const root: ActorFactory<unknown> = () => ({receive: () => undefined});
		this.#root = new ActorCell(environment, undefined, {path: '/', address: `${name}/#0`}, root, {});
	}

	/** Resolves when the system has ended: by {@link stop}, or because a failure was escalated by the topmost actors. */
	get terminated(): Promise<StopReason> {
		return this.#root.ended;
	}

	/** Starts a topmost actor. Throws `ActorNameTakenError`, and `ActorStoppedError` when the system is ending. */
	spawn<M>(factory: ActorFactory<M>, options: SpawnOptions = {}): ActorRef<M> {
		if (this.#root.isEnding) throw new ActorStoppedError(this.#root.ref.address);
		return this.#root.spawn(factory, options);
	}

	/** Listens, for as long as the system lives, to failures, restarts, ends and dead letters. */
	observe(listener: SystemListener): void {
		this.#events.listen(listener);
	}

	/**
	 * Stops all actors, children before parents and the youngest first; asks that they have not answered reject. Actors that
	 * have not ended after `deadlineMs` (@default 5000) are abandoned. Calling it again waits for the same end.
	 */
	async stop({deadlineMs = 5000}: {readonly deadlineMs?: number} = {}): Promise<void> {
		const cancel = this.#clock.setTimer(() => this.#root.abandon(), deadlineMs);
		await this.#root.ref.stop();
		cancel();
	}
}
