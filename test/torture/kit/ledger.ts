/**
 * What one client wrote to a key of its own, and must find there: numbered tokens, appended in their order, each once, and
 * as many steps of a counter.
 */
import {type Caller, NoAnswer} from './caller.js';

/** What had been acknowledged at a moment: a copy of the state that is begun after it holds all of this. */
export interface Promised {
	readonly tokens: readonly number[];
	readonly steps: number;
}

export class Ledger {
	readonly #key: string;
	#next = 0;
	readonly #acknowledged = new Set<number>();
	readonly #refused = new Set<number>();
	#steps = {acknowledged: 0, unknown: 0};
	#highest = 0n;

	constructor(key: string) {
		this.#key = key;
	}

	get acknowledged(): number {
		return this.#acknowledged.size + this.#steps.acknowledged;
	}

	/** Appends one token. Its number is not used again, whatever becomes of it. */
	async append(caller: Caller): Promise<void> {
		const token = this.#next++;
		try {
			await caller.run({type: 'append', key: this.#key, value: `${token},`});
			this.#acknowledged.add(token);
		} catch (error) {
			if (error instanceof NoAnswer && error.outcome === 'notExecuted') this.#refused.add(token);
			throw error;
		}
	}

	/** One step of the counter. */
	async step(caller: Caller): Promise<void> {
		try {
			const sum = await caller.increment(`${this.#key}#`);
			if (sum <= this.#highest) throw new TypeError(`${this.#key}#: a step led from ${this.#highest} to ${sum}`);
			this.#highest = sum;
			this.#steps.acknowledged++;
		} catch (error) {
			if (error instanceof NoAnswer && error.outcome === 'unknown') this.#steps.unknown++;
			throw error;
		}
	}

	/** Reads both, and says what is wrong with them. */
	async audit(caller: Caller): Promise<readonly string[]> {
		return this.auditCopy(caller, this.promised());
	}

	/** What a copy of the state must hold that is begun now. */
	promised(): Promised {
		return {tokens: [...this.#acknowledged], steps: this.#steps.acknowledged};
	}

	/** Reads both of a copy that was begun after `promised`: what came later may be there or not. Nothing may be under way. */
	async auditCopy(caller: Caller, {tokens, steps}: Promised): Promise<readonly string[]> {
		const value = await caller.run({type: 'get', key: this.#key});
		const counter = await caller.run({type: 'get', key: `${this.#key}#`});
		if (value.type !== 'value' || counter.type !== 'value') throw new TypeError('a get is answered with a value');
		return [...this.#faultsOf(value.value ?? '', tokens), ...this.#faultsOfCounter(counter.value ?? '0', steps)];
	}

	#faultsOf(value: string, promised: readonly number[]): readonly string[] {
		const tokens = value.split(',').slice(0, -1).map(Number);
		const seen = new Set(tokens);
		const faults: string[] = [];
		if (seen.size !== tokens.length) faults.push(`${this.#key}: ${tokens.length - seen.size} tokens doubled`);
		// One of unknown outcome may come late; those that were acknowledged, each before the next was sent, may not.
		const certain = tokens.filter(token => this.#acknowledged.has(token));
		if (certain.some((token, offset) => offset > 0 && token < (certain[offset - 1] ?? 0)))
			faults.push(`${this.#key}: out of order`);
		const lost = promised.filter(token => !seen.has(token));
		if (lost.length > 0)
			faults.push(`${this.#key}: acknowledged and lost: ${lost.slice(0, 20).join(' ')} (${lost.length})`);
		const foreign = tokens.filter(token => !(token < this.#next));
		if (foreign.length > 0) faults.push(`${this.#key}: never sent: ${foreign.slice(0, 20).join(' ')}`);
		const ghosts = [...this.#refused].filter(token => seen.has(token));
		if (ghosts.length > 0) faults.push(`${this.#key}: refused and there: ${ghosts.slice(0, 20).join(' ')}`);
		return faults;
	}

	#faultsOfCounter(text: string, promised: number): readonly string[] {
		const value = Number(text);
		const {acknowledged, unknown} = this.#steps;
		if (value >= promised && value <= acknowledged + unknown) return [];
		return [
			`${this.#key}#: ${promised} of ${acknowledged} steps promised, ${unknown} unknown, and the counter is at ${text}`,
		];
	}
}
