/** How a load is doing: counted while it runs, in a bounded histogram. Times in ns unless their names say ms. */
import {createHistogram, type RecordableHistogram} from 'node:perf_hooks';
import type {RecordedOutcome} from './recorded-client.js';

/** Of a load, from its start or of a short time; plain data. */
export interface LoadFigures {
	/** Operations with an answer. */
	readonly operations: number;
	readonly seconds: number;
	readonly p50Ms: number;
	readonly p99Ms: number;
	/** The longest time without any answer, the present one included. */
	readonly longestPauseMs: number;
	/** They may have taken effect. */
	readonly unknown: number;
	/** They certainly had no effect. */
	readonly notExecuted: number;
}

/** Told while a load runs. */
export interface LoadStatistics {
	/** Since the load began. */
	readonly total: LoadFigures;
	/** Since the last time that this was told. */
	readonly recent: LoadFigures;
}

/** A minute; nobody waits longer for an answer. */
const highestNs = 60e9;

class Counts {
	readonly #histogram: RecordableHistogram = createHistogram({lowest: 1, highest: highestNs, figures: 3});
	#startedAt: number;
	#lastAnswerAt: number;
	#longestPause = 0;
	#operations = 0;
	#unknown = 0;
	#notExecuted = 0;

	constructor(now: number) {
		this.#startedAt = now;
		this.#lastAnswerAt = now;
	}

	count(outcome: RecordedOutcome, calledAt: number, now: number): void {
		if (outcome === 'unknown') this.#unknown++;
		else if (outcome === 'notExecuted') this.#notExecuted++;
		else {
			this.#operations++;
			this.#histogram.record(Math.min(highestNs, Math.max(1, now - calledAt)));
			this.#longestPause = Math.max(this.#longestPause, now - this.#lastAnswerAt);
			this.#lastAnswerAt = now;
		}
	}

	figures(now: number): LoadFigures {
		const at = (percentile: number): number =>
			this.#operations === 0 ? 0 : this.#histogram.percentile(percentile) / 1e6;
		return {
			operations: this.#operations,
			seconds: (now - this.#startedAt) / 1e9,
			p50Ms: at(50),
			p99Ms: at(99),
			longestPauseMs: Math.max(this.#longestPause, now - this.#lastAnswerAt) / 1e6,
			unknown: this.#unknown,
			notExecuted: this.#notExecuted,
		};
	}

	/** Begins anew; a time without answers that goes on is not cut. */
	reset(now: number): void {
		this.#histogram.reset();
		this.#startedAt = now;
		this.#longestPause = 0;
		this.#operations = 0;
		this.#unknown = 0;
		this.#notExecuted = 0;
	}
}

export class LoadMeter {
	readonly #now: () => number;
	readonly #total: Counts;
	readonly #recent: Counts;

	/** `now`: in ns, never goes back. */
	constructor(now: () => number) {
		this.#now = now;
		this.#total = new Counts(now());
		this.#recent = new Counts(now());
	}

	count(outcome: RecordedOutcome, calledAt: number): void {
		const now = this.#now();
		this.#total.count(outcome, calledAt, now);
		this.#recent.count(outcome, calledAt, now);
	}

	total(): LoadFigures {
		return this.#total.figures(this.#now());
	}

	/** The next time tells what comes after this one. */
	take(): LoadStatistics {
		const now = this.#now();
		const statistics = {total: this.#total.figures(now), recent: this.#recent.figures(now)};
		this.#recent.reset(now);
		return statistics;
	}
}
