/**
 * The vocabulary of key/value histories. Keys and values are strings, compared and concatenated as such; bytes are
 * held as one character a byte (U+0000 to U+00FF), so that nothing is lost.
 */
import type {History, Operation} from './history.js';

/** What compare-and-set asks for: a value (`undefined`: absent), or a version (0: absent). */
export type KvExpected = {readonly value: string | undefined} | {readonly version: number};

export type KvInput =
	| {readonly type: 'get'; readonly key: string}
	| {readonly type: 'put'; readonly key: string; readonly value: string}
	| {readonly type: 'append'; readonly key: string; readonly value: string}
	| {readonly type: 'delete'; readonly key: string}
	| {readonly type: 'compareAndSet'; readonly key: string; readonly expected: KvExpected; readonly value: string};

/**
 * `version` grows with every change of the key (a revision); 0 for an absent key; `undefined` where the service
 * does not tell.
 */
export type KvOutput =
	/** Of `get`. `value` is `undefined` when the key is absent. */
	| {readonly type: 'value'; readonly value: string | undefined; readonly version: number | undefined}
	/** Of `put`, `append` and a successful `compareAndSet`. */
	| {readonly type: 'written'; readonly version: number | undefined}
	/** `existed: undefined` where the service does not tell. */
	| {readonly type: 'deleted'; readonly existed: boolean | undefined; readonly version: number | undefined}
	/** Of `compareAndSet`: nothing changed. `observed` is what the answer said is there, if it did. */
	| {
			readonly type: 'conditionFailed';
			readonly observed: {readonly value: string | undefined} | undefined;
			readonly version: number | undefined;
	  };

export type KvOperation = Operation<KvInput, KvOutput>;
export type KvHistory = History<KvInput, KvOutput>;
