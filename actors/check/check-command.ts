/** `threadraft check FILE...` */
import {writeFile} from 'node:fs/promises';
import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import type {KeyResult} from '../../src/linearizability/key-result.js';
import type {KvModelName} from '../../src/linearizability/models/kv-model.js';
import {mistakeLine} from '../console/command-line.js';
import {checkFiles, type FileResult} from './check-files.js';
import {explainAll, renderPage, type ExplainedKey} from './explain-files.js';
import {ProgressBar} from './progress-bar.js';
import {reportExplanation, reportJson, reportVerdicts} from './report.js';

/** Where the command writes to. */
export interface CheckIo {
	readonly output: Pick<NodeJS.WriteStream, 'write'>;
	/** Errors and the progress bar; the bar only if it is a terminal. */
	readonly errors: NodeJS.WritableStream & {readonly isTTY?: boolean};
}

/**
 * The exit statuses, the first that fits: a violation is a proof, which no unreadable neighbour takes away; what could not
 * be read is worse than what took too long.
 */
const exitStatus = {violation: 1, unreadable: 2, unknown: 3, ok: 0} as const;

interface CommandOptions {
	readonly model?: KvModelName;
	readonly all: boolean;
	readonly timeout?: number;
	readonly memory?: number;
	readonly json: boolean;
	readonly html?: string;
}

/** `args`: what follows `check`. Resolves to the exit status; wrong usage counts as unreadable. */
export async function checkCommand(args: readonly string[], io: CheckIo): Promise<number> {
	const command = createCommand(io);
	try {
		command.parse(args, {from: 'user'});
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return error.exitCode === 0 ? exitStatus.ok : exitStatus.unreadable;
	}
	return run(command.args, command.opts<CommandOptions>(), io);
}

function createCommand(io: CheckIo): Command {
	return new Command('threadraft check')
		.description('Judges whether recorded histories are linearizable.')
		.argument('<file...>', 'JSON lines, Jepsen logs of a register, or key/value lab logs; told by content')
		.addOption(
			new Option('--model <name>', 'what the files are a history of').choices(['register', 'cas-register', 'kv']),
		)
		.option('--all', 'judge every key, also after a violation', false)
		.option(
			'--timeout <ms>',
			'time budget for each file: its verdict, and then what is left for explanations',
			parsePositive,
		)
		.option('--memory <MiB>', 'memory budget of the search for each file', parsePositive)
		.option('--json', 'report as JSON', false)
		.option('--html <file>', 'write a page that shows the violations')
		.addHelpText(
			'after',
			'\nExit status: 0 ok, 1 violation, 2 unreadable input, 3 unknown (a budget ran out); 1 before 2 before 3.',
		)
		.exitOverride()
		.configureOutput({
			writeOut: text => io.output.write(text),
			writeErr: text => io.errors.write(text),
			outputError: (text, write) => write(`${mistakeLine(text, 'threadraft check')}\n`),
		});
}

function parsePositive(text: string): number {
	const number = Number(text);
	if (!(number > 0)) throw new InvalidArgumentError('Write a number above 0.');
	return number;
}

async function run(files: readonly string[], options: CommandOptions, io: CheckIo): Promise<number> {
	const bar = io.errors.isTTY === true ? new ProgressBar(io.errors) : undefined;
	const results = await checkFiles(files, {
		model: options.model,
		all: options.all,
		...(options.timeout === undefined ? {} : {timeoutMs: options.timeout}),
		...(options.memory === undefined ? {} : {memoryBytesMax: options.memory * 2 ** 20}),
		...(bar === undefined ? {} : {onProgress: progress => bar.show(progress)}),
	});
	bar?.stop();
	const explanations = explainAll(results, options.timeout ?? Infinity);
	const explained: ExplainedKey[] = [];
	// The verdicts first: an explanation takes its time.
	if (!options.json) io.output.write(reportVerdicts(results));
	for (const each of explanations) {
		explained.push(each);
		if (!options.json) io.output.write(reportExplanation(each));
	}
	if (options.json) io.output.write(reportJson(results, explained));
	const page = options.html === undefined ? undefined : await writePage(options.html, explained);
	const status = statusOf(results);
	if (page === undefined) return status;
	io.errors.write(`${page}\n`);
	return status === exitStatus.violation ? status : exitStatus.unreadable;
}

/** What went wrong, if it did. */
async function writePage(file: string, explained: readonly ExplainedKey[]): Promise<string | undefined> {
	try {
		await writeFile(file, renderPage(explained));
		return undefined;
	} catch (error) {
		return `cannot write the page: ${error instanceof Error ? error.message : String(error)}`;
	}
}

function statusOf(results: readonly FileResult[]): number {
	const has = (verdict: KeyResult['verdict']): boolean =>
		results.some(result => result.type === 'checked' && result.verdict === verdict);
	if (has('violation')) return exitStatus.violation;
	if (results.some(result => result.type === 'unreadable')) return exitStatus.unreadable;
	return has('unknown') ? exitStatus.unknown : exitStatus.ok;
}
