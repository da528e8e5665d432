/** The trace of a simulated run with a planted bug in it. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Codec} from '../../src/base/codec.js';
import type {SimulationOptions, SimulationResult} from '../../src/simulation/simulate.js';
import {RunRecorder} from '../../actors/simulate/run-recorder.js';
import type {TraceLine} from '../../actors/trace/trace.js';
import {buildMutant} from '../mutants/build-mutant.js';
import {mutants} from '../mutants/catalogue.js';

export interface PlantedTrace {
	readonly result: SimulationResult;
	readonly lines: readonly TraceLine[];
}

/** Of the first of a few seeds that finds the bug. `atEnd`: told what removes the copy of the sources. */
export async function planted(
	atEnd: (remove: () => void) => void,
	id: string,
	stepsMax?: number,
): Promise<PlantedTrace> {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-planted-'));
	atEnd(() => rmSync(directory, {recursive: true, force: true}));
	const mutant = mutants.find(mutant => mutant.id === id);
	if (mutant === undefined) throw new Error(`there is no planted bug ${id}`);
	const copy = buildMutant(mutant, path.join(directory, 'copy'));
	const {simulate} = (await import(copy.simulator)) as {simulate: (options: SimulationOptions) => SimulationResult};
	const {codec} = (await import(copy.codec)) as {codec: Codec};
	for (let seed = 1; seed <= 20; seed++) {
		const observer = new RunRecorder(stepsMax);
		const result = simulate({seed, codec, observer});
		if (!result.ok) return {result, lines: observer.lines(result, 'a command')};
	}
	throw new Error(`no seed finds ${id}`);
}

export const textOf = (lines: readonly TraceLine[]): string => lines.map(line => `${JSON.stringify(line)}\n`).join('');
