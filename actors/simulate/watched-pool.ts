/** A pool of threads that run seeds, watched from outside: an event that never ends ends its thread, and no other. */
import {Piscina} from 'piscina';
import type {SeedReport, SeedTask} from './task.js';

/** The thread of this seed showed no progress for so long that it was ended. */
export interface StalledSeed {
	readonly seed: number;
	readonly stallMs: number;
}

export type SeedOutcome =
	| {readonly type: 'report'; readonly report: SeedReport}
	| {readonly type: 'stalled'; readonly stalled: StalledSeed};

export interface WatchedPoolOptions {
	readonly threads: number;
	/** Without progress for so long, milliseconds, a seed hangs. */
	readonly stallMs: number;
	/** What a thread of the pool runs. @default the simulator */
	readonly filename?: URL | undefined;
	/** MiB */
	readonly youngGenerationMiB: number;
}

export class WatchedPool {
	readonly #pool: Piscina<SeedTask, SeedReport>;
	readonly #stallMs: number;

	constructor({threads, stallMs, filename, youngGenerationMiB}: WatchedPoolOptions) {
		this.#stallMs = stallMs;
		this.#pool = new Piscina<SeedTask, SeedReport>({
			filename: (filename ?? new URL('../../workers/simulate-task.js', import.meta.url)).href,
			maxThreads: threads,
			resourceLimits: {maxYoungGenerationSizeMb: youngGenerationMiB},
		});
	}

	/** Rejects with what the thread threw. */
	async run(task: Omit<SeedTask, 'progress'>): Promise<SeedOutcome> {
		const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
		const controller = new AbortController();
		const watch = watchProgress(progress, this.#stallMs, () => controller.abort());
		try {
			const report = await this.#pool.run({...task, progress}, {signal: controller.signal});
			return {type: 'report', report};
		} catch (error) {
			if (!controller.signal.aborted) throw error;
			return {type: 'stalled', stalled: {seed: task.seed, stallMs: this.#stallMs}};
		} finally {
			clearInterval(watch);
		}
	}

	async close(): Promise<void> {
		await this.#pool.destroy();
	}
}

/** A seed that waits for a thread has shown nothing yet: its time begins with its first progress. */
function watchProgress(progress: Int32Array, stallMs: number, stalled: () => void): NodeJS.Timeout {
	let last = 0;
	let since = performance.now();
	const look = (): void => {
		const shown = Atomics.load(progress, 0);
		if (shown !== last || shown === 0) {
			last = shown;
			since = performance.now();
		} else if (performance.now() - since >= stallMs) stalled();
	};
	return setInterval(look, Math.min(1000, stallMs / 4));
}
