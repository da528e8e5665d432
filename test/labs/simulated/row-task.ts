/** One row with one seed on virtual time; a task for a pool of threads. */
import {rows} from '../catalogue.js';
import {simulateRow, type SimulatedMeasures} from './simulated-world.js';

export interface RowTask {
	/** The row's place in the catalogue. */
	readonly row: number;
	readonly seed: number;
}

export type RowOutcome =
	| {readonly type: 'passed'; readonly seed: number; readonly measures: SimulatedMeasures}
	| {readonly type: 'failed'; readonly seed: number; readonly error: string};

export default async function runTask({row, seed}: RowTask): Promise<RowOutcome> {
	try {
		return {type: 'passed', seed, measures: await simulateRow(rows[row]!, seed)};
	} catch (error) {
		return {type: 'failed', seed, error: error instanceof Error ? (error.stack ?? error.message) : String(error)};
	}
}
