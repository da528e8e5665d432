/** One run of one row: its seed, its time, its folder, and what it has seen so far. */
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Random} from '../../src/base/random.js';
import type {Figures, RowResult, RowTask} from './protocol.js';

/** What a row found, or what kept it from its work. */
export class TortureError extends Error {
	override readonly name = 'TortureError';
}

/** The machine lacks what the row needs. */
class SkippedError extends Error {
	override readonly name = 'SkippedError';
}

/** More findings than a reader takes in; the first ones tell. */
const findingsMax = 10;
const reportEveryMs = 5000;

export class Trial {
	readonly seed: number;
	readonly random: Random;
	readonly budgetMs: number;
	/** False in the tests: small amounts, and no verdict that rests on how fast the machine is. */
	readonly isLong: boolean;
	/** Kept when the row fails. */
	readonly folder: string;
	/** Aborted when the run is broken off. */
	readonly signal: AbortSignal;
	readonly #report: (line: string, figures: Figures) => void;
	readonly #startedAt = performance.now();
	readonly #cleanups: (() => unknown)[] = [];
	readonly #findings: string[] = [];
	readonly #notes = new Map<string, string>();
	#findingCount = 0;
	#faults = 0;
	#operations = 0;
	#longestPauseMs: number | undefined;
	#reportedAt = performance.now();

	constructor(task: RowTask, signal: AbortSignal, report: (line: string, figures: Figures) => void) {
		this.seed = task.seed;
		this.random = Random.fromSeed(task.seed).fork(task.name);
		this.budgetMs = task.budgetMs;
		this.isLong = task.isLong;
		this.folder = task.folder;
		this.signal = signal;
		this.#report = report;
	}

	/** The row's time is up, or it is broken off. */
	get isOver(): boolean {
		return this.signal.aborted || this.remainingMs <= 0;
	}

	get remainingMs(): number {
		return this.budgetMs - (performance.now() - this.#startedAt);
	}

	get figures(): Figures {
		return {
			faults: this.#faults,
			operations: this.#operations,
			longestPauseMs: this.#longestPauseMs,
			notes: [...this.#notes].map(([what, value]) => `${what} ${value}`),
		};
	}

	/** Faults that were injected. */
	fault(count = 1): void {
		this.#faults += count;
	}

	/** Operations that were answered and judged. */
	operation(count = 1): void {
		this.#operations += count;
	}

	/** For so long no client had an answer. */
	pause(ms: number): void {
		this.#longestPauseMs = Math.max(this.#longestPauseMs ?? 0, ms);
	}

	/** A figure for the table; a later one of the same name replaces it. */
	note(what: string, value: string | number): void {
		this.#notes.set(what, String(value));
	}

	/** A line now and then for who waits; never more often than every few seconds. */
	tell(line: string): void {
		if (performance.now() - this.#reportedAt < reportEveryMs) return;
		this.#reportedAt = performance.now();
		this.#report(line, this.figures);
	}

	/** Something is wrong; the row goes on. */
	find(what: string): void {
		this.#findingCount++;
		if (this.#findings.length < findingsMax) this.#findings.push(what);
	}

	/** Ends the row where this does not hold. */
	demand(condition: boolean, what: string): void {
		if (!condition) throw new TortureError(what);
	}

	/** Ends the row: the machine lacks what it needs. */
	skip(reason: string): never {
		throw new SkippedError(reason);
	}

	/** Carried out when the row ends, however it ends; the last one first. */
	defer(cleanup: () => unknown): void {
		this.#cleanups.push(cleanup);
	}

	/** An empty folder of its own within the row's. */
	async makeFolder(name: string): Promise<string> {
		const folder = path.join(this.folder, name);
		await mkdir(folder, {recursive: true});
		return folder;
	}

	/** Ends early, without an error, when the run is broken off. */
	async sleep(ms: number): Promise<void> {
		await sleep(ms, undefined, {signal: this.signal}).catch(() => undefined);
	}

	/** Waits until this holds; what it waits for is in the error when the time is up. */
	async until(what: string, timeoutMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
		const deadline = performance.now() + timeoutMs;
		while (!(await condition())) {
			this.demand(performance.now() < deadline, `${what}: not within ${timeoutMs} ms`);
			this.signal.throwIfAborted();
			await this.sleep(10);
		}
	}

	/** Runs the row to its end, cleans up after it, and says what became of it. */
	async judge(run: (trial: Trial) => Promise<void>): Promise<RowResult> {
		let skipped: string | undefined;
		try {
			await run(this);
			// A row that has judged nothing has shown nothing.
			if (!this.signal.aborted && this.#operations === 0) this.find('nothing was judged');
		} catch (error) {
			if (error instanceof SkippedError) skipped = error.message;
			else if (!this.signal.aborted) this.find(textOf(error));
		}
		await this.#cleanUp();
		if (this.#findings.length > 0) return {...this.figures, verdict: 'failed', reasons: this.#reasons()};
		if (skipped !== undefined) return {...this.figures, verdict: 'skipped', reasons: [skipped]};
		if (this.signal.aborted) return {...this.figures, verdict: 'skipped', reasons: ['broken off']};
		return {...this.figures, verdict: 'passed', reasons: []};
	}

	#reasons(): readonly string[] {
		const untold = this.#findingCount - this.#findings.length;
		return untold === 0 ? this.#findings : [...this.#findings, `and ${untold} more`];
	}

	async #cleanUp(): Promise<void> {
		for (const cleanup of this.#cleanups.splice(0).reverse()) {
			try {
				await cleanup();
			} catch (error) {
				this.find(`while cleaning up: ${textOf(error)}`);
			}
		}
	}
}

/** What a row demanded and did not get is told in its own words; anything else with its stack. */
function textOf(error: unknown): string {
	if (error instanceof TortureError) return error.message;
	return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
