/** Rows of the lab on virtual time: many seeds each, on all cores. */
import {availableParallelism} from 'node:os';
import {Piscina} from 'piscina';
import {type Row, rows} from '../test/labs/catalogue.js';
import {passedLine} from '../test/labs/run-row.js';
import type {RowOutcome, RowTask} from '../test/labs/simulated/row-task.js';
import type {SimulatedMeasures} from '../test/labs/simulated/simulated-world.js';

/** A thread has the next tasks at hand, so that it never waits for the main thread. */
const tasksPerThread = 3;

/** How many of the rows failed with at least one seed. Each row is told as soon as its seeds are through. */
export async function runSimulated(
	selected: readonly Row[],
	{firstSeed, seeds}: {readonly firstSeed: number; readonly seeds: number},
): Promise<number> {
	const threads = availableParallelism();
	const pool = new Piscina<RowTask, RowOutcome>({
		filename: new URL('../test/labs/simulated/row-task.js', import.meta.url).href,
		maxThreads: threads,
	});
	const outcomes = selected.map((): RowOutcome[] => []);
	let failed = 0;
	let next = 0;
	const runSome = async (): Promise<void> => {
		while (next < selected.length * seeds) {
			const place = Math.floor(next / seeds);
			const seed = firstSeed + (next++ % seeds);
			const row = selected[place]!;
			const ofRow = outcomes[place]!;
			ofRow.push(await pool.run({row: rows.indexOf(row), seed}));
			if (ofRow.length === seeds && !report(row, ofRow)) failed++;
		}
	};
	if (seeds > 1) console.log('Passed: seeds, then median and worst of virtual seconds, of RPCs, and of operations');
	try {
		await Promise.all(Array.from({length: threads * tasksPerThread}, runSome));
		return failed;
	} finally {
		await pool.destroy();
	}
}

function report(row: Row, outcomes: readonly RowOutcome[]): boolean {
	const name = `${row.title} (${row.part})`;
	const failures = outcomes.filter(outcome => outcome.type === 'failed');
	const passed = outcomes.flatMap(outcome => (outcome.type === 'passed' ? [outcome.measures] : []));
	console.log(`Test: ${name} ...`);
	if (failures.length === 0) console.log(outcomes.length === 1 ? passedLine(passed[0]!) : summaryLine(passed));
	else console.log(`  ... Failed: ${failures.length} of ${outcomes.length} seeds`);
	for (const {seed, error} of failures.sort((a, b) => a.seed - b.seed)) {
		console.log(`  seed ${seed}: ${error}`);
		console.log(`  again: npm run labs -- --simulated --seed ${seed} "${name}"`);
	}
	return failures.length === 0;
}

function summaryLine(passed: readonly SimulatedMeasures[]): string {
	const columns = [
		...medianAndWorst(passed.map(({seconds}) => seconds)).map(seconds => seconds.toFixed(1)),
		...medianAndWorst(passed.map(({requests}) => requests)),
		...medianAndWorst(passed.map(({agreements}) => agreements)),
	];
	return `  ... Passed --  ${passed.length} seeds ${columns.map(column => String(column).padStart(7)).join(' ')}`;
}

function medianAndWorst(numbers: readonly number[]): readonly [median: number, worst: number] {
	const sorted = [...numbers].sort((a, b) => a - b);
	return [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
}
