import type {StopReason, Transfer} from './actor.js';

/** The callee's side of an ask. */
export interface AskHandle {
	/** The number under which the asking system waits for the answer. */
	readonly id: number;
	/** A {@link ReplyTo}: the address that the answer is sent to. */
	readonly replyTo: string;
	/** The link that the ask came in by; undefined when the asker is on this thread. */
	readonly link: object | undefined;
	/** Rejects the ask with an `AskFailedError` that has this cause. Does nothing once the ask is settled. */
	fail(cause: Error): void;
}

/** A user message on its way. */
export interface Envelope {
	readonly message: unknown;
	readonly transfer: Transfer;
	/** Undefined for a `tell`. */
	readonly ask: AskHandle | undefined;
}

/** What stands behind a reference: an actor of this thread, the way to one of another thread, or nothing any more. */
export interface Endpoint {
	/** Never throws. False when it is known here that the message was not accepted. */
	deliver(envelope: Envelope): boolean;
	/** Calls back once, never within this call. The returned function calls it off. */
	watch(onStopped: (reason: StopReason) => void): () => void;
	stop(): void;
}
