import type {StopReason} from './lifecycle.js';

/** Why a message was not handled. */
export type DeadLetterReason =
	/** The actor had ended or was ending, or ended with the message still waiting. */
	| 'stopped'
	/** The mailbox was full. */
	| 'overflow'
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
	| {readonly type: 'endFailed'; readonly address: string; readonly error: unknown};

/** Is told of what happens in a system, at once. The system does not catch its errors. */
export type SystemListener = (event: SystemEvent) => void;

/** Tells listeners. A listener that throws is a bug of its owner and must not break an actor. */
export class Events {
	readonly #listeners = new Set<SystemListener>();
	readonly #defer: (callback: () => void) => void;

	constructor(defer: (callback: () => void) => void) {
		this.#defer = defer;
	}

	listen(listener: SystemListener): void {
		this.#listeners.add(listener);
	}

	/** What a listener throws surfaces as an uncaught exception, outside of the runtime's own stack. */
	emit(event: SystemEvent): void {
		for (const listener of this.#listeners) {
			try {
				listener(event);
			} catch (error) {
				this.#defer(() => {
					throw error;
				});
			}
		}
	}

	deadLetter(reason: DeadLetterReason, address: string, message: unknown): void {
		this.emit({type: 'deadLetter', reason, address, message});
	}
}
