/** Keys that belong together, as batches or clears concern several of them: one object, with the state of all. */
import {
	foundNothing,
	isChange,
	mayHaveFoundNothing,
	versionOf,
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
		this.#numbers = numberKeys(parts);
		this.#versions = observeVersions(parts);
		this.#canFork = parts.some(part => part.result === undefined && asksForVersion(part));
		this.initial = [this.#initialWorld(initial)];
	}

	step(state: GroupState, input: KvInput, output: KvOutput | undefined): GroupState | undefined {
		const parts = partsOf(input, output);
		if (parts === undefined) return undefined;
		if (new Set(parts.flatMap(({result}) => passedVersion(result) ?? [])).size > 1) return undefined;
		const version = parts.map(({result}) => changedVersion(result)).find(each => each !== undefined);
		const after = state.flatMap(world => {
			let steps = [new GroupStep(world, version, this.#space, this.#numbers, this.#versions)];
			for (const part of parts) steps = steps.flatMap(step => step.run(part.input, part.result));
			return steps.map(step => step.world());
		});
		return after.length === 0 ? undefined : this.#distinct(after);
	}

	identity(state: GroupState): string {
		return state.map(identityOf).join('|');
	}

	isReadOnly(_: KvInput, output: KvOutput): boolean {
		if (this.#canFork) return false;
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
	if (input.type !== 'batch') return output?.type === 'batch' ? undefined : [{input, result: output}];
	if (output === undefined) return input.operations.map(part => ({input: part, result: undefined}));
	if (output.type !== 'batch' || output.results.length !== input.operations.length) return undefined;
	return input.operations.map((part, place) => ({input: part, result: output.results[place]}));
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

function numberKeys(parts: readonly Part[]): Map<string, number> {
	const numbers = new Map<string, number>();
	for (const {input} of parts) {
		if ('key' in input && !numbers.has(input.key)) numbers.set(input.key, numbers.size);
	}
	return numbers;
}

function observeVersions(parts: readonly Part[]): GroupVersions {
	return {
		isVersioned: parts.some(part => versionOf(part.result) !== undefined || asksForVersion(part)),
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
