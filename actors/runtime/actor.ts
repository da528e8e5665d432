import type {TransferListItem} from 'node:worker_threads';
import type {ReplyTo} from './address.js';
import type {MailboxOptions} from './mailbox.js';
import type {ActorRef} from './ref.js';
import type {SupervisionOptions} from './supervision.js';
import type {ActorSystem} from './system.js';
import type {Timers} from './timers.js';

/** What moves to the other thread instead of being copied. Within a thread nothing is copied, and the list is ignored. */
export type Transfer = readonly TransferListItem[];

/** Why an actor is no more. */
export type StopReason =
	/** It stopped itself, or its parent, its system or someone with a reference stopped it. */
	| {readonly type: 'stopped'}
	/** It threw, and its supervision did not restart it (any more). */
	| {readonly type: 'failed'; readonly error: unknown}
	/** It had ended before it was watched, or never was. */
	| {readonly type: 'notFound'}
	/** Its thread ended, or the link to it was closed. */
	| {readonly type: 'unreachable'};

/**
 * Something with a mailbox. One call at a time: while a returned promise is pending, nothing else of this actor is called.
 * A throw or a rejection is a failure, which {@link SupervisionOptions} decides upon; the message is not seen again.
 */
export interface Actor<M> {
	receive(message: M, context: ActorContext<M>): void | Promise<void>;
	/** Before the first message of each incarnation. */
	started?(context: ActorContext<M>): void | Promise<void>;
	/** The last call to this incarnation when it failed and another will follow. Its children are stopped by now. */
	restarting?(error: unknown, context: ActorContext<M>): void | Promise<void>;
	/** The last call of all. Its children are stopped by now. A failure in here is reported and changes nothing. */
	stopped?(reason: StopReason, context: ActorContext<M>): void | Promise<void>;
}

/** Makes one incarnation: called at the start and again at each restart. A throw counts as a failure of the actor. */
export type ActorFactory<M> = (context: ActorContext<M>) => Actor<M>;

export interface SpawnOptions {
	/** One step of the path, unique among living siblings; no `/ # ? ~`. @default a number with `$` before it */
	readonly name?: string;
	readonly mailbox?: MailboxOptions;
	readonly supervision?: SupervisionOptions;
	/** How long one phase of a stop or restart (a `receive` under way; the last hook) may take, in ms. @default 1000 */
	readonly stopDeadlineMs?: number;
}

/**
 * What one incarnation of an actor may do. Its children, timers and watches end with it: after a restart the new incarnation
 * sets them up in `started`. An ended incarnation's `spawn`, `watch` and timers throw {@link ActorStoppedError}.
 */
export interface ActorContext<M> {
	readonly self: ActorRef<M>;
	readonly system: ActorSystem;
	readonly timers: Timers<M>;
	/** Starts a child, which this actor supervises. Throws {@link ActorNameTakenError}. */
	spawn<C>(factory: ActorFactory<C>, options?: SpawnOptions): ActorRef<C>;
	/**
	 * Delivers `notice` once, when the actor ends, or soon if it has ended already: ahead of user messages and never
	 * dropped. Restarts do not count as an end. Watching again replaces the notice.
	 */
	watch(target: ActorRef<never>, notice: (reason: StopReason) => M): void;
	/** From here on no notice comes, not even one that is on its way. */
	unwatch(target: ActorRef<never>): void;
	/** Stops a child, or this actor itself, after the current message. */
	stop(child?: ActorRef<never>): void;
	/**
	 * Calls back once when the slice of work that this thread is doing ends; the same function once a slice. The place for
	 * what is better done for many messages together: one write, one message.
	 */
	atSliceEnd(callback: () => void): void;
	/** Answers an ask. An answer that nobody waits for any more is a dead letter. */
	reply<R>(to: ReplyTo<R>, answer: R, transfer?: Transfer): void;
	/** Answers an ask with an error, which its promise rejects with. Across threads see `encodeError`. */
	reject<R>(to: ReplyTo<R>, error: Error): void;
}
