/** A thread of the pool on which the third seed never ends. */
import type {SeedReport, SeedTask} from '../../actors/simulate/task.js';
import {coverageKinds} from '../../src/simulation/kv/kv-coverage.js';

export default function run({seed, progress}: SeedTask): SeedReport {
	Atomics.add(progress, 0, 1);
	const isWellBehaved = (): boolean => seed !== 3;
	while (!isWellBehaved());
	const counts = {operations: 1, committed: 1, crashes: 0, faults: 0};
	const coverage = Object.fromEntries(coverageKinds.map((kind, place) => [kind, place === 0 ? seed : 0]));
	const result = {seed, ok: true, verdict: 'ok', events: 1, virtualMs: 1, counts, coverage};
	return {result: result as unknown as SeedReport['result'], shrinkRuns: 0, elapsedMs: 1};
}
