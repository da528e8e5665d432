/** What is known of all that was recorded since a mark: judged part by part, and bounded. */
import {check} from '../../src/linearizability/check.js';
import type {Verdict} from '../../src/linearizability/key-result.js';
import type {KvHistory, KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import type {Model} from '../../src/linearizability/model.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {unknownStartModel} from '../../src/linearizability/models/unknown-start-model.js';

/** The first key that is not linearizable, and what is wrong with it. */
export interface FoundViolation {
	readonly key: string;
	readonly detail: string;
	/** Of the part in which it was found. */
	readonly history: KvHistory;
	/** The operations were done by hand; else they are of a load. */
	readonly isByHand: boolean;
}

export interface JudgementOptions {
	/** Monotonic ms. */
	readonly now: () => number;
	/** The time for everything that is judged at once, ms. Parts that are undecided then stay undecided. @default 20000 */
	readonly timeoutMs?: number;
	/** Operations that wait to be judged; with one more part they are judged at once. @default 100000 */
	readonly waitingMax?: number;
	/** Operations that are kept, for a file. @default 200000 */
	readonly keptMax?: number;
}

/** Of all since the mark. */
export interface Judged {
	readonly verdict: Verdict;
	readonly violation: FoundViolation | undefined;
	/** Operations of loads that were looked at, and those of them without an answer. */
	readonly operations: number;
	readonly unknown: number;
	/** By hand. */
	readonly ownOperations: number;
	/** Operations of parts of which nobody knows in time whether they are linearizable. */
	readonly undecided: number;
}

/** A part of the record that can be judged by itself. */
interface Part {
	readonly history: KvHistory;
	readonly isByHand: boolean;
}

export class Judgement {
	readonly #options: Required<JudgementOptions>;
	#waiting: Part[] = [];
	#waitingCount = 0;
	/** Chapters of loads. */
	#kept: KvHistory[] = [];
	#keptCount = 0;
	#dropped = 0;
	#violation: FoundViolation | undefined;
	#operations = 0;
	#unknown = 0;
	#undecided = 0;
	#hasAnswers = false;

	constructor(options: JudgementOptions) {
		this.#options = {timeoutMs: 20_000, waitingMax: 100_000, keptMax: 200_000, ...options};
	}

	/** A chapter of a load, or a window of what was done by hand. */
	add(part: Part): void {
		if (part.history.length === 0) return;
		this.#waiting.push(part);
		this.#waitingCount += part.history.length;
		if (!part.isByHand) this.#keep(part.history);
		if (this.#waitingCount > this.#options.waitingMax) this.#judgeWaiting();
	}

	/** `own`: what was done by hand, which is not over yet and is judged again the next time. */
	judge(own: KvHistory): Judged {
		this.#judgeWaiting();
		const deadline = this.#options.now() + this.#options.timeoutMs;
		const found = this.#violation === undefined ? this.#judgeOne({history: own, isByHand: true}, deadline) : 'ok';
		const hasAnswers = this.#hasAnswers || own.some(({output}) => output !== undefined);
		const undecided = this.#undecided + (found === 'unknown' ? own.length : 0);
		const verdict = this.#violation === undefined ? (undecided > 0 || !hasAnswers ? 'unknown' : 'ok') : 'violation';
		return {
			verdict,
			violation: this.#violation,
			operations: this.#operations,
			unknown: this.#unknown,
			ownOperations: own.length,
			undecided,
		};
	}

	/** The newest chapters, in the order of their calls; `dropped`: so many older operations are not there. */
	kept(): {readonly history: KvHistory; readonly dropped: number} {
		return {history: this.#kept.flat().sort((one, other) => one.call - other.call), dropped: this.#dropped};
	}

	#keep(history: KvHistory): void {
		this.#kept.push(history);
		this.#keptCount += history.length;
		while (this.#keptCount > this.#options.keptMax && this.#kept.length > 1) {
			const {length} = this.#kept.shift() ?? [];
			this.#keptCount -= length;
			this.#dropped += length;
		}
	}

	#judgeWaiting(): void {
		const deadline = this.#options.now() + this.#options.timeoutMs;
		for (const part of this.#waiting) {
			const verdict = this.#judgeOne(part, deadline);
			if (verdict === 'unknown') this.#undecided += part.history.length;
			this.#hasAnswers ||= part.history.some(({output}) => output !== undefined);
			if (part.isByHand) continue;
			this.#operations += part.history.length;
			this.#unknown += part.history.filter(({output}) => output === undefined).length;
		}
		this.#waiting = [];
		this.#waitingCount = 0;
	}

	#judgeOne({history, isByHand}: Part, deadline: number): Verdict {
		const model: Model<KvInput, KvOutput, never> = (isByHand ? unknownStartModel : kvModel('kv')) as never;
		const {now} = this.#options;
		const {verdict, keys} = check(history, {model, now, timeoutMs: deadline - now()});
		const bad = keys.find(key => key.verdict === 'violation');
		if (bad !== undefined && this.#violation === undefined) {
			const detail = bad.anomaly?.detail ?? `no order of its ${bad.operationCount} operations explains all answers`;
			this.#violation = {key: bad.key, detail, history: partOf(history, bad.key, isByHand), isByHand};
		}
		// A part without a single answer fits to everything.
		return verdict === 'unknown' && keys.every(key => key.verdict === 'ok') ? 'ok' : verdict;
	}
}

/** Keys of a load belong together by its batches; by hand there are none. */
function partOf(history: KvHistory, key: string, isByHand: boolean): KvHistory {
	return isByHand ? history.filter(({input}) => 'key' in input && input.key === key) : history;
}
