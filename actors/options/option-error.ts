import {inspect} from 'node:util';
import {ThreadraftError} from '../../src/base/errors.js';

/** What an `OptionError` says, for programs. */
export interface OptionFacts {
	/** Its name, such as `limits.heartbeatMs`. */
	readonly option: string;
	/** What may stand there, in words; for an option that does not exist, which do. */
	readonly allowed: string;
	readonly given: unknown;
}

/** An option or an argument cannot be used as it is given. Nothing was begun. */
export class OptionError extends ThreadraftError implements OptionFacts {
	override readonly name = 'OptionError';
	readonly code = 'ERR_OPTION';
	readonly option: string;
	readonly allowed: string;
	readonly given: unknown;

	constructor(message: string, {option, allowed, given}: OptionFacts) {
		super(message);
		this.option = option;
		this.allowed = allowed;
		this.given = given;
	}

	/** For a value that cannot stand there. */
	static value(option: string, allowed: string, given: unknown): OptionError {
		const shown = inspect(given, {depth: 1, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 9});
		return new OptionError(`${option} must be ${allowed}, not ${shown}`, {option, allowed, given});
	}

	/** For an option that does not exist. */
	static unknown(option: string, allowed: string, given: unknown): OptionError {
		return new OptionError(`there is no option ${option}: ${allowed}`, {option, allowed, given});
	}
}
