/**
 * Question: does the simulator find every bug that was planted, and how soon?
 *
 *     node dist/bench/mutants.js [--seeds 2000] [--first 1] [--only id,id] [--seconds 60] [--threads 2] [--json | --markdown]
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import Table from 'cli-table3';
import {Piscina} from 'piscina';
import {buildMutant} from '../test/mutants/build-mutant.js';
import {mutants} from '../test/mutants/catalogue.js';
import type {Catch, Hunt} from '../test/mutants/hunt-task.js';
import type {Mutant} from '../test/mutants/mutant.js';

const {values} = parseArgs({
	options: {
		seeds: {type: 'string', default: '2000'},
		first: {type: 'string', default: '1'},
		only: {type: 'string'},
		/** Of time for each; to see soon which are the hard ones. */
		seconds: {type: 'string', default: 'Infinity'},
		threads: {type: 'string', default: '2'},
		json: {type: 'boolean', default: false},
		markdown: {type: 'boolean', default: false},
	},
});
const seeds = Number(values.seeds);
const firstSeed = Number(values.first);
const wanted = values.only?.split(',');
const chosen = mutants.filter(({id}) => wanted === undefined || wanted.includes(id));

interface Row {
	readonly mutant: Mutant;
	readonly found: Catch | undefined;
}

const directory = mkdtempSync(path.join(tmpdir(), 'mutants-'));
const pool = new Piscina<Hunt, Catch | undefined>({
	filename: new URL('../test/mutants/hunt-task.js', import.meta.url).href,
	maxThreads: Number(values.threads),
});

async function hunt(mutant: Mutant): Promise<Row> {
	const place = path.join(directory, mutant.id);
	const copy = buildMutant(mutant, place);
	const found = await pool.run({copy, firstSeed, seeds, secondsMax: Number(values.seconds)});
	rmSync(place, {recursive: true, force: true});
	const how =
		found === undefined ? 'NOT FOUND' : `${found.invariant} after ${found.seeds} seeds, ${found.seconds.toFixed(1)} s`;
	console.error(`${mutant.id}: ${how}`);
	return {mutant, found};
}

try {
	const rows = await Promise.all(chosen.map(hunt));
	if (values.json)
		console.log(JSON.stringify(rows.map(({mutant: {id, title, source}, found}) => ({id, title, source, found}))));
	else if (values.markdown) printMarkdown(rows);
	else print(rows);
	const missed = rows.filter(({found}) => found === undefined);
	console.error(summary(rows));
	process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
	await pool.destroy();
	rmSync(directory, {recursive: true, force: true});
}

function summary(rows: readonly Row[]): string {
	const found = rows.filter(row => row.found !== undefined).length;
	return `${found} of ${rows.length} mutants found within ${seeds} seeds each`;
}

function printMarkdown(rows: readonly Row[]): void {
	const day = new Date().toISOString().slice(0, 10);
	console.log('# Planted bugs, and how the simulator finds them\n');
	console.log(`${day}, seeds from ${firstSeed} on: ${summary(rows)}.\n`);
	console.log('    npm run build && node dist/bench/mutants.js --markdown > bench/results/mutants.md\n');
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
