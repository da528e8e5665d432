/** The key/value machine's words: operations and their results. */
import type {ChangeEvent} from './changes/change-event.js';

/** Bytes as a string: each character is one byte, U+0000 to U+00FF. */
export type ByteString = string;
/**
 * Exact for binary keys, cheap as a Map key; text becomes UTF-8 bytes at the edge (see the clerk actor). A key of another database than
 * 0 has one character in front: see `database-name`.
 */
export type Key = ByteString;
/** From 0 to 15. */
export type DatabaseNumber = number;
/** Bytes. Whoever holds a value must not change it. */
export type Value = Uint8Array;
/**
 * The revision that the key's last change made; 0 for a key that is absent. Revisions number what the log carries: each
 * operation takes one, and each other entry. So they never fall behind the log's indexes, and no two changes share one.
 */
export type Version = number;
/** Unix time in ms, from 1. */
export type Deadline = number;

/** A lease's number: the revision that granted it. */
export type LeaseId = number;

/**
 * Until when a key is there. At its deadline it is absent for everything, by the clock that the log carries: see
 * `ReplicatedState.wallTime`. `ttlMs` counts from the entry that carries the operation, whatever the client's clock says.
 */
export type Expiry = {readonly ttlMs: number} | {readonly expiresAt: number};

/** Only if the key has this value; or only if it has another one, or is absent. */
export type ValueCondition = {readonly is: Value} | {readonly isNot: Value};

/** The key, which is of database 0, is there as long as the lease. */
export interface Attachment {
	readonly leaseId: LeaseId;
}

/** Changes the state; goes through the log, exactly once. */
export type WriteOperation =
	| {
			readonly type: 'put';
			readonly key: Key;
			readonly value: Value;
			/** Only if the key is absent, or only if it is present, or see `ValueCondition`. */
			readonly condition?: 'absent' | 'present' | ValueCondition | undefined;
			/** Put the value that was there into the result. */
			readonly returnPrevious?: boolean | undefined;
			/** `'keep'`: the deadline or the lease that the key has. Without it the key has none afterwards. */
			readonly expiry?: Expiry | Attachment | 'keep' | undefined;
	  }
	| {readonly type: 'append'; readonly key: Key; readonly value: Value}
	| {readonly type: 'delete'; readonly key: Key; readonly condition?: ValueCondition | undefined}
	| {readonly type: 'compareAndSet'; readonly key: Key; readonly expected: Expected; readonly value: Value}
	/** The value as a signed 64-bit decimal number (an absent key counts as 0), plus `by`. */
	| {readonly type: 'increment'; readonly key: Key; readonly by: bigint}
	/** Gives the key another deadline, or none; one that is over deletes the key. */
	| {
			readonly type: 'expire';
			readonly key: Key;
			readonly expiry: Expiry | 'never';
			/** Only if the key has no deadline, or only if it has one. */
			readonly condition?: 'absent' | 'present' | undefined;
			/** Only if the new deadline is later than that of the key, or earlier; none is later than any. */
			readonly order?: 'later' | 'earlier' | undefined;
	  }
	/** Deletes every key of one database, 0 if none is named, or of all. Leases stay. */
	| {readonly type: 'clear'; readonly database?: DatabaseNumber | 'all' | undefined}
	/** Runs a script of Lua, in one step: all that it changes, or nothing if it fails. See `src/kv/script`. */
	| ({readonly type: 'script'} & Script)
	/** Computes what it writes from what is there, in one step: see `src/kv/edits`. */
	| ({readonly type: 'edit'} & Edit)
	| LeaseOperation
	| KeepChanges
	/** All in one step, in order; each part has a result of its own, and a part that fails does not undo the others. */
	| {
			readonly type: 'batch';
			readonly operations: readonly Part[];
	  }
	/**
	 * If all compares hold, `operations`, else `otherwise`, all in one step, in order. Nothing comes between the compares and
	 * the parts. Each part has a result of its own, and a part that fails does not undo the others.
	 */
	| {
			readonly type: 'transaction';
			readonly compares: readonly Compare[];
			readonly operations: readonly Part[];
			readonly otherwise?: readonly Part[] | undefined;
			/** Of those among these keys that are absent, changes are noted from here on: what `absentSince` asks for. */
			readonly watched?: readonly Key[] | undefined;
	  };

/** A script of Lua, in the dialect of Redis 7.0. */
export interface Script {
	/** Its text. */
	readonly source: Value;
	/** What it finds in KEYS: names in whichever database it has selected. */
	readonly keys: readonly ByteString[];
	/** What it finds in ARGV. */
	readonly values: readonly Value[];
	/** Commands that change something are refused. */
	readonly isReadOnly?: boolean | undefined;
	/** The one in which it begins. @default 0 */
	readonly database?: DatabaseNumber | undefined;
}

/** The commands of Redis that are edits. */
export type EditName =
	| 'rename'
	| 'renamenx'
	| 'copy'
	| 'setrange'
	| 'incrbyfloat'
	| 'setbit'
	| 'bitop'
	| 'msetnx'
	| 'bitfield'
	| 'move'
	| 'swapdb';

/** A command of Redis 7.0 that reads before it writes. */
export interface Edit {
	readonly name: EditName;
	/** In the order of the command. Of `move`: the key, and the one that it becomes. */
	readonly keys: readonly Key[];
	/** The other words of the command, in their order; of `copy` none, or `replace`; of `swapdb` both numbers. */
	readonly values: readonly Value[];
}

/** What a script or an edit answers: what RESP can carry. A text is a bulk string, `undefined` nothing at all. */
export type ScriptReply =
	| undefined
	| ByteString
	| bigint
	| boolean
	| {readonly type: 'status'; readonly text: ByteString}
	| {readonly type: 'error'; readonly text: ByteString}
	| {readonly type: 'double'; readonly value: number}
	| {readonly type: 'list' | 'set'; readonly items: readonly ScriptReply[]}
	/** Each key with its value behind it. */
	| {readonly type: 'map'; readonly items: readonly ScriptReply[]};

/** What a batch or a transaction is made of. */
export type Part = Exclude<
	Operation,
	{type: 'batch' | 'transaction' | 'lease' | 'keepChanges' | 'getLease' | 'scan' | 'count' | 'changes'}
>;

/** Asks whether a key is as expected; with `isNegated`, whether it is not. */
export interface Compare {
	readonly key: Key;
	readonly expected: Expected | AbsentSince;
	readonly isNegated?: boolean | undefined;
}

/**
 * The key is absent, and was never there since the transaction of that revision began to watch it. Where that is not known
 * any more (see `WatchedKeys`) it does not hold.
 */
export interface AbsentSince {
	readonly absentSince: Version;
}

/** What compare-and-set asks for: a value (`undefined`: absent), or a version (0: absent). */
export type Expected = {readonly value: Value | undefined} | {readonly version: Version};

/** Grants a lease, gives it all of its time again, or ends it, and with it its keys. Its time counts from the entry. */
export type LeaseOperation =
	| {readonly type: 'lease'; readonly action: 'grant'; readonly ttlMs: number}
	| {readonly type: 'lease'; readonly action: 'keepAlive' | 'revoke'; readonly leaseId: LeaseId};

/**
 * Somebody watches: all replicas remember changes from here on, for `changesKeptMs` of the log's time, and longer if it is asked
 * for again. Its answer is as that of a `changes` which asks for none.
 */
export interface KeepChanges {
	readonly type: 'keepChanges';
}

/** What is known of a lease. */
export interface LeaseRead {
	readonly type: 'getLease';
	readonly leaseId: LeaseId;
	/** Of its keys: none are told if there are more. */
	readonly keysMax: number;
}

/**
 * All changes after a revision, in the order of the log. While there are none, the answer waits for one; after `waitMs` it tells that
 * there are none up to now. Whoever asks again from the revision of each answer on misses none and gets none twice, whichever
 * replicas answer.
 */
export interface ChangesRead {
	readonly type: 'changes';
	/** `undefined`: tells the present revision, and no changes. */
	readonly after: Version | undefined;
	/** Only of keys that begin with this, and of all keys of its database together. @default all of database 0 */
	readonly prefix?: Key | undefined;
	/** 0: does not wait. */
	readonly waitMs: number;
	/** Of all databases, whatever the prefix. @default false */
	readonly ofAllDatabases?: boolean | undefined;
}

/** What became of one key at one revision. */
export interface Change {
	readonly revision: Version;
	/** What it was, as Redis calls it: see `typeOfEvent`. */
	readonly event: ChangeEvent;
	/** Of `clear` that of the empty name in the database that was cleared: it is told whatever the prefix. */
	readonly key: Key;
	/** What is there now; empty if nothing is. */
	readonly value: Value;
	/** The key was absent before. */
	readonly isNew: boolean;
	/** The write has given the key a deadline, too. */
	readonly setsDeadline: boolean;
}

/** What there is in one database. */
export interface DatabaseCount {
	/** Keys. */
	readonly count: number;
	/** Keys that have a deadline or a lease. */
	readonly expiringCount: number;
	/** How long keys with a deadline of their own are still there, on average, about: ms. */
	readonly expireAfterMs: number;
}

/** The value of one key. */
export interface GetOperation {
	readonly type: 'get';
	readonly key: Key;
	/**
	 * Asks for its length, version and deadline, and not for the value, which the answer may leave out: see the result. A part of a
	 * batch or a transaction is answered with the value all the same. @default false
	 */
	readonly withoutValue?: boolean | undefined;
}

/** Leaves the state alone; served by ReadIndex, not logged. */
export type ReadOperation =
	| GetOperation
	/**
	 * Keys in the order of their positions, which say nothing of their names: a key has the same position on every replica, for
	 * ever. So whoever goes on from where an answer ended, until there is no more, gets each key that is there from the first
	 * answer to the last, once.
	 */
	| {
			readonly type: 'scan';
			/** The first position: 0, or where an answer said to go on. */
			readonly from: ScanPosition;
			/** The position to end before. @default `scanEnd` */
			readonly to?: ScanPosition | undefined;
			/** Only keys that begin with this; it names their database, too. @default all of database 0 */
			readonly prefix?: Key | undefined;
			/** How many keys are looked at, about, whether they begin with the prefix or not. From 1. */
			readonly lookedAtMax: number;
			/** Brings the values, too. @default false */
			readonly hasValues?: boolean | undefined;
	  }
	/** How many keys there are in a database. */
	| {
			readonly type: 'count';
			/** `'all'`: each of them, and all together. @default 0 */
			readonly database?: DatabaseNumber | 'all' | undefined;
	  }
	| ChangesRead
	| LeaseRead;

/** A whole number from 0, less than `scanEnd`. */
export type ScanPosition = number;

/** What needs no more of a store than to find keys by their names. */
export type NamedOperation = WriteOperation | GetOperation;

/** What a client can ask for. */
export type Operation = WriteOperation | ReadOperation;

/** What became of one operation. `version` is the key's version afterwards. */
export type Result =
	/** Of `get`. */
	| {
			readonly type: 'value';
			readonly value: Value | undefined;
			readonly version: Version;
			/** When the key is absent by itself; not there: never. */
			readonly expiresAt?: Deadline | undefined;
			/** Of `get` with `withoutValue`, where the key is there and its value is left out: bytes of the value. */
			readonly length?: number | undefined;
	  }
	/** Of `scan`: all keys from its first position up to `next`, at this revision. */
	| {
			readonly type: 'keys';
			readonly revision: Version;
			/** Where to go on; `undefined`: there is no more. */
			readonly next: ScanPosition | undefined;
			/** Their names in the database. */
			readonly keys: readonly ByteString[];
			/** In the order of the keys, and so are the values. */
			readonly versions: readonly Version[];
			/** Of a scan with `hasValues`. */
			readonly values?: readonly Value[] | undefined;
	  }
	/** Of `count`. */
	| {
			readonly type: 'count';
			readonly revision: Version;
			readonly count: number;
			/** Of a count of all databases: each of them, from 0 on. */
			readonly databases?: readonly DatabaseCount[] | undefined;
	  }
	/** Of `put`, `append` and a successful `compareAndSet`; `length`: bytes of the value now. */
	| {
			readonly type: 'written';
			readonly version: Version;
			readonly length: number;
			readonly previous?: Value | undefined;
	  }
	/** Of `delete`: `existed` tells whether there was something; `version` is that of the deletion. */
	| {readonly type: 'deleted'; readonly existed: boolean; readonly version: Version}
	/** Of `put` or `delete` whose condition, or `compareAndSet` whose expectation did not hold: nothing changed; what is there now. */
	| {readonly type: 'conditionFailed'; readonly value: Value | undefined; readonly version: Version}
	| {readonly type: 'number'; readonly value: bigint; readonly version: Version}
	/** Of `expire`: whether it changed something. */
	| {readonly type: 'expirySet'; readonly isSet: boolean; readonly version: Version}
	/** Of `script` and `edit`: what it answers. Where it failed, nothing has changed, and the answer says why. */
	| {
			readonly type: 'scripted';
			readonly isApplied: boolean;
			readonly reply: ScriptReply;
			readonly version: Version;
	  }
	| {readonly type: 'cleared'; readonly count: number; readonly version: Version}
	/** Of `lease` and `getLease`. */
	| {
			readonly type: 'lease';
			/** Whether there is one; of `revoke`: whether there was. */
			readonly isThere: boolean;
			readonly leaseId: LeaseId;
			/** 0: there is none any more. */
			readonly ttlMs: number;
			readonly expiresAt: Deadline;
			/** 0 for a read. */
			readonly version: Version;
			/** Of a read. */
			readonly keyCount?: number | undefined;
			readonly keys?: readonly Key[] | undefined;
	  }
	/** Of `keepChanges` none. Of `changes`: all of them after the revision that was asked for, up to this one. Those of one revision stand together. */
	| {readonly type: 'changes'; readonly revision: Version; readonly changes: readonly Change[]}
	/**
	 * Of `changes`: the replica does not remember so far back; it does after this revision. Also where all keys of the database were
	 * exchanged for those of another one at this revision: all of them are to be read anew.
	 */
	| {readonly type: 'compacted'; readonly revision: Version}
	| {readonly type: 'batch'; readonly results: readonly Result[]}
	/** `results`: of `operations` where all compares held, else of `otherwise`. `revision`: its place, whatever it changed. */
	| {
			readonly type: 'transaction';
			readonly isCommitted: boolean;
			readonly revision: Version;
			readonly results: readonly Result[];
	  }
	/** The operation cannot be carried out, whoever asks and however often. Nothing changed. */
	| {
			readonly type: 'invalid';
			/**
			 * `outOfMemory` and `malformed`: as earlier versions kept them in their snapshots. `resultTooLarge`: of a part of a
			 * transaction, where the parts before it have given as much as one answer may hold. `notWatched`: a key that is absent
			 * cannot be watched here. `noSuchLease`: it is over, or there never was one, or the key is not of database 0.
			 */
			readonly reason:
				| 'notANumber'
				| 'numberOverflow'
				| 'valueTooLarge'
				| 'malformed'
				| 'outOfMemory'
				| 'resultTooLarge'
				| 'notWatched'
				| 'noSuchLease'
				| 'tooManyLeases';
			readonly version: Version;
	  };
