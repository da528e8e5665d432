/** A long load on one system, and what it looks like from one stretch of time to the next. */
import {performance} from 'node:perf_hooks';
import {setInterval} from 'node:timers/promises';
import {latenciesOf, newHistogram} from './latencies.js';
import {ClosedLoop} from './load.js';
import type {Crashable, Workload} from './systems/system.js';

export interface SoakOptions {
	readonly workload: Workload;
	readonly inFlight: number;
	readonly seconds: number;
	readonly sampleSeconds: number;
	readonly seed: number;
}

export interface SoakSample {
	/** Since the start of the load, at the end of the stretch. */
	readonly atSeconds: number;
	readonly opsPerSecond: number;
	readonly p99Us: number;
	readonly failures: number;
	/** Of the whole process, all threads, MiB. */
	readonly rssMiB: number;
	/** Used by the main thread: router, supervisor, clerk, load; MiB. */
	readonly heapMiB: number;
	/** Terms that began within the stretch. */
	readonly elections: number;
}

const mebibyte = 2 ** 20;

export async function soak(
	system: Crashable,
	options: SoakOptions,
	sampled: (sample: SoakSample) => void,
): Promise<void> {
	const histogram = newHistogram();
	let failures = 0;
	const client = system.connect();
	const loop = new ClosedLoop(client, options, {
		completed: (startedAt, endedAt) => histogram.recordValue(Math.round((endedAt - startedAt) * 1e6)),
		failed: () => void failures++,
	});
	let term = await system.term();
	const startedAt = performance.now();
	let lastAt = startedAt;
	const run = loop.run();
	for await (const _ of setInterval(options.sampleSeconds * 1000)) {
		const at = performance.now();
		const seconds = (at - lastAt) / 1000;
		const newTerm = await system.term();
		const {rss, heapUsed} = process.memoryUsage();
		sampled({
			atSeconds: (at - startedAt) / 1000,
			opsPerSecond: histogram.totalCount / seconds,
			p99Us: latenciesOf(histogram).p99Us,
			failures,
			rssMiB: rss / mebibyte,
			heapMiB: heapUsed / mebibyte,
			elections: newTerm - term,
		});
		histogram.reset();
		[failures, term, lastAt] = [0, newTerm, at];
		if (at - startedAt >= options.seconds * 1000) break;
	}
	loop.stop();
	await run;
	client.close();
}
