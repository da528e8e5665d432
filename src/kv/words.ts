/** The key/value machine's words for the service: see `Words`. */
import type {Operation as ServiceOperation} from '../service/clerk/task.js';
import type {Words} from '../service/machine.js';
import {bytesOfOperation, isRead} from './operation-bytes.js';
import {parseRead, parseWrite, plainOfOperation, plainOfRead} from './operation-codec.js';
import {parseResult, plainOfResult} from './result-codec.js';
import {bytesOfReply} from './script/reply.js';
import type {Operation, ReadOperation, Result, WriteOperation} from './types.js';

/** What the key/value machine exchanges with its clients. */
export interface KvTypes {
	readonly write: WriteOperation;
	readonly read: ReadOperation;
	readonly result: Result;
	readonly effect: never;
}

/** Whether the operation changes the state. */
const isWrite = (operation: Operation): operation is WriteOperation => !isRead(operation);

/** The operation as the service takes it. */
export const serviceOperation = (operation: Operation): ServiceOperation<KvTypes> =>
	isWrite(operation) ? {type: 'write', write: operation} : {type: 'read', read: operation};

const resultBytes = 32;

/** What a kept result counts for: its bytes, and something for itself. */
export function bytesOfResult(result: Result): number {
	switch (result.type) {
		case 'value':
		case 'conditionFailed':
			return resultBytes + (result.value?.length ?? 0);
		case 'scripted':
			return resultBytes + bytesOfReply(result.reply);
		case 'written':
			return resultBytes + (result.previous?.length ?? 0);
		case 'lease':
			return resultBytes + (result.keys ?? []).reduce((sum, key) => sum + key.length, 0);
		case 'batch':
		case 'transaction':
			return result.results.reduce((sum, part) => sum + bytesOfResult(part), resultBytes);
		case 'count':
			return resultBytes * (1 + (result.databases?.length ?? 0));
		case 'keys':
			return bytesOfKeys(result);
		case 'changes':
			return result.changes.reduce(
				(sum, {key, value}) => sum + scannedKeyBytes + key.length + value.length,
				resultBytes,
			);
		default:
			return resultBytes;
	}
}

/** What one key takes beside its bytes. */
const scannedKeyBytes = 16;

function bytesOfKeys({keys, values = []}: Extract<Result, {type: 'keys'}>): number {
	const keyBytes = keys.reduce((sum, key) => sum + scannedKeyBytes + key.length, resultBytes);
	return values.reduce((sum, value) => sum + value.length, keyBytes);
}

/** Whether the operation counts from the time of its entry, or compares a deadline with it. */
function isTimed(operation: Operation): boolean {
	switch (operation.type) {
		case 'put':
			return operation.expiry !== undefined && operation.expiry !== 'keep';
		case 'expire':
			return operation.expiry !== 'never';
		case 'keepChanges':
			return true;
		case 'script':
			// It may ask for the time, and set deadlines.
			return true;
		case 'lease':
			return operation.action !== 'revoke';
		case 'batch':
			return operation.operations.some(part => isTimed(part));
		case 'transaction':
			return [operation.operations, operation.otherwise ?? []].some(parts => parts.some(part => isTimed(part)));
		default:
			return false;
	}
}

export const kvWords: Words<KvTypes> = {
	plainOfWrite: plainOfOperation,
	parseWrite,
	plainOfRead,
	parseRead,
	plainOfResult,
	parseResult,
	isTimed,
	waitMsOf: read => (read.type === 'changes' ? read.waitMs : 0),
	bytesOfWrite: bytesOfOperation,
	bytesOfRead: bytesOfOperation,
	bytesOfResult,
};

/** What a client has to know of the machine: its state and its scripts are the replicas'. */
export const kvIdentity = {name: 'kv', words: kvWords} as const;
