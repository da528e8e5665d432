/** From operations and what is known of their keys to one transaction. Pure: the same rules run them as in our replicas. */
import {bytesOfOperation} from '../../../src/kv/operation-bytes.js';
import type {KeyValues} from '../../../src/kv/execution.js';
import {execute} from '../../../src/kv/operations.js';
import {bytesOfResult} from '../../../src/kv/words.js';
import type {Stored} from '../../../src/kv/shard.js';
import type {Key, NamedOperation, Part, Result, Value, Version, WriteOperation} from '../../../src/kv/types.js';
import {assert} from '../../../src/base/errors.js';
import {keysMax} from './limits.js';
import {pendingVersion} from './session-record.js';

/** What was read, or written by ourselves; `undefined`: the key is absent. */
export type Known = ReadonlyMap<Key, Stored | undefined>;

export interface WritePlan {
	/** How many of the operations, from the first, it carries out. */
	readonly count: number;
	/** Of these; versions that the transaction is to give are `pendingVersion`. */
	readonly results: readonly Result[];
	/** What becomes of keys; `undefined`: it is deleted. */
	readonly changes: ReadonlyMap<Key, Value | undefined>;
	/** What must still be so when it is carried out: each key's version, 0 for absent. */
	readonly conditions: ReadonlyMap<Key, Version>;
	/** It is one `clear`, and nothing else. */
	readonly clears: boolean;
	/** About what it takes as a request; never less. */
	readonly byteLength: number;
}

export interface PlanLimits {
	readonly valueBytesMax: number;
	readonly requestBytesMax: number;
	/** Bytes before each key. */
	readonly keyOverheadBytes: number;
}

/** Over what protocol buffers add to a key that is compared, written and read again. */
const entryBytes = 96;

export function partsOf(operation: NamedOperation): readonly Part[] {
	// Of no keys.
	if (operation.type === 'lease') return [];
	if (operation.type === 'batch') return operation.operations;
	return operation.type === 'transaction' ? [...operation.operations, ...(operation.otherwise ?? [])] : [operation];
}

function keysOfPart(part: Part): readonly Key[] {
	if (part.type === 'edit') return part.keys;
	return 'key' in part ? [part.key] : [];
}

/** The keys that an operation names. */
export function keysOf(operation: NamedOperation): Set<Key> {
	const {compares = [], watched = []} = operation.type === 'transaction' ? operation : {};
	return new Set([...compares.map(({key}) => key), ...watched, ...partsOf(operation).flatMap(keysOfPart)]);
}

/** What has to be known for these operations, in their order. An unconditional `put` needs nothing. */
export function keysToRead(operations: readonly WriteOperation[], valueBytesMax: number): Set<Key> {
	const needed = new Set<Key>();
	const replaced = new Set<Key>();
	for (const part of operations.flatMap(operation => blindlyRun(operation, needed))) {
		if (part.type === 'edit') for (const key of part.keys) if (!replaced.has(key)) needed.add(key);
		if (!('key' in part) || replaced.has(part.key) || needed.has(part.key)) continue;
		const isBlind = part.type === 'put' && part.condition === undefined && part.returnPrevious !== true;
		if (isBlind && part.expiry === undefined && part.value.length <= valueBytesMax) replaced.add(part.key);
		else needed.add(part.key);
	}
	return needed;
}

/** What is run whatever is there; of a transaction nothing is sure before its compares, so all its keys are needed. */
function blindlyRun(operation: WriteOperation, needed: Set<Key>): readonly Part[] {
	if (operation.type !== 'transaction') return partsOf(operation);
	for (const key of keysOf(operation)) needed.add(key);
	return [];
}

/** The first operations that may travel together: their keys fit into one transaction, and so about do their bytes. */
export function candidates(operations: readonly WriteOperation[], bytesMax: number): WriteOperation[] {
	const taken: WriteOperation[] = [];
	const keys = new Set<Key>();
	let bytes = 0;
	for (const operation of operations) {
		for (const key of keysOf(operation)) keys.add(key);
		bytes += bytesOfOperation(operation);
		if (taken.length > 0 && (operation.type === 'clear' || keys.size > keysMax || bytes > bytesMax)) break;
		taken.push(operation);
		if (operation.type === 'clear') break;
	}
	return taken;
}

/**
 * As many of the operations, from the first, as one transaction can carry out; never none. It gives one version to all
 * that it changes, so no two operations of it change the same key: a version must tell one state from the next.
 */
export function planWrites(operations: readonly WriteOperation[], known: Known, limits: PlanLimits): WritePlan {
	const results: Result[] = [];
	const changes = new Map<Key, Value | undefined>();
	const conditions = new Map<Key, Version>();
	let byteLength = entryBytes;
	for (const operation of operations) {
		if (operation.type === 'clear') {
			if (results.length === 0) return clearPlan;
			break;
		}
		const step = new Step(known, changes);
		const execution = {store: step, version: pendingVersion, now: 0, valueBytesMax: limits.valueBytesMax};
		const result = execute(execution, operation);
		const stepBytes = bytesOfResult(result) + step.byteLength(limits.keyOverheadBytes);
		const fits = byteLength + stepBytes <= limits.requestBytesMax && !step.changesAgain;
		if (results.length > 0 && !fits) break;
		results.push(result);
		byteLength += stepBytes;
		for (const key of step.consulted) conditions.set(key, known.get(key)?.version ?? 0);
		for (const [key, stored] of step.changed) changes.set(key, stored?.value);
	}
	return {count: results.length, results, changes, conditions, clears: false, byteLength};
}

/** Uses the session and changes nothing else: no earlier attempt can take effect after it. */
export const emptyPlan: WritePlan = {
	count: 0,
	results: [],
	changes: new Map(),
	conditions: new Map(),
	clears: false,
	byteLength: entryBytes,
};

const clearPlan: WritePlan = {
	...emptyPlan,
	count: 1,
	results: [{type: 'cleared', count: 0, version: pendingVersion}],
	clears: true,
};

/** What one operation sees and does, over what those before it did. */
class Step implements KeyValues {
	readonly #known: Known;
	readonly #before: ReadonlyMap<Key, Value | undefined>;
	readonly changed = new Map<Key, Stored | undefined>();
	/** Keys whose state in etcd made a difference. */
	readonly consulted = new Set<Key>();

	constructor(known: Known, before: ReadonlyMap<Key, Value | undefined>) {
		this.#known = known;
		this.#before = before;
	}

	get changesAgain(): boolean {
		return [...this.changed.keys()].some(key => this.#before.has(key));
	}

	get(key: Key): Stored | undefined {
		if (this.changed.has(key)) return this.changed.get(key);
		if (this.#before.has(key)) {
			const value = this.#before.get(key);
			return value === undefined ? undefined : {value, version: pendingVersion};
		}
		assert(this.#known.has(key), 'what an operation consults was read before');
		this.consulted.add(key);
		return this.#known.get(key);
	}

	/** Nobody is told here whether it was absent: to ask for that would make it a condition. */
	set(key: Key, value: Value, version: Version): false {
		this.changed.set(key, {value, version});
		return false;
	}

	delete(key: Key): boolean {
		const existed = this.get(key) !== undefined;
		if (existed) this.changed.set(key, undefined);
		return existed;
	}

	clear(): number {
		assert(false, 'a clear travels alone');
		return 0;
	}

	/** A transaction of etcd compares what is there, and cannot tell what was there meanwhile. */
	watch(): boolean {
		return false;
	}

	/** No key was ever watched. */
	isAbsentSince(key: Key): boolean {
		this.get(key);
		return false;
	}

	byteLength(keyOverheadBytes: number): number {
		let bytes = 0;
		for (const key of this.consulted) bytes += 2 * (key.length + keyOverheadBytes) + entryBytes;
		for (const [key, stored] of this.changed) {
			bytes += key.length + keyOverheadBytes + (stored?.value.length ?? 0) + entryBytes;
		}
		return bytes;
	}
}
