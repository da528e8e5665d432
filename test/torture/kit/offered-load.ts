/** A client on a thread of its own that offers a load, whether or not it is taken, and counts what becomes of it. */
import {parentPort, Worker, workerData} from 'node:worker_threads';
import {Clerk} from '../../../actors/clerk/clerk.js';
import type {ClerkConnection} from '../../../actors/clerk/clerk-host.js';
import type {Cluster} from '../../../actors/cluster/cluster.js';
import type {Operation} from '../../../src/kv/types.js';

export interface Offer {
	/** Operations a second that are begun whatever happens; or so many in flight, each followed by the next. */
	readonly pace: {readonly perSecond: number} | {readonly inFlight: number};
	readonly seconds: number;
}

export interface Taken {
	readonly offered: number;
	readonly done: number;
	/** By the code of the error; `untyped` for one that has none. */
	readonly failures: Readonly<Record<string, number>>;
	readonly seconds: number;
	/** The longest time without an answer. */
	readonly longestPauseMs: number;
}

interface OfferTask extends Offer {
	readonly connection: ClerkConnection;
}

const tickMs = 5;
const arrearsMsMax = 200;
const afterRefusalMs = 2;
const timeoutMs = 10_000;
/** Operations that a client has under way or waiting; one more is refused. */
const operationsMax = 1024;
const keyCount = 1024;
const warmUpOperations = 50;
const value = new Uint8Array(4000).fill(0x78);
const puts: readonly Operation[] = Array.from({length: keyCount}, (_, key) => ({type: 'put', key: `k${key}`, value}));

export async function offer(cluster: Cluster, {pace, seconds}: Offer): Promise<Taken> {
	const connection = cluster.clerkPort();
	const task: OfferTask = {pace, seconds, connection};
	const worker = new Worker(new URL(import.meta.url), {workerData: task, transferList: [connection.port]});
	return new Promise((resolve, reject) => {
		worker.once('message', resolve);
		worker.once('error', reject);
		worker.once('exit', code => reject(new Error(`the load's thread ended with ${code}`)));
	});
}

class OfferedLoad {
	readonly #clerk: Clerk;
	readonly #failures: Record<string, number> = {};
	#offered = 0;
	#done = 0;
	#longestPauseMs = 0;
	#answeredAt = performance.now();

	constructor(clerk: Clerk) {
		this.#clerk = clerk;
	}

	async run({pace, seconds}: Offer): Promise<Taken> {
		const startedAt = performance.now();
		const endsAt = startedAt + seconds * 1000;
		this.#answeredAt = startedAt;
		if ('perSecond' in pace) await this.#keepPace(pace.perSecond, endsAt);
		else await Promise.all(Array.from({length: pace.inFlight}, () => this.#keepBusy(endsAt)));
		return {
			offered: this.#offered,
			done: this.#done,
			failures: this.#failures,
			seconds: (performance.now() - startedAt) / 1000,
			longestPauseMs: Math.max(this.#longestPauseMs, performance.now() - this.#answeredAt),
		};
	}

	/** What this thread cannot offer in time it does not make up for: that would keep it from hearing the answers. */
	async #keepPace(perSecond: number, endsAt: number): Promise<void> {
		let lastAt = performance.now();
		while (lastAt < endsAt) {
			await new Promise(resolve => void setTimeout(resolve, tickMs));
			const now = performance.now();
			const due = this.#offered + Math.round((Math.min(now - lastAt, arrearsMsMax) / 1000) * perSecond);
			lastAt = now;
			while (this.#offered < due) void this.#begin();
		}
	}

	async #keepBusy(endsAt: number): Promise<void> {
		while (performance.now() < endsAt) {
			if (!(await this.#begin())) await new Promise(resolve => void setTimeout(resolve, afterRefusalMs));
		}
	}

	async #begin(): Promise<boolean> {
		try {
			await this.#clerk.execute(puts[this.#offered++ % keyCount]!);
		} catch (error) {
			const {code = 'untyped'} = error as {code?: string};
			this.#failures[code] = (this.#failures[code] ?? 0) + 1;
			return false;
		}
		const now = performance.now();
		this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#answeredAt);
		this.#answeredAt = now;
		this.#done++;
		return true;
	}
}

if (parentPort !== null) {
	const {connection, ...task} = workerData as OfferTask;
	const clerk = Clerk.connect(connection, {timeoutMs, limits: {operationsMax}});
	// A session, and code that has been compiled, before the clock runs.
	await Promise.all(puts.slice(0, warmUpOperations).map(put => clerk.execute(put)));
	parentPort.postMessage(await new OfferedLoad(clerk).run(task));
	clerk.close();
	parentPort.close();
}
