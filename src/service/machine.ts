/**
 * What a state machine is to the service that replicates it. The service brings the rest: the log, exactly once, reads
 * that are linearizable, snapshots, clients.
 *
 * Everything that a machine does is the same on every replica: it depends on the writes, their order and their places in
 * the log, and on nothing else. No clock, no randomness, no input of its own.
 */
import type {Plain} from '../base/plain.js';
import type {LogIndex, Milliseconds, Term} from '../raft/types.js';

/** What a machine exchanges with its clients. Plain data: whoever holds any of it does not change it. */
export interface MachineTypes {
	/** Changes the state: it goes through the log, and runs exactly once. */
	readonly write: unknown;
	/** Leaves the state alone: it is answered from the state at one index, without going through the log. */
	readonly read: unknown;
	/** Of a write or a read. */
	readonly result: unknown;
	/** What a write does beside changing the state, for whoever listens on a replica. */
	readonly effect: unknown;
}

/** Where in the log a write stands. Valid only while it is being applied. */
export interface Place<T extends MachineTypes = MachineTypes> {
	readonly index: LogIndex;
	readonly term: Term;
	/** A number of its own for each write, greater than that of all before it; never behind the log's index. */
	readonly revision: number;
	/** The only clock that there is: milliseconds that leaders saw pass. It never goes back, and no wall clock moves it. */
	readonly logTime: Milliseconds;
	/** Tells whoever listens on this replica. Every replica tells the same, in the same order. */
	readonly emit: (effect: T['effect']) => void;
}

/** The state at one index, held for a snapshot while the living state goes on. */
export interface FrozenMachine {
	/** How many items its frames hold in all: whoever reads them back compares it. */
	readonly itemCount: number;
	/**
	 * The state as frames of plain data, each of about so many bytes, more only where one item is larger. Is walked through
	 * once; each step takes time in proportion to its frame, never to the state.
	 */
	frames(bytesMax: number): Iterator<Plain>;
	/** It is not needed any more. */
	release(): void;
}

/** Builds a state beside the living one, frame by frame. */
export interface MachineReader<T extends MachineTypes> {
	/** The next frame; whether it is valid. Byte arrays in it are views: what is kept of them is copied. */
	take(frame: Plain): boolean;
	/** Items that the frames have held so far. */
	readonly itemCount: number;
	/** The state, once all frames are in; `undefined` where they do not make one. `revision`: of the state, see `Place`; a service tells it. */
	finish(revision?: number): StateMachine<T> | undefined;
}

/** Of a machine whose state changes as time goes by. Time is what the log says it is: see `ReplicatedState.wallTime`. */
export interface TimedState<T extends MachineTypes = MachineTypes> {
	/**
	 * It is so late now, in Unix ms, for all that comes after; never less than before. Does a bounded part of what that makes due.
	 * `revision`: of the entry that says so; of a snapshot, that of its state.
	 */
	advance(wallTime: Milliseconds, revision: number): void;
	/** Nothing changes by itself before this, in Unix ms; Infinity: nothing ever does. */
	nextDeadline(): Milliseconds;
	/** When the answer to this read changes by itself; Infinity: never. */
	deadlineOf(read: T['read']): Milliseconds;
	/** For statistics: how many items go by themselves, and after how many ms on average. Not there: nobody counts them. */
	expiring?(): {readonly count: number; readonly meanMs: number};
}

/** Of a machine with reads whose answers wait until there is something to tell: see `Words.waitMsOf`. */
export interface AwaitedState<T extends MachineTypes = MachineTypes> {
	/**
	 * The read that is to be asked from here on, if it has nothing to tell of anything up to this revision, which is that of the
	 * state; `undefined`: it is to be answered now. Is asked again after entries were applied.
	 */
	continued(read: T['read'], revision: number): T['read'] | undefined;
}

/** One replica's state. */
export interface StateMachine<T extends MachineTypes> {
	/** How many items the state holds, such as keys: for statistics, and as the frames of a snapshot hold them. */
	readonly itemCount: number;
	/** Bytes that the state takes in memory, about: what a limit of memory is held against. */
	readonly byteLength: number;
	/** Bytes copied for the sake of a snapshot that is being taken, ever, and other work as bytes: the part of an entry's work that its size does not tell. */
	readonly copiedBytes: number;
	/** Runs the next write. It must not throw: what cannot be done is a result. What is kept of the write's byte arrays is copied. */
	apply(write: T['write'], place: Place<T>): T['result'];
	/**
	 * Answers from the state as it is. Byte arrays in the result may be views, valid until the next write. `revision`: the
	 * latest that the state has, see `Place`; a service tells it.
	 */
	read(read: T['read'], revision?: number): T['result'];
	/** Holds the state as it is now, in constant time or nearly; `apply` goes on meanwhile. One at a time. */
	freeze(): FrozenMachine;
	/** Equal for equal states, whatever way they were reached: replicas are compared by it, in tests and checks. */
	hash(): string;
	/** For each of these writes, one after the other, whether the state may grow by what it adds, with room for so many bytes. */
	fits(writes: readonly T['write'][], room: number): readonly boolean[];
	/** No write makes the state grow by more than so many times its own encoded bytes; but see `growsWithState`. */
	readonly growthFactorMax: number;
	/** Whether it may for this write, since what the write adds depends on what is there: then `fits` is asked. @default no write does */
	growsWithState?(write: T['write']): boolean;
	/** @default the state changes by writes alone */
	readonly timed?: TimedState<T>;
	/** @default every read is answered at once */
	readonly awaited?: AwaitedState<T>;
}

/**
 * What clients and servers say, as arrays of plain data (what CBOR can carry). Nothing that is parsed is trusted: bytes
 * come from clients, and what is wrong is `undefined`, never an exception. The first element of an array is not one of
 * the numbers from 9 to 31: they are the service's own.
 */
export interface Words<T extends MachineTypes> {
	/** A write as an array of plain data. */
	plainOfWrite(write: T['write']): Plain;
	/** The write that begins at that place of the array; `undefined` where that is none. */
	parseWrite(plain: Plain, from: number): T['write'] | undefined;
	/** A read as an array of plain data. */
	plainOfRead(read: T['read']): Plain;
	/** The read that the array is; `undefined` where it is none. */
	parseRead(plain: Plain): T['read'] | undefined;
	/** Whether what the write does depends on the time: then its leader tells the time in front of it. @default no write does */
	isTimed?(write: T['write']): boolean;
	/**
	 * How long the answer to this read may wait for something to tell, in ms: see `AwaitedState`. Then the read is answered as it
	 * is. It waits in a request of its own. @default 0 for every read: it is answered at once
	 */
	waitMsOf?(read: T['read']): Milliseconds;
	/** A result as an array of plain data. */
	plainOfResult(result: T['result']): Plain;
	/** The result that the array is; `undefined` where it is none. */
	parseResult(plain: Plain): T['result'] | undefined;
	/** Bytes that a write takes in a request, about: never less. */
	bytesOfWrite(write: T['write']): number;
	/** Bytes that a read takes in a request, about: never less. */
	bytesOfRead(read: T['read']): number;
	/** What a result counts for where results are kept: its bytes, and something for itself. The same on every replica. */
	bytesOfResult(result: T['result']): number;
}

/** A kind of state machine. */
export interface Machine<T extends MachineTypes = MachineTypes> {
	/** Stands in snapshots: a machine of another name does not read them. */
	readonly name: string;
	/** Of the frames of its snapshots, from 1. */
	readonly version: number;
	readonly words: Words<T>;
	/** The state before the first write. */
	create(): StateMachine<T>;
	/** For a snapshot that this version of the machine wrote, or an earlier one; `undefined` for a version that it cannot read. */
	beginRestore(version: number): MachineReader<T> | undefined;
}
