/**
 * Key/value models: `register` (get, put), `cas-register` (and compare-and-set), `kv` (and all others). One body: they differ
 * in the operations that they admit. It has the state of one key; where keys belong together, by a batch or a clear, it
 * leaves them to a `GroupModel`.
 */
import {HistoryError} from '../history-error.js';
import {
	foundNothing,
	isChange,
	keysOf,
	versionOf,
	type KvCompare,
	type KvExpected,
	type KvHistory,
	type KvInput,
	type KvKeyInput,
	type KvOperation,
	type KvOutput,
	type KvPart,
} from '../kv-operation.js';
import {everyKey, type Anomaly, type Decision, type Model} from '../model.js';
import {unreachable} from '../../base/errors.js';
import {decideByChain} from '../engines/chain.js';
import {decideByRevisions} from '../engines/revision-order.js';
import {diagnoseKv, whatMattersToKv} from './diagnose-kv.js';
import {describeKvOperation, showValue} from './describe-kv.js';
import {GroupModel} from './group-model.js';
import {asksForValue, canBeInvalid, increase, isConditional, isConditionMet} from './key-effect.js';
import {observe, type Observations} from './observations.js';
import {absentCell, deadCell, ObservedSpace, PlainSpace, type ValueSpace} from './value-space.js';

/**
 * `register` reads and writes; `cas-register` compares and sets as well; `kv` knows every operation, and keys that a
 * batch joins.
 */
export type KvModelName = 'register' | 'cas-register' | 'kv';

/** One key. */
export interface KvState {
	/** Of the value, in the model's value space. */
	readonly cell: number;
	/**
	 * Of the last change; of an absent key that of the latest deletion, though it answers with 0. Where `isExact` is false, the
	 * last change told no version, and any from this one on is possible, until an answer tells. Always 0 in a history without
	 * versions.
	 */
	readonly version: number;
	readonly isExact: boolean;
}

/** A model of the key/value vocabulary. */
export type KvModel = Model<KvInput, KvOutput, KvState>;

/** What is there at first, and how the search is made small. All of it can be left out. */
export interface KvModelOptions {
	/** The value before the first write; the lab's absent key reads as the empty string. @default undefined, absent */
	readonly initial?: string | undefined;
	/** Merge states that no observation of the history tells apart. Off only to compare. @default true */
	readonly quotient?: boolean;
	/** Decide without search where unique values or versions allow. Off only to compare. @default true */
	readonly chain?: boolean;
}

const vocabularies: Readonly<Record<KvModelName, ReadonlySet<KvInput['type']>>> = {
	register: new Set(['get', 'put'] as const),
	'cas-register': new Set(['get', 'put', 'compareAndSet'] as const),
	kv: new Set([
		'get',
		'put',
		'append',
		'delete',
		'compareAndSet',
		'increment',
		'edit',
		'clear',
		'batch',
		'transaction',
	] as const),
};

/** What can concern several keys. */
type KvSeveral = Exclude<KvInput, KvKeyInput>;

/** All that an operation on several keys names: also what it compares, and what it may not run. */
function partsIn(input: KvSeveral): readonly (KvPart | KvCompare)[] {
	if (input.type === 'clear' || input.type === 'edit') return [input];
	if (input.type === 'batch') return input.operations;
	return [...input.compares, ...input.operations, ...(input.otherwise ?? [])];
}

/** Whether a history of keys that belong together needs the state of all of them, with their values kept exactly. */
function isGroup(history: KvHistory): boolean {
	const [first] = history;
	if (first === undefined) return false;
	return history.some(
		({input}) => !('key' in input) || !('key' in first.input) || input.key !== first.input.key || asksForValue(input),
	);
}

/** Conditions on values are the group's. */
const isPresenceMet = (condition: Extract<KvKeyInput, {type: 'put'}>['condition'], {cell}: KvState): boolean =>
	isConditionMet(condition, cell === absentCell ? undefined : '');

/** Throws a `HistoryError` from `key` for an operation that is not in the model's vocabulary. */
export function kvModel(name: KvModelName, options: KvModelOptions = {}): KvModel {
	return new KeyValueModel(name, options, new PlainSpace(), undefined);
}

class KeyValueModel implements KvModel {
	readonly name: KvModelName;
	readonly initial: KvState;
	readonly #options: KvModelOptions;
	readonly #space: ValueSpace;
	readonly #observations: Observations | undefined;

	constructor(name: KvModelName, options: KvModelOptions, space: ValueSpace, observations: Observations | undefined) {
		this.name = name;
		this.#options = options;
		this.#space = space;
		this.#observations = observations;
		const cell = space.cell(options.initial);
		// A key that is there from the beginning has a version that no write tells.
		this.initial = {cell, version: 0, isExact: cell === absentCell || !this.#isVersioned};
	}

	key(input: KvInput): string | readonly string[] | typeof everyKey {
		if (!vocabularies[this.name].has(input.type)) {
			throw new HistoryError(`an operation of the model ${this.name}`, input.type);
		}
		if ('key' in input) {
			const isPlain = this.name === 'kv' || !isConditional(input) || input.type === 'compareAndSet';
			if (!isPlain) throw new HistoryError(`an operation of the model ${this.name}`, 'a put with a condition');
			return input.key;
		}
		const parts = partsIn(input);
		return parts.some(part => 'type' in part && part.type === 'clear')
			? everyKey
			: parts.flatMap(part => ('type' in part ? keysOf(part) : [part.key]));
	}

	/** Of an operation on one key; `specialise` gives the model for a history that has others. */
	step(state: KvState, input: KvInput, output: KvOutput | undefined): KvState | undefined {
		if (!('key' in input) || asksForValue(input)) throw new HistoryError('an operation on one key', input.type);
		if (output?.type === 'conditionFailed' && !isConditional(input)) return undefined;
		if (output?.type === 'invalid') return this.#invalid(state, input, output);
		switch (input.type) {
			case 'get':
				return output === undefined ? state : this.#get(state, output);
			case 'put':
				return this.#put(state, input, output);
			case 'increment':
				return this.#increment(state, input.by, output);
			case 'append':
				return this.#write(state, this.#space.append(state.cell, input.value), output);
			case 'delete':
				return this.#delete(state, output);
			case 'compareAndSet':
				return this.#compareAndSet(state, input.expected, input.value, output);
			default:
				return unreachable(input);
		}
	}

	identity(state: KvState): string | number {
		if (!this.#isVersioned) return state.cell;
		return `${state.cell},${state.version},${state.isExact ? '' : '+'}`;
	}

	isReadOnly(input: KvInput, output: KvOutput): boolean {
		// Its revision passes, whatever it changed.
		if (output.type === 'transaction') return false;
		if (output.type === 'batch') return output.results.every(result => this.isReadOnly(input, result));
		// A revision passes also when there was nothing to delete.
		if (output.type === 'deleted') return output.existed === false && output.version === undefined;
		if (isChange(output)) return false;
		const {version} = output;
		if (version === undefined || version === 0 || !this.#isVersioned) return true;
		// A version that no completed write owns settles what an unknown write's version was: that is a change.
		return this.#observations?.owned.has(version) === true;
	}

	/** A write at twice its version, what saw it right behind. */
	rank(_: KvInput, output: KvOutput): number | undefined {
		const version = versionOf(output);
		if (version === undefined || this.#observations === undefined) return undefined;
		// A deletion that found nothing may tell the revision of the one before it.
		if (foundNothing(output)) return 2 * version + 1;
		if (isChange(output)) return 2 * version;
		// Version 0 is that of the absent key, after each deletion anew.
		return version === 0 && this.#observations.hasDeletions ? undefined : 2 * version + 1;
	}

	operationIdentity(input: KvInput, output: KvOutput | undefined): string {
		const version = versionOf(output) ?? '';
		if (output?.type === 'invalid') return `${output.reason} ${version} ${this.operationIdentity(input, undefined)}`;
		switch (input.type) {
			case 'get':
				return `get ${version} ${this.#identify(output?.type === 'value' ? output.value : undefined)}`;
			case 'put': {
				const told = output?.type === 'written' ? output.previous : undefined;
				const seen = output?.type === 'conditionFailed' ? output.observed : told;
				const observed = seen === undefined ? '' : this.#identify(seen.value);
				const condition = typeof input.condition === 'object' ? JSON.stringify(input.condition) : input.condition;
				return `put ${version} ${output?.type} ${condition} ${observed} ${input.value}`;
			}
			case 'increment':
				return `increment ${version} ${output?.type === 'number' ? output.value : ''} ${input.by}`;
			case 'append':
				return `${input.type} ${version} ${input.value}`;
			case 'delete':
				return `delete ${version} ${output?.type === 'deleted' ? output.existed : ''}`;
			case 'compareAndSet': {
				const {expected} = input;
				const condition = 'version' in expected ? `v${expected.version}` : this.#identify(expected.value);
				const observed = output?.type === 'conditionFailed' ? output.observed : undefined;
				const seen = observed === undefined ? '' : this.#identify(observed.value);
				return `cas ${version} ${output?.type} ${condition} ${seen} ${input.value}`;
			}
			case 'edit':
			case 'clear':
			case 'batch':
			case 'transaction':
				throw new HistoryError('an operation on one key', input.type);
			default:
				return unreachable(input);
		}
	}

	specialise(history: KvHistory): Model<KvInput, KvOutput, unknown> {
		if (isGroup(history)) return new GroupModel(history, this.#options.initial);
		const observations = observe(history);
		const {initial} = this.#options;
		const values = initial === undefined ? observations.values : [...observations.values, initial];
		// An increment can make a value that is seen out of one that is not.
		const isPlain = this.#options.quotient === false || history.some(({input}) => input.type === 'increment');
		const space = isPlain ? new PlainSpace() : new ObservedSpace(values);
		return new KeyValueModel(this.name, this.#options, space, observations);
	}

	forPeople(history: KvHistory): Model<KvInput, KvOutput, unknown> {
		return isGroup(history) ? new GroupModel(history, this.#options.initial) : this;
	}

	decide(history: KvHistory): Decision {
		if (this.#options.chain === false) return {type: 'notApplicable', why: 'switched off'};
		if (isGroup(history)) return decideByRevisions(history, this.#options.initial);
		return decideByChain(history, this.#options.initial);
	}

	whatMatters(history: KvHistory): (operation: KvOperation) => boolean {
		return whatMattersToKv(history);
	}

	diagnose(history: KvHistory): Anomaly | undefined {
		if (isGroup(history)) {
			const decision = decideByRevisions(history, this.#options.initial);
			return decision.type === 'violation' ? decision.anomaly : undefined;
		}
		return diagnoseKv(history, this.#options.initial);
	}

	describe(input: KvInput, output: KvOutput | undefined): string {
		return describeKvOperation(input, output);
	}

	describeState(state: KvState): string {
		const value = state.cell === deadCell ? '(something nobody reads)' : showValue(this.#space.describe(state.cell));
		const isTold = state.isExact && state.version > 0 && state.cell !== absentCell;
		return isTold ? `${value} at version ${state.version}` : value;
	}

	get #isVersioned(): boolean {
		return this.#observations?.isVersioned ?? true;
	}

	#identify(value: string | undefined): string {
		return String(this.#space.cell(value));
	}

	#get(state: KvState, output: KvOutput): KvState | undefined {
		return output.type === 'value' ? this.#observe(state, output, output.version) : undefined;
	}

	#put(
		state: KvState,
		{condition, value}: Extract<KvKeyInput, {type: 'put'}>,
		output: KvOutput | undefined,
	): KvState | undefined {
		const met = isPresenceMet(condition, state);
		if (output?.type === 'conditionFailed') {
			return met ? undefined : this.#observe(state, output.observed, output.version);
		}
		if (!met) return output === undefined ? state : undefined;
		const previous = output?.type === 'written' ? output.previous : undefined;
		if (previous !== undefined && this.#space.cell(previous.value) !== state.cell) return undefined;
		return this.#write(state, this.#space.cell(value), output);
	}

	#increment(state: KvState, by: bigint, output: KvOutput | undefined): KvState | undefined {
		const sum = increase(this.#space.describe(state.cell), by);
		if (typeof sum === 'string') return output === undefined ? state : undefined;
		if (output !== undefined && (output.type !== 'number' || output.value !== sum)) return undefined;
		return this.#write(state, this.#space.cell(String(sum)), output);
	}

	#invalid(state: KvState, input: KvKeyInput, output: Extract<KvOutput, {type: 'invalid'}>): KvState | undefined {
		if (input.type === 'put' && !isPresenceMet(input.condition, state)) return undefined;
		const met = input.type === 'compareAndSet' ? this.#meet(state, input.expected) : state;
		if (met === undefined || !canBeInvalid(input, this.#space.describe(met.cell), output.reason)) return undefined;
		return this.#observe(met, undefined, output.version);
	}

	#delete(state: KvState, output: KvOutput | undefined): KvState | undefined {
		const existed = output?.type === 'deleted' ? output.existed : undefined;
		const isThere = state.cell !== absentCell;
		if (existed !== undefined && existed !== isThere) return undefined;
		if (isThere) return this.#write(state, absentCell, output);
		const version = versionOf(output);
		if (version === undefined) return state;
		// Our own cluster gives it a revision of its own; etcd tells the one that its store is at, perhaps this key's last.
		return version >= state.version ? {cell: absentCell, version, isExact: true} : undefined;
	}

	#compareAndSet(
		state: KvState,
		expected: KvExpected,
		value: string,
		output: KvOutput | undefined,
	): KvState | undefined {
		const met = this.#meet(state, expected);
		if (output?.type !== 'conditionFailed') {
			if (met !== undefined) return this.#write(met, this.#space.cell(value), output);
			return output === undefined ? state : undefined;
		}
		// With an inexact version the condition can be met or not: the answer says it was not.
		const couldFail = met === undefined || ('version' in expected && state.cell !== absentCell && !state.isExact);
		if (!couldFail || ('version' in expected && output.version === expected.version)) return undefined;
		return this.#observe(state, output.observed, output.version);
	}

	/** The state in which the condition holds, if this one may be it. */
	#meet(state: KvState, expected: KvExpected): KvState | undefined {
		if ('value' in expected) return this.#space.cell(expected.value) === state.cell ? state : undefined;
		return this.#observe(state, undefined, expected.version);
	}

	/** The state as an answer saw it, or `undefined` if the answer contradicts it. */
	#observe(
		state: KvState,
		observed: {readonly value: string | undefined} | undefined,
		version: number | undefined,
	): KvState | undefined {
		if (observed !== undefined && this.#space.cell(observed.value) !== state.cell) return undefined;
		if (version === undefined) return state;
		if (version === 0 || state.cell === absentCell) {
			return version === 0 && state.cell === absentCell ? state : undefined;
		}
		if (state.isExact) return state.version === version ? state : undefined;
		if (version < state.version || this.#observations?.owned.has(version) === true) return undefined;
		return {cell: state.cell, version, isExact: true};
	}

	#write(state: KvState, cell: number, output: KvOutput | undefined): KvState | undefined {
		if (output === undefined && cell === deadCell && this.#isIdleFrom(state)) return state;
		if (!this.#isVersioned) return {cell, version: 0, isExact: true};
		const version = versionOf(output);
		// How many unknown writes there were is not counted: see Limits in README.md.
		if (version === undefined) return {cell, version: state.version + (state.isExact ? 1 : 0), isExact: false};
		return version > state.version ? {cell, version, isExact: true} : undefined;
	}

	/**
	 * Whether nothing more can follow from a value that nobody sees than from `state`: then an unknown write of such a value
	 * need not happen. What speaks against it are answers that say only what was *not* there.
	 */
	#isIdleFrom(state: KvState): boolean {
		if (this.#observations === undefined || this.#observations.hasBareVersion) return false;
		if (state.cell === deadCell) return true;
		if (this.#observations.hasFound && state.cell === absentCell) return false;
		const value = this.#space.describe(state.cell) ?? '';
		for (const refused of this.#observations.refused) {
			// Appends can still make it the value that must not be there.
			if (refused === undefined ? state.cell === absentCell : refused.startsWith(value)) return false;
		}
		return true;
	}
}
