/** The closed loop: keeps a number of operations in flight through a client, and times them. */
import {performance} from 'node:perf_hooks';
import type {Histogram} from 'hdr-histogram-js';
import type {Executor} from '../actors/executor.js';
import type {Operation} from '../src/kv/types.js';
import {Random} from '../src/base/random.js';
import {type CpuClock, cpuSince} from './cpu.js';
import {latenciesOf, newHistogram} from './latencies.js';
import {keyCount, type Load, type Measurement, valueBytes} from './systems/system.js';

/** What has failed is tried again after this long: a system that refuses at once must not spin. */
const afterFailureMs = 2;
/** A loop that answers nothing for so long is stuck. */
const stuckMs = 30_000;

/** As redis-benchmark makes them: 16 bytes. */
export const keys: readonly string[] = Array.from({length: keyCount}, (_, n) => `key:${String(n).padStart(12, '0')}`);

const value = new Uint8Array(valueBytes).fill(0x78);
const puts: readonly Operation[] = keys.map(key => ({type: 'put', key, value}));
const gets: readonly Operation[] = keys.map(key => ({type: 'get', key}));

/** Puts every key once, so that reads find something. */
export async function fill(client: Executor): Promise<void> {
	await Promise.all(puts.map(put => client.execute(put)));
}

export interface LoopObserver {
	/** After every operation, with its start and end by `performance.now()`. */
	completed(startedAt: number, endedAt: number): void;
	failed(error: unknown): void;
}

/** Keeps `inFlight` operations going until `isOver` says so; resolves when the last has ended. */
export class ClosedLoop {
	readonly #client: Executor;
	readonly #operations: () => Operation;
	readonly #observer: LoopObserver;
	readonly #inFlight: number;
	#running = 0;
	#isOver = false;
	#ended: () => void = () => undefined;

	/** `operations`: gives the next. @default on the keys of `fill` */
	constructor(
		client: Executor,
		load: Pick<Load, 'workload' | 'inFlight' | 'seed'>,
		observer: LoopObserver,
		operations = operationsOf(load),
	) {
		this.#client = client;
		this.#inFlight = load.inFlight;
		this.#operations = operations;
		this.#observer = observer;
	}

	async run(): Promise<void> {
		return new Promise(resolve => {
			this.#ended = resolve;
			this.#running = this.#inFlight;
			for (let slot = 0; slot < this.#inFlight; slot++) this.#startSlot();
		});
	}

	/** No operation begins after this. */
	stop(): void {
		this.#isOver = true;
	}

	/** A slot's two callbacks are made once: the loop must cost as little as it can. */
	#startSlot(): void {
		let startedAt = performance.now();
		const next = (at: number): void => {
			if (this.#isOver) return this.#endSlot();
			startedAt = at;
			// oxlint-disable-next-line promise/no-callback-in-promise -- an await would make a frame for every operation
			this.#client.execute(this.#operations()).then(done, failed);
		};
		const done = (): void => {
			const at = performance.now();
			this.#observer.completed(startedAt, at);
			next(at);
		};
		const failed = (error: unknown): void => {
			this.#observer.failed(error);
			setTimeout(() => next(performance.now()), afterFailureMs);
		};
		next(startedAt);
	}

	#endSlot(): void {
		if (--this.#running === 0) this.#ended();
	}
}

function operationsOf({workload, seed}: Pick<Load, 'workload' | 'seed'>): () => Operation {
	const random = Random.fromSeed(seed);
	return () => {
		const isWrite = workload === 'mixed' ? random.float() < 0.5 : workload === 'write';
		const operations = isWrite ? puts : gets;
		return operations[Math.floor(random.float() * keyCount)]!;
	};
}

/** Runs one load through a client. Rejects when nothing comes back for 30 s. `operations`: as `ClosedLoop` takes it. */
export async function runLoad(
	client: Executor,
	load: Load,
	clock: CpuClock,
	operations?: () => Operation,
): Promise<Measurement> {
	const window = new Window(load, clock);
	const observer: LoopObserver = {
		completed: (startedAt, endedAt) => {
			if (window.completed(startedAt, endedAt)) loop.stop();
		},
		failed: () => {
			if (window.failed(performance.now())) loop.stop();
		},
	};
	const loop = new ClosedLoop(client, load, observer, operations);
	const run = loop.run();
	let watch: NodeJS.Timeout | undefined;
	const stuck = new Promise<never>((_, reject) => {
		const limitMs = load.warmUpMs + load.measureMs + stuckMs;
		watch = setTimeout(() => {
			loop.stop();
			reject(new Error(`operations have not come back for ${stuckMs / 1000} s: is the system up?`));
		}, limitMs);
	});
	try {
		await Promise.race([run, stuck]);
	} finally {
		clearTimeout(watch);
	}
	return window.measurement();
}

/** Counts what ends between warm-up and end. Driven by completions: under load a timer would be late. */
class Window {
	readonly #clock: CpuClock;
	readonly #histogram: Histogram = newHistogram();
	readonly #opensAt: number;
	readonly #measureMs: number;
	#openedAt: number | undefined;
	#closedAt: number | undefined;
	#cpuBefore: number | undefined;
	#cpuSeconds: number | undefined;
	#operations = 0;
	#failures = 0;

	constructor(load: Load, clock: CpuClock) {
		this.#clock = clock;
		this.#opensAt = performance.now() + load.warmUpMs;
		this.#measureMs = load.measureMs;
	}

	/** True once the window has closed. */
	completed(startedAt: number, endedAt: number): boolean {
		if (this.#closedAt !== undefined) return true;
		if (!this.#isOpen(endedAt)) return false;
		this.#operations++;
		this.#histogram.recordValue(Math.round((endedAt - startedAt) * 1e6));
		return this.#closesAt(endedAt);
	}

	failed(at: number): boolean {
		if (this.#closedAt !== undefined) return true;
		if (!this.#isOpen(at)) return false;
		this.#failures++;
		return this.#closesAt(at);
	}

	measurement(): Measurement {
		const seconds = ((this.#closedAt ?? 0) - (this.#openedAt ?? 0)) / 1000;
		return {
			operations: this.#operations,
			seconds,
			failures: this.#failures,
			cpuSeconds: this.#cpuSeconds,
			latencies: latenciesOf(this.#histogram),
		};
	}

	/** What opens the window is not counted: it began before. */
	#isOpen(at: number): boolean {
		if (this.#openedAt !== undefined) return true;
		if (at >= this.#opensAt) {
			this.#openedAt = at;
			this.#cpuBefore = this.#clock();
		}
		return false;
	}

	#closesAt(at: number): boolean {
		if (at - (this.#openedAt ?? at) < this.#measureMs) return false;
		this.#closedAt = at;
		this.#cpuSeconds = cpuSince(this.#clock, this.#cpuBefore);
		return true;
	}
}
