import {ThreadraftError} from '../../src/base/errors.js';

/** The actor is not running: it was stopped, it has failed for good, or it never ran. A message to it is a dead letter. */
export class ActorStoppedError extends ThreadraftError {
	override readonly name = 'ActorStoppedError';
	readonly code = 'ERR_ACTOR_STOPPED';
	readonly address: string;

	constructor(address: string) {
		super(`actor ${address} is not running: it has ended, or is ending`);
		this.address = address;
	}
}

/** The actor threw while it held the message, so how far it got is not known. */
export class ActorFailedError extends ThreadraftError {
	override readonly name = 'ActorFailedError';
	readonly code = 'ERR_ACTOR_FAILED';
	readonly address: string;

	constructor(address: string, cause: unknown) {
		super(`actor ${address} failed (see cause); whether it carried the request out is not known`, {cause});
		this.address = address;
	}
}

/** The mailbox had no room. The message was not handled: try again later, send less, or give it more capacity. */
export class MailboxFullError extends ThreadraftError {
	override readonly name = 'MailboxFullError';
	readonly code = 'ERR_MAILBOX_FULL';
	readonly address: string;
	readonly capacity: number;

	constructor(address: string, capacity: number) {
		super(`the mailbox of ${address} already holds ${capacity} messages: send less, or raise its capacity`);
		this.address = address;
		this.capacity = capacity;
	}
}

/** No answer will come, and `cause` says why. Only a full mailbox proves that nothing was done. */
export class AskFailedError extends ThreadraftError {
	override readonly name = 'AskFailedError';
	readonly code = 'ERR_ASK_FAILED';
	readonly address: string;

	constructor(address: string, cause: Error) {
		super(`ask to ${address} failed: ${cause.message}`, {cause});
		this.address = address;
	}
}

/** No answer came in time; it may still have been carried out. */
export class AskTimeoutError extends ThreadraftError {
	override readonly name = 'AskTimeoutError';
	readonly code = 'ERR_ASK_TIMEOUT';
	readonly address: string;
	readonly timeoutMs: number;

	constructor(address: string, timeoutMs: number) {
		super(`no answer from ${address} within ${timeoutMs} ms; it may still be carried out`);
		this.address = address;
		this.timeoutMs = timeoutMs;
	}
}

/** A living sibling has this name. */
export class ActorNameTakenError extends ThreadraftError {
	override readonly name = 'ActorNameTakenError';
	readonly code = 'ERR_ACTOR_NAME_TAKEN';
	readonly path: string;

	constructor(path: string) {
		super(`${path} is in use: stop that actor first, or choose another name`);
		this.path = path;
	}
}
