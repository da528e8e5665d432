/** Rows of the lab on virtual time: many seeds each, on all cores. */
import {availableParallelism} from 'node:os';
import {Piscina} from 'piscina';
import {type Row, rows} from '../test/labs/catalogue.js';
import {passedLine} from '../test/labs/run-row.js';
import type {RowOutcome, RowTask} from '../test/labs/simulated/row-task.js';
import type {SimulatedMeasures} from '../test/labs/simulated/simulated-world.js';

/** How many of the rows failed with at least one seed. */
export async function runSimulated(
	selected: readonly Row[],
	{firstSeed, seeds}: {readonly firstSeed: number; readonly seeds: number},
): Promise<number> {
	const pool = new Piscina<RowTask, RowOutcome>({
		filename: new URL('../test/labs/simulated/row-task.js', import.meta.url).href,
		maxThreads: availableParallelism(),
	});
	const runs = selected.map(row => ({
		row,
		outcomes: Promise.all(
			Array.from({length: seeds}, (_, offset) => pool.run({row: rows.indexOf(row), seed: firstSeed + offset})),
		),
	}));
	if (seeds > 1) console.log('Passed: seeds, then median and worst of virtual seconds, of RPCs, and of operations');
	try {
		let failed = 0;
		for (const {row, outcomes} of runs) {
			console.log(`Test: ${row.title} (${row.part}) ...`);
			if (!report(row, await outcomes)) failed++;
		}
		return failed;
	} finally {
		await pool.destroy();
	}
}

function report(row: Row, outcomes: readonly RowOutcome[]): boolean {
	const failures = outcomes.filter(outcome => outcome.type === 'failed');
	const passed = outcomes.flatMap(outcome => (outcome.type === 'passed' ? [outcome.measures] : []));
	if (failures.length === 0) console.log(outcomes.length === 1 ? passedLine(passed[0]!) : summaryLine(passed));
	else console.log(`  ... Failed: ${failures.length} of ${outcomes.length} seeds`);
	for (const {seed, error} of failures) {
		console.log(`  seed ${seed}: ${error}`);
		console.log(
			`  again: npm run labs -- --simulated --seed ${seed} '${row.title.replaceAll("'", String.raw`'\''`)} (${row.part})'`,
		);
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
