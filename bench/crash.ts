/** A leader crash under load: completions in small buckets of time, and how long nothing completed. */
import {performance} from 'node:perf_hooks';
import {ClosedLoop} from './load.js';
import type {Crashable, Workload} from './systems/system.js';

export interface CrashOptions {
	readonly workload: Workload;
	readonly inFlight: number;
	/** Load before the kill, and after it; ms. */
	readonly beforeMs: number;
	readonly afterMs: number;
	readonly seed: number;
}

export interface CrashTimeline {
	readonly bucketMs: number;
	/** Start of the first bucket, relative to the kill, ms. */
	readonly startsAtMs: number;
	/** Completions of each bucket. */
	readonly completions: readonly number[];
	/** The longest time without any completion after the kill, relative to it, ms. */
	readonly gap: {readonly fromMs: number; readonly toMs: number};
	readonly electionTimeoutMs: number;
	/** Operations that were not answered with a result. */
	readonly failures: number;
}

export const bucketMs = 10;
/** Something has ended within the last so many ms: there is progress. */
const progressMs = 100;
/** Nothing recovers after this long. */
const recoveryMaxMs = 20_000;
/** Leave the rest of the cluster in peace before the next. */
const settleMs = 500;

export async function crash(system: Crashable, options: CrashOptions): Promise<CrashTimeline> {
	const ends: number[] = [];
	let failures = 0;
	const startedAt = performance.now();
	const client = system.connect();
	const loop = new ClosedLoop(client, options, {
		completed: (_, endedAt) => void ends.push(endedAt),
		failed: () => void failures++,
	});
	const run = loop.run();
	await sleep(options.beforeMs);
	const {node, killedAt} = await system.killLeader();
	await sleep(killedAt + options.afterMs - performance.now());
	// A gap that is still open has no length yet.
	while (performance.now() - (ends.at(-1) ?? 0) > progressMs && performance.now() < killedAt + recoveryMaxMs)
		await sleep(progressMs);
	const endedAt = performance.now();
	loop.stop();
	await run;
	client.close();
	await system.restart(node);
	await sleep(settleMs);
	return {
		bucketMs,
		startsAtMs: startedAt - killedAt,
		completions: bucketsOf(ends, startedAt, endedAt),
		gap: longestGap(ends, killedAt, endedAt),
		electionTimeoutMs: system.electionTimeoutMs,
		failures,
	};
}

function bucketsOf(ends: readonly number[], from: number, to: number): readonly number[] {
	const buckets = new Array<number>(Math.floor((to - from) / bucketMs)).fill(0);
	for (const end of ends) {
		const bucket = Math.floor((end - from) / bucketMs);
		if (bucket < buckets.length) buckets[bucket]!++;
	}
	return buckets;
}

function longestGap(ends: readonly number[], killedAt: number, endedAt: number): CrashTimeline['gap'] {
	let gap = {fromMs: 0, toMs: 0};
	let last = killedAt;
	for (const end of [...ends, endedAt]) {
		if (end <= killedAt || end > endedAt) continue;
		if (end - last > gap.toMs - gap.fromMs) gap = {fromMs: last - killedAt, toMs: end - killedAt};
		last = end;
	}
	return gap;
}

const sleep = async (ms: number): Promise<void> => new Promise(resolve => void setTimeout(resolve, Math.max(0, ms)));
