import type {Clock} from './clock.js';
import {AskFailedError, AskTimeoutError} from './errors.js';

declare const awaits: unique symbol;

/** One ask that waits for its answer: what a callee is given to reply to. */
export interface ReplyTo<in R> {
	/** In types alone, for the type of the answer. */
	readonly [awaits]: (answer: R) => void;
}

/** The end of an ask where its promise is settled. */
interface Asker {
	readonly resolve: (answer: unknown) => void;
	readonly reject: (error: Error) => void;
}

/** One ask, from its sending until it is settled: answered, rejected, failed, or timed out. */
export class Ask {
	/** Of the callee. */
	readonly address: string;
	/** Undefined once it is settled. */
	#asker: Asker | undefined;
	#cancelTimer = (): void => undefined;
	#forget = (): void => undefined;

	constructor(address: string, asker: Asker) {
		this.address = address;
		this.#asker = asker;
	}

	static of<R>(replyTo: ReplyTo<R>): Ask {
		return replyTo as unknown as Ask;
	}

	/** `R` is what the callee's message says. */
	replyTo<R>(): ReplyTo<R> {
		return this as unknown as ReplyTo<R>;
	}

	expireAfter(timeoutMs: number, clock: Clock): void {
		this.#cancelTimer = clock.setTimer(() => this.reject(new AskTimeoutError(this.address, timeoutMs)), timeoutMs);
	}

	/** `forget` is called once it is settled, however that comes about, so that nobody keeps it in mind. */
	whenSettled(forget: () => void): void {
		this.#forget = forget;
	}

	/** These three return false when nobody waits (any more). */
	resolve(answer: unknown): boolean {
		return this.#settle(asker => asker.resolve(answer));
	}

	/** With the callee's own error, or a timeout. */
	reject(error: Error): boolean {
		return this.#settle(asker => asker.reject(error));
	}

	/** Because no answer can come. */
	fail(cause: Error): boolean {
		return this.reject(new AskFailedError(this.address, cause));
	}

	#settle(how: (asker: Asker) => void): boolean {
		const asker = this.#asker;
		if (asker === undefined) return false;
		this.#asker = undefined;
		this.#cancelTimer();
		this.#forget();
		how(asker);
		return true;
	}
}
