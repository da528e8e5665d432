/** What a started cluster does until its end: a console, a script, or nothing but to serve. */
import type {ConsoleTarget} from '../console/console-target.js';
import type {StartOptions} from '../console/command-line.js';
import {runConsole} from '../console/console.js';
import type {Notices} from '../console/notices.js';
import {historyPath} from './history-path.js';
import {standardInput} from './standard-input.js';

/** What a shell shows for a process that ended by this signal. */
const signalStatus = {SIGHUP: 129, SIGINT: 130, SIGTERM: 143} as const;

/** Resolves with the exit status when the input has ended. A signal ends the process when all is stopped, a second one at once. */
export async function converse(
	target: ConsoleTarget,
	{serve, keepGoing, isPlain}: StartOptions,
	notices: Notices,
): Promise<number> {
	const input = serve ? 'nobody' : standardInput();
	let isStopping = false;
	for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
		process.on(signal, () => {
			// To be told to stop is how serving ends well.
			const status = input === 'nobody' && !isStopping ? 0 : signalStatus[signal];
			if (isStopping) process.exit(status);
			isStopping = true;
			target.close().then(
				() => process.exit(status),
				(error: unknown) => {
					process.stderr.write(`threadraft: ${error instanceof Error ? error.message : String(error)}\n`);
					process.exit(1);
				},
			);
		});
	}
	if (input === 'nobody') {
		process.stdout.write(`${serve ? '' : 'no terminal and no script: '}serving until SIGTERM\n`);
		return new Promise(() => undefined);
	}
	process.stdout.write('"help" lists the commands\n');
	return runConsole(target, {
		input: process.stdin,
		output: process.stdout,
		errorOutput: process.stderr,
		isTerminal: input === 'person',
		isPlain,
		historyFile: historyPath(process.env),
		keepsGoing: keepGoing,
		notices,
	});
}
