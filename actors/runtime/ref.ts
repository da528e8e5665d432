import type {Transfer} from './actor.js';
import type {Address, ReplyTo} from './address.js';
import type {Asks} from './asks.js';
import type {Endpoint} from './endpoint.js';

export interface AskOptions {
	/** Rejects with `AskTimeoutError` after this many ms. */
	readonly timeoutMs: number;
	readonly transfer?: Transfer;
}

/**
 * The way to an actor, of this thread or another. Refs are compared by their `address`, and travel as it.
 * A message belongs to the receiver once it is sent: within a thread it is the very same object, and across threads it is
 * cloned at the end of the turn.
 */
export class ActorRef<in M> {
	readonly address: Address<M>;
	/**
	 * Sends and forgets. At most once, and in order between one sender and one actor. Never throws: what is not handled is a
	 * dead letter. Returns false when it is already known that it was not accepted; true promises nothing.
	 *
	 * A property and not a method: a ref posted to another thread by mistake is then a clone error, not a dead object.
	 */
	readonly tell: (message: M, transfer?: Transfer) => boolean;
	readonly #endpoint: Endpoint;
	readonly #asks: Asks;

	constructor(address: Address<M>, endpoint: Endpoint, asks: Asks) {
		this.address = address;
		this.#endpoint = endpoint;
		this.#asks = asks;
		this.tell = (message, transfer = []) => endpoint.deliver({message, transfer, ask: undefined});
	}

	/**
	 * Sends a message that carries where to answer, and waits for the answer. The promise always settles. It rejects with
	 * what the callee rejects with; with `AskTimeoutError`; or at once with `AskFailedError` when no answer can come: the
	 * callee has ended, ends, fails with the message in hand, has no room, or its thread is gone.
	 */
	ask<R>(makeMessage: (replyTo: ReplyTo<R>) => M, options: AskOptions): Promise<R> {
		return this.#asks.ask(this.#endpoint, this.address, makeMessage, options);
	}

	toString(): string {
		return this.address;
	}
}
