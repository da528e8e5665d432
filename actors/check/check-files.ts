/**
 * Checks history files. Small histories are judged at once, in this thread: starting another costs more than most files. Keys
 * that resist for a moment, and large files, go to a pool, a group of keys a task, with one abort flag for each file.
 */
import {availableParallelism} from 'node:os';
import {Piscina} from 'piscina';
import {check, verdictOf} from '../../src/linearizability/check.js';
import type {KeyResult, Verdict} from '../../src/linearizability/key-result.js';
import {HistoryError} from '../../src/linearizability/history-error.js';
import type {ParsedHistory} from '../../src/linearizability/formats/format.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel, type KvModelName} from '../../src/linearizability/models/kv-model.js';
import {partition} from '../../src/linearizability/partition.js';
import {readHistory} from './read-history.js';
import type {CheckTask} from './task.js';

export interface CheckFilesOptions {
	/** @default what the file's format implies */
	readonly model?: KvModelName | undefined;
	/** Judge every key, also after a violation. @default false */
	readonly all?: boolean;
	/** Milliseconds for each file, once it is read; what is undecided then is unknown. @default Infinity */
	readonly timeoutMs?: number;
	/** Bytes that the searches of a file may hold in their memos, all threads together. @default 1 GiB */
	readonly memoryBytesMax?: number;
	/** Pool threads. @default the machine's parallelism */
	readonly threadCount?: number;
	/** Told how far the slow part of a file is. */
	readonly onProgress?: (progress: CheckProgress) => void;
}

export interface CheckProgress {
	readonly file: string;
	readonly operationsDone: number;
	readonly operationCount: number;
}

export interface CheckedFile extends ParsedHistory {
	readonly type: 'checked';
	readonly file: string;
	readonly verdict: Verdict;
	readonly keys: readonly KeyResult[];
	/** Of the time budget; reading excluded. */
	readonly elapsedMs: number;
}

export type FileResult =
	| CheckedFile
	/** No such file, or no history; the message says where and what was expected. */
	| {readonly type: 'unreadable'; readonly file: string; readonly message: string};

/** In the order of `files`. Never rejects for what a file holds. */
export async function checkFiles(files: readonly string[], options: CheckFilesOptions = {}): Promise<FileResult[]> {
	await using pool = new LazyPool(options.threadCount ?? availableParallelism());
	const results: FileResult[] = [];
	for (const file of files) results.push(await checkFile(file, options, pool));
	return results;
}

const inlineMs = 50;
/** About what the short cut judges in 50 ms, too. */
const inlineOperationsMax = 20_000;
const taskOperationsMin = 20_000;
const memoryBytesDefault = 2 ** 30;

async function checkFile(file: string, options: CheckFilesOptions, pool: LazyPool): Promise<FileResult> {
	let parsed: ParsedHistory;
	try {
		parsed = await readHistory(file);
	} catch (error) {
		return {type: 'unreadable', file, message: describeError(error)};
	}
	const {history} = parsed;
	const model = options.model ?? parsed.model;
	const start = performance.now();
	try {
		const keys = await new FileCheck(file, {...parsed, model}, options, pool, start).run();
		const elapsedMs = performance.now() - start;
		return {...parsed, type: 'checked', file, verdict: verdictOf(history, keys), model, keys, elapsedMs};
	} catch (error) {
		// The model does not know one of the operations; anything else is a bug, and must not look like a bad file.
		if (!(error instanceof HistoryError)) throw error;
		return {type: 'unreadable', file, message: `${error.message}; choose another model`};
	}
}

function describeError(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

class FileCheck {
	readonly #file: string;
	readonly #parsed: ParsedHistory;
	readonly #options: CheckFilesOptions;
	readonly #pool: LazyPool;
	readonly #start: number;
	readonly #abortFlag = new SharedArrayBuffer(4);
	#operationsDone = 0;

	constructor(file: string, parsed: ParsedHistory, options: CheckFilesOptions, pool: LazyPool, start: number) {
		this.#start = start;
		this.#file = file;
		this.#parsed = parsed;
		this.#options = options;
		this.#pool = pool;
	}

	async run(): Promise<readonly KeyResult[]> {
		const {history, model, initial} = this.#parsed;
		const partitions = partition(history, kvModel(model, {initial}));
		// One key is one task: to copy its history to another thread takes as long as the short cut takes to judge it.
		const isQuick = history.length <= inlineOperationsMax || partitions.size === 1;
		const quick = isQuick ? this.#checkInline() : [];
		const results = new Map(quick.filter(key => key.reason !== 'timeout').map(key => [key.key, key]));
		const open = [...partitions].filter(([key]) => !results.has(key));
		for (const result of results.values()) this.#operationsDone += result.operationCount;
		if (open.length > 0 && this.#remainingMs() > 0) {
			const tasks = this.#group(open.map(([, operations]) => operations)).map(async group => this.#runTask(group));
			for (const key of (await Promise.all(tasks)).flat()) results.set(key.key, key);
		}
		return [...partitions].map(([key, {length}]) => results.get(key) ?? timedOut(key, length));
	}

	#checkInline(): readonly KeyResult[] {
		const {history, model, initial} = this.#parsed;
		return check(history, {
			model: kvModel(model, {initial}),
			all: this.#options.all === true,
			now: () => performance.now(),
			timeoutMs: Math.min(inlineMs, this.#remainingMs()),
			memoryBytesMax: this.#memoryBytesMax,
		}).keys;
	}

	/** Large keys first and alone, so that no thread begins one when the others are nearly done; small ones together. */
	#group(keys: KvHistory[]): KvHistory[] {
		const groups: KvHistory[] = [];
		let small: KvHistory[number][] = [];
		const isLarge = this.#parsed.history.length > inlineOperationsMax;
		for (const operations of keys.sort((a, b) => b.length - a.length)) {
			// In a small file these are the keys that resisted: each is hard by itself.
			for (const operation of operations) small.push(operation);
			if (isLarge && small.length < taskOperationsMin) continue;
			groups.push(small);
			small = [];
		}
		if (small.length > 0) groups.push(small);
		return groups;
	}

	async #runTask(history: KvHistory): Promise<readonly KeyResult[]> {
		const {model, initial} = this.#parsed;
		const task: CheckTask = {
			history,
			model,
			initial,
			all: this.#options.all === true,
			timeoutMs: this.#remainingMs(),
			memoryBytesMax: this.#memoryBytesMax / this.#pool.threadCount,
			abortFlag: this.#abortFlag,
		};
		this.#report();
		const keys = await this.#pool.run(task);
		this.#operationsDone += history.length;
		this.#report();
		return keys;
	}

	#report(): void {
		const operationCount = this.#parsed.history.length;
		this.#options.onProgress?.({file: this.#file, operationsDone: this.#operationsDone, operationCount});
	}

	#remainingMs(): number {
		return (this.#options.timeoutMs ?? Infinity) - (performance.now() - this.#start);
	}

	get #memoryBytesMax(): number {
		return this.#options.memoryBytesMax ?? memoryBytesDefault;
	}
}

/** Of a key that nobody came to judge. */
function timedOut(key: string, operationCount: number): KeyResult {
	const nothing = {engine: undefined, anomaly: undefined, modelSteps: 0};
	return {key, verdict: 'unknown', reason: 'timeout', operationCount, ...nothing};
}

/** A pool that is not there until it is needed. */
class LazyPool implements AsyncDisposable {
	readonly threadCount: number;
	#pool: Piscina<CheckTask, readonly KeyResult[]> | undefined;

	constructor(threadCount: number) {
		this.threadCount = threadCount;
	}

	async run(task: CheckTask): Promise<readonly KeyResult[]> {
		this.#pool ??= new Piscina({
			filename: new URL('../../workers/check-task.js', import.meta.url).href,
			maxThreads: this.threadCount,
		});
		return this.#pool.run(task);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#pool?.destroy();
	}
}
