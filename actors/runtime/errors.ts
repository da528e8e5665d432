import {ThreadraftError} from '../../src/base/errors.js';

/** The actor is not there any more: stopped, failed for good, or never was. What was sent to it is a dead letter. */
export class ActorStoppedError extends ThreadraftError {
	override readonly name = 'ActorStoppedError';
	readonly code = 'ERR_ACTOR_STOPPED';
	readonly address: string;

	constructor(address: string) {
		super(`actor ${address} is not running: watch it to learn of its end, and look it up again`);
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
		super(`the way to ${address} already holds ${capacity} messages: send less, or raise its capacity`);
		this.address = address;
		this.capacity = capacity;
	}
}

/** The thread at the other end of a link is gone, or was never linked. */
export class LinkClosedError extends ThreadraftError {
	override readonly name = 'LinkClosedError';
	readonly code = 'ERR_LINK_CLOSED';
	readonly systemId: string;

	constructor(systemId: string) {
		super(`no link to system ${systemId}: its thread has ended or was never connected`);
		this.systemId = systemId;
	}
}

/** A message holds something that cannot cross to another thread (a function, a reference, a port not in the transfer list). */
export class NotCloneableError extends ThreadraftError {
	override readonly name = 'NotCloneableError';
	readonly code = 'ERR_NOT_CLONEABLE';
	readonly address: string;

	constructor(address: string, cause: unknown) {
		super(`a message to ${address} cannot be cloned (see cause): send plain data, and ref.address instead of a ref`, {
			cause,
		});
		this.address = address;
	}
}

/** No answer will come, and `cause` says why. Only a full mailbox or an uncloneable message prove that nothing was done. */
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

/** No actor has this path (now). */
export class ActorNotFoundError extends ThreadraftError {
	override readonly name = 'ActorNotFoundError';
	readonly code = 'ERR_ACTOR_NOT_FOUND';
	readonly path: string;

	constructor(path: string) {
		super(`no actor at ${path}: spawn it before the link is made, or look again later`);
		this.path = path;
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

/** An error of another thread whose class is not known here. */
export class RemoteError extends ThreadraftError {
	override readonly name = 'RemoteError';
	readonly code: `ERR_${string}`;
	/** The `name` that it had over there. */
	readonly remoteName: string;

	constructor(remoteName: string, code: `ERR_${string}`, message: string, options: ErrorOptions) {
		super(message, options);
		this.remoteName = remoteName;
		this.code = code;
	}
}
