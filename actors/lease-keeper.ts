/** Keeps a lease alive, and tells when it may be lost. */
import {ThreadraftError} from '../src/base/errors.js';
import type {LeaseId} from '../src/kv/types.js';
import {LeaseLostError} from './lease-lost.js';
import {onAbort} from './on-abort.js';

/** What is to be kept. */
interface Kept {
	readonly id: LeaseId;
	readonly ttlMs: number;
	readonly keepAlive: (options: {readonly signal: AbortSignal}) => Promise<unknown>;
	/** On `performance.now`: it is there at least until then. */
	readonly heldUntil: () => number;
}

/** Renewals in one of its times, so that two may be lost. */
const renewalsPerTtl = 3;
/** Between two that failed. */
const retryMs = 50;

/** Of `Lease.keep`. It ends with `close`, with the `signal` that it was given, and when the lease is lost. */
export class LeaseKeeper implements Disposable {
	readonly #lease: Kept;
	readonly #lost = new AbortController();
	readonly #closed = new AbortController();
	/** Listens no more to the signal that it was given. */
	#release: (() => void) | undefined;
	#timer: NodeJS.Timeout | undefined;

	/** @internal */
	constructor(lease: Kept, signal: AbortSignal | undefined) {
		this.#lease = lease;
		if (signal?.aborted === true) this.close();
		else {
			this.#release = signal && onAbort(signal, () => this.close());
			this.#schedule(lease.ttlMs / renewalsPerTtl);
		}
	}

	/** Aborted when the lease may be over, with a `LeaseLostError` for its reason: once, and never because of `close`. */
	get signal(): AbortSignal {
		return this.#lost.signal;
	}

	/** Whether it is known that the lease is there now: also where this thread was busy, and `signal` could not be aborted in time. */
	get isHeld(): boolean {
		return !this.#lost.signal.aborted && performance.now() < this.#lease.heldUntil();
	}

	/** Keeps it alive no more: it is over when its time has passed. To end it now, revoke it. */
	close(): void {
		this.#stop();
		this.#closed.abort();
	}

	/** The same as `close`, for `using`. */
	[Symbol.dispose](): void {
		this.close();
	}

	#stop(): void {
		clearTimeout(this.#timer);
		this.#release?.();
	}

	#schedule(delayMs: number): void {
		const leftMs = this.#lease.heldUntil() - performance.now();
		// It keeps no process alive that has nothing else to do.
		this.#timer = setTimeout(() => void this.#renew(), Math.max(0, Math.min(delayMs, leftMs))).unref();
	}

	async #renew(): Promise<void> {
		const {id, ttlMs, keepAlive, heldUntil} = this.#lease;
		const leftMs = heldUntil() - performance.now();
		if (leftMs <= 0) return this.#lose(new LeaseLostError(id, 'no answer has come in all of its time'));
		try {
			await keepAlive({signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(Math.ceil(leftMs))])});
			if (!this.#closed.signal.aborted) this.#schedule(ttlMs / renewalsPerTtl);
		} catch (error) {
			if (this.#closed.signal.aborted) return;
			if (error instanceof LeaseLostError) return this.#lose(error);
			if (isFinal(error)) return this.#lose(new LeaseLostError(id, 'it cannot be kept alive', {cause: error}));
			this.#schedule(retryMs);
		}
	}

	#lose(error: LeaseLostError): void {
		this.#stop();
		this.#lost.abort(error);
	}
}

/** No other attempt can succeed. */
const isFinal = (error: unknown): boolean =>
	!(error instanceof ThreadraftError) ||
	error.code === 'ERR_CLERK_CLOSED' ||
	error.code === 'ERR_UNSUPPORTED_OPERATION' ||
	error.code === 'ERR_OPTION';
