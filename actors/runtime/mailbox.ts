import {assert} from '../../src/base/errors.js';
import {Queue} from '../../src/base/queue.js';
import type {Ask} from './ask.js';

/** How much a mailbox holds, and what happens beyond. All of it can be left out. */
export interface MailboxOptions {
	/**
	 * User messages that may wait, from 1. One more is refused: it is a dead letter, its `tell` returns false, its ask
	 * rejects at once. @default 10000
	 */
	readonly capacity?: number;
}

/** A user message. */
export interface Letter {
	readonly message: unknown;
	/** Undefined for a `tell`. */
	readonly ask: Ask | undefined;
}

/** A message of the runtime to the actor: a timer. Opened at delivery: by then it may have been called off. */
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

	constructor({capacity = 10_000}: MailboxOptions) {
		assert(capacity >= 1, 'a mailbox holds at least one message');
		this.capacity = capacity;
	}

	/** Takes a user message in, unless it is full. */
	offer(letter: Letter): boolean {
		if (this.letters.length >= this.capacity) return false;
		this.letters.push(letter);
		return true;
	}
}
