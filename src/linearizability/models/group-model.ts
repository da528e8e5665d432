/** Keys that belong together, as batches or clears concern several of them: one object, with the state of all. */
import {
	foundNothing,
	isChange,
	isSingle,
	keysOf,
	mayHaveFoundNothing,
	partsRun,
	versionOf,
	type KvCompare,
	type KvHistory,
	type KvInput,
	type KvOutput,
	type KvPart,
	type KvResult,
} from '../kv-operation.js';
import type {Model} from '../model.js';
import {describeKvOperation, showValue} from './describe-kv.js';
import {GroupStep, type GroupEntry, type GroupVersions, type World} from './group-state.js';
import {absentCell, PlainSpace} from './value-space.js';

/**
 * All states that are possible after what has happened. Mostly one: only an operation of unknown outcome that asks for a
 * version that nobody knows can have gone on in two ways.
 */
export type GroupState = readonly World[];

type Transaction = Extract<KvInput, {type: 'transaction'}>;

interface Part {
	readonly input: KvPart;
	readonly result: KvResult | undefined;
}

/** Versions are revisions of the whole group. Values are kept exactly. */
export class GroupModel implements Model<KvInput, KvOutput, GroupState> {
	readonly name = 'kv';
	readonly initial: GroupState;
	readonly #space = new PlainSpace();
	readonly #numbers: ReadonlyMap<string, number>;
	readonly #versions: GroupVersions;
	/** Whether an answer can rule out a state that was possible until then: then even a read changes what is known. */
	readonly #canFork: boolean;

	/** `initial`: the value of each key before its first write. */
	constructor(history: KvHistory, initial: string | undefined) {
		const parts = history.flatMap(({input, output}) => partsOf(input, output) ?? []);
		const compares = history.flatMap(({input}) => (input.type === 'transaction' ? input.compares : []));
		const comparesVersions = compares.some(({expected}) => 'version' in expected);
		this.#numbers = numberKeys([...parts.map(({input}) => input), ...history.flatMap(({input}) => named(input))]);
		this.#versions = observeVersions(history, parts, comparesVersions);
		this.#canFork = comparesVersions || parts.some(part => part.result === undefined && asksForVersion(part));
		this.initial = [this.#initialWorld(initial)];
	}

	step(state: GroupState, input: KvInput, output: KvOutput | undefined): GroupState | undefined {
		if (input.type === 'transaction') return this.#transact(state, input, output);
		const parts = partsOf(input, output);
		if (parts === undefined) return undefined;
		if (new Set(parts.flatMap(({result}) => passedVersion(result) ?? [])).size > 1) return undefined;
		const version = parts.map(({result}) => changedVersion(result)).find(each => each !== undefined);
		const after = state.flatMap(world => runAll(this.#begin(world, version), parts).map(step => step.world()));
		return after.length === 0 ? undefined : this.#distinct(after);
	}

	#begin(world: World, version: number | undefined): GroupStep {
		return new GroupStep(world, version, this.#space, this.#numbers, this.#versions);
	}

	#transact(state: GroupState, input: Transaction, output: KvOutput | undefined): GroupState | undefined {
		if (output !== undefined && output.type !== 'transaction') return undefined;
		const parts = output && partsOf(input, output);
		if (output !== undefined && parts === undefined) return undefined;
		const versions = new Set(parts?.flatMap(({result}) => passedVersion(result) ?? []));
		if (output?.revision !== undefined) versions.add(output.revision);
		if (versions.size > 1) return undefined;
		const [told] = versions;
		const after = state.flatMap(world =>
			compareAll(this.#begin(world, told), input.compares).flatMap(({step, holds}) => {
				if (output !== undefined && output.isCommitted !== holds) return [];
				if (!step.pass(output?.revision)) return [];
				return runAll(step, parts ?? partsRun(input, holds).map(unanswered)).map(each => each.world());
			}),
		);
		return after.length === 0 ? undefined : this.#distinct(after);
	}

	identity(state: GroupState): string {
		return state.map(identityOf).join('|');
	}

	isReadOnly(_: KvInput, output: KvOutput): boolean {
		if (this.#canFork) return false;
		// Its revision passes, whatever it changed.
		if (output.type === 'transaction') return false;
		const results = output.type === 'batch' ? output.results : [output];
		return results.every(result => {
			if (result.type === 'deleted') return result.existed === false && result.version === undefined;
			if (isChange(result)) return false;
			// A version that no completed change owns settles what that of an unknown one was.
			const version = versionOf(result);
			return version === undefined || version === 0 || this.#versions.owned.has(version);
		});
	}

	/** Changes come in the order of their versions. */
	rank(input: KvInput, output: KvOutput): number | undefined {
		if (output.type === 'transaction') return output.revision;
		for (const {result} of partsOf(input, output) ?? []) {
			const version = changedVersion(result);
			if (version !== undefined) return version;
		}
		return undefined;
	}

	operationIdentity(input: KvInput, output: KvOutput | undefined): string {
		return JSON.stringify([input, output], (_, value: unknown) =>
			typeof value === 'bigint' ? value.toString() : value,
		);
	}

	describe(input: KvInput, output: KvOutput | undefined): string {
		return describeKvOperation(input, output);
	}

	describeState(state: GroupState): string {
		return state.map(world => this.#describeWorld(world)).join(', or ');
	}

	#initialWorld(initial: string | undefined): World {
		const cell = this.#space.cell(initial);
		const isExact = cell === absentCell || !this.#versions.isVersioned;
		const entries = Array.from(this.#numbers.values(), (number): GroupEntry | undefined => {
			if (cell === absentCell) return undefined;
			// A key that is there from the beginning has a version that no change tells.
			return {cell, low: 0, high: isExact ? 0 : Infinity, change: isExact ? 0 : number + 1};
		});
		return {entries, revision: 0, isLoose: !isExact};
	}

	#distinct(worlds: readonly World[]): GroupState {
		if (worlds.length === 1) return worlds;
		const known = new Map(worlds.map(world => [identityOf(world), world]));
		return [...known].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, world]) => world);
	}

	#describeWorld({entries}: World): string {
		const shown = Array.from(this.#numbers, ([key, number]) => {
			const entry = entries[number];
			const value = showValue(this.#space.describe(entry?.cell ?? absentCell));
			const isTold = entry !== undefined && entry.low === entry.high && entry.low > 0;
			return `${showValue(key)}: ${value}${isTold ? ` at version ${entry.low}` : ''}`;
		});
		return shown.join(', ');
	}
}

/** What stands together in the operation, with its answers; `undefined` where an answer is of another kind. */
function partsOf(input: KvInput, output: KvOutput | undefined): readonly Part[] | undefined {
	if (input.type !== 'batch' && input.type !== 'transaction') {
		return output === undefined || isSingle(output) ? [{input, result: output}] : undefined;
	}
	if (output === undefined) return named(input).map(unanswered);
	if (output.type !== input.type) return undefined;
	const parts = output.type === 'batch' ? input.operations : partsRun(input as Transaction, output.isCommitted);
	if (output.results.length !== parts.length) return undefined;
	return parts.map((part, place) => ({input: part, result: output.results[place]}));
}

const unanswered = (input: KvPart): Part => ({input, result: undefined});

/** All parts that the operation names, also those that it may not run. What it compares is like a read. */
function named(input: KvInput): readonly KvPart[] {
	if (input.type === 'batch') return input.operations;
	if (input.type !== 'transaction') return [input];
	const compared = input.compares.map(({key}): KvPart => ({type: 'get', key}));
	return [...compared, ...input.operations, ...(input.otherwise ?? [])];
}

/** All that can have come of the parts, one after the other. */
function runAll(begun: GroupStep, parts: readonly Part[]): GroupStep[] {
	let steps = [begun];
	for (const {input, result} of parts) steps = steps.flatMap(step => step.run(input, result));
	return steps;
}

/** Where a version is not known, a compare can have gone either way. */
function compareAll(begun: GroupStep, compares: readonly KvCompare[]): {step: GroupStep; holds: boolean}[] {
	let all = [{step: begun, holds: true}];
	for (const {key, expected, isNegated = false} of compares) {
		all = all.flatMap(({step, holds}) =>
			step.compare(key, expected).map(each => ({step: each.step, holds: holds && each.isMet !== isNegated})),
		);
	}
	return all;
}

/** The version of a change, or of a deletion of nothing. */
function passedVersion(result: KvResult | undefined): number | undefined {
	return result !== undefined && isChange(result) ? versionOf(result) : undefined;
}

function changedVersion(result: KvResult | undefined): number | undefined {
	return result !== undefined && foundNothing(result) ? undefined : passedVersion(result);
}

function asksForVersion({input}: Part): boolean {
	return input.type === 'compareAndSet' && 'version' in input.expected;
}

function numberKeys(parts: readonly KvPart[]): Map<string, number> {
	const numbers = new Map<string, number>();
	for (const key of parts.flatMap(keysOf)) if (!numbers.has(key)) numbers.set(key, numbers.size);
	return numbers;
}

function observeVersions(history: KvHistory, parts: readonly Part[], comparesVersions: boolean): GroupVersions {
	const tellsRevisions = history.some(({output}) => output?.type === 'transaction' && output.revision !== undefined);
	return {
		isVersioned:
			comparesVersions ||
			tellsRevisions ||
			parts.some(part => versionOf(part.result) !== undefined || asksForVersion(part)),
		owned: new Set(
			parts.flatMap(({result}) =>
				result === undefined || mayHaveFoundNothing(result) ? [] : (changedVersion(result) ?? []),
			),
		),
	};
}

/** Numbers of changes are renamed in order of their appearance: which they are tells nothing. */
function identityOf({entries, revision, isLoose}: World): string {
	const names = new Map<number, number>();
	const shown = entries.map(entry => {
		if (entry === undefined) return '';
		const {cell, low, high, change} = entry;
		if (change === 0) return `${cell},${low},${high}`;
		if (!names.has(change)) names.set(change, names.size);
		return `${cell},${low},${high},${names.get(change)}`;
	});
	return `${revision}${isLoose ? '+' : ''};${shown.join(';')}`;
}
