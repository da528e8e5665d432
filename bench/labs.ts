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
import {parseArgs} from 'node:util';
import {type Row, rows} from '../test/labs/catalogue.js';
import {passedLine, runRow} from '../test/labs/run-row.js';
import {threadsWorld} from '../test/labs/threads/threads-world.js';
import {runSimulated} from './labs-simulated.js';

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {
		/** On virtual time: the same seed gives the same run. */
		simulated: {type: 'boolean', default: false},
		/** On virtual time: of each row, from `--seed` on. */
		seeds: {type: 'string', default: '1'},
		/** Only rows that take a moment on threads. */
		short: {type: 'boolean', default: false},
		repeat: {type: 'string', default: '1'},
		/** Of the first row; on threads each later one has the next. */
		seed: {type: 'string'},
		/** Key/value clusters keep their data on the disk, every write synced. */
		disk: {type: 'boolean', default: false},
		/** The key/value servers on threads of their own. */
		'kv-thread': {type: 'boolean', default: false},
	},
});

/** A row fails by itself after 120 s, if it ends. */
const hungAfterMs = 150_000;

const selected = rows.filter(row => (!values.short || !row.isLong) && isWanted(row));
const firstSeed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);

function isWanted(row: Row): boolean {
	if (positionals.length === 0) return true;
	return positionals.some(word => {
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
					threadsWorld({seed, kvThread: values['kv-thread'], ...(directory === undefined ? {} : {directory})}),
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
	let seed = firstSeed;
	for (let round = 0; round < rounds; round++) {
		for (const row of selected) if (!(await run(row, seed++))) failed++;
	}
	return failed;
}

const startedAt = performance.now();
const rounds = values.simulated ? 1 : Number(values.repeat);
const seeds = Number(values.seeds);
const failed = values.simulated ? await runSimulated(selected, {firstSeed, seeds}) : await runOnThreads(rounds);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const total = selected.length * rounds;
const each = values.simulated ? `, ${seeds} seeds each from ${firstSeed}` : '';
const passed = failed === 0 && total > 0;
console.log(
	passed ? `PASS  ${total} rows${each}  ${seconds} s` : `FAIL  ${failed} of ${total} rows${each}  ${seconds} s`,
);
process.exitCode = passed ? 0 : 1;
