/** The soak: one cluster under load for minutes, and whether its figures stay where they are. */
import path from 'node:path';
import {ChildSystem} from './child-system.js';
import {median} from './median.js';
import {makeScratch, removeScratch} from './scratch.js';
import type {SoakOptions, SoakSample} from './soak-load.js';
import {systemOf} from './systems/catalogue.js';
import type {Durability} from './systems/system.js';

export interface SoakResult {
	readonly nodes: number;
	readonly durability: Durability;
	readonly options: SoakOptions;
	readonly samples: readonly SoakSample[];
	readonly verdict: SoakVerdict;
}

/** Medians of the first third (after the first stretch, which warms up) against those of the last. */
export interface SoakVerdict {
	readonly isFlat: boolean;
	/** 0: none; -0.1: a tenth slower at the end. */
	readonly throughputChange: number;
	readonly p99Change: number;
	readonly rssChangeMiB: number;
	readonly heapChangeMiB: number;
	readonly elections: number;
	readonly failures: number;
}

/** More of a change than these is no noise. */
const throughputLossMax = 0.1;
const rssGrowthMaxMiB = 64;
const heapGrowthMaxMiB = 16;

export async function runSoak(
	group: {readonly nodes: number; readonly durability: Durability; readonly dataDirectory: string},
	options: SoakOptions,
	sampled: (sample: SoakSample) => void,
): Promise<SoakResult> {
	const {nodes, durability, dataDirectory} = group;
	const place = await makeScratch(dataDirectory);
	const samples: SoakSample[] = [];
	const child = new ChildSystem(systemOf('threadraft'));
	try {
		await child.start({nodes, durability, directory: path.join(place, 'threadraft'), ports: []});
		await child.soak(options, sample => {
			samples.push(sample);
			sampled(sample);
		});
	} finally {
		await child.stop();
		await removeScratch(place);
	}
	return {nodes, durability, options, samples, verdict: verdictOf(samples)};
}

export function verdictOf(samples: readonly SoakSample[]): SoakVerdict {
	const steady = samples.slice(1);
	const third = Math.max(1, Math.floor(steady.length / 3));
	const ends = (numberOf: (sample: SoakSample) => number): readonly [number, number] => [
		median(steady.slice(0, third).map(numberOf)),
		median(steady.slice(-third).map(numberOf)),
	];
	const [rateBefore, rateAfter] = ends(({opsPerSecond}) => opsPerSecond);
	const [p99Before, p99After] = ends(({p99Us}) => p99Us);
	const [rssBefore, rssAfter] = ends(({rssMiB}) => rssMiB);
	const [heapBefore, heapAfter] = ends(({heapMiB}) => heapMiB);
	const throughputChange = rateAfter / rateBefore - 1;
	const rssChangeMiB = rssAfter - rssBefore;
	const heapChangeMiB = heapAfter - heapBefore;
	const elections = samples.reduce((sum, sample) => sum + sample.elections, 0);
	const failures = samples.reduce((sum, sample) => sum + sample.failures, 0);
	const isFlat =
		throughputChange > -throughputLossMax &&
		rssChangeMiB < rssGrowthMaxMiB &&
		heapChangeMiB < heapGrowthMaxMiB &&
		elections === 0 &&
		failures === 0;
	const p99Change = p99After / p99Before - 1;
	return {isFlat, throughputChange, p99Change, rssChangeMiB, heapChangeMiB, elections, failures};
}
