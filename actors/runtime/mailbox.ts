import {assert} from '../../src/base/errors.js';
import type {AskHandle, Envelope} from './endpoint.js';
import {Queue} from '../../src/base/queue.js';

/**
 * What a full mailbox does. All three make a dead letter of the message that is lost, and reject its ask at once.
 * `dropNewest` loses the message that comes, `dropOldest` the one that has waited longest; `reject` is `dropNewest` that
 * also tells the sender, whose `tell` returns false. A sender on another thread is never told.
 */
export type Overflow = 'dropNewest' | 'dropOldest' | 'reject';

export interface MailboxOptions {
	/** User messages that may wait, from 1. @default 10000 */
	readonly capacity?: number;
	/** @default 'reject' */
	readonly overflow?: Overflow;
}

/** A user message that waits. */
export interface Letter {
	readonly message: unknown;
	readonly ask: AskHandle | undefined;
	readonly enqueuedMs: number;
}

/** A message of the runtime to the actor: a timer or a death. Opened at delivery: by then it may have been called off. */
export interface Notice {
	open(): {readonly message: unknown} | undefined;
}

/**
 * ```
 *  system lane   control   handled by the runtime itself, also while a receive is suspended
 *                notices   handled by the actor, before any user message     (neither is bounded, neither is ever dropped;
 *  user lane     letters   bounded                                            a timer has one notice on its way at most)
 * ```
 */
export class Mailbox<Control> {
	readonly control = new Queue<Control>();
	readonly notices = new Queue<Notice>();
	readonly letters = new Queue<Letter>();
	readonly capacity: number;
	readonly overflow: Overflow;

	constructor({capacity = 10_000, overflow = 'reject'}: MailboxOptions) {
		assert(capacity >= 1, 'a mailbox holds at least one message');
		this.capacity = capacity;
		this.overflow = overflow;
	}

	/** Takes a user message in, and returns the letter that was lost for it, which may be this very one. */
	offer({message, ask}: Envelope, enqueuedMs: number): {readonly lost: Letter | undefined; readonly accepted: boolean} {
		const letter: Letter = {message, ask, enqueuedMs};
		if (this.letters.length < this.capacity) {
			this.letters.push(letter);
			return {lost: undefined, accepted: true};
		}
		if (this.overflow !== 'dropOldest') return {lost: letter, accepted: false};
		const lost = this.letters.shift();
		this.letters.push(letter);
		return {lost, accepted: true};
	}
}
