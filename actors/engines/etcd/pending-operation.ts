/** An operation that somebody waits for, until it is settled once: by its result, an error, its deadline, or its signal. */
import {
	type FailedOutcome,
	type LastReply,
	OperationAbortedError,
	type OperationError,
	TimeoutError,
} from '../../../src/service/errors.js';
import type {Result} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import {onAbort} from '../../on-abort.js';

export class PendingOperation<T> {
	readonly operation: T;
	readonly result: Promise<Result>;
	attempts = 0;
	lastReply: LastReply = 'none';
	/** Why the last attempt failed, in words. */
	lastReason: string | undefined;
	/** An attempt may have carried it out, or may yet. */
	mayHaveRun = false;
	readonly #timer: NodeJS.Timeout;
	#resolve: (result: Result) => void = () => undefined;
	#reject: (error: OperationError) => void = () => undefined;
	#isSettled = false;

	/** Listens no more to its signal. */
	readonly #release: (() => void) | undefined;

	constructor(operation: T, timeoutMs: Milliseconds, signal?: AbortSignal) {
		this.operation = operation;
		this.#release = signal && onAbort(signal, () => this.fail(new OperationAbortedError(this.outcome, signal.reason)));
		this.result = new Promise((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		this.#timer = setTimeout(() => {
			const error = new TimeoutError(this.outcome, this.attempts, this.lastReply);
			if (this.lastReason !== undefined) error.cause = new Error(this.lastReason);
			this.fail(error);
		}, timeoutMs);
	}

	get isSettled(): boolean {
		return this.#isSettled;
	}

	get outcome(): FailedOutcome {
		return this.mayHaveRun ? 'unknown' : 'notExecuted';
	}

	complete(result: Result): void {
		this.#settle();
		this.#resolve(result);
	}

	fail(error: OperationError): void {
		this.#settle();
		this.#reject(error);
	}

	#settle(): void {
		this.#isSettled = true;
		clearTimeout(this.#timer);
		this.#release?.();
	}
}
