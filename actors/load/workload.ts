/**
 * What the clients of a load ask for: everything that each engine can do, on keys where the checker can tell what became of it.
 *
 *     value0 ... value5    get, put, append, compare-and-set by value     each value is written once
 *     lock0, lock1         put if absent, put if present, compare-and-set by version, delete, get
 *     pair0, pair1         batches of both keys, and single operations beside them
 *     edit0 ... edit2      edits of one and of two keys, and single operations beside them, where the service knows edits
 *     counter0, ...        increment and get, so many increments each that a sum shows which of them ran, and how often
 *
 * There is no `clear`: it would take away what is not the load's.
 */
import type {Random} from '../../src/base/random.js';
import {
	isSingle,
	partsRun,
	type KvExpected,
	type KvInput,
	type KvKeyInput,
	type KvOutput,
	type KvPart,
	type KvResult,
} from '../../src/linearizability/kv-operation.js';
import {unreachable} from '../../src/base/errors.js';
import {drawEdit} from './draw-edit.js';

const families = ['value', 'value', 'value', 'lock', 'pair', 'counter'] as const;
const withEdits = [...families, 'edit', 'edit'] as const;
const valueActions = ['get', 'get', 'put', 'append', 'append', 'compareAndSet'] as const;
const lockActions = ['get', 'putIfAbsent', 'putIfPresent', 'compareAndSet', 'delete'] as const;
const pairActions = ['putBoth', 'getBoth', 'appendAndGet', 'compareBoth', 'get'] as const;
const editActions = ['get', 'get', 'put', 'deleteIf', 'edit', 'edit', 'edit', 'edit'] as const;
const valueKeys = 6;
const lockKeys = 2;
const editKeys = 3;
/** Actions that change nothing. */
const reads: ReadonlySet<string> = new Set(['get', 'getBoth']);
/** The part of reads of a counter, where nobody asks for another. */
const counterReadShare = 0.4;
/** A digit of a counter, to base four, is an increment: 4^30 is the last one that a counter holds three times. */
const incrementsMax = 31;
/** So many counters before the present one are still read. */
const countersRead = 3;

/** What a client has seen of the keys, to ask for it in compare-and-sets. */
export class Seen {
	readonly #results = new Map<string, KvResult>();

	/** The answer to what the client asked. */
	note(input: KvInput, output: KvOutput): void {
		if (input.type !== 'batch' && input.type !== 'transaction') {
			if (isSingle(output)) this.#noteOne(input, output);
			return;
		}
		const isCommitted = output.type !== 'transaction' || output.isCommitted;
		const parts = input.type === 'batch' ? input.operations : partsRun(input, isCommitted);
		for (const [offset, part] of parts.entries()) {
			const result = isSingle(output) ? undefined : output.results[offset];
			if (result !== undefined) this.#noteOne(part, result);
		}
	}

	value(key: string): KvExpected {
		const result = this.#results.get(key);
		if (result?.type === 'value') return {value: result.value};
		return {value: result?.type === 'conditionFailed' ? result.observed?.value : undefined};
	}

	version(key: string): KvExpected {
		return {version: this.#results.get(key)?.version ?? 0};
	}

	#noteOne(input: KvPart, result: KvResult): void {
		if ('key' in input && (result.type === 'value' || result.type === 'conditionFailed')) {
			this.#results.set(input.key, result);
		}
	}
}

/** What a load asks for. */
export interface WorkloadOptions {
	/** The part of reads, from 0 to 1. @default as the lists above have it */
	readonly readShare?: number | undefined;
	/** The service knows edits, and conditions on values. @default false */
	readonly edits?: boolean | undefined;
}

export class Workload {
	readonly #prefix: string;
	readonly #readShare: number | undefined;
	readonly #families: readonly (typeof withEdits)[number][];
	#counter = 0;
	/** Of the present counter. */
	#increments = 0;

	/** `prefix`: of keys that nobody else uses, and that do not exist. */
	constructor(prefix: string, {readShare, edits = false}: WorkloadOptions = {}) {
		this.#prefix = prefix;
		this.#readShare = readShare;
		this.#families = edits ? withEdits : families;
	}

	/** The next operation of a client. `name`: a value that nobody else writes, and that begins no other. */
	draw(random: Random, seen: Seen, name: string): KvInput {
		const family = random.pick(this.#families);
		switch (family) {
			case 'value':
				return this.#drawValue(random, seen, name);
			case 'lock':
				return this.#drawLock(random, seen, name);
			case 'pair':
				return this.#drawPair(random, seen, name);
			case 'edit':
				return this.#drawEdit(random, name);
			case 'counter':
				return this.#drawCounter(random);
			default:
				return unreachable(family);
		}
	}

	/** All keys that may exist by now. */
	keys(): string[] {
		const numbered = (family: string, count: number): string[] =>
			Array.from({length: count}, (_, number) => this.#key(family, number));
		return [
			...numbered('value', valueKeys),
			...numbered('lock', lockKeys),
			...numbered('pair', 2),
			...(this.#families.includes('edit') ? numbered('edit', editKeys) : []),
			...numbered('counter', this.#counter + 1),
		];
	}

	#drawValue(random: Random, seen: Seen, value: string): KvKeyInput {
		const key = this.#key('value', random.integer(0, valueKeys - 1));
		const type = this.#pick(random, valueActions);
		switch (type) {
			case 'get':
				return {type, key};
			case 'put':
			case 'append':
				return {type, key, value};
			case 'compareAndSet':
				return {type, key, expected: seen.value(key), value};
			default:
				return unreachable(type);
		}
	}

	#drawLock(random: Random, seen: Seen, value: string): KvKeyInput {
		const key = this.#key('lock', random.integer(0, lockKeys - 1));
		const action = this.#pick(random, lockActions);
		switch (action) {
			case 'get':
			case 'delete':
				return {type: action, key};
			case 'putIfAbsent':
				return {type: 'put', key, value, condition: 'absent'};
			case 'putIfPresent':
				return {type: 'put', key, value, condition: 'present'};
			case 'compareAndSet':
				return {type: 'compareAndSet', key, expected: seen.version(key), value};
			default:
				return unreachable(action);
		}
	}

	#drawPair(random: Random, seen: Seen, value: string): KvInput {
		const first = random.integer(0, 1);
		const [key, other] = [this.#key('pair', first), this.#key('pair', 1 - first)];
		const action = this.#pick(random, pairActions);
		const both = (...operations: readonly KvKeyInput[]): KvInput => ({type: 'batch', operations});
		switch (action) {
			case 'get':
				return {type: 'get', key};
			case 'getBoth':
				return both({type: 'get', key}, {type: 'get', key: other});
			case 'putBoth':
				return both({type: 'put', key, value}, {type: 'put', key: other, value});
			case 'appendAndGet':
				return both({type: 'append', key, value}, {type: 'get', key: other});
			case 'compareBoth':
				// One of them may be refused, which does not undo the other.
				return both(
					{type: 'compareAndSet', key, expected: seen.value(key), value},
					{type: 'compareAndSet', key: other, expected: seen.value(other), value},
				);
			default:
				return unreachable(action);
		}
	}

	#drawEdit(random: Random, value: string): KvInput {
		const key = this.#key('edit', random.integer(0, editKeys - 1));
		const action = this.#pick(random, editActions);
		switch (action) {
			case 'get':
				return {type: 'get', key};
			case 'put':
				return {type: 'put', key, value};
			case 'deleteIf':
				return {type: 'delete', key, condition: {isNot: value}};
			case 'edit':
				return drawEdit(random, [key, this.#key('edit', random.integer(0, editKeys - 1))], value);
			default:
				return unreachable(action);
		}
	}

	#drawCounter(random: Random): KvKeyInput {
		if (random.chance(this.#readShare ?? counterReadShare)) {
			const number = this.#counter - random.integer(0, countersRead);
			return {type: 'get', key: this.#key('counter', Math.max(0, number))};
		}
		if (this.#increments === incrementsMax) {
			this.#counter++;
			this.#increments = 0;
		}
		return {type: 'increment', key: this.#key('counter', this.#counter), by: 4n ** BigInt(this.#increments++)};
	}

	#pick<Action extends string>(random: Random, actions: readonly Action[]): Action {
		if (this.#readShare === undefined) return random.pick(actions);
		const isRead = random.chance(this.#readShare);
		return random.pick(actions.filter(action => reads.has(action) === isRead));
	}

	#key(family: string, number: number): string {
		return `${this.#prefix}${family}${number}`;
	}
}
