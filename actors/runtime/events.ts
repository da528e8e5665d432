import type {StopReason} from './actor.js';

/** Why a message was not handled. */
export type DeadLetterReason =
	/** The actor had ended or was ending, or ended with the message still waiting. */
	| 'stopped'
	/** A mailbox, or the window of a link, was full. */
	| 'overflow'
	/** The thread of the actor is gone, or no link leads to it. */
	| 'unreachable'
	/** The message cannot be cloned to another thread. */
	| 'notCloneable'
	/** The answer to an ask that had been settled: it timed out, failed, or was answered before. */
	| 'lateReply';

/** What a system reports about itself. `address` names the actor. */
export type SystemEvent =
	| {
			readonly type: 'deadLetter';
			readonly reason: DeadLetterReason;
			readonly address: string;
			readonly message: unknown;
	  }
	| {readonly type: 'failed'; readonly address: string; readonly error: unknown}
	/** `restarts` counts this one; the new incarnation starts after `delayMs` of backoff. */
	| {
			readonly type: 'restarting';
			readonly address: string;
			readonly error: unknown;
			readonly restarts: number;
			readonly delayMs: number;
	  }
	/** The restart budget is spent or the strategy says so: now the actor above it fails with this error. */
	| {readonly type: 'escalated'; readonly address: string; readonly error: unknown}
	| {readonly type: 'stopped'; readonly address: string; readonly reason: StopReason}
	/** A `receive` or hook that did not settle within the deadline; the stop or restart goes on without it. */
	| {readonly type: 'abandoned'; readonly address: string}
	/** An actor that was ending threw once more. */
	| {readonly type: 'endFailed'; readonly address: string; readonly error: unknown}
	| {readonly type: 'linkOpened'; readonly peer: string}
	/** `peer` is empty when the other end never said who it is; `error` is set when unreadable bytes closed it. */
	| {readonly type: 'linkClosed'; readonly peer: string; readonly error: unknown};

export type SystemListener = (event: SystemEvent) => void;

/** Counts dead letters and tells listeners. A listener that throws is a bug of its owner and must not break an actor. */
export class Events {
	readonly #listeners = new Set<SystemListener>();
	readonly #defer: (callback: () => void) => void;
	readonly #deadLetters: Record<DeadLetterReason, number> = {
		stopped: 0,
		overflow: 0,
		unreachable: 0,
		notCloneable: 0,
		lateReply: 0,
	};

	constructor(defer: (callback: () => void) => void) {
		this.#defer = defer;
	}

	get deadLetters(): Readonly<Record<DeadLetterReason, number>> {
		return {...this.#deadLetters};
	}

	listen(listener: SystemListener): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	emit(event: SystemEvent): void {
		for (const listener of this.#listeners) this.guard(() => listener(event));
	}

	deadLetter(reason: DeadLetterReason, address: string, message: unknown): void {
		this.#deadLetters[reason]++;
		this.emit({type: 'deadLetter', reason, address, message});
	}

	/** Runs a callback of the outside; what it throws surfaces as an uncaught exception, outside of the runtime's own stack. */
	guard(callback: () => void): void {
		try {
			callback();
		} catch (error) {
			this.#defer(() => {
				throw error;
			});
		}
	}
}
