/**
 * Question: what does the whole thing do when everything around it breaks?
 *
 * Runs the rows of the torture catalogue, each in a process of its own, on real threads, disks and sockets, and prints a
 * table: faults injected, operations judged, the longest time without an answer, the verdict.
 *
 *     npm run torture -- [--minutes 10] [--seed n] [--list] [names]
 */
import {existsSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Command, CommanderError, InvalidArgumentError} from 'commander';
import {rows} from '../test/torture/catalogue.js';
import type {Figures} from '../test/torture/protocol.js';
import type {Row} from '../test/torture/row.js';
import {runRow} from '../test/torture/run-row.js';
import {failureText, tableOf, type TableLine} from '../test/torture/table.js';

interface Options {
	readonly minutes: number;
	readonly seed: number;
	readonly out?: string;
	readonly list: boolean;
}

const usageStatus = 2;
/** As shells show a process that Ctrl-C ended. */
const interruptedStatus = 130;

const command = new Command('npm run torture --')
	.description(
		'Breaks real clusters in every way that the catalogue knows, and says what held. Each row shares out the time by its weight; ' +
			'a row that failed prints how to see it again, and its data, output and history are kept. Exit status: 0 all rows held, ' +
			'1 one failed, 2 wrong usage, 130 broken off.',
	)
	.argument('[names...]', 'rows to run; all without one')
	.option('--minutes <n>', 'for all rows together', positive, 10)
	.option('--seed <n>', 'of all that is drawn', wholeNumber, Math.floor(Math.random() * 2 ** 31))
	.option('--out <dir>', 'where data and evidence are kept; by default beside the temporary files')
	.option('--list', 'name the rows and what each is about', false)
	.addHelpText('after', `\nRows: ${rows.map(({name}) => name).join(', ')}`);

function positive(text: string): number {
	const number = Number(text);
	if (number > 0 && number <= 10_000) return number;
	throw new InvalidArgumentError('Write a number of minutes above 0.');
}

function wholeNumber(text: string): number {
	if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
	throw new InvalidArgumentError('Write a whole number below 2^32.');
}

const options = parse();
const selected = command.args.length === 0 ? rows : rows.filter(({name}) => command.args.includes(name));

function parse(): Options {
	try {
		command.exitOverride().parse();
		const unknown = command.args.find(word => !rows.some(({name}) => name === word));
		if (unknown !== undefined) command.error(`error: there is no row "${unknown}": see --list`);
		const given = command.opts<Options>();
		const {out} = given;
		const taken = out === undefined ? undefined : rows.find(({name}) => existsSync(path.join(out, name)))?.name;
		if (taken !== undefined)
			command.error(`error: ${out} holds ${taken} of an earlier run: move it away, or name another --out`);
		return given;
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return process.exit(error.exitCode === 0 ? 0 : usageStatus);
	}
}

async function run(out: string): Promise<number> {
	const abort = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
	const lines: TableLine[] = [];
	const endsAt = performance.now() + options.minutes * 60_000;
	console.log(`${selected.length} rows, ${options.minutes} minutes, seed ${options.seed}`);
	for (const [offset, row] of selected.entries()) {
		if (abort.signal.aborted) break;
		const line = await runOne(row, budgetOf(selected.slice(offset), endsAt), path.join(out, row.name), abort.signal);
		lines.push(line);
		if (line.run.verdict === 'failed') console.log(failureText(line, options.minutes));
	}
	console.log(tableOf(lines));
	if (abort.signal.aborted) return interruptedStatus;
	const failed = lines.filter(({run}) => run.verdict === 'failed').length;
	const skipped = lines.filter(({run}) => run.verdict === 'skipped').length;
	console.log(
		`${lines.length - failed - skipped} rows held, ${failed} failed, ${skipped} were skipped; seed ${options.seed}`,
	);
	return failed === 0 ? 0 : 1;
}

/** The first of these rows gets its share of the time that is left, so that what others did not use is not lost. */
function budgetOf(left: readonly Row[], endsAt: number): number {
	const [row] = left;
	if (row === undefined) return 0;
	const weights = left.reduce((sum, {weight}) => sum + weight, 0);
	return Math.max(row.shortMs, ((endsAt - performance.now()) * row.weight) / weights);
}

async function runOne(row: Row, budgetMs: number, folder: string, signal: AbortSignal): Promise<TableLine> {
	console.log(`${row.name}: ${row.title} (${(budgetMs / 1000).toFixed(0)} s)`);
	const progress = (line: string, {faults, operations}: Figures): void =>
		console.log(`  ${line} (${faults} faults, ${operations} operations)`);
	const run = await runRow({name: row.name, seed: options.seed, budgetMs, isLong: true, folder}, {signal, progress});
	console.log(`  ${run.verdict} after ${run.seconds.toFixed(0)} s`);
	return {name: row.name, seed: options.seed, run, folder};
}

if (options.list) for (const {name, title} of rows) console.log(`${name.padEnd(20)} ${title}`);
else
	process.exitCode = await run(options.out ?? path.join(tmpdir(), `threadraft-torture-${options.seed}-${process.pid}`));
