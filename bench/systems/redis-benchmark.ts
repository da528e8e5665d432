/** Load by redis-benchmark, Redis' own program, on anything that speaks its protocol. */
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {type CpuClock, cpuSince} from '../cpu.js';
import type {Latencies} from '../latencies.js';
import {keyCount, type Load, type Measurement, valueBytes} from './system.js';

const run = promisify(execFile);

/** It runs for a number of requests, not for a time. */
const firstRequestsPerSlot = 4;
const requestsMin = 100;
/** It spins for ever on a server that has gone. */
const timeoutMs = 60_000;
/** It tells a time in ms: what took less is taken for one. */
const secondsMin = 0.001;

/** Keeps what it learns of a server's speed from one load to the next. */
export class RedisBenchmark {
	readonly #port: number;
	readonly #clock: CpuClock;
	readonly #rates = new Map<string, number>();

	constructor(port: number, clock: CpuClock) {
		this.#port = port;
		this.#clock = clock;
	}

	async fill(): Promise<void> {
		await this.#run('write', 64, 8 * keyCount);
	}

	/** A connection for each operation in flight. A mixed load it does not know. */
	async measure(load: Load): Promise<Measurement> {
		const {workload, inFlight, warmUpMs, measureMs} = load;
		const point = `${workload}/${inFlight}`;
		if (!this.#rates.has(point)) await this.#learn(point, load, Math.max(requestsMin, firstRequestsPerSlot * inFlight));
		await this.#learn(point, load, this.#requestsIn(point, warmUpMs));
		const before = this.#clock();
		const {operations, seconds, latencies} = await this.#run(workload, inFlight, this.#requestsIn(point, measureMs));
		return {operations, seconds, failures: 0, cpuSeconds: cpuSince(this.#clock, before), latencies};
	}

	#requestsIn(point: string, ms: number): number {
		return Math.max(requestsMin, Math.round(((this.#rates.get(point) ?? 0) * ms) / 1000));
	}

	async #learn(point: string, {workload, inFlight}: Load, requests: number): Promise<void> {
		const {operations, seconds} = await this.#run(workload, inFlight, requests);
		this.#rates.set(point, operations / seconds);
	}

	async #run(workload: Load['workload'], inFlight: number, requests: number) {
		const count = Math.max(requests, inFlight);
		const what = ['-t', workload === 'write' ? 'set' : 'get', '-d', String(valueBytes), '-r', String(keyCount)];
		const how = ['-p', String(this.#port), '-c', String(inFlight), '-n', String(count), '--precision', '3'];
		return parse(await outputOf([...what, ...how]), count);
	}
}

/** Takes the program along when this process ends: the server has gone then. */
async function outputOf(args: readonly string[]): Promise<string> {
	const running = run('redis-benchmark', args, {timeout: timeoutMs});
	const kill = (): void => void running.child.kill('SIGKILL');
	process.once('exit', kill);
	try {
		return (await running).stdout;
	} finally {
		process.off('exit', kill);
	}
}

function parse(output: string, operations: number) {
	const rate = Number(/throughput summary: ([\d.]+) requests/.exec(output)?.[1]);
	if (!(rate > 0)) throw new Error(`redis-benchmark said nothing of its throughput:\n${output}`);
	const [byPercentile = ''] = output.split('Cumulative distribution of latencies');
	const rows = [...byPercentile.matchAll(/^([\d.]+)% <= ([\d.]+) milliseconds/gm)];
	const distribution = rows.map(([, percentile, ms]) => [Number(percentile), Number(ms) * 1000] as const);
	return {operations, seconds: Math.max(secondsMin, operations / rate), latencies: latenciesOf(distribution)};
}

function latenciesOf(distribution: Latencies['distribution']): Latencies {
	const at = (wanted: number): number => distribution.find(([percentile]) => percentile >= wanted)?.[1] ?? NaN;
	return {p50Us: at(50), p99Us: at(99), p999Us: at(99.9), distribution};
}
