/** What each operation does to the store. Nothing here knows of logs or sessions. */
import {unreachable} from '../raft/types.js';
import {isInt64} from './plain.js';
import type {Stored} from './store.js';
import type {ByteString, Codec, Expected, Operation, ReadOperation, Result, Value, Version} from './types.js';

type Of<Type extends Operation['type']> = Extract<Operation, {type: Type}>;

/** What operations need of a store: the replicas' own, or what is known of somebody else's. */
export interface KeyValues {
	get(key: string): Stored | undefined;
	set(key: string, value: ByteString, version: Version): void;
	/** Whether there was something to delete. */
	delete(key: string): boolean;
	/** How many keys there were. */
	clear(): number;
}

/** What an operation runs in: `version` becomes that of all that it changes. */
export interface Execution {
	readonly codec: Codec;
	readonly store: KeyValues;
	readonly version: Version;
	/** Bytes. */
	readonly valueBytesMax: number;
}

/** In an array of its own: the result is kept until its client has it. */
const copyOf = (codec: Codec, value: ByteString): Value => new Uint8Array(codec.bytesOf(value));

const conditionFailed = ({codec}: Execution, current: Stored | undefined): Result => ({
	type: 'conditionFailed',
	value: current && copyOf(codec, current.value),
	version: current?.version ?? 0,
});

function write({codec, store, version, valueBytesMax}: Execution, key: string, value: Value): Result {
	if (value.length > valueBytesMax) {
		return {type: 'invalid', reason: 'valueTooLarge', version: store.get(key)?.version ?? 0};
	}
	store.set(key, codec.byteStringOf(value), version);
	return {type: 'written', version, length: value.length};
}

function put(execution: Execution, {key, value, condition, returnPrevious}: Of<'put'>): Result {
	if (condition === undefined && returnPrevious !== true) return write(execution, key, value);
	const current = execution.store.get(key);
	if (condition !== undefined && (condition === 'present') !== (current !== undefined))
		return conditionFailed(execution, current);
	const result = write(execution, key, value);
	if (returnPrevious !== true || current === undefined || result.type !== 'written') return result;
	return {...result, previous: copyOf(execution.codec, current.value)};
}

function append(execution: Execution, {key, value}: Of<'append'>): Result {
	const current = execution.store.get(key);
	if (current === undefined) return write(execution, key, value);
	const length = current.value.length + value.length;
	if (length > execution.valueBytesMax) {
		return {type: 'invalid', reason: 'valueTooLarge', version: current.version};
	}
	const joined = new Uint8Array(length);
	joined.set(execution.codec.bytesOf(current.value));
	joined.set(value, current.value.length);
	// Not by adding strings: V8 would keep the pieces, and small ones take many times their bytes.
	execution.store.set(key, execution.codec.byteStringOf(joined), execution.version);
	return {type: 'written', version: execution.version, length};
}

function matches({codec}: Execution, current: Stored | undefined, expected: Expected): boolean {
	if ('version' in expected) return (current?.version ?? 0) === expected.version;
	return current?.value === (expected.value && codec.byteStringOf(expected.value));
}

function compareAndSet(execution: Execution, {key, expected, value}: Of<'compareAndSet'>): Result {
	const current = execution.store.get(key);
	return matches(execution, current, expected) ? write(execution, key, value) : conditionFailed(execution, current);
}

/** A signed decimal number as one would write it: no plus, no leading zeros, no blanks. */
const decimal = /^(?:0|-?[1-9][0-9]{0,18})$/;

/** `undefined` when the text is not a signed 64-bit decimal number. */
function numberOf(text: ByteString): bigint | undefined {
	const number = decimal.test(text) ? BigInt(text) : undefined;
	return number !== undefined && isInt64(number) ? number : undefined;
}

function increment({store, version}: Execution, {key, by}: Of<'increment'>): Result {
	const current = store.get(key);
	const unchanged = current?.version ?? 0;
	const number = current === undefined ? 0n : numberOf(current.value);
	if (number === undefined) return {type: 'invalid', reason: 'notANumber', version: unchanged};
	const sum = number + by;
	if (!isInt64(sum)) return {type: 'invalid', reason: 'numberOverflow', version: unchanged};
	store.set(key, sum.toString(), version);
	return {type: 'number', value: sum, version};
}

/** `bytesOf`: how the value leaves the store; a codec's own gives a view, for who encodes the result at once. */
export function read(
	bytesOf: (value: ByteString) => Value,
	store: Pick<KeyValues, 'get'>,
	{key}: ReadOperation,
): Result {
	const current = store.get(key);
	return {type: 'value', value: current && bytesOf(current.value), version: current?.version ?? 0};
}

/** Runs the operation; the same state, operation and version give the same result and state, everywhere. */
export function execute(execution: Execution, operation: Operation): Result {
	const {store, version} = execution;
	switch (operation.type) {
		case 'put':
			return put(execution, operation);
		case 'append':
			return append(execution, operation);
		case 'delete':
			return {type: 'deleted', existed: store.delete(operation.key), version};
		case 'compareAndSet':
			return compareAndSet(execution, operation);
		case 'increment':
			return increment(execution, operation);
		case 'clear':
			return {type: 'cleared', count: store.clear(), version};
		case 'batch':
			return {type: 'batch', results: operation.operations.map(part => execute(execution, part))};
		case 'get':
			return read(value => copyOf(execution.codec, value), store, operation);
		default:
			return unreachable(operation);
	}
}
