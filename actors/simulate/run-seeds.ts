/** Many seeds on all cores. */
import {availableParallelism} from 'node:os';
import {setFlagsFromString} from 'node:v8';
import {sharedCoverageKinds, type CoverageCounts} from '../../src/simulation/coverage.js';
import {coverageKinds} from '../../src/simulation/kv/kv-coverage.js';
import {machineCoverageKinds} from '../../src/simulation/machine/machine-judge.js';
import type {SimulationCounts} from '../../src/simulation/simulation-setup.js';
import type {SeedOptions, SeedReport} from './task.js';
import {WatchedPool, type SeedOutcome, type StalledSeed} from './watched-pool.js';

export interface RunOptions extends Omit<SeedOptions, 'seed'> {
	readonly firstSeed: number;
	readonly seeds: number;
	/** @default the machine's parallelism */
	readonly threads?: number | undefined;
	/** Make failures small before they are told. */
	readonly shrinks: boolean;
	/** Ends the run: seeds that have begun are waited for, and no more begin. */
	readonly interrupted: AbortSignal;
	/** A seed that shows no progress for so long hangs, milliseconds: its thread is ended. @default 60000 (a minute) */
	readonly stallMs?: number | undefined;
	/** What a thread runs. @default the simulator */
	readonly filename?: URL | undefined;
	/** Told after each seed. */
	readonly onSeed?: (summary: RunSummary, outcome: SeedOutcome) => void;
}

/** By kind: how often it was met, and in how many seeds. */
export type CoverageSummary = Readonly<Record<string, {readonly count: number; readonly seeds: number}>>;

export interface RunSummary {
	/** Done so far. */
	readonly seeds: number;
	readonly violations: readonly SeedReport[];
	/** Seeds with an event that did not end. */
	readonly stalled: readonly StalledSeed[];
	readonly coverage: CoverageSummary;
	/** Seeds whose history the checker could not decide within its budget. */
	readonly unknown: number;
	readonly events: number;
	readonly virtualMs: number;
	/** Of all threads together. */
	readonly busyMs: number;
	readonly operations: number;
	readonly committed: number;
	readonly crashes: number;
	readonly faults: number;
}

const nothing = (machineModule: string | undefined): RunSummary => ({
	seeds: 0,
	violations: [],
	stalled: [],
	coverage: Object.fromEntries(
		(machineModule === undefined ? coverageKinds : [...sharedCoverageKinds, ...machineCoverageKinds]).map(kind => [
			kind,
			{count: 0, seeds: 0},
		]),
	),
	unknown: 0,
	events: 0,
	virtualMs: 0,
	busyMs: 0,
	operations: 0,
	committed: 0,
	crashes: 0,
	faults: 0,
});

/** A thread has the next seeds at hand, so that it never waits for the main thread. */
const tasksPerThread = 3;

/**
 * A thread of the pool lives for seconds, and runs wide code rather than hot loops: left to itself V8 spends half of the
 * processor time on optimizing, most of it for what is inlined. Measured on 60 seeds, all threads of the process
 * counted: 12 s with V8's own settings, 8.4 s with these. Only threads that begin later go by them; no result depends on it.
 */
const engineFlags = [
	'--always-sparkplug',
	'--max-inlined-bytecode-size=100',
	'--max-inlined-bytecode-size-cumulative=100',
	// The threads of a pool have a core each: helpers of the garbage collector would take it from the next seed.
	'--no-parallel-scavenge',
	// Node 22 and newer do not know it, and V8 writes a complaint to stderr that nobody can catch.
	...(Number.parseInt(process.versions.v8, 10) < 12 ? ['--interrupt-budget=150000'] : []),
];

/** The longest single step of a run, the explanation of a history included, takes a small part of it on a machine that is ten times too busy. */
const stallMsDefault = 60_000;

/** MiB of which V8 uses a third at a time: most of what a run makes is dead before so much has been made. */
const youngGenerationMiB = 96;

export async function runSeeds(options: RunOptions): Promise<RunSummary> {
	const threads = options.threads ?? availableParallelism();
	for (const flag of engineFlags) setFlagsFromString(flag);
	const {stallMs = stallMsDefault, filename} = options;
	const pool = new WatchedPool({threads, stallMs, filename, youngGenerationMiB});
	let summary = nothing(options.machineModule);
	let next = 0;
	const {firstSeed, seeds, shrinks, interrupted, onSeed, nodes, durationMs, profile, onlyFaults, untilMs} = options;
	const runOne = async (): Promise<void> => {
		while (next < seeds && !interrupted.aborted) {
			const seed = firstSeed + next++;
			const {timelineLength, machineModule} = options;
			const given = {seed, shrinks, machineModule, nodes, durationMs, profile, onlyFaults, untilMs, timelineLength};
			const outcome = await pool.run(given);
			summary = outcome.type === 'report' ? withReport(summary, outcome.report) : withStalled(summary, outcome.stalled);
			onSeed?.(summary, outcome);
		}
	};
	try {
		await Promise.all(Array.from({length: Math.min(seeds, threads * tasksPerThread)}, runOne));
	} finally {
		await pool.close();
	}
	return summary;
}

function withStalled(summary: RunSummary, stalled: StalledSeed): RunSummary {
	return {...summary, seeds: summary.seeds + 1, stalled: [...summary.stalled, stalled]};
}

function withCoverage(before: CoverageSummary, counts: CoverageCounts): CoverageSummary {
	const added = Object.entries(counts).map(([kind, count]) => {
		const known = before[kind] ?? {count: 0, seeds: 0};
		return [kind, {count: known.count + count, seeds: known.seeds + (count > 0 ? 1 : 0)}] as const;
	});
	return {...before, ...Object.fromEntries(added)};
}

function withReport(summary: RunSummary, report: SeedReport): RunSummary {
	const {ok, verdict, events, virtualMs, counts, coverage} = report.result;
	const add = (name: 'operations' | 'committed' | 'crashes' | 'faults'): number =>
		summary[name] + (counts satisfies SimulationCounts)[name];
	return {
		...summary,
		coverage: withCoverage(summary.coverage, coverage),
		seeds: summary.seeds + 1,
		violations: ok ? summary.violations : [...summary.violations, report],
		unknown: summary.unknown + (ok && verdict === 'unknown' ? 1 : 0),
		events: summary.events + events,
		virtualMs: summary.virtualMs + virtualMs,
		busyMs: summary.busyMs + report.elapsedMs,
		operations: add('operations'),
		committed: add('committed'),
		crashes: add('crashes'),
		faults: add('faults'),
	};
}
