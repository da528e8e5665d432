import type {History, Operation} from './history.js';
import {everyKey, type Model} from './model.js';

/**
 * What is judged apart: the operations of each key, in order of its first appearance. Keys that an operation has in common are
 * together, under the name of the first.
 */
export function partition<Input, Output, State>(
	history: History<Input, Output>,
	model: Model<Input, Output, State>,
): Map<string, Operation<Input, Output>[]> {
	const keysOf = history.map(({input}): Keys => model.key?.(input) ?? '');
	const areApart = keysOf.every(keys => typeof keys === 'string');
	const groups = areApart ? undefined : new KeyGroups(keysOf);
	const partitions = new Map<string, Operation<Input, Output>[]>();
	for (const [place, operation] of history.entries()) {
		const keys = keysOf[place] as Keys;
		const name = groups === undefined && typeof keys === 'string' ? keys : (groups?.nameOf(keys) ?? '');
		const operations = partitions.get(name);
		if (operations === undefined) partitions.set(name, [operation]);
		else operations.push(operation);
	}
	return partitions;
}

type Keys = string | readonly string[] | typeof everyKey;

/** Disjoint sets of keys, each known by its member that appeared first. */
class KeyGroups {
	readonly #numbers = new Map<string, number>();
	/** By number: the key, and the number of an earlier one of its set; of the first its own. */
	readonly #keys: string[] = [];
	readonly #earlier: number[] = [];

	constructor(all: readonly Keys[]) {
		for (const keys of all) {
			const [first, ...others] = listOf(keys).map(key => this.#number(key));
			for (const other of others) this.#join(first as number, other);
		}
		// One that concerns every key joins also those that appear after it.
		if (all.includes(everyKey)) this.#earlier.fill(0);
	}

	/** Of the set; an operation on no key belongs to the first. */
	nameOf(keys: Keys): string {
		const [key = this.#keys[0] ?? ''] = listOf(keys);
		return this.#keys[this.#first(this.#number(key))] as string;
	}

	#number(key: string): number {
		const known = this.#numbers.get(key);
		if (known !== undefined) return known;
		const number = this.#keys.push(key) - 1;
		this.#numbers.set(key, number);
		this.#earlier.push(number);
		return number;
	}

	#join(one: number, other: number): void {
		const first = this.#first(one);
		const second = this.#first(other);
		this.#earlier[Math.max(first, second)] = Math.min(first, second);
	}

	#first(number: number): number {
		let at = number;
		for (;;) {
			const before = this.#earlier[at] as number;
			if (before === at) return at;
			// Halves the way for who comes after.
			this.#earlier[at] = this.#earlier[before] as number;
			at = before;
		}
	}
}

function listOf(keys: Keys): readonly string[] {
	if (keys === everyKey) return [];
	return typeof keys === 'string' ? [keys] : keys;
}
