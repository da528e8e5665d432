/** What a simulated client asks for next. Every value that is written names its operation, so no two are alike. */
import type {Random} from '../faults/random.js';
import type {Key, Operation, Result, Value, WriteOperation} from '../kv/types.js';
import type {Mix, Workload} from './parameters.js';

type Kind = keyof Mix;

export class OperationSource {
	readonly #workload: Workload;
	readonly #random: Random;
	readonly #kinds: readonly Kind[];
	readonly #weights: readonly number[];
	readonly #sum: number;
	/** What this client last saw of a key, for compare-and-set. */
	readonly #seen = new Map<Key, {readonly value: Value | undefined; readonly version: number}>();
	/** Appending has made these long: the next write begins anew. */
	readonly #long = new Set<Key>();

	constructor(workload: Workload, random: Random) {
		this.#workload = workload;
		this.#random = random;
		this.#kinds = Object.keys(workload.mix) as Kind[];
		this.#weights = this.#kinds.map(kind => workload.mix[kind]);
		this.#sum = this.#weights.reduce((sum, weight) => sum + weight, 0);
	}

	/** `name`: of the operation, unlike any other's. */
	next(name: string): Operation {
		const random = this.#random;
		const kind = this.#drawKind();
		switch (kind) {
			case 'get':
				return {type: 'get', key: random.chance(0.1) ? this.#otherKey() : this.#key()};
			case 'put':
				return {type: 'put', key: this.#key(), value: this.#value(name)};
			case 'append': {
				const key = this.#key();
				if (this.#long.delete(key)) return {type: 'put', key, value: this.#value(name)};
				return {type: 'append', key, value: this.#value(name)};
			}
			case 'compareAndSet': {
				const key = this.#key();
				const seen = this.#seen.get(key) ?? {value: undefined, version: 0};
				const expected = random.chance(0.5) ? {version: seen.version} : {value: seen.value};
				return {type: 'compareAndSet', key, expected, value: this.#value(name)};
			}
			case 'delete':
				return {type: 'delete', key: this.#key()};
			case 'increment':
				return {type: 'increment', key: this.#counter(), by: BigInt(random.integer(1, 9))};
			case 'batch':
				return this.#batch(name);
			default:
				return kind satisfies never;
		}
	}

	/** Takes note of an answer. */
	learn(operation: Operation, result: Result): void {
		if (!('key' in operation)) return;
		if (result.type === 'value' || result.type === 'conditionFailed') {
			this.#seen.set(operation.key, {value: result.value, version: result.version});
			if ((result.value?.length ?? 0) > longValueBytes) this.#long.add(operation.key);
		} else if (result.type === 'written') {
			if (result.length > longValueBytes) this.#long.add(operation.key);
			const value = operation.type === 'append' ? undefined : 'value' in operation ? operation.value : undefined;
			this.#seen.set(operation.key, {value, version: result.version});
		}
	}

	#drawKind(): Kind {
		let rest = this.#random.float() * this.#sum;
		for (const [place, weight] of this.#weights.entries()) {
			rest -= weight;
			if (rest < 0) return this.#kinds[place] as Kind;
		}
		return 'get';
	}

	#key(): Key {
		const {keys, hotKey} = this.#workload;
		return this.#random.chance(hotKey) ? 'k0' : `k${this.#random.integer(0, keys - 1)}`;
	}

	#counter(): Key {
		return `n${this.#random.integer(0, 1)}`;
	}

	/** Of counters and batches: their operations are not in the model of the checker, and their keys apart. */
	#otherKey(): Key {
		return this.#random.chance(0.5) ? this.#counter() : `b${this.#random.integer(0, 2)}`;
	}

	#value(name: string): Value {
		const {valueBytes, bigValueBytes, bigValues} = this.#workload;
		const length = bigValues > 0 && this.#random.chance(bigValues) ? bigValueBytes : valueBytes;
		return padded(name, length);
	}

	#batch(name: string): WriteOperation {
		const others = Array.from({length: this.#random.integer(1, 3)}, () => {
			if (this.#random.chance(0.5)) return {type: 'get', key: this.#otherKey()} as const;
			return {type: 'increment', key: this.#counter(), by: BigInt(this.#random.integer(1, 9))} as const;
		});
		const key = `b${this.#random.integer(0, 2)}`;
		return {type: 'batch', operations: [...others, {type: 'put', key, value: padded(name, 8)}]};
	}
}

const longValueBytes = 400;

function padded(name: string, length: number): Value {
	const bytes = new Uint8Array(Math.max(length, name.length)).fill(46);
	for (let offset = 0; offset < name.length; offset++) bytes[offset] = name.charCodeAt(offset);
	return bytes;
}
