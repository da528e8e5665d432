/**
 * Question: does the simulator find every bug that was planted, and how soon?
 *
 *     node dist/bench/mutants.js [--seeds 2000] [--first 1] [--only id,id] [--seconds 60] [--threads 2] [--json | --markdown]
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import {Piscina} from 'piscina';
import {buildMutant} from '../test/mutants/build-mutant.js';
import {mutants} from '../test/mutants/catalogue.js';
import type {Catch, Hunt} from '../test/mutants/hunt-task.js';
import type {Mutant} from '../test/mutants/mutant.js';
import {median} from './median.js';

interface Options {
	readonly seeds: number;
	readonly first: number;
	readonly only: readonly Mutant[];
	readonly seconds: number;
	readonly threads: number;
	readonly json?: true;
	readonly markdown?: true;
}

const usageStatus = 2;

const command = new Command('npm run mutants --')
	.description(
		'Plants one bug after the other into a copy of the code, and runs seeds of the simulator on it until one finds the bug. ' +
			'Exit status: 0 all bugs were found, 1 one was not, 2 wrong usage.',
	)
	.option('--seeds <n>', 'how many seeds are tried for each bug', wholeNumber, 2000)
	.option('--first <seed>', 'the first of these seeds; the others follow on it', wholeNumber, 1)
	.addOption(
		new Option('--only <ids>', 'these bugs only, by their names, with commas between')
			.argParser(chosen)
			.default(mutants, 'all'),
	)
	.addOption(
		new Option('--seconds <n>', 'no new seed is begun for a bug after this time')
			.argParser(seconds)
			.default(Infinity, 'no limit'),
	)
	.option('--threads <n>', 'bugs that are looked for at the same time', wholeNumber, 2)
	.addOption(new Option('--json', 'print one JSON array').conflicts('markdown'))
	.addOption(new Option('--markdown', 'print a Markdown table').conflicts('json'))
	.helpOption('--help', 'print this');

function wholeNumber(text: string): number {
	if (/^\d{1,10}$/.test(text) && Number(text) > 0 && Number(text) < 2 ** 32) return Number(text);
	throw new InvalidArgumentError('Write a whole number from 1 to 2^32 - 1.');
}

function seconds(text: string): number {
	if (Number(text) > 0) return Number(text);
	throw new InvalidArgumentError('Write a number of seconds above 0.');
}

function chosen(text: string): readonly Mutant[] {
	return text.split(',').map(wanted => {
		const mutant = mutants.find(({id}) => id === wanted);
		if (mutant !== undefined) return mutant;
		throw new InvalidArgumentError(`There is no planted bug "${wanted}": see the table in bench/results/mutants.md.`);
	});
}

const options = parse();

function parse(): Options {
	try {
		return command.exitOverride().parse().opts<Options>();
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return process.exit(error.exitCode === 0 ? 0 : usageStatus);
	}
}

interface Row {
	readonly mutant: Mutant;
	readonly found: Catch | undefined;
}

const directory = mkdtempSync(path.join(tmpdir(), 'mutants-'));
const pool = new Piscina<Hunt, Catch | undefined>({
	filename: new URL('../test/mutants/hunt-task.js', import.meta.url).href,
	maxThreads: options.threads,
});

async function hunt(mutant: Mutant): Promise<Row> {
	const place = path.join(directory, mutant.id);
	const copy = buildMutant(mutant, place);
	const {first: firstSeed, seeds, seconds: secondsMax} = options;
	const found = await pool.run({copy, firstSeed, seeds, secondsMax});
	rmSync(place, {recursive: true, force: true});
	const how =
		found === undefined ? 'NOT FOUND' : `${found.invariant} after ${found.seeds} seeds, ${found.seconds.toFixed(1)} s`;
	console.error(`${mutant.id}: ${how}`);
	return {mutant, found};
}

try {
	const rows = await Promise.all(options.only.map(hunt));
	if (options.json)
		console.log(JSON.stringify(rows.map(({mutant: {id, title, source}, found}) => ({id, title, source, found}))));
	else if (options.markdown) printMarkdown(rows);
	else print(rows);
	const missed = rows.filter(({found}) => found === undefined);
	console.error(summary(rows));
	process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
	await pool.destroy();
	rmSync(directory, {recursive: true, force: true});
}

function summary(rows: readonly Row[]): string {
	const found = rows.flatMap(row => row.found?.seeds ?? []);
	const middle = found.length === 0 ? '' : `, half of them within ${median(found)}`;
	return `${found.length} of ${rows.length} mutants found within ${options.seeds} seeds each${middle}`;
}

function printMarkdown(rows: readonly Row[]): void {
	const day = new Date().toISOString().slice(0, 10);
	console.log('# Planted bugs, and how the simulator finds them\n');
	console.log(`${day}, seeds from ${options.first} on: ${summary(rows)}.\n`);
	console.log(
		`    npm run build && node dist/bench/mutants.js --seeds ${options.seeds} --markdown > bench/results/mutants.md\n`,
	);
	console.log('| mutant | what it does | source | found by | seeds | s |');
	console.log('| --- | --- | --- | --- | ---: | ---: |');
	for (const {mutant, found} of rows) {
		const how = [found?.invariant ?? 'NOT FOUND', found?.seeds ?? '', found?.seconds.toFixed(1) ?? ''];
		console.log(`| ${[mutant.id, mutant.title, mutant.source, ...how].join(' | ')} |`);
	}
}

function print(rows: readonly Row[]): void {
	const table = new Table({
		head: ['mutant', 'what it does', 'source', 'found by', 'seeds', 's'],
		colWidths: [30, 46, 40, 20, 7, 7],
		wordWrap: true,
		style: {head: [], border: []},
	});
	for (const {mutant, found} of rows) {
		const seconds = found?.seconds.toFixed(1) ?? '';
		table.push([mutant.id, mutant.title, mutant.source, found?.invariant ?? 'NOT FOUND', found?.seeds ?? '', seconds]);
	}
	console.log(table.toString());
}
