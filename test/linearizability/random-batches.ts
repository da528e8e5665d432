/**
 * Small random histories of a few keys, many of whose operations concern several of them at once: a true execution on the real
 * state machine's rules, then damaged in the ways that real stores fail.
 */
import {execute} from '../../src/kv/operations.js';
import type {
	KvEdit,
	KvEditName,
	KvInput,
	KvKeyInput,
	KvOperation,
	KvOutput,
	KvPart,
	KvResult,
	KvValueCondition,
} from '../../src/linearizability/kv-operation.js';
import {operationOf, outputOf} from '../../actors/load/recorded-operation.js';
import {Moment} from './moment.js';
import {draftTimes, type Draft, type RandomHistoryOptions} from './random-history.js';

export interface RandomBatchesOptions extends Pick<
	RandomHistoryOptions,
	'count' | 'clients' | 'unknown' | 'damage' | 'isVersioned'
> {
	readonly keys: readonly string[];
	/** Of single operations, and of the parts of batches. */
	readonly operations: readonly (KvKeyInput['type'] | 'edit')[];
	/** What is written. */
	readonly values: readonly string[];
	/** Chance that an operation is a batch; some are a `clear` where `clears` says so. */
	readonly batches: number;
	readonly clears?: boolean;
	/** Chance that an operation is a transaction. @default 0 */
	readonly transactions?: number;
	/** Chance that a put or a delete asks for a value, or for another one. @default 0 */
	readonly valueConditions?: number;
	/** A refused compare-and-set tells what it saw. @default true */
	readonly tellsOnRefusal?: boolean;
}

export function randomBatches(options: RandomBatchesOptions, random: () => number): KvOperation[] {
	const drafts = draftTimes(options, random);
	const execution = new Execution(options, random);
	const done: (KvOperation | undefined)[] = drafts.map(() => undefined);
	const byEffect = drafts.map((_, place) => place).sort((a, b) => drafts[a]!.effect - drafts[b]!.effect);
	for (const place of byEffect) {
		const {process, call, return: end, isUnknown, happens} = drafts[place] as Draft;
		const input = execution.input();
		const output = happens ? execution.apply(input) : undefined;
		done[place] = isUnknown
			? {process, call, return: Infinity, input, output: undefined}
			: {process, call, return: end, input, output};
	}
	return done.filter(operation => operation !== undefined);
}

class Execution {
	readonly #options: RandomBatchesOptions;
	readonly #random: () => number;
	#now = new Moment();
	readonly #past: Moment[] = [];
	#revision = 0;

	constructor(options: RandomBatchesOptions, random: () => number) {
		this.#options = options;
		this.#random = random;
	}

	input(): KvInput {
		const {batches, clears = false, transactions = 0} = this.#options;
		if (transactions > 0 && this.#chance(transactions)) return this.#transaction();
		if (!this.#chance(batches)) return this.#part();
		if (clears && this.#chance(0.2)) return {type: 'clear'};
		const count = 2 + Math.floor(this.#random() * 2);
		return {type: 'batch', operations: Array.from({length: count}, () => this.#part())};
	}

	#transaction(): KvInput {
		const compares = Array.from({length: Math.floor(this.#random() * 3)}, () => {
			const key = this.#pick(this.#options.keys);
			const there = this.#now.get(key);
			const isRight = this.#chance(0.6);
			const told = there && Buffer.from(there.value).toString('latin1');
			const byVersion = {version: isRight ? (there?.version ?? 0) : this.#revision};
			const byValue = {value: isRight ? told : this.#pick(this.#options.values)};
			return {
				key,
				expected: this.#options.isVersioned && this.#chance(0.5) ? byVersion : byValue,
				isNegated: this.#chance(0.2),
			};
		});
		const parts = (count: number): readonly KvPart[] => Array.from({length: count}, () => this.#part());
		return {type: 'transaction', compares, operations: parts(1 + Math.floor(this.#random() * 2)), otherwise: parts(1)};
	}

	apply(input: KvInput): KvOutput {
		this.#past.push(this.#now.copy());
		this.#revision += 1 + Math.floor(this.#random() * 2);
		const output = this.#chance(this.#options.damage) ? this.#damaged(input) : this.#run(this.#now, input);
		return this.#told(output);
	}

	/** The effect is lost; or one part of it is; or it happens twice; or the answer is of another moment. */
	#damaged(input: KvInput): KvOutput {
		const before = this.#now.copy();
		const output = this.#run(this.#now, input);
		const luck = this.#random();
		if (luck < 0.25) {
			this.#now = before;
		} else if (luck < 0.5) {
			const parts = input.type === 'batch' || input.type === 'transaction' ? input.operations : [];
			const lost = Math.floor(this.#random() * parts.length);
			this.#now = before;
			for (const part of parts.toSpliced(lost, 1)) this.#run(this.#now, part);
		} else if (luck < 0.6) {
			this.#revision++;
			this.#run(this.#now, input);
		} else {
			return this.#run(this.#pick(this.#past).copy(), input);
		}
		return output;
	}

	#run(store: Moment, input: KvInput): KvOutput {
		const execution = {store, version: this.#revision, now: 0, valueBytesMax: 1000};
		return outputOf(input, execute(execution, operationOf(input)));
	}

	#part(): KvPart {
		const key = this.#pick(this.#options.keys);
		const value = this.#pick(this.#options.values);
		const type = this.#pick(this.#options.operations);
		switch (type) {
			case 'edit':
				return this.#edit(key, value);
			case 'get':
				return {type, key};
			case 'delete':
				return {type, key, ...this.#valueCondition()};
			case 'increment':
				return {type, key, by: this.#chance(0.7) ? 1n : -1n};
			case 'put':
				return this.#chance(0.6)
					? {type, key, value, ...this.#valueCondition()}
					: {type, key, value, condition: this.#chance(0.5) ? 'absent' : 'present'};
			case 'append':
				return {type, key, value};
			default: {
				const there = this.#now.get(key);
				if (this.#options.isVersioned && this.#chance(0.4)) {
					return {type, key, expected: {version: this.#chance(0.6) ? (there?.version ?? 0) : this.#revision}, value};
				}
				const told = there && Buffer.from(there.value).toString('latin1');
				return {type, key, expected: {value: this.#chance(0.6) ? told : value}, value};
			}
		}
	}

	#valueCondition(): {readonly condition?: KvValueCondition} {
		const {valueConditions = 0, values} = this.#options;
		if (valueConditions === 0 || !this.#chance(valueConditions)) return {};
		const asked = this.#pick(values);
		return {condition: this.#chance(0.5) ? {is: asked} : {isNot: asked}};
	}

	#edit(key: string, value: string): KvEdit {
		const other = this.#pick(this.#options.keys);
		const small = String(Math.floor(this.#random() * 3));
		const words = (name: KvEditName, keys: readonly string[], ...values: readonly string[]): KvEdit => ({
			type: 'edit',
			name,
			keys,
			values,
		});
		return this.#pick([
			words('rename', [key, other]),
			words('renamenx', [key, other]),
			words('copy', [key, other], ...(this.#chance(0.5) ? ['replace'] : [])),
			words('setrange', [key], small, value),
			words('setbit', [key], small, this.#chance(0.5) ? '1' : '0'),
			words('bitop', [key, other, this.#pick(this.#options.keys)], 'xor'),
			words('bitfield', [key], 'incrby', 'u4', `#${small}`, '3'),
			words('incrbyfloat', [key], '0.5'),
			words('msetnx', [key, other], value, value),
		]);
	}

	/** As much of the answer as the service tells. */
	#told(output: KvOutput): KvOutput {
		if (output.type === 'batch') return {type: 'batch', results: output.results.map(result => this.#toldOf(result))};
		const {isVersioned} = this.#options;
		if (output.type === 'transaction') {
			const revision = isVersioned ? output.revision : undefined;
			return {...output, revision, results: output.results.map(result => this.#toldOf(result))};
		}
		return this.#toldOf(output);
	}

	#toldOf(result: KvResult): KvResult {
		const {isVersioned, tellsOnRefusal = true} = this.#options;
		const version = isVersioned ? result.version : undefined;
		if (result.type !== 'conditionFailed' || tellsOnRefusal) return {...result, version};
		return {type: 'conditionFailed', observed: undefined, version: undefined};
	}

	#pick<T>(from: readonly T[]): T {
		return from[Math.floor(this.#random() * from.length)] as T;
	}

	#chance(probability: number): boolean {
		return this.#random() < probability;
	}
}
