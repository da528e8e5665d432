/**
 * Question: does the cluster hold what the tests of MIT's 6.5840 labs 2 and 3 ask of it, and in what time?
 *
 * Runs rows of the catalogue on real threads and prints the lab's own lines: seconds, servers, RPCs, (of Raft rows) bytes,
 * and agreements or operations. A word selects rows whose title, id or part has it.
 *
 *     npm run labs -- [2A | 3B | a title ...] [--short] [--repeat 1] [--seed n] [--disk] [--kv-thread]
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {type Row, rows} from '../test/labs/catalogue.js';
import {passedLine, runRow} from '../test/labs/run-row.js';
import {threadsWorld} from '../test/labs/threads/threads-world.js';

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {
		/** Only rows that take a moment. */
		short: {type: 'boolean', default: false},
		repeat: {type: 'string', default: '1'},
		/** Of the first row; each later one has the next. */
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

function isWanted({title, part, id}: Row): boolean {
	if (positionals.length === 0) return true;
	return positionals.some(
		word => part === word || id === word || title === word || `${title} (${part})`.includes(word),
	);
}

async function run(row: Row, seed: number): Promise<boolean> {
	const directory = values.disk ? mkdtempSync(path.join(tmpdir(), 'threadraft-labs-')) : undefined;
	console.log(`Test: ${row.title} (${row.part}) ...`);
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

let failed = 0;
let seed = firstSeed;
const startedAt = performance.now();
for (let round = 0; round < Number(values.repeat); round++) {
	for (const row of selected) if (!(await run(row, seed++))) failed++;
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const total = selected.length * Number(values.repeat);
console.log(
	failed === 0 && total > 0 ? `PASS  ${total} rows  ${seconds} s` : `FAIL  ${failed} of ${total} rows  ${seconds} s`,
);
process.exitCode = failed === 0 && total > 0 ? 0 : 1;
