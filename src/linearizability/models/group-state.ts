/** The state of keys that belong together, and what operations make of it. */
import {versionOf, type KvEdit, type KvExpected, type KvKeyInput, type KvPart, type KvResult} from '../kv-operation.js';
import {effectOfEdit, isSameReply} from './edit-effect.js';
import {canBeInvalid, increase, isConditional, isConditionMet} from './key-effect.js';
import {absentCell, type PlainSpace} from './value-space.js';

/** A key that is there. */
export interface GroupEntry {
	/** Of the value, in the group's value space. */
	readonly cell: number;
	/** Its version lies between these; they are equal when it is known. */
	readonly low: number;
	readonly high: number;
	/** Entries whose versions are not known and the same, as one batch changed them, have one number. */
	readonly change: number;
}

/** One possible state. */
export interface World {
	/** By number of the key; `undefined`: absent. */
	readonly entries: readonly (GroupEntry | undefined)[];
	/** The greatest version that is known to have been given. */
	readonly revision: number;
	/** Changes of unknown version have come after `revision`. */
	readonly isLoose: boolean;
}

/** What the versions of one history can tell. */
export interface GroupVersions {
	readonly isVersioned: boolean;
	/** Versions that completed changes were told: no unknown change can have made them. */
	readonly owned: ReadonlySet<number>;
}

type Versions = Omit<GroupEntry, 'cell'>;
type Observed = {readonly value: string | undefined} | undefined;

/** One operation under way in a world: its parts, in their order, all at one version. */
export class GroupStep {
	readonly #space: PlainSpace;
	readonly #numbers: ReadonlyMap<string, number>;
	readonly #versions: GroupVersions;
	/** The version that the answer tells of its changes. */
	readonly #told: number | undefined;
	readonly #entries: (GroupEntry | undefined)[];
	#revision: number;
	#isLoose: boolean;
	/** Once something has changed. */
	#change: Versions | undefined;
	/** Something was deleted at `#told`, or was not there. */
	#passes = false;
	/** `#told` is nobody else's, whatever was changed. */
	#isOwn = false;

	constructor(
		world: World,
		told: number | undefined,
		space: PlainSpace,
		numbers: ReadonlyMap<string, number>,
		versions: GroupVersions,
		change?: Versions,
	) {
		this.#entries = [...world.entries];
		this.#revision = world.revision;
		this.#isLoose = world.isLoose;
		this.#told = told;
		this.#space = space;
		this.#numbers = numbers;
		this.#versions = versions;
		this.#change = change;
	}

	/** Afterwards. */
	world(): World {
		if (this.#passes && this.#change === undefined && this.#told !== undefined) {
			if (this.#isOwn && this.#isLoose) this.#bound(this.#told - 1);
			this.#reach(this.#told);
		}
		return this.#world();
	}

	#world(): World {
		return {entries: this.#entries, revision: this.#revision, isLoose: this.#isLoose};
	}

	/** Runs a part: all that can have come of it. `result`: `undefined` when its answer is not known. */
	run(input: KvPart, result: KvResult | undefined): GroupStep[] {
		if (input.type === 'clear') return this.#clear(result) ? [this] : [];
		if (input.type === 'edit') return this.#edit(input, result) ? [this] : [];
		if (input.type !== 'compareAndSet' || !('version' in input.expected) || result !== undefined) {
			return this.#runOn(input, result) ? [this] : [];
		}
		// The version that it met may not be known: then it can have been the expected one, or another.
		const refused = this.#entry(input.key) === undefined ? undefined : this.#copy();
		const isKnown = this.#isKnown(input.key);
		if (!this.#meets(input.key, input.expected)) return [refused ?? this];
		const ran = this.#write(input.key, input.value) ? [this] : [];
		return refused === undefined || isKnown ? ran : [refused, ...ran];
	}

	/** Whether the key is as expected: all that can be. */
	compare(key: string, expected: KvExpected): readonly {readonly step: GroupStep; readonly isMet: boolean}[] {
		const other = 'version' in expected && !this.#isKnown(key) ? this.#copy() : undefined;
		const here = {step: this, isMet: this.#meets(key, expected)};
		return other === undefined || !here.isMet ? [here] : [here, {step: other, isMet: false}];
	}

	/** The operation has a revision of its own, whatever it changes. */
	pass(revision: number | undefined): boolean {
		return this.#pass(revision);
	}

	#copy(): GroupStep {
		const copy = new GroupStep(this.#world(), this.#told, this.#space, this.#numbers, this.#versions, this.#change);
		copy.#passes = this.#passes;
		copy.#isOwn = this.#isOwn;
		return copy;
	}

	#entry(key: string): GroupEntry | undefined {
		return this.#entries[this.#numbers.get(key) as number];
	}

	#value(key: string): string | undefined {
		return this.#space.describe(this.#entry(key)?.cell ?? absentCell);
	}

	#isKnown(key: string): boolean {
		const entry = this.#entry(key);
		return entry === undefined || entry.low === entry.high;
	}

	#runOn(input: KvKeyInput, result: KvResult | undefined): boolean {
		const {key} = input;
		if (result?.type === 'conditionFailed') return isConditional(input) && this.#isRefused(input, result);
		if (!this.#isMet(input)) return result === undefined;
		if (result?.type === 'invalid') {
			return canBeInvalid(input, this.#value(key), result.reason) && this.#sees(key, undefined, result.version);
		}
		switch (input.type) {
			case 'get':
				return result === undefined || (result.type === 'value' && this.#sees(key, result, result.version));
			case 'delete':
				return this.#delete(key, result);
			case 'increment':
				return this.#increment(key, input.by, result);
			case 'append':
				return this.#write(key, (this.#value(key) ?? '') + input.value);
			default: {
				const previous = result?.type === 'written' ? result.previous : undefined;
				return (previous === undefined || previous.value === this.#value(key)) && this.#write(key, input.value);
			}
		}
	}

	#isMet(input: KvKeyInput): boolean {
		if (input.type === 'compareAndSet') return this.#meets(input.key, input.expected);
		if (input.type !== 'put' && input.type !== 'delete') return true;
		return isConditionMet(input.condition, this.#value(input.key));
	}

	/** Whether the condition can hold; a version that it asks for is the key's from then on. */
	#meets(key: string, expected: KvExpected): boolean {
		return 'value' in expected ? expected.value === this.#value(key) : this.#sees(key, undefined, expected.version);
	}

	#isRefused(
		input: KvKeyInput,
		{observed, version}: {readonly observed: Observed; readonly version: number | undefined},
	): boolean {
		if (input.type !== 'compareAndSet' || !('version' in input.expected)) {
			return !this.#isMet(input) && this.#sees(input.key, observed, version);
		}
		const expected = input.expected.version;
		if (version === expected || !this.#sees(input.key, observed, version)) return false;
		const entry = this.#entry(input.key);
		if (entry === undefined) return expected !== 0;
		return entry.low < entry.high || entry.low !== expected;
	}

	/** Whether the key can be as an answer saw it; a version that it tells is the key's from then on. */
	#sees(key: string, observed: Observed, version: number | undefined): boolean {
		if (observed !== undefined && observed.value !== this.#value(key)) return false;
		if (version === undefined) return true;
		const entry = this.#entry(key);
		if (version === 0 || entry === undefined) return version === 0 && entry === undefined;
		if (entry.low === entry.high) return entry.low === version;
		if (version < entry.low || version > entry.high || this.#versions.owned.has(version)) return false;
		for (const [number, each] of this.#entries.entries()) {
			if (each?.change === entry.change) this.#entries[number] = {...each, low: version, high: version, change: 0};
		}
		if (this.#change?.change === entry.change) this.#change = {low: version, high: version, change: 0};
		this.#revision = Math.max(this.#revision, version);
		return true;
	}

	#write(key: string, value: string): boolean {
		const change = this.#advance();
		if (change === undefined) return false;
		this.#entries[this.#numbers.get(key) as number] = {cell: this.#space.cell(value), ...change};
		return true;
	}

	#delete(key: string, result: KvResult | undefined): boolean {
		const isThere = this.#entry(key) !== undefined;
		const existed = result?.type === 'deleted' ? result.existed : undefined;
		if (existed !== undefined && existed !== isThere) return false;
		if (!isThere) return this.#pass(versionOf(result));
		if (this.#advance() === undefined) return false;
		this.#entries[this.#numbers.get(key) as number] = undefined;
		return true;
	}

	#clear(result: KvResult | undefined): boolean {
		const count = this.#entries.filter(entry => entry !== undefined).length;
		if (result?.type === 'cleared' && result.count !== undefined && result.count !== count) return false;
		if (count === 0) return this.#pass(versionOf(result));
		if (this.#advance() === undefined) return false;
		this.#entries.fill(undefined);
		return true;
	}

	#edit(input: KvEdit, result: KvResult | undefined): boolean {
		const {reply, writes, hasSize} = effectOfEdit(input, key => this.#value(key));
		// Too large for our service, which then names no revision.
		if (result?.type === 'invalid') return hasSize && result.reason === 'valueTooLarge';
		if (result !== undefined && (result.type !== 'edited' || !isSameReply(reply, result.reply))) return false;
		const version = versionOf(result);
		this.#isOwn ||= version !== undefined;
		if (version !== undefined && version <= this.#revision && this.#change === undefined) return false;
		const areWritten = writes.every(({key, value}) =>
			value === undefined ? this.#delete(key, undefined) : this.#write(key, value),
		);
		return areWritten && this.#pass(version);
	}

	#increment(key: string, by: bigint, result: KvResult | undefined): boolean {
		const sum = increase(this.#value(key), by);
		if (typeof sum === 'string') return result === undefined;
		if (result !== undefined && (result.type !== 'number' || result.value !== sum)) return false;
		return this.#write(key, String(sum));
	}

	/** Nothing has changed at this version, if it is told: it is that of a revision of its own, or of the latest change. */
	#pass(version: number | undefined): boolean {
		if (version === undefined) return true;
		if (version < this.#revision) return false;
		// Another part may yet change something at this version, and then nothing else has.
		if (version === this.#told) this.#passes = true;
		else this.#reach(version);
		return true;
	}

	#reach(version: number): void {
		if (this.#isLoose) this.#bound(version);
		this.#revision = version;
		this.#isLoose = false;
	}

	/** The version of this operation's changes; `undefined` where the one that was told cannot be. */
	#advance(): Versions | undefined {
		this.#change ??= this.#versions.isVersioned ? this.#nextVersions() : {low: 0, high: 0, change: 0};
		return this.#change;
	}

	#nextVersions(): Versions | undefined {
		if (this.#told === undefined) {
			if (!this.#isLoose) this.#revision += 1;
			this.#isLoose = true;
			const change = 1 + Math.max(0, ...this.#entries.map(entry => entry?.change ?? 0));
			return {low: this.#revision, high: Infinity, change};
		}
		if (this.#told <= this.#revision) return undefined;
		this.#revision = this.#told;
		if (this.#isLoose) this.#bound(this.#told - 1);
		this.#isLoose = false;
		return {low: this.#told, high: this.#told, change: 0};
	}

	/** All that was changed until now has at most this version. */
	#bound(high: number): void {
		for (const [number, entry] of this.#entries.entries()) {
			if (entry?.high !== Infinity) continue;
			const isKnown = entry.low === high;
			this.#entries[number] = {...entry, high, change: isKnown ? 0 : entry.change};
		}
	}
}
