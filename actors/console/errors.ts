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

/** What is known of a command that nobody waits for any more. `none`: nothing has changed, and nothing will. */
export type PossibleEffect = 'none' | 'unknown';

/** No answer in time. A command that changes something may have been carried out, or may yet be. */
export class CommandDeadlineError extends ThreadraftError {
	override readonly name = 'CommandDeadlineError';
	readonly code = 'ERR_COMMAND_DEADLINE';
	readonly deadlineMs: number;

	constructor(deadlineMs: number, effect: PossibleEffect) {
		super(
			`no answer within ${deadlineMs} ms${effect === 'none' ? '' : ', and it may still take effect'}: look with "status" whether a majority of the nodes is up and connected`,
		);
		this.deadlineMs = deadlineMs;
	}
}

/** The user did not want to wait any longer. */
export class CommandCancelledError extends ThreadraftError {
	override readonly name = 'CommandCancelledError';
	readonly code = 'ERR_COMMAND_CANCELLED';

	constructor(effect: PossibleEffect) {
		super(effect === 'none' ? 'cancelled' : 'cancelled; it may still take effect');
	}
}

/** Its turn did not come: the commands before it were not answered. Nothing has changed. */
export class CommandNotBegunError extends ThreadraftError {
	override readonly name = 'CommandNotBegunError';
	readonly code = 'ERR_COMMAND_NOT_BEGUN';

	constructor(deadlineMs: number) {
		super(
			`not begun within ${deadlineMs} ms, because a command before it still waits: nothing has changed by this one`,
		);
	}
}

/** What the clients of a load saw is not linearizable, or could not be judged. */
export class HistoryVerdictError extends ThreadraftError {
	override readonly name = 'HistoryVerdictError';
	readonly code = 'ERR_HISTORY_VERDICT';
}
