/** What operations take in requests. */
import {unreachable} from '../base/errors.js';
import type {Key, Operation} from './types.js';

/** Over what CBOR and the command's frame add. */
const overheadBytes = 64;

/** What an operation takes in a request, about: never less. */
export function bytesOfOperation(operation: Operation): number {
	switch (operation.type) {
		case 'put':
		case 'append':
			return overheadBytes + operation.key.length + operation.value.length;
		case 'compareAndSet': {
			const {key, value, expected} = operation;
			const expectedBytes = 'value' in expected ? (expected.value?.length ?? 0) : 0;
			return overheadBytes + key.length + value.length + expectedBytes;
		}
		case 'delete':
		case 'increment':
		case 'get':
			return overheadBytes + operation.key.length;
		case 'clear':
			return overheadBytes;
		case 'batch':
			return operation.operations.reduce((sum, part) => sum + bytesOfPart(part), overheadBytes);
		default:
			return unreachable(operation);
	}
}

/** The opcode, the part's own head, and flags: of `put`, the longest. */
const partFrameBytes = 3;

/** Of a part of a batch, whose frame counts: ten thousand parts of a few bytes each fit into a request. */
function bytesOfPart(part: Exclude<Operation, {type: 'batch'}>): number {
	switch (part.type) {
		case 'put':
		case 'append':
			return partFrameBytes + bytesOfKey(part.key) + bytesOfValue(part.value.length);
		case 'delete':
		case 'get':
			return partFrameBytes + bytesOfKey(part.key);
		case 'compareAndSet':
		case 'increment':
		case 'clear':
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
