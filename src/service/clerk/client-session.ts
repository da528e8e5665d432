/** A client's side of a session: which sequence numbers are out, and up to where the answers are in. */
import type {Milliseconds} from '../../raft/types.js';

export class ClientSession {
	readonly id: number;
	/** When the last request was sent under it that the servers are known to have run. */
	#usedAt: Milliseconds;
	readonly #timeoutMs: Milliseconds;
	#lastSequence = 0;
	#acknowledged = 0;
	/** 1 for each sequence above `acknowledged` that is answered, out of order; at its remainder by the length. */
	readonly #answered: Uint8Array;

	/** `windowMax`: the span never grows beyond this. `timeoutMs`: of a silent session at the servers. */
	constructor({
		id,
		windowMax,
		timeoutMs,
		openedAt,
	}: {
		readonly id: number;
		readonly windowMax: number;
		readonly timeoutMs: Milliseconds;
		readonly openedAt: Milliseconds;
	}) {
		this.id = id;
		this.#timeoutMs = timeoutMs;
		this.#usedAt = openedAt;
		this.#answered = new Uint8Array(windowMax + 1);
	}

	/** A request that was sent at that time has been answered. */
	used(sentAt: Milliseconds): void {
		this.#usedAt = Math.max(this.#usedAt, sentAt);
	}

	/**
	 * Whether the servers may be about to forget it, and nothing is lost with it: a new one then takes its place before it
	 * is used again. Half of the timeout is left for what log time and this clock may be apart.
	 */
	isToBeReplaced(now: Milliseconds): boolean {
		return this.span === 0 && now - this.#usedAt >= this.#timeoutMs / 2;
	}

	/** All sequences up to here need no answer any more. */
	get acknowledged(): number {
		return this.#acknowledged;
	}

	/** Sequences whose answers the servers must keep. */
	get span(): number {
		return this.#lastSequence - this.#acknowledged;
	}

	/** The last sequence before this one that still waits for its answer; `acknowledged`: there is none. */
	before(sequence: number): number {
		const answered = this.#answered;
		let before = sequence - 1;
		while (before > this.#acknowledged && answered[before % answered.length] === 1) before -= 1;
		return before;
	}

	nextSequence(): number {
		this.#lastSequence += 1;
		return this.#lastSequence;
	}

	/** The answer is in, or given up for good: this sequence is not sent again. */
	settle(sequence: number): void {
		const answered = this.#answered;
		answered[sequence % answered.length] = 1;
		for (let next = this.#offsetAfter(); answered[next] === 1; next = this.#offsetAfter()) {
			answered[next] = 0;
			this.#acknowledged += 1;
		}
	}

	/** Of the sequence behind `acknowledged`. */
	#offsetAfter(): number {
		return (this.#acknowledged + 1) % this.#answered.length;
	}
}
