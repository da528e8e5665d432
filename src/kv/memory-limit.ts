/** Which writes a leader lets into the log when the state must not grow beyond a limit of memory. */
import {unreachable} from '../base/errors.js';
import {lengthsAfterEdit} from './edits/edit-growth.js';
import {attachedBytes, leaseBytes} from './leases.js';
import {databaseCount, databaseOf} from './database-name.js';
import {databasesOf} from './edits/database-words.js';
import {ExchangedDatabases} from './exchanged-databases.js';
import {textOf} from './script/bytes.js';
import type {DatabaseNumber, Edit, Key, Operation, Part, Result, WriteOperation} from './types.js';
import {growthMaxOf} from './script/script-limits.js';

/** What a key takes in the store besides itself and its value: its record's head, and its places in the table. */
const recordBytes = 24;
/** What its deadline takes besides. */
const deadlineBytes = 8;
const numberBytesMax = 20;
/**
 * No write makes the state grow by more than so many times its own bytes, but those of `growsWithState`: the shortest that grants a
 * lease has six.
 */
export const growthFactorMax = 32;

type Read = (key: Key) => Result;

/** What there is, in bytes, and what there may be. */
export interface MemoryState {
	/** For what is added. */
	readonly room: number;
	/** Of one database. */
	readonly bytesOf: (database: DatabaseNumber) => number;
	readonly read: Read;
	/** An edit that would make a value longer fails, and adds nothing. */
	readonly valueBytesMax: number;
}

/** The sizes of keys as the operations of one command leave them, one after the other; `undefined`: absent. */
class Sizes {
	readonly #read: Read;
	readonly #bytesOf: MemoryState['bytesOf'];
	readonly valueBytesMax: number;
	readonly #kept = new Map<string, number | undefined>();
	/** By the operation that is being weighed. */
	readonly #tried = new Map<string, number | undefined>();
	readonly #cleared = new Set<DatabaseNumber>();
	/** Everything is by the keys that there were before databases were exchanged. */
	readonly #databases = new ExchangedDatabases();

	constructor({read, bytesOf, valueBytesMax}: MemoryState) {
		this.#read = read;
		this.#bytesOf = bytesOf;
		this.valueBytesMax = valueBytesMax;
	}

	/** Of the record: its key, its value and what it takes besides. */
	of(asked: Key): number | undefined {
		const key = this.#databases.keyBefore(asked);
		if (this.#tried.has(key)) return this.#tried.get(key);
		if (this.#kept.has(key) || this.#cleared.has(databaseOf(key))) return this.#kept.get(key);
		const current = this.#read(key);
		return current.type === 'value' && current.value !== undefined ? sizeOf(key, current.value.length) : undefined;
	}

	set(key: Key, size: number | undefined): void {
		this.#tried.set(this.#databases.keyBefore(key), size);
	}

	exchange(one: DatabaseNumber, other: DatabaseNumber): void {
		this.#databases.exchange(one, other);
	}

	/** The operation is admitted, or not. */
	end(isAdmitted: boolean): void {
		if (isAdmitted) for (const [key, size] of this.#tried) this.#kept.set(key, size);
		this.#tried.clear();
	}

	/** Returns by how much the state grows: what the operations before have added is not given back. */
	clear(which: DatabaseNumber | 'all'): number {
		let grown = 0;
		for (let each = 0; each < databaseCount; each += 1) {
			const database = this.#databases.before(each);
			if ((which !== 'all' && which !== each) || this.#cleared.has(database)) continue;
			grown -= this.#bytesOf(database);
			this.#cleared.add(database);
		}
		for (const sizes of [this.#kept, this.#tried])
			for (const key of sizes.keys())
				if (which === 'all' || this.#databases.before(which) === databaseOf(key)) sizes.delete(key);
		return grown;
	}
}

const sizeOf = (key: string, valueBytes: number): number => recordBytes + deadlineBytes + key.length + valueBytes;

function sizeOfPut({key, value, expiry}: Extract<Part, {type: 'put'}>): number {
	const isAttached = typeof expiry === 'object' && 'leaseId' in expiry;
	return sizeOf(key, value.length) + (isAttached ? attachedBytes + key.length : 0);
}

type Growth = {readonly key: string; readonly size: number | undefined};

/** What the operation makes of its key, at most. */
function growthOf(operation: Exclude<Part, {type: 'clear' | 'get' | 'script' | 'edit'}>, sizes: Sizes): Growth {
	const {key} = operation;
	const before = sizes.of(key);
	switch (operation.type) {
		case 'put':
			// A condition may not hold: then the larger of both is there.
			return {key, size: larger(sizeOfPut(operation), operation.condition && before)};
		case 'compareAndSet':
			return {key, size: larger(sizeOf(key, operation.value.length), before)};
		case 'append':
			return {key, size: (before ?? sizeOf(key, 0)) + operation.value.length};
		case 'increment':
			return {key, size: larger(sizeOf(key, numberBytesMax), before)};
		case 'expire':
			return {key, size: before};
		case 'delete':
			return {key, size: operation.condition && before};
		default:
			return unreachable(operation);
	}
}

/** What an edit adds. It frees nothing: a key that it takes away counts until it is known to be gone. */
function editGrowth(edit: Edit, sizes: Sizes): number {
	if (edit.name === 'swapdb') return exchangeSizes(edit, sizes);
	const lengthOf = (key: Key): number => Math.max(0, (sizes.of(key) ?? 0) - sizeOf(key, 0));
	return lengthsAfterEdit(edit, lengthOf).reduce((sum, [key, length]) => {
		if (length > sizes.valueBytesMax && edit.name !== 'incrbyfloat') return sum;
		const before = sizes.of(key);
		const after = larger(sizeOf(key, length), before);
		sizes.set(key, after);
		return sum + after - (before ?? 0);
	}, 0);
}

/** Nothing grows by it. */
function exchangeSizes({values}: Edit, sizes: Sizes): number {
	const databases = databasesOf(values.map(value => textOf(value)));
	if (typeof databases !== 'string') sizes.exchange(...databases);
	return 0;
}

/** Whether what it adds depends on what is there, and not on its own bytes alone. */
export function growsWithState(write: WriteOperation): boolean {
	switch (write.type) {
		case 'edit':
		case 'script':
			return true;
		case 'batch':
			return write.operations.some(part => part.type === 'edit' || part.type === 'script');
		case 'transaction':
			return [write.operations, write.otherwise ?? []].some(parts =>
				parts.some(part => part.type === 'edit' || part.type === 'script'),
			);
		default:
			return false;
	}
}

const larger = (size: number, other: number | undefined): number => Math.max(size, other ?? 0);

/** Bytes by which the operation makes the state grow, or shrink if negative. Notes what it does to its keys. */
function carryOut(operation: Operation, sizes: Sizes): number {
	switch (operation.type) {
		case 'batch':
			return operation.operations.reduce((sum, part) => sum + carryOut(part, sizes), 0);
		case 'transaction':
			return [...operation.operations, ...(operation.otherwise ?? [])].reduce(
				(sum, part) => sum + mayCarryOut(part, sizes),
				0,
			);
		case 'clear':
			return sizes.clear(operation.database ?? 0);
		case 'get':
		case 'scan':
		case 'count':
		case 'getLease':
		case 'changes':
		case 'keepChanges':
			return 0;
		case 'script':
			// What it does is known when it has run: so much is the most.
			return growthMaxOf(operation);
		case 'edit':
			return editGrowth(operation, sizes);
		case 'lease':
			return operation.action === 'grant' ? leaseBytes : 0;
		default: {
			const {key, size} = growthOf(operation, sizes);
			const grown = (size ?? 0) - (sizes.of(key) ?? 0);
			sizes.set(key, size);
			return grown;
		}
	}
}

/** Of a part of a transaction, which is run or not: it frees nothing, and of its key the larger of both is there. */
function mayCarryOut(part: Part, sizes: Sizes): number {
	if (part.type === 'get' || part.type === 'clear') return 0;
	if (part.type === 'script') return growthMaxOf(part);
	if (part.type === 'edit') return editGrowth(part, sizes);
	const {key, size} = growthOf(part, sizes);
	const before = sizes.of(key);
	const after = larger(size ?? 0, before);
	if (after > 0) sizes.set(key, after);
	return after - (before ?? 0);
}

/**
 * For each of these writes, whether it fits into what is left of `room` bytes. What one deletes is room for those behind
 * it; a batch is weighed as a whole.
 */
export function fitting(writes: readonly WriteOperation[], state: MemoryState): readonly boolean[] {
	const sizes = new Sizes(state);
	let left = state.room;
	return writes.map(write => {
		const growth = carryOut(write, sizes);
		const isAdmitted = growth <= 0 || growth <= left;
		sizes.end(isAdmitted);
		if (isAdmitted) left -= growth;
		return isAdmitted;
	});
}
