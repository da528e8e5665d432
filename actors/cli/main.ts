/** The command line: `threadraft [start]`, `threadraft check`, ... */
import {readFile} from 'node:fs/promises';
import {ThreadraftError} from '../../src/base/errors.js';
import {recoverySubcommands} from '../recovery/subcommands.js';
import {runCommandLine, startSubcommand, type Subcommand} from '../console/command-line.js';
import {watchOutputs} from './outputs.js';
import {demoSubcommand, replaySubcommand, tourSubcommand, viewSubcommand} from './shows.js';
import {start} from './start.js';

/** Resolves with the exit status. A mistake that a person can mend is one line on stderr; a bug keeps its stack. */
export async function main(words: readonly string[]): Promise<number> {
	const outputs = watchOutputs(process.stdout, process.stderr);
	return outputs.statusAfter(await run(words));
}

async function run(words: readonly string[]): Promise<number> {
	try {
		return await runCommandLine(words, subcommands, await version(), {
			write: text => process.stdout.write(text),
			writeError: text => process.stderr.write(text),
		});
	} catch (error) {
		if (!(error instanceof ThreadraftError)) throw error;
		process.stderr.write(`threadraft: ${error.message}\n`);
		return 1;
	}
}

const streams = {output: process.stdout, errors: process.stderr} as const;

/** A subcommand with a parser of its own: every word goes on to it. */
function passedOn(name: string, summary: string, run: (words: readonly string[]) => Promise<number>): Subcommand {
	return {
		name,
		summary,
		isDefault: false,
		mount: (command, setStatus) => {
			command
				.argument('[words...]')
				.helpOption(false)
				.allowUnknownOption()
				.action((words: readonly string[]) => setStatus(run(words)));
		},
	};
}

// Each is loaded where it is asked for: no start of a cluster needs the checker or the simulator.
const checkSubcommand = passedOn('check', 'judge whether recorded histories are linearizable', async words => {
	const {checkCommand} = await import('../check/check-command.js');
	return checkCommand(words, streams);
});
const simulateSubcommand = passedOn(
	'simulate',
	'run whole clusters on virtual time, with faults, from seeds',
	async words => {
		const {simulateCommand} = await import('../simulate/simulate-command.js');
		return simulateCommand(words, streams);
	},
);

const subcommands = [
	startSubcommand(start),
	tourSubcommand,
	replaySubcommand,
	demoSubcommand,
	checkSubcommand,
	simulateSubcommand,
	viewSubcommand,
	...recoverySubcommands(streams),
];

async function version(): Promise<string> {
	const manifest: unknown = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
	return (manifest as {readonly version: string}).version;
}
