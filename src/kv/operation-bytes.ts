/** What operations take in requests, and whether answers bring values. */
import {unreachable} from '../base/errors.js';
import {bytesOfScript} from './script/script-limits.js';
import type {Compare, Edit, Key, Operation, Part, ReadOperation} from './types.js';

/** Whether it leaves the state alone. */
export const isRead = (operation: Operation): operation is ReadOperation =>
	operation.type === 'get' ||
	operation.type === 'scan' ||
	operation.type === 'count' ||
	operation.type === 'getLease' ||
	operation.type === 'changes';

/** Over what CBOR and the command's frame add. */
const overheadBytes = 64;

/** Flags of two bytes, a place for a time, and the head of the value. */
const comparedFrameBytes = 8;

/** What is compared, where a value is. */
function comparedBytes(condition: Extract<Operation, {type: 'put'}>['condition']): number {
	if (typeof condition !== 'object') return 0;
	return comparedFrameBytes + ('is' in condition ? condition.is.length : condition.isNot.length);
}

/** What an operation takes in a request, about: never less. */
export function bytesOfOperation(operation: Operation): number {
	switch (operation.type) {
		case 'put':
			return overheadBytes + operation.key.length + operation.value.length + comparedBytes(operation.condition);
		case 'append':
			return overheadBytes + operation.key.length + operation.value.length;
		case 'delete':
			return overheadBytes + operation.key.length + comparedBytes(operation.condition);
		case 'compareAndSet': {
			const {key, value, expected} = operation;
			const expectedBytes = 'value' in expected ? (expected.value?.length ?? 0) : 0;
			return overheadBytes + key.length + value.length + expectedBytes;
		}
		case 'increment':
		case 'expire':
		case 'get':
			return overheadBytes + operation.key.length;
		case 'scan':
		case 'changes':
			return overheadBytes + (operation.prefix?.length ?? 0);
		case 'clear':
		case 'count':
		case 'lease':
		case 'keepChanges':
		case 'getLease':
			return overheadBytes;
		case 'script':
			return overheadBytes + bytesOfScript(operation);
		case 'edit':
			return overheadBytes + bytesOfEdit(operation);
		case 'batch':
			return overheadBytes + bytesOfParts(operation.operations);
		case 'transaction': {
			const {compares, operations, otherwise = [], watched = []} = operation;
			const compareBytes = compares.reduce((sum, compare) => sum + bytesOfCompare(compare), 0);
			const watchedBytes = watched.reduce((sum, key) => sum + bytesOfKey(key), 0);
			return overheadBytes + compareBytes + bytesOfParts(operations) + bytesOfParts(otherwise) + watchedBytes;
		}
		default:
			return unreachable(operation);
	}
}

/** The opcode, the part's own head, and flags: of `put`, the longest. */
const partFrameBytes = 3;
/** Flags of more than one byte, and a deadline. */
const expiryBytes = 10;

/** The array's head, what is compared and how, and a version. */
const compareFrameBytes = 11;

function bytesOfCompare({key, expected}: Compare): number {
	const length = 'value' in expected ? (expected.value?.length ?? 0) : 0;
	return compareFrameBytes + bytesOfKey(key) + bytesOfValue(length);
}

const bytesOfParts = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + bytesOfPart(part), 0);

/** Of a part of a batch or a transaction, whose frame counts: ten thousand parts of a few bytes each fit into a request. */
function bytesOfPart(part: Part): number {
	switch (part.type) {
		case 'put':
		case 'append': {
			const frameBytes = partFrameBytes + ('expiry' in part ? expiryBytes : 0);
			const compared = part.type === 'put' ? comparedBytes(part.condition) : 0;
			return frameBytes + bytesOfKey(part.key) + bytesOfValue(part.value.length) + compared;
		}
		case 'delete':
			return partFrameBytes + bytesOfKey(part.key) + comparedBytes(part.condition);
		case 'get':
			return partFrameBytes + bytesOfKey(part.key);
		case 'compareAndSet':
		case 'increment':
		case 'expire':
		case 'clear':
		case 'script':
		case 'edit':
			return bytesOfOperation(part);
		default:
			return unreachable(part);
	}
}

/** CBOR's head of a string: its type and length. */
const headBytes = (length: number): number => (length < 24 ? 1 : length < 2 ** 8 ? 2 : length < 2 ** 16 ? 3 : 5);

const bytesOfValue = (length: number): number => headBytes(length) + length;

/** Characters from U+0080 on take two bytes. */
function bytesOfKey(key: Key): number {
	let length = 0;
	for (let place = 0; place < key.length; place += 1) length += key.charCodeAt(place) < 0x80 ? 1 : 2;
	return headBytes(length) + length;
}

const bytesOfEdit = ({keys, values}: Edit): number =>
	values.reduce(
		(sum, value) => sum + bytesOfValue(value.length),
		keys.reduce((sum, key) => sum + bytesOfKey(key), 0),
	);

/** Whether a value can be in its result. */
export function mayReturnValue(operation: Operation): boolean {
	switch (operation.type) {
		case 'get':
			return operation.withoutValue !== true;
		case 'scan':
		case 'compareAndSet':
		case 'script':
		case 'edit':
			return true;
		case 'put':
			return operation.returnPrevious === true || operation.condition !== undefined;
		case 'delete':
			return operation.condition !== undefined;
		case 'batch':
			return operation.operations.some(part => mayReturnValue(part));
		case 'transaction':
			return [...operation.operations, ...(operation.otherwise ?? [])].some(part => mayReturnValue(part));
		default:
			return false;
	}
}
