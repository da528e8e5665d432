import {askAddress, type ReplyTo} from './address.js';
import type {Clock} from './clock.js';
import type {Endpoint} from './endpoint.js';
import {AskFailedError, AskTimeoutError} from './errors.js';
import type {AskOptions} from './ref.js';

interface PendingAsk {
	readonly address: string;
	readonly resolve: (answer: unknown) => void;
	readonly reject: (error: Error) => void;
	readonly cancelTimer: () => void;
}

/** The asker's side: asks that were sent from this system and are not settled. */
export class Asks {
	readonly #systemId: string;
	readonly #clock: Clock;
	readonly #onSettled: (id: number, replyTo: string) => void;
	readonly #pending = new Map<number, PendingAsk>();
	#lastId = 0;

	/** `onSettled` is told of each ask that is settled, however that comes about, so that nobody keeps it in mind. */
	constructor(systemId: string, clock: Clock, onSettled: (id: number, replyTo: string) => void) {
		this.#systemId = systemId;
		this.#clock = clock;
		this.#onSettled = onSettled;
	}

	ask<R>(
		callee: Endpoint,
		address: string,
		makeMessage: (replyTo: ReplyTo<R>) => unknown,
		{timeoutMs, transfer = []}: AskOptions,
	): Promise<R> {
		const id = ++this.#lastId;
		const replyTo = askAddress<R>(this.#systemId, id);
		return new Promise((resolve, reject) => {
			// Made first: when this throws, the promise rejects with it and nothing has been set up.
			const message = makeMessage(replyTo);
			const cancelTimer = this.#clock.setTimer(
				() => this.reject(id, new AskTimeoutError(address, timeoutMs)),
				timeoutMs,
			);
			this.#pending.set(id, {address, resolve: resolve as (answer: unknown) => void, reject, cancelTimer});
			const fail = (cause: Error) => this.fail(id, cause);
			callee.deliver({message, transfer, ask: {id, replyTo, link: undefined, fail}});
		});
	}

	/** These three return false when nobody waits (any more). */
	resolve(id: number, answer: unknown): boolean {
		const pending = this.#settle(id);
		pending?.resolve(answer);
		return pending !== undefined;
	}

	/** With the callee's own error, or a timeout. */
	reject(id: number, error: Error): boolean {
		const pending = this.#settle(id);
		pending?.reject(error);
		return pending !== undefined;
	}

	/** Because no answer can come. */
	fail(id: number, cause: Error): boolean {
		const address = this.#pending.get(id)?.address;
		return address !== undefined && this.reject(id, new AskFailedError(address, cause));
	}

	failAll(cause: Error): void {
		for (const id of this.#pending.keys()) this.fail(id, cause);
	}

	#settle(id: number): PendingAsk | undefined {
		const pending = this.#pending.get(id);
		if (pending === undefined) return undefined;
		this.#pending.delete(id);
		pending.cancelTimer();
		this.#onSettled(id, askAddress(this.#systemId, id));
		return pending;
	}
}
