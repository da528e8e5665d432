/**
 * What the machine of a replica tells beside changing its state, on its way to the cluster's thread. While nobody listens
 * there, nothing is kept and nothing is sent.
 */
import {copyOfPlain} from '../../src/base/plain-data.js';
import type {Place} from '../../src/service/machine.js';
import {encodeError} from '../codec/error-codec.js';
import type {EffectBatch, NumberedEffect} from './protocol.js';

/** The replicated state, as far as a feed looks at it. */
interface ObservedState {
	readonly revision: number;
	/** Another one after a snapshot was taken in. */
	readonly machine: unknown;
}

export class EffectFeed {
	readonly #post: (batch: EffectBatch) => void;
	#state: ObservedState | undefined;
	#machine: unknown;
	/** All effects of writes up to this revision were told, or are not wanted; `undefined`: nobody listens. */
	#told: number | undefined;
	#effects: NumberedEffect[] = [];
	#error: unknown;

	constructor(post: (batch: EffectBatch) => void) {
		this.#post = post;
	}

	/** Whose effects are told, from the start of its server on. */
	observe(state: ObservedState): void {
		this.#state = state;
		this.#machine = state.machine;
	}

	/**
	 * Tells effects from now on, of writes beyond this revision; `undefined`: none. Answers beyond which revision all of them
	 * will be told: what this replica had applied before, it tells no more.
	 */
	listen(after: number | undefined): number {
		if (after === undefined) {
			this.#told = undefined;
			this.#effects = [];
			return 0;
		}
		this.#machine = this.#state?.machine;
		this.#told ??= Math.max(after, this.#state?.revision ?? 0);
		return this.#told;
	}

	/** Of the write that is being applied. */
	take(effect: unknown, {index, revision}: Pick<Place, 'index' | 'revision'>): void {
		if (this.#told === undefined || revision <= this.#told) return;
		const last = this.#effects.at(-1);
		const number = last?.revision === revision ? last.number + 1 : 0;
		try {
			// Of its own: it may be a part of the state, which the next write changes.
			this.#effects.push({index, revision, number, effect: copyOfPlain(effect)});
		} catch (error) {
			this.#error = error;
		}
	}

	/** The end of a slice: whole entries were applied, or a snapshot was taken in. */
	flush(): void {
		const state = this.#state;
		if (this.#told === undefined || state === undefined) return;
		if (state.machine !== this.#machine) {
			// The effects of the writes that the snapshot stands for are not known here.
			this.#machine = state.machine;
			this.#told = Math.max(this.#told, state.revision);
		}
		if (this.#effects.length === 0 && this.#error === undefined) return;
		const span = {type: 'effects', after: this.#told, through: state.revision} as const;
		const effects = this.#effects;
		const error = this.#error;
		this.#told = state.revision;
		this.#effects = [];
		this.#error = undefined;
		try {
			if (error !== undefined) throw error;
			this.#post({...span, effects, error: undefined});
		} catch (thrown) {
			// An effect that is no plain data. Its author hears of it; it is no reason for a node to fail.
			this.#post({...span, effects: [], error: encodeError(thrown)});
		}
	}
}
