/** The process of one axis in one round: the clusters, their clients and their load. */
import {Cluster} from '../../actors/cluster/cluster.js';
import type {Clerk} from '../../actors/clerk/clerk.js';
import type {Executor} from '../../actors/executor.js';
import {Random} from '../../src/base/random.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {cpuClock} from '../cpu.js';
import {runLoad} from '../load.js';
import {base, pointAt, workloads, type AxisId, type Point, type ScalePlan} from './plan.js';
import type {AxisSample, Sample} from './results.js';

export interface AxisTask {
	readonly axis: AxisId;
	readonly values: readonly number[];
	readonly plan: ScalePlan;
}

export type AxisNews =
	| {readonly type: 'sample'; readonly sample: AxisSample}
	| {readonly type: 'done'}
	| {readonly type: 'failed'; readonly message: string};

const leaderTimeoutMs = 30_000;
/** Of an operation: where thousands are in flight at once, each waits for all others. */
const timeoutMs = 60_000;
const fillInFlight = 256;
const fillBytesMax = 8 * 2 ** 20;

/** Whichever clerk has been idle for longest takes the next operation; where there are few, each has several at a time. */
class Clients implements Executor {
	/** A ring of turns; so many are out as operations are in flight. */
	readonly #turns: Clerk[];
	#next = 0;
	#returned = 0;

	constructor(clerks: readonly Clerk[], inFlight: number) {
		const turnsOfEach = Math.ceil(inFlight / clerks.length);
		this.#turns = Array.from({length: turnsOfEach}, () => clerks).flat();
	}

	async execute(operation: Operation): Promise<Result> {
		const clerk = this.#turns[this.#next++ % this.#turns.length];
		if (clerk === undefined) throw new Error('a load has at least one client');
		try {
			return await clerk.execute(operation);
		} finally {
			this.#turns[this.#returned++ % this.#turns.length] = clerk;
		}
	}
}

class Stage {
	readonly #cluster: Cluster;
	readonly #clerks: Clerk[] = [];
	readonly #point: {keys: number; valueBytes: number} = {keys: 0, valueBytes: 0};

	private constructor(cluster: Cluster) {
		this.#cluster = cluster;
	}

	static async start(nodes: number, plan: ScalePlan): Promise<Stage> {
		const cluster = await Cluster.start({nodes});
		await cluster.waitForLeader(leaderTimeoutMs);
		const stage = new Stage(cluster);
		const breakIn = {...plan, warmUpMs: 0, measureMs: plan.breakInMs};
		for (const workload of workloads) await stage.sample(base, workload, breakIn);
		return stage;
	}

	async sample(point: Point, workload: 'write' | 'read', {warmUpMs, measureMs, seed}: ScalePlan): Promise<Sample> {
		await this.#prepare(point);
		const {inFlight, clients} = point;
		const operations = operationsOf(point, workload, Random.fromSeed(seed));
		const load = {workload, inFlight, warmUpMs, measureMs, seed};
		const client = new Clients(this.#clerks.slice(0, clients), inFlight);
		const measured = await runLoad(client, load, cpuClock(), operations);
		const {operations: count, seconds, failures, cpuSeconds = NaN, latencies} = measured;
		return {
			opsPerSecond: count / seconds,
			p50Us: latencies.p50Us,
			p99Us: latencies.p99Us,
			cpuUs: count === 0 ? NaN : (cpuSeconds * 1e6) / count,
			failures,
			rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
		};
	}

	close(): Promise<void> {
		return this.#cluster.close();
	}

	/** A client's first write gives it a session. */
	async #connect(clients: number): Promise<void> {
		const first = this.#clerks.length;
		while (this.#clerks.length < clients) this.#clerks.push(this.#cluster.clerk({timeoutMs}));
		await each(first, clients, fillInFlight, number => this.#clerks[number]?.delete('nothing'));
	}

	/** All keys are there, with values of that size, and all clients have written once. */
	async #prepare({keys, valueBytes, clients}: Point): Promise<void> {
		await this.#connect(clients);
		const isFilled = this.#point.valueBytes === valueBytes;
		const value = new Uint8Array(valueBytes).fill(0x78);
		const first = isFilled ? this.#point.keys : 0;
		const inFlight = Math.max(1, Math.min(fillInFlight, Math.floor(fillBytesMax / valueBytes)));
		await each(first, keys, inFlight, number => this.#clerks[0]?.execute({type: 'put', key: keyAt(number), value}));
		this.#point.keys = Math.max(keys, isFilled ? this.#point.keys : 0);
		this.#point.valueBytes = valueBytes;
	}
}

/** Does it with all numbers from `first` to before `end`, so many at a time. */
async function each(
	first: number,
	end: number,
	atOnce: number,
	work: (number: number) => Promise<unknown> | undefined,
): Promise<void> {
	let next = first;
	const worker = async (): Promise<void> => {
		while (next < end) await work(next++);
	};
	await Promise.all(Array.from({length: atOnce}, worker));
}

const keyAt = (number: number): string => `key:${String(number).padStart(12, '0')}`;

function operationsOf({keys, valueBytes}: Point, workload: 'write' | 'read', random: Random): () => Operation {
	const value = new Uint8Array(valueBytes).fill(0x78);
	const anyKey = (): string => keyAt(Math.floor(random.float() * keys));
	return workload === 'write' ? () => ({type: 'put', key: anyKey(), value}) : () => ({type: 'get', key: anyKey()});
}

/** From the smallest on; a cluster stays from one to the next where it can. */
async function run({axis, values, plan}: AxisTask, told: (sample: AxisSample) => void): Promise<void> {
	let stage: Stage | undefined;
	let nodes = 0;
	try {
		for (const at of values) {
			const point = pointAt(axis, at);
			if (point.nodes !== nodes) await stage?.close();
			if (point.nodes !== nodes) stage = await Stage.start(point.nodes, plan);
			nodes = point.nodes;
			for (const workload of workloads) {
				const sample = await stage?.sample(point, workload, plan);
				if (sample !== undefined) told({at, workload, sample});
			}
		}
	} finally {
		await stage?.close();
	}
}

const tell = (news: AxisNews): void => void process.send?.(news);

process.once('message', (task: AxisTask) => {
	run(task, sample => tell({type: 'sample', sample}))
		.then(
			() => tell({type: 'done'}),
			(error: unknown) =>
				tell({type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error)}),
		)
		.finally(() => process.disconnect());
});
// The bench is gone, however it went.
process.once('disconnect', () => process.exit());
