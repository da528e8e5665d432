/** What a person, or a program, is told of a run of seeds. */
import {describeFaultEvent} from '../../src/faults/faults.js';
import type {SimulationResult} from '../../src/simulation/simulate.js';
import {invariants} from '../../src/simulation/violation.js';
import {coverageText} from './coverage-text.js';
import type {RunSummary} from './run-seeds.js';
import type {StalledSeed} from './watched-pool.js';
import type {SeedReport} from './task.js';

/** What was given and is not part of a result. */
interface GivenOptions {
	readonly nodes: number | undefined;
	readonly machineModule?: string | undefined;
}

/** The command that repeats a run, and nothing else. */
export function replayCommand(
	result: Pick<SimulationResult, 'seed' | 'durationMs' | 'profile' | 'onlyFaults' | 'untilMs'>,
	given: GivenOptions,
): string {
	const {seed, durationMs, profile, onlyFaults, untilMs} = result;
	const words = [`threadraft simulate --seeds 1 --seed ${seed} --duration ${durationMs} --profile ${profile}`];
	if (given.machineModule !== undefined) words.push(`--machine ${given.machineModule}`);
	if (given.nodes !== undefined) words.push(`--nodes ${given.nodes}`);
	if (untilMs !== undefined) words.push(`--until ${untilMs}`);
	if (onlyFaults !== undefined) words.push(`--only-faults ${onlyFaults.length === 0 ? 'none' : onlyFaults.join(',')}`);
	return words.join(' ');
}

export function failureText({result, shrinkRuns}: SeedReport, given: GivenOptions): string {
	const {seed, violation, nodes, faults, parameters, timeline, virtualMs} = result;
	if (violation === undefined) return '';
	const {invariant, detail, atMs} = violation;
	const struck = faults.events.filter(event => event.atMs <= virtualMs);
	return [
		'',
		...timeline,
		'',
		`seed ${seed}: ${invariant} is broken at ${atMs.toFixed(3)} ms`,
		`  must hold   ${invariants[invariant]}`,
		`  found       ${detail}`,
		`  cluster     ${nodes} nodes, ${parameters.workload.clients} clients, ${faults.intensity} faults`,
		`  parameters  ${JSON.stringify(parameters)}`,
		...(shrinkRuns > 0 ? [`  shrunk      in ${shrinkRuns} runs, to these faults`] : []),
		...struck.map(event => `  fault       ${describeFaultEvent(event)}`),
		`  replay      ${replayCommand(result, given)}`,
		'',
	].join('\n');
}

/** Of a seed whose thread had to be ended: nobody knows more of it. */
export function stalledText({seed, stallMs}: StalledSeed, run: RunSettings): string {
	const told = `seed ${seed}: an event did not end within ${stallMs / 1000} s, and its thread was ended`;
	return `\n${told}\n  replay      ${replayCommand({seed, ...run}, run)}\n\n`;
}

/** What all seeds of a run have in common. */
export type RunSettings = Pick<SimulationResult, 'durationMs' | 'profile' | 'onlyFaults' | 'untilMs'> & GivenOptions;

const perSecond = (count: number, ms: number): number => (ms === 0 ? 0 : Math.round((count / ms) * 1000));
const number = (value: number): string => value.toLocaleString('en-US');

export function summaryText(
	summary: RunSummary,
	run: {readonly wallMs: number; readonly isInterrupted: boolean},
): string {
	const {seeds, violations, unknown, events, virtualMs, busyMs, operations, committed, crashes, faults} = summary;
	const broken = violations.map(({result}) => result.seed).sort((one, other) => one - other);
	const hung = summary.stalled.map(({seed}) => seed);
	const lines = [
		`${number(seeds)} seeds${run.isInterrupted ? ' (interrupted)' : ''}: ${violations.length} violations, ${unknown} undecided histories`,
		`${number(events)} events, ${number(operations)} operations, ${number(committed)} entries committed, ` +
			`${number(faults)} faults, ${number(crashes)} crashes, ${number(Math.round(virtualMs / 1000))} virtual seconds`,
		`${(run.wallMs / 1000).toFixed(1)} s; on each core ${number(perSecond(events, busyMs))} events/s, ` +
			`${busyMs === 0 ? 0 : Math.round(virtualMs / busyMs)} virtual seconds per real second`,
	];
	lines.push('', ...coverageText(summary.coverage), '');
	if (broken.length > 0) lines.push(`broken: ${broken.join(', ')}`);
	if (hung.length > 0) lines.push(`did not end: ${hung.join(', ')}`);
	return `${lines.join('\n')}\n`;
}

export function summaryJson(
	summary: RunSummary,
	run: GivenOptions & {readonly wallMs: number; readonly isInterrupted: boolean},
): string {
	const {violations, ...rest} = summary;
	const told = violations.map(({result, shrinkRuns}) => ({
		seed: result.seed,
		violation: result.violation,
		traceHash: result.traceHash,
		nodes: result.nodes,
		parameters: result.parameters,
		faults: result.faults.events,
		shrinkRuns,
		replay: replayCommand(result, run),
		timeline: result.timeline,
	}));
	const {wallMs, isInterrupted} = run;
	const eventsPerSecond = perSecond(rest.events, rest.busyMs);
	const virtualSecondsPerSecond = rest.busyMs === 0 ? 0 : rest.virtualMs / rest.busyMs;
	const report = {...rest, wallMs, isInterrupted, eventsPerSecond, virtualSecondsPerSecond, violations: told};
	return `${JSON.stringify(report)}\n`;
}
