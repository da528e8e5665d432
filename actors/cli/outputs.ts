/**
 * What becomes of a command whose output cannot be written. Node ends a process that nobody has prepared for that with a stack
 * and status 1, which of `check`, `verify` and `simulate` means that they found something.
 */
import type {Writable} from 'node:stream';
import {codeOf} from '../../src/storage/error-code.js';

/** EX_IOERR of sysexits.h: no command uses it for anything else. */
const outputFailedStatus = 74;

export interface WatchedOutputs {
	/** When all is written, or has failed to be: the exit status of a command that ended with this one. */
	statusAfter(status: number): Promise<number>;
}

/**
 * A reader that has seen enough, such as `head`, is no failure: the command goes on, and its exit status stays that of its
 * work. Any other reason, such as a full disk, is told in one line, and a command that found nothing wrong ends with
 * {@link outputFailedStatus}.
 */
export function watchOutputs(output: Writable, errors: Writable): WatchedOutputs {
	let hasFailed = false;
	output.on('error', (error: Error) => {
		if (codeOf(error) === 'EPIPE' || hasFailed) return;
		hasFailed = true;
		errors.write(`threadraft: the output cannot be written: ${error.message}\n`);
	});
	// There is no other place to tell it.
	errors.on('error', () => undefined);
	return {
		statusAfter: async status => {
			await new Promise(resolve => output.write('', resolve));
			return hasFailed && status === 0 ? outputFailedStatus : status;
		},
	};
}
