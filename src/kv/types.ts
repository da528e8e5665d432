/**
 * The key/value service's words: operations, their results, and what passes between a clerk and a server.
 */
import type {Milliseconds, NodeId} from '../raft/types.js';

/** Bytes as a string: each character is one byte, U+0000 to U+00FF. */
export type ByteString = string;
/** Exact for binary keys, cheap as a Map key; text becomes UTF-8 bytes at the edge (see the clerk actor). */
export type Key = ByteString;
/** Bytes. Whoever holds a value must not change it. */
export type Value = Uint8Array;
/**
 * The revision that the key's last change made; 0 for a key that is absent. Revisions number what the log carries: each
 * operation takes one, and each other entry. So they never fall behind the log's indexes, and no two changes share one.
 */
export type Version = number;

/** Changes the state; goes through the log, exactly once. */
export type WriteOperation =
	| {
			readonly type: 'put';
			readonly key: Key;
			readonly value: Value;
			/** Only if the key is absent, or only if it is present. */
			readonly condition?: 'absent' | 'present' | undefined;
			/** Put the value that was there into the result. */
			readonly returnPrevious?: boolean | undefined;
	  }
	| {readonly type: 'append'; readonly key: Key; readonly value: Value}
	| {readonly type: 'delete'; readonly key: Key}
	| {readonly type: 'compareAndSet'; readonly key: Key; readonly expected: Expected; readonly value: Value}
	/** The value as a signed 64-bit decimal number (an absent key counts as 0), plus `by`. */
	| {readonly type: 'increment'; readonly key: Key; readonly by: bigint}
	/** Deletes every key. */
	| {readonly type: 'clear'}
	/** All in one step, in order; each part has a result of its own, and a part that fails does not undo the others. */
	| {
			readonly type: 'batch';
			readonly operations: readonly (Exclude<WriteOperation, {type: 'batch'}> | ReadOperation)[];
	  };

/** What compare-and-set asks for: a value (`undefined`: absent), or a version (0: absent). */
export type Expected = {readonly value: Value | undefined} | {readonly version: Version};

/** Leaves the state alone; served by ReadIndex, not logged. */
export type ReadOperation = {readonly type: 'get'; readonly key: Key};

/** What a client can ask for. */
export type Operation = WriteOperation | ReadOperation;

/** What became of one operation. `version` is the key's version afterwards. */
export type Result =
	/** Of `get`. */
	| {readonly type: 'value'; readonly value: Value | undefined; readonly version: Version}
	/** Of `put`, `append` and a successful `compareAndSet`; `length`: bytes of the value now. */
	| {
			readonly type: 'written';
			readonly version: Version;
			readonly length: number;
			readonly previous?: Value | undefined;
	  }
	/** Of `delete`: `existed` tells whether there was something; `version` is that of the deletion. */
	| {readonly type: 'deleted'; readonly existed: boolean; readonly version: Version}
	/** Of `put` whose condition, or `compareAndSet` whose expectation did not hold: nothing changed; what is there now. */
	| {readonly type: 'conditionFailed'; readonly value: Value | undefined; readonly version: Version}
	| {readonly type: 'number'; readonly value: bigint; readonly version: Version}
	| {readonly type: 'cleared'; readonly count: number; readonly version: Version}
	| {readonly type: 'batch'; readonly results: readonly Result[]}
	/** The operation cannot be carried out, whoever asks and however often. Nothing changed. */
	| {
			readonly type: 'invalid';
			/** `outOfMemory`: see `Refuse`. `malformed`: the log's bytes are no command; the same on every replica, and no session takes note of it. */
			readonly reason: 'notANumber' | 'numberOverflow' | 'valueTooLarge' | 'malformed' | 'outOfMemory';
			readonly version: Version;
	  };

/** An operation under the number by which its session knows it again, from 1. */
export interface NumberedOperation {
	readonly sequence: number;
	readonly operation: WriteOperation | Refuse;
}

/**
 * What a leader puts in the place of a write that it has no memory for. It travels through the log, so every replica
 * answers the same, however much memory it has, and a repeat of the write gets this answer too.
 */
export interface Refuse {
	readonly type: 'refuse';
}

/** A command of the log: one entry. */
export type Command =
	/**
	 * What a client had to say at one time: one or more, each run by itself, in this order. `acknowledged`: the client
	 * has seen the answers up to and including this sequence, so the servers may forget them. `after`: the sequence of the
	 * write before these that the client still waits for, `acknowledged` when there is none. These run only when that one
	 * has run: so the writes of a session take effect in the order of their sequences, whatever the network does.
	 */
	| {
			readonly type: 'operations';
			readonly session: number;
			readonly acknowledged: number;
			readonly after: number;
			readonly operations: readonly NumberedOperation[];
	  }
	/**
	 * Opens a session; its id is the revision that this entry makes, so no two are ever alike. `closes`: the client's session
	 * before it, 0 for none: nothing of that one runs any more, so nothing of it can come after what the new one asks.
	 */
	| {readonly type: 'openSession'; readonly closes: number}
	/** Its client needs the session no more. */
	| {readonly type: 'closeSession'; readonly session: number}
	/**
	 * Moves log time, the only clock that sessions expire by: milliseconds that leaders saw pass, never a wall clock,
	 * so that all replicas agree and no clock jump can expire anybody.
	 */
	| {readonly type: 'clock'; readonly logTime: number};

/** What becomes of an operation, or of another command, when it is applied. */
export type Outcome =
	| Result
	/** `timeoutMs`: after this much log time without a request the session is forgotten. */
	| {readonly type: 'sessionOpened'; readonly session: number; readonly timeoutMs: Milliseconds}
	/** Unknown or expired session: the request was not run, now or ever under this session id. */
	| {readonly type: 'sessionExpired'}
	/** A repeat of something whose answer the client said it has, or no longer wants: it is not run, now or ever. */
	| {readonly type: 'alreadyAcknowledged'}
	/** An earlier write of the session has not run, and the client waits for it: not run, to be sent again behind it. */
	| {readonly type: 'outOfOrder'}
	/** Too many of the session's results are not acknowledged: not run, and may be sent again later. */
	| {readonly type: 'sessionFull'};

/** From a clerk to a server. */
export type KvRequest =
	/** `command`: by `encodeCommand`; becomes one entry of the log, as it is. */
	| {readonly type: 'write'; readonly command: Uint8Array}
	/** `operations`: a `ReadOperation[]`, by `encodeReads`. All are read at one index. */
	| {readonly type: 'read'; readonly operations: Uint8Array};

export type KvReply =
	/** An `Outcome[]` (of a write) or a `Result[]` (of a read), by `encodeOutcomes`; one for each operation of the request. */
	| {readonly type: 'outcomes'; readonly outcomes: Uint8Array}
	/** Nothing of the request was or will be run by this attempt. */
	| {readonly type: 'notLeader'; readonly leaderId: NodeId | undefined}
	/** It may have been run, or may yet be: only a retry under the same session and sequence tells. */
	| {readonly type: 'unknown'; readonly leaderId: NodeId | undefined}
	/** Definitely not run. `overloaded`: later it may be; the others will be refused again. */
	| {readonly type: 'refused'; readonly reason: 'overloaded' | 'tooLarge' | 'malformed'};
