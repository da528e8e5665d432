/**
 * The effects of a cluster's machine, of which every replica tells the same, as one stream: each once, in the order of the log.
 *
 *     replica 0 ── (0, 7] (7, 9] ──▶ ┌──────────────┐
 *     replica 1 ── (0, 8] ─────────▶ │ EffectStream │ ──▶ listeners
 *     replica 2 ── (6, 9] ─────────▶ └──────────────┘
 *
 * A replica tells runs of revisions, each with all effects in it. The run that continues the stream is handed on, from
 * whichever replica is first. A run that leaves a gap (of a replica that came up by a snapshot) is held back as long as
 * another replica may fill the gap.
 */
import type {LogIndex} from '../../src/raft/types.js';
import type {MachineTypes} from '../../src/service/machine.js';
import type {EffectBatch} from '../replica/protocol.js';

/** Which effect it is: the same on every replica, and after a restart of the cluster. */
export interface EffectPlace {
	/** Of the log's entry that holds the write. */
	readonly index: LogIndex;
	/** Of the write; greater than those of all writes before it. */
	readonly revision: number;
	/** Of the effect among those of its write, from 0. */
	readonly number: number;
}

/** Is called with each effect. If it throws, the error is thrown again outside of the cluster, and the next effect comes all the same. */
export type EffectListener<T extends MachineTypes> = (effect: T['effect'], place: EffectPlace) => void;

/** Effects of writes with these revisions may have been lost: every replica that applied one of them ended before it told. */
export interface MissedEffects {
	/** Of the first write. */
	readonly firstRevision: number;
	/** Of the last one. */
	readonly lastRevision: number;
	/** Where the machine emitted what is no plain data. */
	readonly error: Error | undefined;
}

interface Listening<T extends MachineTypes> {
	readonly listener: EffectListener<T>;
	readonly missed: (missed: MissedEffects) => void;
	/** It is told effects beyond this revision. */
	readonly after: number;
}

export interface EffectStreamOptions {
	/** Calls back after so long, and returns how to prevent that. */
	readonly schedule: (delayMs: number, callback: () => void) => () => void;
	/** Takes what a listener threw. */
	readonly threw: (error: unknown) => void;
	readonly decodeError: (error: NonNullable<EffectBatch['error']>) => Error;
}

/** Nothing is held back longer, ms. */
const holdMs = 1000;
/** Nor more effects than these. */
export const heldMax = 10_000;

export class EffectStream<T extends MachineTypes> {
	readonly #options: EffectStreamOptions;
	readonly #listeners = new Set<Listening<T>>();
	/** Of replicas that live and tell: up to which revision each of them has. */
	readonly #told = new Map<object, number>();
	/** What was told to the listeners, or was not wanted. */
	#through = 0;
	#held: EffectBatch[] = [];
	#cancelHold: (() => void) | undefined;

	constructor(options: EffectStreamOptions) {
		this.#options = options;
	}

	get isHeard(): boolean {
		return this.#listeners.size > 0;
	}

	/** Replicas need not tell what is not beyond this revision. */
	get through(): number {
		return this.#through;
	}

	/** Nothing up to this revision is wanted by anybody who listens later. */
	skipTo(revision: number): void {
		if (!this.isHeard) this.#through = Math.max(this.#through, revision);
	}

	/** Returns how to take it off again. */
	add(listening: Listening<T>): () => void {
		this.#listeners.add(listening);
		return () => {
			this.#listeners.delete(listening);
			if (!this.isHeard) this.#letGo();
		};
	}

	/** This replica tells all effects of writes beyond this revision. */
	joined(replica: object, told: number): void {
		this.#told.set(replica, Math.max(told, this.#told.get(replica) ?? 0));
	}

	/** It has ended, or was told to be silent. */
	left(replica: object): void {
		if (this.#told.delete(replica)) this.#release(false);
	}

	take(replica: object, batch: EffectBatch): void {
		this.joined(replica, batch.through);
		if (!this.isHeard) {
			this.skipTo(batch.through);
			return;
		}
		if (batch.after > this.#through) this.#hold(batch);
		else this.#pass(batch);
		this.#release(this.#heldCount() > heldMax);
	}

	#hold(batch: EffectBatch): void {
		this.#held.push(batch);
		this.#held.sort((one, other) => one.after - other.after);
		this.#cancelHold ??= this.#options.schedule(holdMs, () => {
			this.#cancelHold = undefined;
			this.#release(true);
		});
	}

	/** Hands on what is held and goes on where the stream ends; with a gap where nobody can fill it, or by force. */
	#release(isForced: boolean): void {
		for (let [first] = this.#held; first !== undefined; [first] = this.#held) {
			const isGap = first.after > this.#through;
			if (isGap && !isForced && [...this.#told.values()].some(told => told <= this.#through)) return;
			this.#held.shift();
			if (isGap) this.#miss(this.#through + 1, first.after, undefined);
			this.#pass(first);
		}
		this.#letGo();
	}

	#letGo(): void {
		this.#held = [];
		this.#cancelHold?.();
		this.#cancelHold = undefined;
	}

	#heldCount(): number {
		let count = 0;
		for (const {effects} of this.#held) count += effects.length;
		return count;
	}

	#pass({through, effects, error}: EffectBatch): void {
		const from = this.#through;
		if (through <= from) return;
		if (error !== undefined) this.#miss(from + 1, through, this.#options.decodeError(error));
		this.#through = through;
		for (const {effect, index, revision, number} of effects) {
			if (revision <= from) continue;
			for (const {listener, after} of this.#listeners) {
				if (revision > after) this.#call(() => listener(effect, {index, revision, number}));
			}
		}
	}

	#miss(firstRevision: number, lastRevision: number, error: Error | undefined): void {
		for (const {missed, after} of this.#listeners) {
			if (lastRevision > after) {
				this.#call(() => missed({firstRevision: Math.max(firstRevision, after + 1), lastRevision, error}));
			}
		}
	}

	#call(listener: () => void): void {
		try {
			listener();
		} catch (error) {
			this.#options.threw(error);
		}
	}
}
