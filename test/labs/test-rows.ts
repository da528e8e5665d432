import test from 'ava';
import {type Row, rows} from './catalogue.js';
import {passedLine, runRow} from './run-row.js';
import {simulateRow} from './simulated/simulated-world.js';
import {threadsWorld, type ThreadsWorldOptions} from './threads/threads-world.js';

/** The short rows of these as tests on real threads, one after the other: they would disturb each other's times. */
export function testRows(isWanted: (row: Row) => boolean, options: Omit<ThreadsWorldOptions, 'seed'> = {}): void {
	for (const row of rows) {
		if (row.isLong || !isWanted(row)) continue;
		test.serial(`${row.title} (${row.part})`, async t => {
			t.timeout(150_000);
			const seed = Math.floor(Math.random() * 2 ** 32);
			t.log(`seed ${seed}`);
			t.log(passedLine(await runRow(row, threadsWorld({seed, ...options}))));
			t.pass();
		});
	}
}

/** All rows of these as tests on virtual time, each with a seed that is always the same and one that never is. */
export function testRowsSimulated(isWanted: (row: Row) => boolean): void {
	for (const row of rows) {
		if (!isWanted(row)) continue;
		test.serial(`${row.title} (${row.part}), on virtual time`, async t => {
			t.timeout(150_000);
			for (const seed of [1, Math.floor(Math.random() * 2 ** 31)]) {
				t.log(`seed ${seed}`);
				t.log(passedLine(await simulateRow(row, seed)));
			}
			t.pass();
		});
	}
}
