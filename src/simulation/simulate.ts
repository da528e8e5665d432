/** The simulator's door: one seed in, one verdict out. */
import type {Schedule} from '../faults/nemesis.js';
import {Random} from '../base/random.js';
import type {Verdict} from '../linearizability/key-result.js';
import type {MachineTypes} from '../service/machine.js';
import type {CoverageCounts} from './coverage.js';
import {kvSubject} from './kv/kv-subject.js';
import {machineSubject, withRoomForAll} from './machine/machine-subject.js';
import {checkSimulationOptions, type SimulationOptions} from './options.js';
import {drawParameters, type SimulationParameters} from './parameters.js';
import {drawSchedule, keepFaults, type Profile} from './profile.js';
import {Simulation} from './simulation.js';
import type {SimulationCounts} from './simulation-setup.js';
import type {Violation} from './violation.js';

export type {SimulationOptions} from './options.js';

/** One run: its verdict, what it was made of, and what it met. */
export interface SimulationResult {
	readonly seed: number;
	readonly ok: boolean;
	readonly violation: Violation | undefined;
	/** Of the linearizability checker; `unknown` when its budget ran out, or when the run ended before. */
	readonly verdict: Verdict;
	/** Of everything that happened: equal for equal runs. */
	readonly traceHash: string;
	readonly events: number;
	readonly virtualMs: number;
	readonly counts: SimulationCounts;
	/** How often each kind of operation, message, fault, limit and so on was met; all kinds, also those that were not. */
	readonly coverage: CoverageCounts;
	/** What was given, and what was drawn. */
	readonly nodes: number;
	readonly durationMs: number;
	readonly profile: Profile;
	readonly onlyFaults: readonly number[] | undefined;
	readonly untilMs: number | undefined;
	readonly parameters: SimulationParameters;
	readonly faults: Schedule;
	/** The last events before the violation, one line each; empty when there is none. */
	readonly timeline: readonly string[];
}

/** Virtual ms. */
export const durationMsDefault = 12_000;
const timelineLengthDefault = 400;
/**
 * Runs one seed to its end. The same options give the same result, bit for bit.
 *
 * @throws {SimulationOptionError}
 */
export function simulate<T extends MachineTypes = MachineTypes>(options: SimulationOptions<T>): SimulationResult {
	checkSimulationOptions(options);
	const {onProgress} = options;
	const {
		machine,
		draw,
		invariant,
		seed,
		codec,
		durationMs = durationMsDefault,
		profile = 'all',
		onlyFaults,
		untilMs,
	} = options;
	const random = Random.fromSeed(seed);
	const nodeCount = options.nodes ?? random.fork('nodes').pick([1, 2, 3, 3, 3, 3, 4, 5, 5, 5, 5, 7]);
	const drawn = drawSchedule(seed, {nodeCount, durationMs, profile});
	const drawnParameters = drawParameters(random.fork('parameters'), drawn.kinds.includes('duplicate'));
	const parameters = machine === undefined ? drawnParameters : withRoomForAll(drawnParameters);
	const faults = keepFaults(drawn, onlyFaults);
	const {timelineLength = timelineLengthDefault} = options;
	const stormMs = Math.min(durationMs, untilMs ?? Infinity);
	const {observer} = options;
	const setup = {seed, codec, parameters, faults, nodeCount, durationMs: stormMs, timelineLength, observer};
	const simulation =
		machine === undefined || draw === undefined
			? new Simulation({...setup, subject: kvSubject(parameters)})
			: new Simulation({...setup, subject: machineSubject({codec, machine, draw, invariant})});
	simulation.run(onProgress);
	const verdict = simulation.violation === undefined ? simulation.verdict(onProgress) : 'unknown';
	if (verdict === 'violation') simulation.report('linearizable', 'no order of the operations explains the answers');
	const {violation} = simulation;
	return {
		seed,
		ok: violation === undefined,
		violation,
		verdict,
		traceHash: simulation.traceHash,
		events: simulation.events,
		virtualMs: simulation.now(),
		counts: simulation.counts,
		coverage: simulation.covered,
		nodes: nodeCount,
		durationMs,
		profile,
		onlyFaults,
		untilMs,
		parameters,
		faults,
		timeline: violation === undefined ? [] : simulation.timeline,
	};
}
