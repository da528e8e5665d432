import type {StopReason} from './lifecycle.js';
import {Ask, type ReplyTo} from './ask.js';
import type {Clock} from './clock.js';
import type {Letter} from './mailbox.js';

/** How long to wait for an answer, and what goes along with the question. */
export interface AskOptions {
	/** Rejects with `AskTimeoutError` after this many ms. */
	readonly timeoutMs: number;
}

/** What stands behind a reference. */
export interface Endpoint {
	/** Never throws. False when the message was not accepted. */
	deliver(letter: Letter): boolean;
	stop(): void;
	/** Resolves when it has ended. */
	readonly ended: Promise<StopReason>;
}

/** The way to an actor of this thread. A message is not copied: it belongs to the receiver once it is sent. */
export class ActorRef<in M> {
	/** For people: the system's name, the path, and a number that no other actor of the system ever has. */
	readonly address: string;
	/**
	 * Sends and forgets. At most once, and in order between one sender and one actor. Never throws: what is not handled is a
	 * dead letter. Returns false when it is already known that it was not accepted; true promises nothing.
	 */
	readonly tell: (message: M) => boolean;
	readonly #endpoint: Endpoint;
	readonly #clock: Clock;

	/** @internal */
	constructor(address: string, endpoint: Endpoint, clock: Clock) {
		this.address = address;
		this.#endpoint = endpoint;
		this.#clock = clock;
		this.tell = message => endpoint.deliver({message, ask: undefined});
	}

	/**
	 * Sends a message that carries where to answer, and waits for the answer. The promise always settles. It rejects with
	 * what the callee rejects with; with `AskTimeoutError`; or at once with `AskFailedError` when no answer can come: the
	 * callee has ended, ends, fails with the message in hand, or has no room.
	 */
	ask<R>(makeMessage: (replyTo: ReplyTo<R>) => M, {timeoutMs}: AskOptions): Promise<R> {
		return new Promise((resolve, reject) => {
			const ask = new Ask(this.address, {resolve: resolve as (answer: unknown) => void, reject});
			// Made first: when this throws, the promise rejects with it and nothing has been set up.
			const message = makeMessage(ask.replyTo());
			ask.expireAfter(timeoutMs, this.#clock);
			this.#endpoint.deliver({message, ask});
		});
	}

	/**
	 * Stops it: what waits in its mailbox is lost, what it has in hand is finished, its children end before it. Resolves
	 * when it has ended. An actor must not wait for its own end inside of a call: it ends only after that call.
	 */
	stop(): Promise<StopReason> {
		this.#endpoint.stop();
		return this.#endpoint.ended;
	}
}
