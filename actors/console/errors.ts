/** The console's own errors. Each message is one line that says what to do. */
import {ThreadraftError} from '../../src/base/errors.js';

/** A line that is no command. */
export class ConsoleSyntaxError extends ThreadraftError {
	override readonly name = 'ConsoleSyntaxError';
	readonly code = 'ERR_CONSOLE_SYNTAX';
}

/** The command makes sense and cannot be carried out now. */
export class CommandRefusedError extends ThreadraftError {
	override readonly name = 'CommandRefusedError';
	readonly code = 'ERR_COMMAND_REFUSED';
}

/** No answer in time. What changes something may have been carried out, or may yet be. */
export class CommandDeadlineError extends ThreadraftError {
	override readonly name = 'CommandDeadlineError';
	readonly code = 'ERR_COMMAND_DEADLINE';
	readonly deadlineMs: number;

	/** `mayTakeEffect`: it changes something. */
	constructor(deadlineMs: number, mayTakeEffect: boolean) {
		super(
			`no answer within ${deadlineMs} ms${mayTakeEffect ? ', and it may still take effect' : ''}: look with "status" whether a majority of the nodes is up and connected`,
		);
		this.deadlineMs = deadlineMs;
	}
}

/** The user did not want to wait any longer. */
export class CommandCancelledError extends ThreadraftError {
	override readonly name = 'CommandCancelledError';
	readonly code = 'ERR_COMMAND_CANCELLED';

	/** `mayTakeEffect`: it changes something. */
	constructor(mayTakeEffect: boolean) {
		super(mayTakeEffect ? 'cancelled; it may still take effect' : 'cancelled');
	}
}

/** What the clients of a load saw is not linearizable, or could not be judged. */
export class HistoryVerdictError extends ThreadraftError {
	override readonly name = 'HistoryVerdictError';
	readonly code = 'ERR_HISTORY_VERDICT';
}
