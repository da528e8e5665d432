/**
 * Clients that read and write the keys of a workload until they are told to stop. Their operations are recorded in chapters: after so
 * many operations they go over to keys that nobody has used yet. Objects are linearizable together exactly if each is by itself
 * (Herlihy & Wing 1990, locality), so each chapter is judged alone, from its first operation to its last, and can then be let go of:
 * a load of any length is judged as a whole, in bounded memory.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {Random} from '../../src/base/random.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {Recorder} from '../../src/linearizability/recorder.js';
import {OperationError} from '../../src/service/errors.js';
import type {KeyValueClient} from '../key-value-client.js';
import {type LoadFigures, LoadMeter, type LoadStatistics} from './load-statistics.js';
import {Pacer} from './pacer.js';
import {RecordedClient} from './recorded-client.js';
import {Seen, Workload, type WorkloadOptions} from './workload.js';

export interface RecordedLoadOptions extends WorkloadOptions {
	/** One for each client. */
	readonly clients: readonly KeyValueClient[];
	/** Of keys that nobody else uses, and that do not exist. */
	readonly prefix: string;
	readonly random: Random;
	/** In ns, never goes back. */
	readonly now: () => number;
	/** Takes each chapter when all its operations are over. `number`: from 0. */
	readonly chapter: (history: KvHistory, number: number) => void;
	/** Operations a second, of all clients together. @default as many as are answered */
	readonly perSecondMax?: number | undefined;
	/** Of a chapter. @default 5000 */
	readonly chapterOperations?: number;
}

const afterFailureMs = 10;
/** So many keys are removed by one request. */
const removedAtOnce = 64;

/** A part of the load on keys of its own. */
class Chapter {
	readonly number: number;
	readonly recorder: Recorder;
	readonly workload: Workload;
	begun = 0;
	underWay = 0;
	isClosed = false;

	constructor(number: number, {prefix, now, ...options}: RecordedLoadOptions) {
		this.number = number;
		this.recorder = new Recorder(now);
		this.workload = new Workload(`${prefix}${number}/`, options);
	}
}

export class RecordedLoad {
	readonly #options: RecordedLoadOptions;
	readonly #chapterOperations: number;
	readonly #meter: LoadMeter;
	readonly #pacer: Pacer | undefined;
	readonly #run: Promise<unknown>;
	#chapter: Chapter;
	/** Of chapters that are over and whose keys are still there. */
	readonly #unremoved = new Set<Workload>();
	/** Resolve when their chapter is told. */
	readonly #tellers = new Map<Chapter, (() => void)[]>();
	#isOver = false;

	/** Begins at once. */
	constructor(options: RecordedLoadOptions) {
		const {clients, random, now, perSecondMax, chapterOperations = 5000} = options;
		this.#options = options;
		this.#chapterOperations = chapterOperations;
		this.#meter = new LoadMeter(now);
		this.#pacer = perSecondMax === undefined ? undefined : new Pacer(perSecondMax, now);
		this.#chapter = new Chapter(0, options);
		this.#run = Promise.all(
			clients.map((client, number) => this.#work(client, `c${number}`, random.fork(`c${number}`))),
		);
		// Told by `stop`.
		this.#run.catch(() => undefined);
	}

	/** What is to be told while it runs; the next time tells what comes after. */
	statistics(): LoadStatistics {
		return this.#meter.take();
	}

	/** Ends the present chapter, and resolves when it is told: at the latest when the last of its operations has timed out. */
	async turn(): Promise<void> {
		const chapter = this.#chapter;
		if (chapter.begun === 0) return;
		const told = new Promise<void>(resolve => {
			this.#tellers.set(chapter, [...(this.#tellers.get(chapter) ?? []), resolve]);
		});
		this.#close(chapter);
		await told;
	}

	/** The number of the chapter that new operations go to. */
	get chapterNumber(): number {
		return this.#chapter.number;
	}

	/** Waits for what is under way. Rejects with whatever a client failed with that is not an outcome of an operation. */
	async stop(): Promise<LoadFigures> {
		this.#isOver = true;
		await this.#run;
		const figures = this.#meter.total();
		if (this.#chapter.begun > 0) this.#close(this.#chapter);
		return figures;
	}

	/** What cannot be deleted now stays. */
	async removeKeys(): Promise<void> {
		for (const workload of this.#unremoved) await this.#removeKeysOf(workload);
	}

	#close(chapter: Chapter): void {
		if (chapter.isClosed) return;
		chapter.isClosed = true;
		this.#chapter = new Chapter(chapter.number + 1, this.#options);
		this.#tellIfOver(chapter);
	}

	#tellIfOver(chapter: Chapter): void {
		if (!chapter.isClosed || chapter.underWay > 0) return;
		this.#options.chapter(chapter.recorder.history(), chapter.number);
		for (const teller of this.#tellers.get(chapter) ?? []) teller();
		this.#tellers.delete(chapter);
		this.#unremoved.add(chapter.workload);
		// What fails now is tried again at the end, and told there.
		if (!this.#isOver) this.#removeKeysOf(chapter.workload).catch(() => undefined);
	}

	async #removeKeysOf(workload: Workload): Promise<void> {
		const [client] = this.#options.clients;
		const deletions = workload.keys().map(key => ({type: 'delete', key}) as const);
		try {
			for (let start = 0; start < deletions.length; start += removedAtOnce) {
				await client?.execute({type: 'batch', operations: deletions.slice(start, start + removedAtOnce)});
			}
			this.#unremoved.delete(workload);
		} catch (error) {
			if (!(error instanceof OperationError)) throw error;
		}
	}

	async #work(client: KeyValueClient, name: string, random: Random): Promise<void> {
		const {now} = this.#options;
		let chapter = this.#chapter;
		let recorded = new RecordedClient(client, chapter.recorder, `${name}.${chapter.number}`);
		let seen = new Seen();
		for (let number = 0; !this.#isOver; number++) {
			const delayMs = this.#pacer?.nextDelayMs() ?? 0;
			if (delayMs >= 1) await sleep(delayMs);
			if (this.#isOver) return;
			if (chapter !== this.#chapter) {
				chapter = this.#chapter;
				recorded = new RecordedClient(client, chapter.recorder, `${name}.${chapter.number}`);
				seen = new Seen();
			}
			const input = chapter.workload.draw(random, seen, `${name}.${number} `);
			const noting = seen;
			chapter.begun++;
			chapter.underWay++;
			if (chapter.begun === this.#chapterOperations) this.#close(chapter);
			const calledAt = now();
			const outcome = await recorded.run(input, output => noting.note(input, output));
			this.#meter.count(outcome, calledAt);
			chapter.underWay--;
			this.#tellIfOver(chapter);
			// A cluster that refuses at once must not be asked in a loop.
			if (outcome !== 'acknowledged') await sleep(afterFailureMs);
		}
	}
}
