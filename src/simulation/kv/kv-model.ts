/**
 * The key/value machine as its words promise it (src/kv/types.ts), written a second time with plain maps. It shares no code
 * with the state machine, its operations or its store: a mistake that all replicas make alike shows against it.
 */
import type {KvLimits} from '../../kv/limits.js';
import type {
	Deadline,
	Expected,
	Expiry,
	Key,
	LeaseId,
	NamedOperation,
	Operation,
	Result,
	ScriptReply,
	Value,
	ValueCondition,
	Version,
	WriteOperation,
} from '../../kv/types.js';
import type {KvTypes} from '../../kv/words.js';
import type {SessionLimits} from '../../service/sessions.js';
import {isSameBytes} from '../log-judge.js';
import {ServiceModel} from '../service-model.js';
import {editOf} from './edit-model.js';
import {modelDatabase, modelKey, modelName} from './model-database.js';
import {resultOfScript, transactionOfScript} from './known-scripts.js';
import {bytesOfText, joined, textOf} from './operation-text.js';

export interface ModelValue {
	readonly value: Value;
	readonly version: Version;
	readonly until: Until;
}

/** Until when a key is there: a deadline in Unix ms, a lease, or `undefined` for ever. */
type Until = Deadline | {readonly leaseId: LeaseId} | undefined;

interface ModelLease {
	readonly ttlMs: number;
	readonly expiresAt: Deadline;
}

/** Told of each change; `undefined`: the key is gone. */
/** Told of each key that is gone because its time is over. */
export type OnExpiry = (key: Key, revision: Version) => void;

/** `isExchange`: it came with a whole database. */
export type OnChange = (key: Key, value: Value | undefined, revision: Version, isExchange?: boolean) => void;

type Of<Type extends Operation['type']> = Extract<Operation, {type: Type}>;
type Invalid = Extract<Result, {type: 'invalid'}>['reason'];

const numberMin = -(2n ** 63n);
const numberMax = 2n ** 63n - 1n;

/** A signed 64-bit number, written as one would write it; `undefined` for anything else. */
function numberIn(value: Value): bigint | undefined {
	if (value.length === 0 || value.length > 20) return undefined;
	const text = textOf(value);
	if (!/^[-0-9]+$/.test(text) || text.lastIndexOf('-') > 0 || text === '-') return undefined;
	const number = BigInt(text);
	return String(number) === text && number >= numberMin && number <= numberMax ? number : undefined;
}

/** What a kept result weighs beside its bytes. */
const weightOfResult = 32;

function weightOf(result: Result): number {
	let weight = weightOfResult;
	if (result.type === 'batch' || result.type === 'transaction')
		for (const part of result.results) weight += weightOf(part);
	if ('value' in result && result.value instanceof Uint8Array) weight += result.value.length;
	if (result.type === 'scripted') weight += weightOfReply(result.reply);
	if (result.type === 'written') weight += result.previous?.length ?? 0;
	return weight;
}

/** Of the answers that known scripts and edits give: a BITFIELD has one for each of its steps. */
function weightOfReply(reply: ScriptReply): number {
	if (typeof reply === 'string') return 16 + reply.length;
	if (typeof reply !== 'object') return 16;
	if ('text' in reply) return 16 + reply.text.length;
	return 'items' in reply ? reply.items.reduce<number>((sum, item) => sum + weightOfReply(item), 16) : 16;
}

export class KvModel extends ServiceModel<KvTypes> {
	readonly keys = new Map<Key, ModelValue>();
	/** Keys that are watched: since when, and when they were changed last. */
	readonly #watched = new Map<Key, {readonly since: Version; changed: Version}>();
	readonly leases = new Map<LeaseId, ModelLease>();
	readonly #valueBytesMax: number;
	readonly #onChange: OnChange;
	readonly #onExpiry: OnExpiry;

	constructor(
		limits: SessionLimits & Pick<KvLimits, 'valueBytesMax'>,
		onChange: OnChange,
		onExpiry: OnExpiry = () => undefined,
	) {
		super(limits);
		this.#valueBytesMax = limits.valueBytesMax;
		this.#onChange = onChange;
		this.#onExpiry = onExpiry;
	}

	protected override run(write: WriteOperation): Result {
		return this.#run(write);
	}

	/** Whose time is over is gone, before anything else happens. */
	protected override timePassed(): void {
		for (const [id, {expiresAt}] of this.leases) if (expiresAt <= this.wallTime) this.leases.delete(id);
		this.#removeOver();
	}

	/** When the key is gone by itself; `undefined`: never. */
	deadlineOf({until}: ModelValue): Deadline | undefined {
		return typeof until === 'object' ? this.leases.get(until.leaseId)?.expiresAt : until;
	}

	/** Keys whose time is over, and those whose lease is not there any more. */
	#removeOver(): void {
		for (const [key, {until}] of this.keys) {
			const isThere = typeof until === 'object' ? this.leases.has(until.leaseId) : (until ?? Infinity) > this.wallTime;
			if (isThere) continue;
			this.keys.delete(key);
			this.#onExpiry(key, this.revision);
		}
	}

	protected override weightOf(result: Result): number {
		return weightOf(result);
	}

	#run(operation: NamedOperation): Result {
		switch (operation.type) {
			case 'get': {
				const there = this.keys.get(operation.key);
				return {
					type: 'value',
					value: there?.value,
					version: there?.version ?? 0,
					expiresAt: there && this.deadlineOf(there),
				};
			}
			case 'put':
				return this.#put(operation);
			case 'append':
				return this.#append(operation);
			case 'delete':
				return this.#delete(operation);
			case 'compareAndSet':
				if (!this.#isAsExpected(operation)) return this.#refused(operation.key);
				return this.#store(operation.key, operation.value, undefined);
			case 'increment':
				return this.#increment(operation);
			case 'expire':
				return this.#expire(operation);
			case 'clear':
				return this.#clear(operation);
			case 'batch':
				return {type: 'batch', results: operation.operations.map(part => this.#run(part))};
			case 'transaction':
				return this.#transaction(operation);
			case 'script':
				return resultOfScript(operation, this.#transaction(transactionOfScript(operation)));
			case 'edit':
				return this.#edit(operation);
			case 'keepChanges':
				return {type: 'changes', revision: this.revision, changes: []};
			case 'lease':
				return this.#lease(operation);
			default:
				return operation satisfies never;
		}
	}

	#lease(operation: Of<'lease'>): Result {
		const version = this.revision;
		if (operation.action === 'grant') {
			const {ttlMs} = operation;
			const expiresAt = this.wallTime + ttlMs;
			this.leases.set(version, {ttlMs, expiresAt});
			return {type: 'lease', isThere: true, leaseId: version, ttlMs, expiresAt, version};
		}
		const {leaseId} = operation;
		const lease = this.leases.get(leaseId);
		const gone = {type: 'lease', isThere: lease !== undefined, leaseId, ttlMs: 0, expiresAt: 0, version} as const;
		if (lease === undefined) return gone;
		if (operation.action === 'revoke') {
			this.leases.delete(leaseId);
			this.#removeOver();
			return gone;
		}
		const renewed = {ttlMs: lease.ttlMs, expiresAt: this.wallTime + lease.ttlMs};
		this.leases.set(leaseId, renewed);
		return {type: 'lease', isThere: true, leaseId, ...renewed, version};
	}

	/** What is to be told of a lease. */
	leaseTold({leaseId, keysMax}: Of<'getLease'>): Result {
		const lease = this.leases.get(leaseId);
		const told = {type: 'lease', leaseId, version: 0} as const;
		if (lease === undefined) return {...told, isThere: false, ttlMs: 0, expiresAt: 0};
		const all = [...this.keys].filter(([, {until}]) => typeof until === 'object' && until.leaseId === leaseId);
		const keys = all.length > keysMax ? [] : all.map(([key]) => key).sort();
		return {...told, isThere: true, ...lease, keyCount: all.length, keys};
	}

	/** Of what one answer may hold, and of how many keys are watched, nothing is known here: no run of the simulator has so much. */
	#transaction({compares, operations, otherwise, watched}: Of<'transaction'>): Extract<Result, {type: 'transaction'}> {
		const failed = compares.filter(({key, expected, isNegated}) => {
			const isSo =
				'absentSince' in expected
					? this.#isAbsentSince(key, expected.absentSince)
					: this.#isAsExpected({key, expected});
			return isSo === (isNegated ?? false);
		});
		const isCommitted = failed.length === 0;
		for (const key of watched ?? []) {
			if (this.keys.has(key) || this.#watched.has(key)) continue;
			this.#watched.set(key, {since: this.revision, changed: 0});
		}
		const results = (isCommitted ? operations : (otherwise ?? [])).map(part => this.#run(part));
		return {type: 'transaction', isCommitted, revision: this.revision, results};
	}

	#edit(edit: Of<'edit'>): Result {
		if (edit.name === 'swapdb' && !this.#exchange(edit.values.map(value => Number(textOf(value)))))
			return this.#withLease('keys of a lease cannot be in another database than 0: delete them first');
		const there = edit.keys.map(key => this.keys.get(key));
		const {reply, writes} = editOf(edit, there);
		const tooLarge = writes.some(({value}) => (value?.length ?? 0) > this.#valueBytesMax);
		if (tooLarge) return {type: 'invalid', reason: 'valueTooLarge', version: 0};
		const takesLease = writes.some(
			({place, from}) =>
				from !== undefined && typeof there[from]?.until === 'object' && modelDatabase(edit.keys[place] as Key) > 0,
		);
		if (takesLease) return this.#withLease('a key of a lease cannot be in another database than 0');
		for (const {place, value, from} of writes) {
			const key = edit.keys[place] as Key;
			if (value === undefined) this.#delete({type: 'delete', key});
			else this.#set(key, value, from === undefined ? undefined : there[from]?.until);
		}
		const isApplied = typeof reply !== 'object' || reply.type !== 'error';
		return {type: 'scripted', isApplied, reply, version: this.revision};
	}

	#withLease(text: string): Result {
		return {type: 'scripted', isApplied: false, reply: {type: 'error', text: `ERR ${text}`}, version: this.revision};
	}

	/** Each key of the one database is one of the other, and changed by that. `false`: there are keys of leases. */
	#exchange(databases: readonly number[]): boolean {
		const [one, other] = databases as [number, number];
		const moved = [...this.keys].filter(([key]) => databases.includes(modelDatabase(key)));
		if (one === other) return true;
		if (moved.some(([, {until}]) => typeof until === 'object') && databases.includes(0)) return false;
		for (const [key] of moved) this.keys.delete(key);
		const names = new Set(moved.map(([key]) => modelName(key)));
		for (const [key, held] of moved) {
			const to = modelKey(modelDatabase(key) === one ? other : one, modelName(key));
			this.keys.set(to, {...held, version: this.revision});
		}
		for (const key of [...names].flatMap(name => databases.map(database => modelKey(database, name)))) {
			const watched = this.#watched.get(key);
			if (watched !== undefined) watched.changed = this.revision;
			this.#onChange(key, this.keys.get(key)?.value, this.revision, true);
		}
		return true;
	}

	#append({key, value}: Of<'append'>): Result {
		const there = this.keys.get(key);
		return this.#store(key, joined(there?.value, value), there?.until);
	}

	#put({key, value, condition, returnPrevious, expiry}: Of<'put'>): Result {
		const there = this.keys.get(key);
		if (condition === 'absent' && there !== undefined) return this.#refused(key);
		if (condition === 'present' && there === undefined) return this.#refused(key);
		if (typeof condition === 'object' && !this.#hasValue(key, condition)) return this.#refused(key);
		if (typeof expiry === 'object' && 'leaseId' in expiry) {
			const isThere = modelDatabase(key) === 0 && this.leases.has(expiry.leaseId);
			if (!isThere) return this.#invalid(key, 'noSuchLease');
		}
		const result = this.#store(key, value, this.#untilAfter(expiry, there));
		if (result.type !== 'written' || returnPrevious !== true || there === undefined) return result;
		return {type: 'written', version: result.version, length: result.length, previous: there.value};
	}

	#isAsExpected({key, expected}: {readonly key: Key; readonly expected: Expected}): boolean {
		const there = this.keys.get(key);
		if ('version' in expected) return expected.version === (there === undefined ? 0 : there.version);
		if (expected.value === undefined || there === undefined) return expected.value === there?.value;
		return isSameBytes(expected.value, there.value);
	}

	#hasValue(key: Key, condition: ValueCondition): boolean {
		const there = this.keys.get(key)?.value;
		if ('is' in condition) return there !== undefined && isSameBytes(there, condition.is);
		return there === undefined || !isSameBytes(there, condition.isNot);
	}

	#isAbsentSince(key: Key, revision: Version): boolean {
		const watched = this.#watched.get(key);
		if (watched === undefined || this.keys.has(key)) return false;
		return watched.since <= revision && watched.changed <= revision;
	}

	#increment({key, by}: Of<'increment'>): Result {
		const there = this.keys.get(key);
		const number = there === undefined ? 0n : numberIn(there.value);
		if (number === undefined) return this.#invalid(key, 'notANumber');
		const value = number + by;
		if (value < numberMin || value > numberMax) return this.#invalid(key, 'numberOverflow');
		this.#set(key, bytesOfText(String(value)), there?.until);
		return {type: 'number', value, version: this.revision};
	}

	#untilAfter(expiry: Of<'put'>['expiry'], there: ModelValue | undefined): Until {
		if (expiry === 'keep') return there?.until;
		return expiry === undefined || 'leaseId' in expiry ? expiry : this.#momentOf(expiry);
	}

	#momentOf(expiry: Expiry): Deadline {
		return 'expiresAt' in expiry ? expiry.expiresAt : this.wallTime + expiry.ttlMs;
	}

	#expire({key, expiry, condition, order}: Of<'expire'>): Result {
		const there = this.keys.get(key);
		const asked = expiry === 'never' ? undefined : this.#momentOf(expiry);
		const kept: Result = {type: 'expirySet', isSet: false, version: there?.version ?? 0};
		if (there === undefined) return kept;
		const had = this.deadlineOf(there);
		if (had === undefined && (expiry === 'never' || condition === 'present' || order === 'later')) return kept;
		if (had !== undefined && condition === 'absent') return kept;
		// Never is later than any time.
		if (order === 'later' && had !== undefined && asked !== undefined && asked <= had) return kept;
		if (order === 'earlier' && (asked === undefined || (had !== undefined && asked >= had))) return kept;
		this.#set(key, there.value, asked);
		return {type: 'expirySet', isSet: true, version: this.revision};
	}

	#delete({key, condition}: Of<'delete'>): Result {
		if (condition !== undefined && !this.#hasValue(key, condition)) return this.#refused(key);
		const existed = this.keys.delete(key);
		if (existed) this.#onChange(key, undefined, this.revision);
		return {type: 'deleted', existed, version: this.revision};
	}

	#clear({database = 0}: Of<'clear'>): Result {
		const gone = [...this.keys.keys()].filter(key => database === 'all' || modelDatabase(key) === database);
		for (const key of gone) {
			this.keys.delete(key);
			this.#onChange(key, undefined, this.revision);
		}
		return {type: 'cleared', count: gone.length, version: this.revision};
	}

	#store(key: Key, value: Value, until: Until): Result {
		if (value.length > this.#valueBytesMax) return this.#invalid(key, 'valueTooLarge');
		this.#set(key, value, until);
		return {type: 'written', version: this.revision, length: value.length};
	}

	/** A time that is over already leaves nothing behind. */
	#set(key: Key, value: Value, until: Until): void {
		const watched = this.#watched.get(key);
		if (watched !== undefined) watched.changed = this.revision;
		if (typeof until === 'number' && until <= this.wallTime) {
			this.keys.delete(key);
			return this.#onChange(key, undefined, this.revision);
		}
		this.keys.set(key, {value, version: this.revision, until});
		this.#onChange(key, value, this.revision);
	}

	#refused(key: Key): Result {
		const there = this.keys.get(key);
		return {type: 'conditionFailed', value: there?.value, version: there?.version ?? 0};
	}

	#invalid(key: Key, reason: Invalid): Result {
		return {type: 'invalid', reason, version: this.keys.get(key)?.version ?? 0};
	}
}
