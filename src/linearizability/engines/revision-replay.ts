/** Operations in the order of their revisions, carried out once more: what each answer must have been. */
import {
	partsRun,
	versionOf,
	type KvCompare,
	type KvEdit,
	type KvInput,
	type KvKeyInput,
	type KvOutput,
	type KvPart,
	type KvResult,
} from '../kv-operation.js';
import {effectOfEdit, isSameReply} from '../models/edit-effect.js';
import {canBeInvalid, increase, isMet} from '../models/key-effect.js';

/** What a key is from a revision on; `undefined`: absent. */
interface Change {
	readonly revision: number;
	readonly value: string | undefined;
}

/** What an answer that changed nothing says of a key. */
export interface Sight {
	readonly input: KvKeyInput;
	readonly result: KvResult;
}

export class RevisionReplay {
	/** Of each key, in the order of their revisions; of one revision the last. */
	readonly #changes = new Map<string, Change[]>();
	#present = 0;

	/**
	 * Carries the operation out at this revision, greater than all before it. Whether the answer is the one that it must
	 * have; without an answer, whatever it is.
	 */
	run(input: KvInput, output: KvOutput | undefined, revision: number): boolean {
		if (input.type === 'transaction') {
			const isCommitted = input.compares.every(compare => this.#holds(compare));
			const told = output?.type === 'transaction' ? output : undefined;
			if (output !== undefined && told?.isCommitted !== isCommitted) return false;
			return this.#runAll(partsRun(input, isCommitted), told?.results, revision);
		}
		if (input.type === 'batch') {
			const told = output?.type === 'batch' ? output : undefined;
			return (output === undefined || told !== undefined) && this.#runAll(input.operations, told?.results, revision);
		}
		if (output?.type === 'batch' || output?.type === 'transaction') return false;
		return this.#run(input, output, revision);
	}

	/** The first revision from this one on at which the keys are as all of these saw them; `undefined`: there is none. */
	firstSeen(sights: readonly Sight[], from: number): number | undefined {
		let revision = from;
		for (let place = 0; place < sights.length;) {
			const sight = sights[place] as Sight;
			const next = this.#firstSeenOf(sight, revision);
			if (next === undefined) return undefined;
			// What was seen before may be over by now.
			place = next === revision ? place + 1 : 0;
			revision = next;
		}
		return sights.every(sight => this.#isAsSeen(sight, revision)) ? revision : undefined;
	}

	/** The operation before this revision that changed the key last, by its revision; 0: none. */
	lastChangeBefore(key: string, revision: number): number {
		return this.#changeAt(key, revision - 1)?.revision ?? 0;
	}

	#runAll(parts: readonly KvPart[], results: readonly KvResult[] | undefined, revision: number): boolean {
		if (results !== undefined && results.length !== parts.length) return false;
		// All are run, also behind one whose answer is wrong: the state is what the log makes it.
		return parts.filter((part, place) => !this.#run(part, results?.[place], revision)).length === 0;
	}

	#run(part: KvPart, result: KvResult | undefined, revision: number): boolean {
		if (part.type === 'clear') return this.#clear(result, revision);
		if (part.type === 'edit') return this.#edit(part, result, revision);
		const {key} = part;
		const value = this.#latest(key)?.value;
		const version = this.#versionOf(key);
		if (part.type === 'get' || !isMet(part, value, version)) {
			return result === undefined || isAsTold({input: part, result}, value, version);
		}
		if (result?.type === 'invalid') return isAsTold({input: part, result}, value, version);
		const after = effectOf(part, value);
		if (after === 'nothing') return result === undefined;
		if (part.type === 'delete' && value === undefined) {
			return result === undefined || (result.type === 'deleted' && result.existed !== true);
		}
		this.#set(key, after.value, revision);
		return result === undefined || (isResultOf(part, result, value, after.value) && versionOf(result) === revision);
	}

	#edit(edit: KvEdit, result: KvResult | undefined, revision: number): boolean {
		const {reply, writes} = effectOfEdit(edit, key => this.#latest(key)?.value);
		for (const {key, value} of writes) {
			// What was absent and is deleted has not changed.
			if (value !== undefined || this.#latest(key)?.value !== undefined) this.#set(key, value, revision);
		}
		if (result === undefined) return true;
		return result.type === 'edited' && versionOf(result) === revision && isSameReply(reply, result.reply);
	}

	#clear(result: KvResult | undefined, revision: number): boolean {
		const count = this.#present;
		for (const key of this.#changes.keys())
			if (this.#latest(key)?.value !== undefined) this.#set(key, undefined, revision);
		return result === undefined || (result.type === 'cleared' && (result.count ?? count) === count);
	}

	#holds({key, expected, isNegated = false}: KvCompare): boolean {
		const holds =
			'version' in expected ? expected.version === this.#versionOf(key) : expected.value === this.#latest(key)?.value;
		return holds !== isNegated;
	}

	#versionOf(key: string): number {
		const change = this.#latest(key);
		return change?.value === undefined ? 0 : change.revision;
	}

	#latest(key: string): Change | undefined {
		return this.#changes.get(key)?.at(-1);
	}

	#set(key: string, value: string | undefined, revision: number): void {
		const changes = this.#changes.get(key) ?? [];
		if (changes.length === 0) this.#changes.set(key, changes);
		this.#present += (value === undefined ? 0 : 1) - (changes.at(-1)?.value === undefined ? 0 : 1);
		if (changes.at(-1)?.revision === revision) changes.pop();
		changes.push({revision, value});
	}

	#changeAt(key: string, revision: number): Change | undefined {
		const changes = this.#changes.get(key) ?? [];
		return changes[firstAfter(changes, revision) - 1];
	}

	#isAsSeen(sight: Sight, revision: number): boolean {
		const change = this.#changeAt(sight.input.key, revision);
		return isAsTold(sight, change?.value, change?.value === undefined ? 0 : change.revision);
	}

	#firstSeenOf({input, result}: Sight, from: number): number | undefined {
		const version = versionOf(result) ?? 0;
		const now = this.#changeAt(input.key, from);
		if ((now?.value === undefined ? 0 : now.revision) === version) return from;
		if (version > 0) return version > from ? version : undefined;
		const changes = this.#changes.get(input.key) ?? [];
		for (let place = firstAfter(changes, from); place < changes.length; place += 1) {
			const change = changes[place] as Change;
			if (change.value === undefined) return change.revision;
		}
		return undefined;
	}
}

/** Place of the first change behind the revision. */
function firstAfter(changes: readonly Change[], revision: number): number {
	let low = 0;
	let high = changes.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((changes[middle] as Change).revision <= revision) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** Whether the answer of an operation that changes nothing fits to what its key is. */
function isAsTold({input, result}: Sight, value: string | undefined, version: number): boolean {
	if (versionOf(result) !== version) return false;
	switch (result.type) {
		case 'value':
			return input.type === 'get' && result.value === value;
		case 'conditionFailed':
			return !isMet(input, value, version) && (result.observed === undefined || result.observed.value === value);
		case 'invalid':
			return isMet(input, value, version) && canBeInvalid(input, value, result.reason);
		default:
			return false;
	}
}

/** What the operation, its condition met, makes of the value. */
function effectOf(
	part: Exclude<KvKeyInput, {type: 'get'}>,
	value: string | undefined,
): {value: string | undefined} | 'nothing' {
	if (part.type === 'delete') return {value: undefined};
	if (part.type === 'append') return {value: (value ?? '') + part.value};
	if (part.type !== 'increment') return {value: part.value};
	const sum = increase(value, part.by);
	return typeof sum === 'bigint' ? {value: String(sum)} : 'nothing';
}

function isResultOf(
	part: KvKeyInput,
	result: KvResult,
	before: string | undefined,
	after: string | undefined,
): boolean {
	switch (result.type) {
		case 'written':
			if (part.type === 'increment' || part.type === 'delete') return false;
			return result.previous === undefined || result.previous.value === before;
		case 'deleted':
			return part.type === 'delete' && result.existed !== false;
		case 'number':
			return part.type === 'increment' && String(result.value) === after;
		default:
			return false;
	}
}
