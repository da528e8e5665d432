/**
 * Question: does the cluster hold what the tests of MIT's 6.5840 labs 2 and 3 ask of it, and in what time?
 *
 * Runs rows of the catalogue on real threads, or with `--simulated` on virtual time, and prints the lab's own lines: seconds,
 * servers, RPCs, (of Raft rows) bytes, and agreements or operations. A word selects rows by part, title or id; where it is
 * none of these in full, rows whose title and part have it.
 *
 *     npm run labs -- [2A | 3B | a title ...] [--short] [--repeat 1] [--seed n] [--disk] [--kv-thread]
 *     npm run labs -- --simulated [--seeds 1] [--seed n] [2A | 3B | a title ...] [--short]
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import {type Row, rows} from '../test/labs/catalogue.js';
import {passedLine, runRow} from '../test/labs/run-row.js';
import {threadsWorld} from '../test/labs/threads/threads-world.js';
import {runSimulated} from './labs-simulated.js';

interface Options {
	readonly simulated: boolean;
	readonly seeds: number;
	readonly short: boolean;
	readonly repeat: number;
	readonly seed: number;
	readonly disk: boolean;
	readonly kvThread: boolean;
}

const usageStatus = 2;
const seedMax = 2 ** 31;

const command = new Command('npm run labs --')
	.description(
		"Runs the rows of MIT's 6.5840 labs 2 and 3, on real threads or on virtual time. " +
			'Exit status: 0 all rows passed, 1 one failed, 2 wrong usage.',
	)
	.argument(
		'[rows...]',
		'a part (3B), a title or an id, in full; another word selects the rows whose title has it; all rows without one',
		chosen,
	)
	.option('--simulated', 'on virtual time: the same seed gives the same run', false)
	.option('--seeds <n>', 'on virtual time: so many of each row, from --seed on', wholeNumber(1), 1)
	.option('--short', 'only rows that take a moment on threads', false)
	.option('--repeat <n>', 'on threads: so often', wholeNumber(1), 1)
	.addOption(
		new Option('--seed <n>', 'of the first row; on threads each later one has the next')
			.argParser(wholeNumber(0))
			.default(Math.floor(Math.random() * seedMax), 'another one each time'),
	)
	.option('--disk', 'key/value clusters keep their data on the disk, every write synced', false)
	.option('--kv-thread', 'the key/value servers on threads of their own', false)
	.helpOption('--help', 'print this');

function wholeNumber(min: number): (text: string) => number {
	return text => {
		if (/^\d{1,10}$/.test(text) && Number(text) >= min && Number(text) < seedMax) return Number(text);
		throw new InvalidArgumentError(`Write a whole number from ${min} to 2^31 - 1.`);
	};
}

function chosen(word: string, before: readonly string[] = []): readonly string[] {
	if (rows.some(row => isWanted(row, [word]))) return [...before, word];
	throw new InvalidArgumentError(
		`No row has this name: parts are ${[...new Set(rows.map(({part}) => part))].join(', ')}.`,
	);
}

const values = parse();
const selected = rows.filter(
	row => (!values.short || !row.isLong) && isWanted(row, (command.processedArgs[0] ?? []) as readonly string[]),
);

function parse(): Options {
	try {
		return command.exitOverride().parse().opts<Options>();
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return process.exit(error.exitCode === 0 ? 0 : usageStatus);
	}
}

function isWanted(row: Row, words: readonly string[]): boolean {
	if (words.length === 0) return true;
	return words.some(word => {
		if (rows.some(other => isNamed(other, word))) return isNamed(row, word);
		return nameOf(row).includes(word);
	});
}

function nameOf({title, part}: Row): string {
	return `${title} (${part})`;
}

function isNamed(row: Row, word: string): boolean {
	return [row.part, row.id, row.title, nameOf(row)].includes(word);
}

/** A row fails by itself after 120 s, if it ends. */
const hungAfterMs = 150_000;

async function run(row: Row, seed: number): Promise<boolean> {
	const directory = values.disk ? mkdtempSync(path.join(tmpdir(), 'threadraft-labs-')) : undefined;
	console.log(`Test: ${nameOf(row)} ...`);
	const watchdog = setTimeout(() => {
		console.log(`  ... Failed (--seed ${seed}): still running after ${hungAfterMs / 1000} s`);
		process.exit(1);
	}, hungAfterMs);
	try {
		console.log(
			passedLine(
				await runRow(
					row,
					threadsWorld({seed, kvThread: values.kvThread, ...(directory === undefined ? {} : {directory})}),
				),
			),
		);
		return true;
	} catch (error) {
		console.log(`  ... Failed (--seed ${seed}): ${error instanceof Error ? error.stack : String(error)}`);
		return false;
	} finally {
		clearTimeout(watchdog);
		if (directory !== undefined) rmSync(directory, {recursive: true, force: true});
	}
}

/** How many failed. */
async function runOnThreads(rounds: number): Promise<number> {
	let failed = 0;
	let {seed} = values;
	for (let round = 0; round < rounds; round++) {
		for (const row of selected) if (!(await run(row, seed++))) failed++;
	}
	return failed;
}

const startedAt = performance.now();
const {seed: firstSeed, seeds} = values;
const rounds = values.simulated ? 1 : values.repeat;
const failed = values.simulated ? await runSimulated(selected, {firstSeed, seeds}) : await runOnThreads(rounds);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const total = selected.length * rounds;
const each = values.simulated ? `, ${seeds} seeds each from ${firstSeed}` : '';
const passed = failed === 0 && total > 0;
console.log(
	passed ? `PASS  ${total} rows${each}  ${seconds} s` : `FAIL  ${failed} of ${total} rows${each}  ${seconds} s`,
);
process.exitCode = passed ? 0 : 1;
