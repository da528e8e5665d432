/** From operations and what is known of their keys to one transaction. Pure: the same rules run them as in our replicas. */
import {bytesOfOperation} from '../../../src/kv/operation-bytes.js';
import type {KeyValues} from '../../../src/kv/execution.js';
import {execute} from '../../../src/kv/operations.js';
import {Leases} from '../../../src/kv/leases.js';
import {bytesOfResult} from '../../../src/kv/words.js';
import type {Stored} from '../../../src/kv/shard.js';
import type {
	Deadline,
	Key,
	LeaseId,
	NamedOperation,
	Part,
	Result,
	Value,
	Version,
	WriteOperation,
} from '../../../src/kv/types.js';
import {assert} from '../../../src/base/errors.js';
import {type DeadlineLease, type Seconds, secondsOf} from './deadline-leases.js';
import {isNameOfLease, nameOfLease} from './keyspace.js';
import {keysMax} from './limits.js';
import {pendingVersion} from './session-record.js';

/** A key's value as it was read, or written by ourselves. */
export interface KnownValue {
	readonly value: Value;
	readonly version: Version;
	/** Of whatever id: others may have put the key. Not there: the key has none. */
	readonly lease?: bigint | undefined;
	/** When the lease is over, where that was asked for. */
	readonly expiresAt?: Deadline | undefined;
}

/** `undefined`: the key is absent. Leases are among them, by their `nameOfLease`. */
export type Known = ReadonlyMap<Key, KnownValue | undefined>;

/** What a key is to be. */
export interface PlannedValue {
	readonly value: Value;
	readonly lease?: bigint | undefined;
	/** It is the one that the key has. */
	readonly keepsLease: boolean;
	readonly expiresAt?: Deadline | undefined;
}

export interface WritePlan {
	/** How many of the operations, from the first, it carries out. */
	readonly count: number;
	/** Of these; versions that the transaction is to give are `pendingVersion`. */
	readonly results: readonly Result[];
	/** What becomes of keys; `undefined`: it is deleted. */
	readonly changes: ReadonlyMap<Key, PlannedValue | undefined>;
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
	/** One for each of `timesOfOperations`. */
	readonly deadlines: ReadonlyMap<Seconds, DeadlineLease>;
}

/** Over what protocol buffers add to a key that is compared, written and read again. */
const entryBytes = 96;

export function partsOf(operation: NamedOperation): readonly Part[] {
	// Of no keys.
	if (operation.type === 'lease' || operation.type === 'keepChanges') return [];
	if (operation.type === 'batch') return operation.operations;
	return operation.type === 'transaction' ? [...operation.operations, ...(operation.otherwise ?? [])] : [operation];
}

function keysOfPart(part: Part): readonly Key[] {
	if (part.type === 'edit') return part.keys;
	return 'key' in part ? [part.key] : [];
}

/** Of the leases that keys are put with. */
const leasesOf = (operation: NamedOperation): readonly LeaseId[] =>
	partsOf(operation).flatMap(part =>
		part.type === 'put' && typeof part.expiry === 'object' && 'leaseId' in part.expiry ? [part.expiry.leaseId] : [],
	);

/** The keys that an operation names, and the names of the leases. */
export function keysOf(operation: NamedOperation): Set<Key> {
	const {compares = [], watched = []} = operation.type === 'transaction' ? operation : {};
	return new Set([
		...compares.map(({key}) => key),
		...watched,
		...partsOf(operation).flatMap(keysOfPart),
		...leasesOf(operation).map(nameOfLease),
	]);
}

/** The times to live that keys are to have. */
export function timesOfOperations(operations: readonly WriteOperation[]): Set<Seconds> {
	const times = new Set<Seconds>();
	for (const part of operations.flatMap(partsOf)) {
		const {expiry} = part.type === 'put' || part.type === 'expire' ? part : {};
		// One of 0 is over at once.
		if (typeof expiry === 'object' && 'ttlMs' in expiry && expiry.ttlMs > 0) times.add(secondsOf(expiry.ttlMs));
	}
	return times;
}

/** Leases whose end is told by these operations. */
export function leasesToTell(operations: readonly WriteOperation[], known: Known): Set<bigint> {
	const leases = new Set<bigint>();
	for (const operation of operations) {
		if (!partsOf(operation).some(part => part.type === 'get')) continue;
		// The other parts can give the key that is read the lease of any other key.
		for (const key of keysOf(operation)) {
			const found = known.get(key);
			if (found?.lease !== undefined && found.expiresAt === undefined) leases.add(found.lease);
		}
	}
	return leases;
}

/** What has to be known for these operations, in their order. An unconditional `put` needs nothing. */
export function keysToRead(operations: readonly WriteOperation[], valueBytesMax: number): Set<Key> {
	const needed = new Set<Key>(operations.flatMap(leasesOf).map(nameOfLease));
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
	const changes = new Map<Key, PlannedValue | undefined>();
	const conditions = new Map<Key, Version>();
	let byteLength = entryBytes;
	for (const operation of operations) {
		if (operation.type === 'clear') {
			if (results.length === 0) return clearPlan;
			break;
		}
		const step = new Step(known, changes, limits.deadlines);
		step.lookUpLeases(leasesOf(operation));
		const execution = {store: step, version: pendingVersion, now: 0, valueBytesMax: limits.valueBytesMax};
		const result = execute(execution, operation);
		const stepBytes = bytesOfResult(result) + step.byteLength(limits.keyOverheadBytes);
		const fits = byteLength + stepBytes <= limits.requestBytesMax && !step.changesAgain;
		if (results.length > 0 && !fits) break;
		results.push(result);
		byteLength += stepBytes;
		for (const key of step.consulted) conditions.set(key, known.get(key)?.version ?? 0);
		for (const [key, planned] of step.changed) changes.set(key, planned);
	}
	return {count: results.length, results, changes, conditions, clears: false, byteLength};
}

/** What is known when a plan has been carried out. */
export function knownAfter({changes, conditions}: WritePlan, revision: Version): Known {
	const known = new Map<Key, KnownValue | undefined>();
	for (const [key, planned] of changes) {
		known.set(key, planned && {value: planned.value, version: revision, lease: planned.lease});
	}
	// Whoever puts keys with a lease does so often.
	for (const [name, version] of conditions) {
		if (isNameOfLease(name)) known.set(name, version === 0 ? undefined : {value: noValue, version});
	}
	return known;
}

const noValue = new Uint8Array(0);

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

/** Stands for the end of a lease that nobody asks for. */
const someDeadline: Deadline = Number.MAX_SAFE_INTEGER;

/** As the rules see it. */
function storedOf({value, lease, expiresAt = someDeadline}: PlannedValue | KnownValue, version: Version): Stored {
	return lease === undefined ? {value, version} : {value, version, leaseId: Number(lease), expiresAt};
}

/** What one operation sees and does, over what those before it did. */
class Step implements KeyValues {
	readonly leases = new Leases();
	readonly #known: Known;
	readonly #before: ReadonlyMap<Key, PlannedValue | undefined>;
	readonly #deadlines: PlanLimits['deadlines'];
	readonly changed = new Map<Key, PlannedValue | undefined>();
	/** Keys whose state in etcd made a difference. */
	readonly consulted = new Set<Key>();

	constructor(known: Known, before: ReadonlyMap<Key, PlannedValue | undefined>, deadlines: PlanLimits['deadlines']) {
		this.#known = known;
		this.#before = before;
		this.#deadlines = deadlines;
	}

	get changesAgain(): boolean {
		return [...this.changed.keys()].some(key => this.#before.has(key));
	}

	/** Each of them is there or is not: that is a condition of the transaction. */
	lookUpLeases(ids: readonly LeaseId[]): void {
		for (const id of ids) if (this.get(nameOfLease(id)) !== undefined) this.leases.grant(id, 0, someDeadline);
	}

	get(key: Key): Stored | undefined {
		const planned = this.changed.has(key) ? this.changed : this.#before.has(key) ? this.#before : undefined;
		if (planned !== undefined) {
			const value = planned.get(key);
			return value && storedOf(value, pendingVersion);
		}
		assert(this.#known.has(key), 'what an operation consults was read before');
		this.consulted.add(key);
		const known = this.#known.get(key);
		return known && storedOf(known, known.version);
	}

	/** Nobody is told here whether it was absent: to ask for that would make it a condition. */
	set(key: Key, value: Value, _: Version, until: number): false {
		this.changed.set(key, this.#plannedOf(key, value, until));
		return false;
	}

	#plannedOf(key: Key, value: Value, until: number): PlannedValue {
		if (until === 0) return {value, keepsLease: false};
		// Operations run at the time 0 here: so a deadline is a time to live.
		if (until > 0) {
			const deadline = this.#deadlines.get(secondsOf(until));
			assert(deadline !== undefined, 'there is a lease for each time to live');
			return {value, lease: BigInt(deadline.leaseId), keepsLease: false, expiresAt: deadline.expiresAt};
		}
		const leaseId = -until;
		const before = this.changed.get(key) ?? this.#before.get(key) ?? this.#known.get(key);
		// Only where it is a condition that the key is as it was known to be.
		if (this.consulted.has(key) && before?.lease !== undefined && Number(before.lease) === leaseId)
			return {value, lease: before.lease, keepsLease: true, expiresAt: before.expiresAt};
		return {value, lease: BigInt(leaseId), keepsLease: false, expiresAt: this.#endOf(BigInt(leaseId))};
	}

	/** Where it was asked for: of the lease itself, or of another key that has it. */
	#endOf(lease: bigint): Deadline | undefined {
		for (const values of [this.changed, this.#before, this.#known]) {
			for (const value of values.values()) {
				if (value?.lease === lease && value.expiresAt !== undefined) return value.expiresAt;
			}
		}
		return undefined;
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
		for (const [key, planned] of this.changed) {
			bytes += key.length + keyOverheadBytes + (planned?.value.length ?? 0) + entryBytes;
		}
		return bytes;
	}
}
