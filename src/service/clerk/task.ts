/** What a clerk keeps of an operation until it is settled, and of a request until it is answered. */
import {assert} from '../../base/errors.js';
import type {Milliseconds, NodeId} from '../../raft/types.js';
import type {ClientSession} from './client-session.js';
import type {FailedOutcome, LastReply} from '../errors.js';
import type {MachineTypes} from '../machine.js';
import type {NumberedWrite, ReadOrBarrier} from '../types.js';

/** A write or a read. */
export type Operation<T extends MachineTypes> =
	| {readonly type: 'write'; readonly write: T['write']}
	| {readonly type: 'read'; readonly read: ReadOrBarrier<T>};

/** An operation on its way. */
export interface Task<T extends MachineTypes, Caller> {
	readonly id: number;
	/** Among those that are not settled; `settledOffset` when it is. */
	offset: number;
	readonly caller: Caller | undefined;
	readonly operation: Operation<T>;
	readonly byteLength: number;
	readonly deadline: Milliseconds;
	/** So long its answer may wait for something to tell: see `Words.waitMsOf`. */
	readonly waitMs: Milliseconds;
	/** What a write is known by at the servers; `undefined` until it is first sent. */
	identity: {readonly session: ClientSession; readonly sequence: number} | undefined;
	/** The attempt that it is in. */
	attempt: Attempt<T, Caller> | undefined;
	attempts: number;
	/** An earlier attempt may have run it, or may yet. */
	mayHaveRun: boolean;
	lastReply: LastReply;
	/** The request that was refused because it came before an earlier write; 0: none was. */
	outOfOrderIn: number;
	/** Its answer may wait, or its batch was refused for one of its operations: each goes alone, to find out which. */
	isAlone: boolean;
}

/** A request in flight. */
export interface Attempt<T extends MachineTypes, Caller> {
	readonly requestId: number;
	readonly server: NodeId;
	readonly sentAt: Milliseconds;
	readonly deadline: Milliseconds;
	/** The server may take its time: it is no sign of a server that is slow or gone. */
	readonly isPutOff: boolean;
	readonly type: 'openSession' | 'write' | 'read';
	readonly tasks: readonly Task<T, Caller>[];
	/** Tasks that still wait for it. */
	waiting: number;
}

export const settledOffset = -1;
export const isSettled = ({offset}: {readonly offset: number}): boolean => offset === settledOffset;

/** What is known of an operation that is given up. A read changes nothing, so it never has. */
export function outcomeOf<T extends MachineTypes>({operation, mayHaveRun, attempt}: Task<T, unknown>): FailedOutcome {
	return operation.type === 'write' && (mayHaveRun || attempt !== undefined) ? 'unknown' : 'notExecuted';
}

export function numberedWriteOf<T extends MachineTypes>({operation, identity}: Task<T, unknown>): NumberedWrite<T> {
	assert(identity !== undefined && operation.type === 'write', 'a write that is sent has a number');
	return {sequence: identity.sequence, write: operation.write};
}

export function readOf<T extends MachineTypes>({operation}: Task<T, unknown>): ReadOrBarrier<T> {
	assert(operation.type === 'read', 'what waits among the reads is a read');
	return operation.read;
}
