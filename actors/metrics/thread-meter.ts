/** What one thread takes of memory and time. */
import {type EventLoopUtilization, type IntervalHistogram, monitorEventLoopDelay, performance} from 'node:perf_hooks';
import {getHeapStatistics} from 'node:v8';
import {Lease} from './lease.js';

/** How much later than asked for a timer's turn came. Times in ms. */
export interface EventLoopDelay {
	readonly p50Ms: number;
	readonly p99Ms: number;
	readonly maxMs: number;
}

/** One thread. Counts since it has started. Sizes in bytes, times in ms. */
export interface ThreadMetrics {
	/** `main`, `replica-0`, `kv-0` and so on. */
	readonly thread: string;
	/** Of JavaScript's objects, in use. */
	readonly heapUsedBytes: number;
	/** That the heap has taken from the system. */
	readonly heapTotalBytes: number;
	/** Outside of the heap, held by its objects: buffers, most of all. */
	readonly externalBytes: number;
	/** Time in which the event loop ran code. */
	readonly loopActiveMs: number;
	/** Time in which the event loop waited. */
	readonly loopIdleMs: number;
	/** Since the last collection; `undefined` with the first one, which begins to measure. */
	readonly loopDelay: EventLoopDelay | undefined;
}

const resolutionMs = 10;

export class ThreadMeter {
	readonly #thread: string;
	readonly #lease = new Lease(() => this.#stop());
	#delays: IntervalHistogram | undefined;

	constructor(thread: string) {
		this.#thread = thread;
	}

	/** Somebody has collected lately. */
	get isWatched(): boolean {
		return this.#lease.isHeld;
	}

	read(): ThreadMetrics {
		const {used_heap_size: heapUsedBytes, total_heap_size: heapTotalBytes, external_memory} = getHeapStatistics();
		const {active, idle}: EventLoopUtilization = performance.eventLoopUtilization();
		return {
			thread: this.#thread,
			heapUsedBytes,
			heapTotalBytes,
			externalBytes: external_memory,
			loopActiveMs: active,
			loopIdleMs: idle,
			loopDelay: this.#delay(),
		};
	}

	/** Lets go of what measures. */
	close(): void {
		this.#lease.end();
	}

	#delay(): EventLoopDelay | undefined {
		this.#lease.renew();
		const delays = this.#delays;
		if (delays === undefined) {
			this.#delays = monitorEventLoopDelay({resolution: resolutionMs});
			this.#delays.enable();
			return undefined;
		}
		const [p50Ms, p99Ms, maxMs] = [delays.percentile(50), delays.percentile(99), delays.max].map(lateness);
		const isEmpty = delays.count === 0;
		delays.reset();
		return isEmpty || p50Ms === undefined || p99Ms === undefined || maxMs === undefined
			? undefined
			: {p50Ms, p99Ms, maxMs};
	}

	#stop(): void {
		this.#delays?.disable();
		this.#delays = undefined;
	}
}

/** Node counts the whole interval between two turns of its timer, in ns. */
const lateness = (intervalNs: number): number => Math.max(0, intervalNs / 1e6 - resolutionMs);
