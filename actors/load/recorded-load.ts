/**
 * Clients that read and write the keys of a workload until they are told to stop, and what is to be said of it: how fast it
 * was, for how long nothing was answered, and whether the history of it all is linearizable.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {Random} from '../../src/base/random.js';
import {OperationError} from '../../src/service/errors.js';
import {check} from '../../src/linearizability/check.js';
import type {Verdict} from '../../src/linearizability/key-result.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {Recorder} from '../../src/linearizability/recorder.js';
import type {KeyValueClient} from '../key-value-client.js';
import {RecordedClient} from './recorded-client.js';
import {Seen, Workload} from './workload.js';

export interface LoadReport {
	/** Those with an answer. */
	readonly operations: number;
	readonly seconds: number;
	readonly p50Ms: number;
	readonly p99Ms: number;
	/** The longest time without any answer. */
	readonly longestPauseMs: number;
	/** They may have taken effect. */
	readonly unknown: number;
	/** They certainly had no effect. */
	readonly notExecuted: number;
	/** It stopped by itself, because so many operations were recorded. */
	readonly isFull: boolean;
	readonly verdict: Verdict;
	/** The first key that is not linearizable, and what is wrong with it. */
	readonly violation: {readonly key: string; readonly detail: string | undefined} | undefined;
}

/** A history is held in memory, and judged within seconds. */
const operationsMax = 200_000;
/** More than any answer takes; an undecided history is told as such. */
const checkTimeoutMs = 5000;
const afterFailureMs = 10;
/** So many keys are removed by one request. */
const removedAtOnce = 64;

export class RecordedLoad {
	readonly #recorder: Recorder;
	readonly #workload: Workload;
	readonly #clients: readonly KeyValueClient[];
	readonly #run: Promise<unknown>;
	readonly #startedAt: number;
	readonly #now: () => number;
	#count = 0;
	#notExecuted = 0;
	#isOver = false;

	/** Begins at once. `prefix`: of keys that nobody else uses, and that do not exist. `now`: in ns, never goes back. */
	constructor(clients: readonly KeyValueClient[], prefix: string, random: Random, now: () => number) {
		this.#recorder = new Recorder(now);
		this.#now = now;
		this.#startedAt = now();
		this.#workload = new Workload(prefix);
		this.#clients = clients;
		this.#run = Promise.all(
			clients.map((client, number) => this.#work(client, `c${number}`, random.fork(`c${number}`))),
		);
		// Told by `stop`.
		this.#run.catch(() => undefined);
	}

	/** Waits for what is under way. Rejects with whatever a client failed with that is not an outcome of an operation. */
	async stop(): Promise<LoadReport> {
		this.#isOver = true;
		await this.#run;
		const history = this.#recorder.history();
		const {verdict, keys} = check(history, {
			model: kvModel('kv'),
			now: () => performance.now(),
			timeoutMs: checkTimeoutMs,
		});
		const bad = keys.find(key => key.verdict === 'violation');
		return {
			...figuresOf(history, this.#startedAt, this.#now()),
			notExecuted: this.#notExecuted,
			isFull: this.#count >= operationsMax,
			verdict,
			violation: bad && {key: bad.key, detail: bad.anomaly?.detail},
		};
	}

	/** The history as `threadraft check` reads it, a line each. */
	jsonLines(): Iterable<string> {
		return this.#recorder.jsonLines();
	}

	/** What cannot be deleted now stays. */
	async removeKeys(): Promise<void> {
		const [client] = this.#clients;
		const deletions = this.#workload.keys().map(key => ({type: 'delete', key}) as const);
		try {
			for (let start = 0; start < deletions.length; start += removedAtOnce) {
				await client?.execute({type: 'batch', operations: deletions.slice(start, start + removedAtOnce)});
			}
		} catch (error) {
			if (!(error instanceof OperationError)) throw error;
		}
	}

	async #work(client: KeyValueClient, name: string, random: Random): Promise<void> {
		const recorded = new RecordedClient(client, this.#recorder, name);
		const seen = new Seen();
		for (let number = 0; !this.#isOver && this.#count < operationsMax; number++) {
			this.#count++;
			const input = this.#workload.draw(random, seen, `${name}.${number} `);
			const outcome = await recorded.run(input, output => seen.note(input, output));
			if (outcome === 'notExecuted') this.#notExecuted++;
			// A cluster that refuses at once must not be asked in a loop.
			if (outcome !== 'acknowledged') await sleep(afterFailureMs);
		}
	}
}

function figuresOf(
	history: KvHistory,
	startedAt: number,
	endedAt: number,
): Pick<LoadReport, 'operations' | 'seconds' | 'p50Ms' | 'p99Ms' | 'longestPauseMs' | 'unknown'> {
	const answered = history.filter(operation => operation.return !== Infinity);
	const times = answered.map(operation => operation.return - operation.call).sort((a, b) => a - b);
	const at = (share: number): number => (times[Math.floor((times.length - 1) * share)] ?? 0) / 1e6;
	let longestPause = 0;
	let last = startedAt;
	for (const end of [...answered.map(operation => operation.return).sort((a, b) => a - b), endedAt]) {
		longestPause = Math.max(longestPause, end - last);
		last = end;
	}
	return {
		operations: answered.length,
		seconds: (endedAt - startedAt) / 1e9,
		p50Ms: at(0.5),
		p99Ms: at(0.99),
		longestPauseMs: longestPause / 1e6,
		unknown: history.length - answered.length,
	};
}
