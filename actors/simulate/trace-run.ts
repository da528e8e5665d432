/** `threadraft simulate --trace FILE`: the run is repeated, and this time somebody watches. A seed gives the same run again. */
import {simulate} from '../../src/simulation/simulate.js';
import {codec} from '../codec/codec.js';
import {writeTrace} from '../trace/trace-file.js';
import {loadSimulatedMachine} from './load-simulated-machine.js';
import {replayCommand, type RunSettings} from './report.js';
import type {RunSummary} from './run-seeds.js';
import {RunRecorder} from './run-recorder.js';

/** What all seeds of the run had in common, and the first of them. */
export type TracedSettings = RunSettings & {readonly seed: number};

/** Resolves with a line that says what was written. Rejects with a `TraceFileError`. */
export async function traceRun(file: string, summary: RunSummary, settings: TracedSettings): Promise<string> {
	const [failed] = summary.violations;
	// Its thread had to be ended, and so would this one have to be.
	if (failed === undefined && summary.stalled.some(({seed}) => seed === settings.seed)) {
		return `no trace was written: seed ${settings.seed} does not end\n`;
	}
	const {machineModule, ...common} = settings;
	const machine = machineModule === undefined ? {} : await loadSimulatedMachine(machineModule);
	const found = failed?.result ?? common;
	const {seed, onlyFaults, untilMs} = found;
	const recorder = new RunRecorder();
	const result = simulate({...common, ...machine, seed, onlyFaults, untilMs, codec, observer: recorder});
	const lines = recorder.lines(result, replayCommand(result, settings));
	await writeTrace(file, lines);
	return `trace of seed ${seed} written to ${file}: ${lines.length} lines; "threadraft view ${file}" shows it\n`;
}
