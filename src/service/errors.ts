/** What a caller of the key/value service can meet. `outcome` always tells whether the operation may have taken effect. */
import {ThreadraftError} from '../base/errors.js';

/** `unknown`: it may have run, or may yet run. `notExecuted`: it did not and never will. */
export type FailedOutcome = 'unknown' | 'notExecuted';

/** The last thing that an operation heard before it failed. */
export type LastReply =
	| 'none'
	| 'notLeader'
	| 'unknown'
	| 'overloaded'
	| 'lost'
	| 'timeout'
	| 'sessionFull'
	| 'outOfOrder'
	| 'malformed';

const effect: Record<FailedOutcome, string> = {
	unknown: 'It may have taken effect: read the key before trying again.',
	notExecuted: 'It had no effect: it is safe to try again.',
};

/** An operation that a clerk gave up. */
export abstract class OperationError extends ThreadraftError {
	readonly outcome: FailedOutcome;

	constructor(message: string, outcome: FailedOutcome) {
		super(`${message} ${effect[outcome]}`);
		this.outcome = outcome;
	}
}

/** The deadline passed. */
export class TimeoutError extends OperationError {
	override readonly name = 'TimeoutError';
	readonly code = 'ERR_TIMEOUT';
	/** How often it was sent. */
	readonly attempts: number;
	readonly lastReply: LastReply;

	constructor(outcome: FailedOutcome, attempts: number, lastReply: LastReply) {
		const heard = lastReply === 'none' ? 'without any reply' : `the last reply was "${lastReply}"`;
		super(
			`No answer before the deadline, after ${attempts} attempts, ${heard}. Is a majority of the nodes up?`,
			outcome,
		);
		this.attempts = attempts;
		this.lastReply = lastReply;
	}
}

/** The servers forgot this client's session before they could tell whether a repeated request had run. */
export class SessionExpiredError extends OperationError {
	override readonly name = 'SessionExpiredError';
	readonly code = 'ERR_SESSION_EXPIRED';
	readonly session: number;

	constructor(session: number) {
		super(`Session ${session} expired while the operation was being repeated.`, 'unknown');
		this.session = session;
	}
}

/** More bytes than the clerk sends or the servers take in one request. */
export class ValueTooLargeError extends OperationError {
	override readonly name = 'ValueTooLargeError';
	readonly code = 'ERR_VALUE_TOO_LARGE';
	/** Bytes of the operation. */
	readonly byteLength: number;
	/** Bytes that a request may have. */
	readonly bytesMax: number;

	constructor(outcome: FailedOutcome, byteLength: number, bytesMax: number) {
		super(
			`The operation takes ${byteLength} bytes, and a request may have at most ${bytesMax}: store the value in parts, or name fewer keys at a time.`,
			outcome,
		);
		this.byteLength = byteLength;
		this.bytesMax = bytesMax;
	}
}

/** The state would grow beyond the memory that the cluster may use. */
export class OutOfMemoryError extends OperationError {
	override readonly name = 'OutOfMemoryError';
	readonly code = 'ERR_OUT_OF_MEMORY';

	constructor() {
		super(
			'The keys and values take as much memory as they may (option maxMemoryBytes): delete some, or raise it.',
			'notExecuted',
		);
	}
}

/** As many reads wait at the server for something to tell as may. */
export class TooManyWatchesError extends OperationError {
	override readonly name = 'TooManyWatchesError';
	readonly code = 'ERR_TOO_MANY_WATCHES';

	constructor() {
		super(
			'As many clients watch as one node serves at once: watch one prefix for several, or end watches that are not needed.',
			'notExecuted',
		);
	}
}

/** The servers do not understand the operation; another version of this package? */
export class MalformedError extends OperationError {
	override readonly name = 'MalformedError';
	readonly code = 'ERR_MALFORMED';

	constructor(outcome: FailedOutcome) {
		super('The servers refused the operation as malformed: do client and servers run the same version?', outcome);
	}
}

/** The clerk's own queue is full. */
export class OverloadedError extends OperationError {
	override readonly name = 'OverloadedError';
	readonly code = 'ERR_OVERLOADED';
	/** Operations that wait already. */
	readonly waiting: number;

	constructor(waiting: number) {
		super(`${waiting} operations wait already: submit fewer at a time.`, 'notExecuted');
		this.waiting = waiting;
	}
}

/** The signal of the operation was aborted; `cause` is the signal's reason. */
export class OperationAbortedError extends OperationError {
	override readonly name = 'OperationAbortedError';
	readonly code = 'ERR_ABORTED';

	constructor(outcome: FailedOutcome, reason: unknown) {
		super('The operation was aborted by its signal.', outcome);
		this.cause = reason;
	}
}

export class ClerkClosedError extends OperationError {
	override readonly name = 'ClerkClosedError';
	readonly code = 'ERR_CLERK_CLOSED';

	constructor(outcome: FailedOutcome) {
		super('The clerk was closed.', outcome);
	}
}

/** A snapshot that cannot be the state: cut, damaged, or of another version. */
export class SnapshotFormatError extends ThreadraftError {
	override readonly name = 'SnapshotFormatError';
	readonly code = 'ERR_SNAPSHOT_FORMAT';
	/** The name of the machine that it is of, where that is another one. */
	readonly machine: string | undefined;

	constructor(whatIsWrong: string, machine?: string) {
		super(
			`The snapshot is unusable: ${whatIsWrong}. "threadraft verify" tells which file it is; do not wipe the node's data.`,
		);
		this.machine = machine;
	}
}
