/**
 * All that is recorded of what clients do in a session of the console, loads and what is typed, and the judgement on it.
 *
 *     put, get, ... ──▶ OwnOperations ──────────┐
 *     BackgroundLoad ──▶ thread ── chapters ──▶ judge's thread ──▶ report
 *
 * A load is judged whole, chapter by chapter (recorded-load.ts). What is typed is judged in a window of the newest 4000
 * operations, of which at least the older half has been judged once before it is let go of.
 */
import {randomInt} from 'node:crypto';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {ThreadraftError} from '../../src/base/errors.js';
import type {KvInput} from '../../src/linearizability/kv-operation.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {BackgroundLoad} from './background-load.js';
import {JudgeThread} from './judge.js';
import type {JudgeReport} from './judge-task.js';
import type {LoadFigures, LoadStatistics} from './load-statistics.js';
import type {LoadConnection, LoadOptions} from './load-task.js';
import {OwnOperations} from './own-operations.js';
import {clockSince, presentMoment} from './session-clock.js';

/** What can be said of all that was recorded since the start or the last mark. */
export interface SessionReport extends JudgeReport {
	/** `undefined`: the start. */
	readonly mark: string | undefined;
	/** What was typed cannot be judged: others changed keys too, unrecorded, or too many outcomes are unknown. */
	readonly blindness: 'others' | 'unknownOutcomes' | undefined;
}

/** A load that is over. */
export interface StoppedLoad {
	readonly figures: LoadFigures;
	readonly report: SessionReport;
}

export interface RecordedSessionOptions {
	/** How one more client reaches the cluster from another thread. */
	readonly connect: () => LoadConnection;
	/** Carries out what is typed, until the signal is aborted. */
	readonly execute: (operation: Operation, signal: AbortSignal) => Promise<Result>;
	/** How many operations were begun by others that are not recorded; `undefined`: nobody knows. */
	readonly others: () => number | undefined;
	readonly statistics: (statistics: LoadStatistics) => void;
}

/** The history is lost; the verdict is not. */
class HistoryFileError extends ThreadraftError {
	override readonly name = 'HistoryFileError';
	readonly code = 'ERR_HISTORY_FILE';
}

/** Keys of loads are judged with their load. */
const loadPrefix = 'load/';

export class RecordedSession {
	readonly #options: RecordedSessionOptions;
	readonly #judge = new JudgeThread();
	readonly #load: BackgroundLoad;
	readonly #own: OwnOperations;
	readonly #id = randomInt(2 ** 32).toString(36);
	#epoch = 0;
	/** That were begun. */
	#loads = 0;
	#mark: string | undefined;
	/** Of loads that are over. */
	#chapters = 0;
	/** When nobody has been asked yet: at the start there is nobody. */
	#othersAtMark: number | undefined = 0;

	constructor(options: RecordedSessionOptions) {
		this.#options = options;
		const origin = presentMoment();
		this.#own = new OwnOperations({now: clockSince(origin), full: history => this.#judge.take(history)});
		this.#load = new BackgroundLoad({judge: () => this.#judge.newSource(), origin, statistics: options.statistics});
	}

	get isLoadRunning(): boolean {
		return this.#load.isRunning;
	}

	/** Operations that were begun by hand. */
	get ownBegun(): number {
		return this.#own.begun;
	}

	/** Carries out what was typed. Rejects as `execute` does. */
	async run(input: KvInput, signal: AbortSignal = AbortSignal.any([])): Promise<Result> {
		const isOfLoad = 'key' in input && input.key.startsWith(loadPrefix);
		return this.#own.run(input, operation => this.#options.execute(operation, signal), !isOfLoad);
	}

	async startLoad(options: LoadOptions): Promise<void> {
		const {seed = randomInt(2 ** 32)} = options;
		// Another load of the same seed has other keys: what that has left behind is not this one's.
		const prefix = `${loadPrefix}${this.#id}.${++this.#loads}/`;
		await this.#load.start(this.#options.connect, options, {seed, prefix, epoch: this.#epoch});
	}

	/** Ends the load, and judges all since the mark. `file`: where the load's history goes. */
	async stopLoad(file: string | undefined): Promise<StoppedLoad> {
		const {figures, chapters} = await this.#load.stop();
		this.#chapters += chapters;
		return {figures, report: await this.#report(this.#chapters, file)};
	}

	/** Judges all since the mark, while everything goes on. */
	async check(file?: string): Promise<SessionReport> {
		const before = this.#chapters;
		const chapters = await this.#load.turn(this.#epoch);
		// A load that was stopped meanwhile has told all of its chapters.
		return this.#report(Math.max(before + chapters, this.#chapters), file);
	}

	/** What is judged begins here. */
	async mark(name: string): Promise<void> {
		this.#epoch++;
		this.#mark = name;
		this.#own.beginAnew();
		this.#othersAtMark = this.#options.others();
		this.#judge.mark(this.#epoch);
		void this.#load.turn(this.#epoch).catch(() => undefined);
	}

	/** Breaks off whatever goes on. Idempotent. */
	async close(): Promise<void> {
		await this.#load.close();
		await this.#judge.close();
	}

	async #report(chapters: number, file: string | undefined): Promise<SessionReport> {
		const others = this.#options.others();
		const own = this.#own.isBlind ? [] : this.#own.history();
		const evidence = path.join(tmpdir(), `threadraft-history-${this.#id}-${this.#epoch}.jsonl`);
		const report = await this.#judge.judge({chapters, own, file, evidence});
		if (report.fileError !== undefined) {
			throw new HistoryFileError(
				`the verdict is ${report.verdict}, but the history cannot be written to ${report.file} (${report.fileError}): choose another file`,
			);
		}
		return {...report, mark: this.#mark, blindness: this.#blindness(report, others)};
	}

	#blindness(report: JudgeReport, others: number | undefined): SessionReport['blindness'] {
		if (this.#own.isBlind) return 'unknownOutcomes';
		// A contradiction proves nothing where others wrote the same keys.
		return report.violation?.isByHand === true && others !== undefined && others !== this.#othersAtMark
			? 'others'
			: undefined;
	}
}
