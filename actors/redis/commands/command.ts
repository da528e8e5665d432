import type {
	GetOperation,
	Key,
	Operation,
	ReadOperation,
	Result,
	Value,
	WriteOperation,
} from '../../../src/kv/types.js';
import {assert} from '../../../src/base/errors.js';
import type {RedisLimits} from '../limits.js';
import type {RefusedModes} from '../refused-modes.js';
import type {ReplyWriter} from '../reply-writer.js';
import type {ClusterInfo, ClientState} from '../client-state.js';
import type {ArgumentRange, CommandDescription} from './command-description.js';
import type {Failure} from './failure.js';

/** What one request comes to: what to execute, and how to word what became of it. Holds no view of the request. */
export type Plan =
	| {readonly type: 'write'; readonly operation: WriteOperation; readonly reply: ReplyToOne}
	| {readonly type: 'read'; readonly operation: ReadOperation; readonly reply: ReplyToOne}
	| {
			readonly type: 'readMany';
			readonly operations: readonly ReadOperation[];
			readonly reply: ReplyToMany;
	  }
	/** Step by step: what became of the operations of one step says what the next are. Those of a step are of one kind. */
	| {
			readonly type: 'walk';
			readonly first: readonly Operation[];
			/** Takes the results of a step; `undefined`: there is no more to do. */
			readonly take: (results: readonly Result[]) => readonly Operation[] | undefined;
			/** What it keeps of the results. */
			readonly heldBytes: () => number;
			readonly reply: (out: ReplyWriter) => void;
	  }
	/** Needs no operation: carried out when its turn to be answered comes. */
	| {
			readonly type: 'local';
			readonly reply: (out: ReplyWriter, clientState: ClientState) => void;
			/** What may follow it depends on it: the next request is looked at when this one has been answered. */
			readonly changesModes?: true;
			/** It was not begun: there is no such command, or it may not be carried out. SLOWLOG does not keep it. */
			readonly isRefused?: true;
	  }
	/** Needs to know how the cluster is. */
	| {
			readonly type: 'report';
			/** And how many keys its databases have. */
			readonly countsKeys: boolean;
			readonly reply: (out: ReplyWriter, clientState: ClientState, cluster: ClusterInfo) => void;
	  }
	/** EXEC: what it asks is known when all before it is settled. */
	| {
			readonly type: 'transaction';
			/** It needs to know how the cluster is. */
			readonly reports: boolean;
			/** As of a local one. */
			readonly changesModes?: true | undefined;
			readonly begin: () => Operation | NoOperation;
			readonly reply: (
				out: ReplyWriter,
				settled: Settled | NoOperation,
				clientState: ClientState,
				cluster: ClusterInfo,
			) => void;
	  }
	/** The connection ends behind this; requests after it are not looked at. */
	| {readonly type: 'close'; readonly reply: (out: ReplyWriter) => void};

/** Why there is nothing to ask: nothing was queued that needs it, or what is watched could not be read. */
export type NoOperation = 'nothing' | 'unreadable';

/** What became of an operation. */
export type Settled = Result | Failure;

/** Words many results as they come, so that not all of them need be in memory at once. */
interface ReplyToMany {
	readonly begin: (out: ReplyWriter, count: number) => void;
	readonly each: (out: ReplyWriter, result: Result) => void;
	readonly end: (out: ReplyWriter) => void;
}

type ReplyToOne = (out: ReplyWriter, result: Result, clientState: ClientState) => void;

/** A row of the command table. */
export interface RedisCommand extends CommandDescription {
	/** By the last part of their names. */
	readonly subcommands?: ReadonlyMap<string, RedisCommand>;
	/** Is carried out at once also behind MULTI, and not queued. */
	readonly worksInTransaction?: boolean;
	/** A client of RESP2 that listens to channels may send it. */
	readonly worksWhileSubscribed?: boolean;
	/** Its plan names the databases of its keys itself, by the modes. */
	readonly namesDatabases?: boolean;
	/** It cannot be queued behind MULTI: why. */
	readonly refusalInTransaction?: string;
	/** Instead of Redis' usual words, where the arity does not fit. */
	readonly planWrongArity?: RedisCommand['plan'];
	/** `parts` fit the arity and the limits; `modes`: of the connection, in the order of its requests. */
	readonly plan: (parts: readonly Buffer[], limits: RedisLimits, modes: RefusedModes) => Plan;
}

/** The commonest ranges: one key behind the name; nothing but keys. */
export const oneKey: ArgumentRange = {first: 1, last: 1, step: 1};
export const allKeys: ArgumentRange = {first: 1, last: -1, step: 1};
export const secondArgument: ArgumentRange = {first: 2, last: 2, step: 1};

export function partAt(parts: readonly Buffer[], position: number): Buffer {
	const part = parts[position];
	assert(part !== undefined, 'a command looks only at parts that its arity promises');
	return part;
}

/** A byte string: keys, names, whatever is compared or shown. */
export function textAt(parts: readonly Buffer[], position: number): string {
	return partAt(parts, position).toString('latin1');
}

export function keyAt(parts: readonly Buffer[], position: number): Key {
	return textAt(parts, position);
}

/** A view of what the socket filled, which is never filled again: the client encodes it before it goes anywhere. */
export function valueAt(parts: readonly Buffer[], position: number): Value {
	return partAt(parts, position);
}

/** Narrows what the client of the service answered; another type is a bug of its. */
export function expectResult<T extends Result['type']>(result: Result, type: T): Extract<Result, {type: T}> {
	assert(result.type === type, 'the type of a result fits its operation');
	return result as Extract<Result, {type: T}>;
}

/** Whether the key is there, its length and its deadline, without its value: see `isThere` and `lengthOf`. */
export const aboutKey = (key: Key): GetOperation => ({type: 'get', key, withoutValue: true});

/** Of a `get`, whether it has brought the value or not. */
export const isThere = (result: Result): boolean => expectResult(result, 'value').version > 0;

/** In bytes; 0 where there is none. */
export function lengthOf(result: Result): number {
	const {value, length = 0} = expectResult(result, 'value');
	return value?.length ?? length;
}

/** Refuses a request in one line. */
export function refuse(text: string): Plan {
	return {type: 'local', reply: out => out.error(text)};
}

export const syntaxError = 'ERR syntax error';
export const notAnInteger = 'ERR value is not an integer or out of range';

export function replyOk(out: ReplyWriter): void {
	out.status('OK');
}
