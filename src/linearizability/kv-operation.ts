/**
 * The vocabulary of key/value histories. Keys and values are strings, compared and concatenated as such; bytes are
 * held as one character a byte (U+0000 to U+00FF), so that nothing is lost.
 */
import type {History, Operation} from './history.js';

/** What compare-and-set asks for: a value (`undefined`: absent), or a version (0: absent). */
export type KvExpected = {readonly value: string | undefined} | {readonly version: number};

/** Only if the key has this value; or only if it has another one, or is absent. */
export type KvValueCondition = {readonly is: string} | {readonly isNot: string};

/** What concerns one key. */
export type KvKeyInput =
	| {readonly type: 'get'; readonly key: string}
	| {
			readonly type: 'put';
			readonly key: string;
			readonly value: string;
			/** Only if the key is absent, or only if it is present, or see `KvValueCondition`. */
			readonly condition?: 'absent' | 'present' | KvValueCondition | undefined;
	  }
	| {readonly type: 'append'; readonly key: string; readonly value: string}
	| {readonly type: 'delete'; readonly key: string; readonly condition?: KvValueCondition | undefined}
	| {readonly type: 'compareAndSet'; readonly key: string; readonly expected: KvExpected; readonly value: string}
	/** The value as a signed 64-bit decimal number (an absent key counts as 0), plus `by`. */
	| {readonly type: 'increment'; readonly key: string; readonly by: bigint};

/** The commands of Redis that are edits. */
export const editNames = [
	'rename',
	'renamenx',
	'copy',
	'setrange',
	'incrbyfloat',
	'setbit',
	'bitop',
	'msetnx',
	'bitfield',
] as const;

/** A command of Redis that is an edit. */
export type KvEditName = (typeof editNames)[number];

/** Computes what it writes from what is there, in one step, as the command of Redis 7.0 with its name does. */
export interface KvEdit {
	readonly type: 'edit';
	readonly name: KvEditName;
	/** In the order of the command. */
	readonly keys: readonly string[];
	/** The other words of the command, in their order; of `copy` none, or `replace`. */
	readonly values: readonly string[];
}

/** What an edit answers. A text is a bulk string, `undefined` nothing at all (RESP's null). */
export type KvReply =
	| undefined
	| string
	| bigint
	| {readonly type: 'status'; readonly text: string}
	/** It was refused, and changed nothing. The text is for people: any error will do where one is right. */
	| {readonly type: 'error'; readonly text: string}
	| {readonly type: 'list'; readonly items: readonly KvReply[]};

/** Asks whether a key is as expected; with `isNegated`, whether it is not. */
export interface KvCompare {
	readonly key: string;
	readonly expected: KvExpected;
	readonly isNegated?: boolean | undefined;
}

/** What can stand in a batch or a transaction. */
export type KvPart =
	| KvKeyInput
	| KvEdit
	/** Deletes every key. */
	| {readonly type: 'clear'};

/** What was asked for. */
export type KvInput =
	| KvPart
	/** All in one step, in order; a part that is refused does not undo the others. */
	| {readonly type: 'batch'; readonly operations: readonly KvPart[]}
	/** If all compares hold `operations`, else `otherwise`, in one step with the compares. */
	| {
			readonly type: 'transaction';
			readonly compares: readonly KvCompare[];
			readonly operations: readonly KvPart[];
			readonly otherwise?: readonly KvPart[] | undefined;
	  };

/** All of `KvInvalidReason`. */
export const invalidReasons = ['notANumber', 'numberOverflow', 'valueTooLarge'] as const;

/** Why an operation cannot be carried out. */
export type KvInvalidReason = (typeof invalidReasons)[number];

/**
 * `version` grows with every change of the key; 0 for an absent key; `undefined` where the service does not tell. Where keys
 * belong together, by a batch or a clear, versions number the changes of all of them: all that one batch changes gets one.
 */
export type KvResult =
	/** Of `get`. `value` is `undefined` when the key is absent. */
	| {readonly type: 'value'; readonly value: string | undefined; readonly version: number | undefined}
	/** Of `put`, `append` and `compareAndSet`. `previous` is what the answer of a put said was there before, if it did. */
	| {
			readonly type: 'written';
			readonly version: number | undefined;
			readonly previous?: {readonly value: string | undefined} | undefined;
	  }
	/** `existed: undefined` where the service does not tell. */
	| {readonly type: 'deleted'; readonly existed: boolean | undefined; readonly version: number | undefined}
	/** Of `compareAndSet`, and of `put` and `delete` with a condition: nothing changed. `observed` is what the answer said is there, if it did. */
	| {
			readonly type: 'conditionFailed';
			readonly observed: {readonly value: string | undefined} | undefined;
			readonly version: number | undefined;
	  }
	/** Of `increment`: the sum. */
	| {readonly type: 'number'; readonly value: bigint; readonly version: number | undefined}
	/** Of `clear`. `count`: how many keys there were, `undefined` where the service does not tell. */
	| {readonly type: 'cleared'; readonly count: number | undefined; readonly version: number | undefined}
	/** Of `edit`. `version`: the revision at which it ran, whatever it changed. */
	| {readonly type: 'edited'; readonly reply: KvReply; readonly version: number | undefined}
	/** The key holds no number, or the sum or the value would be too large: nothing changed. */
	| {readonly type: 'invalid'; readonly reason: KvInvalidReason; readonly version: number | undefined};

/** What was answered. */
export type KvOutput =
	| KvResult
	/** Of each part, in order. */
	| {readonly type: 'batch'; readonly results: readonly KvResult[]}
	/** `results`: of `operations` or of `otherwise`. `revision`: its place among all changes, also where it changed nothing. */
	| {
			readonly type: 'transaction';
			readonly isCommitted: boolean;
			readonly revision: number | undefined;
			readonly results: readonly KvResult[];
	  };

export type KvOperation = Operation<KvInput, KvOutput>;
/** A history of the key/value vocabulary. */
export type KvHistory = History<KvInput, KvOutput>;

const changes: ReadonlySet<KvOutput['type']> = new Set(['written', 'deleted', 'number', 'cleared', 'edited'] as const);

/** Whether the answer tells of a change, whose version is then the answer's. */
export const isChange = ({type}: KvOutput): boolean => changes.has(type);

/** The keys that it names: none for a clear, which concerns all. */
export function keysOf(part: KvPart): readonly string[] {
	if (part.type === 'clear') return [];
	return part.type === 'edit' ? part.keys : [part.key];
}

/** Whether it is the answer of one operation on one key, or of a clear. */
export const isSingle = (output: KvOutput): output is KvResult =>
	output.type !== 'batch' && output.type !== 'transaction';

/** The version in the answer; what has parts has none of its own. */
export function versionOf(output: KvOutput | undefined): number | undefined {
	return output === undefined || !isSingle(output) ? undefined : output.version;
}

/**
 * Whether it is a deletion of what was not there. Our own cluster gives it a revision of its own; etcd tells the one that its
 * store is at, perhaps that of an earlier change.
 */
export function foundNothing(output: KvOutput): boolean {
	return (output.type === 'deleted' && output.existed === false) || (output.type === 'cleared' && output.count === 0);
}

/** The parts of a transaction that were run, by its answer. */
export function partsRun(
	{operations, otherwise = []}: Extract<KvInput, {type: 'transaction'}>,
	isCommitted: boolean,
): readonly KvPart[] {
	return isCommitted ? operations : otherwise;
}

/** Whether it is a deletion that does not tell of anything that it found, so that it may have changed nothing. */
export function mayHaveFoundNothing(output: KvOutput): boolean {
	if (output.type === 'deleted') return output.existed !== true;
	return output.type === 'cleared' && (output.count ?? 0) === 0;
}
