import {runSeeds} from '../../../actors/simulate/run-seeds.js';
import type {Row} from '../row.js';

/** What a seed that has begun may still take. */
const seedsAtOnce = 1_000_000;

export const simulatedSeeds: Row = {
	name: 'simulated-seeds',
	title: 'no seed of the simulator that was never run before finds a violation, or a history that cannot be judged',
	weight: 90,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const interrupted = new AbortController();
		const timer = setTimeout(() => interrupted.abort(), Math.max(0, trial.remainingMs));
		trial.signal.addEventListener('abort', () => interrupted.abort(), {once: true});
		const summary = await runSeeds({
			firstSeed: trial.random.uint32(),
			seeds: seedsAtOnce,
			threads: trial.isLong ? undefined : 1,
			shrinks: false,
			interrupted: interrupted.signal,
			onSeed: ({seeds, violations, unknown}) => {
				trial.tell(`${seeds} seeds, ${violations.length} violations, ${unknown} undecided`);
				if (violations.length > 0) interrupted.abort();
			},
		});
		clearTimeout(timer);
		trial.operation(summary.operations);
		trial.fault(summary.faults);
		trial.note('seeds', summary.seeds);
		trial.note('virtual seconds', Math.round(summary.virtualMs / 1000));
		for (const {result} of summary.violations) {
			const {seed, violation} = result;
			trial.find(`threadraft simulate --seed ${seed}: ${violation?.detail ?? 'no violation'}`);
		}
		if (summary.unknown > 0) trial.find(`${summary.unknown} histories could not be judged`);
	},
};
