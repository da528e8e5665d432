/** What an actor is, and what its runtime gives to it. Nothing here runs. */
import type {ReplyTo} from './ask.js';
import type {Restart, StopReason} from './lifecycle.js';
import type {MailboxOptions} from './mailbox.js';
import type {ActorRef} from './ref.js';
import type {Supervision, SupervisionOptions} from './supervision.js';
import type {Timers} from './timers.js';

/**
 * Something with a mailbox. One call at a time: while a returned promise is pending, nothing else of this actor is called.
 * A throw or a rejection is a failure, which {@link SupervisionOptions} decides upon; the message is not seen again.
 */
export interface Actor<M> {
	/** Handles one message. A returned promise holds up the next one. */
	receive(message: M, context: ActorContext<M>): void | Promise<void>;
	/** Before the first message of each incarnation. */
	started?(context: ActorContext<M>): void | Promise<void>;
	/** The last call to this incarnation when it failed and another will follow. Its children are stopped by now. */
	restarting?(restart: Restart, context: ActorContext<M>): void | Promise<void>;
	/** The last call of all. Its children are stopped by now. A failure in here is reported and changes nothing. */
	stopped?(reason: StopReason, context: ActorContext<M>): void | Promise<void>;
}

/** Makes one incarnation: called at the start and again at each restart. A throw counts as a failure of the actor. */
export type ActorFactory<M> = (context: ActorContext<M>) => Actor<M>;

/** How an actor is started. All of it can be left out. */
export interface SpawnOptions {
	/** One step of the path, unique among living siblings; no `/ # ? ~`. @default a number with `$` before it */
	readonly name?: string;
	readonly mailbox?: MailboxOptions;
	/** What to do when it fails; or the budget of restarts of an actor before it, which this one goes on with. */
	readonly supervision?: SupervisionOptions | Supervision;
	/**
	 * How long one phase of a stop or restart (a call under way; the last hook) may take, in ms. The runtime does not wait
	 * for a longer one, and ignores how it ends. @default 1000
	 */
	readonly stopDeadlineMs?: number;
}

/**
 * What one incarnation of an actor may do. Its children and timers end with it: after a restart the new incarnation sets
 * them up in `started`. An ended incarnation's `spawn` and timers throw `ActorStoppedError`.
 */
export interface ActorContext<M> {
	readonly self: ActorRef<M>;
	readonly timers: Timers<M>;
	/** Starts a child, which this actor supervises. Throws `ActorNameTakenError`. */
	spawn<C>(factory: ActorFactory<C>, options?: SpawnOptions): ActorRef<C>;
	/**
	 * Calls back once when the slice of work that this thread is doing ends; the same function once a slice. The place for
	 * what is better done for many messages together: one write, one message. A throw is a failure of the actor.
	 */
	atSliceEnd(callback: () => void): void;
	/** Answers an ask. An answer that nobody waits for any more is a dead letter. */
	reply<R>(to: ReplyTo<R>, answer: R): void;
	/** Answers an ask with an error, which its promise rejects with. */
	reject<R>(to: ReplyTo<R>, error: Error): void;
}
