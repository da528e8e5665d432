/** What passes between a clerk and a server, and what the log carries, whatever the state machine is. */
import type {Milliseconds, NodeId} from '../raft/types.js';
import type {MachineTypes} from './machine.js';

/** A write under the number by which its session knows it again, from 1. */
export interface NumberedWrite<T extends MachineTypes> {
	readonly sequence: number;
	/** `undefined`: a leader had no memory for the write, and says so in its place: see `OutOfMemory`. */
	readonly write: T['write'] | undefined;
}

/** A command of the log: one entry. */
export type Command<T extends MachineTypes> =
	/**
	 * What a client had to say at one time: one or more, each run by itself, in this order. `acknowledged`: the client
	 * has seen the answers up to and including this sequence, so the servers may forget them. `after`: the sequence of the
	 * write before these that the client still waits for, `acknowledged` when there is none. These run only when that one
	 * has run: so the writes of a session take effect in the order of their sequences, whatever the network does.
	 */
	| {
			readonly type: 'writes';
			readonly session: number;
			readonly acknowledged: number;
			readonly after: number;
			readonly writes: readonly NumberedWrite<T>[];
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
	 * so that all replicas agree and no clock jump can expire anybody. `wallTime`: Unix ms, as the leader has it, where the
	 * machine's state depends on it; 0 where it does not. Neither goes back: see `ReplicatedState.wallTime`.
	 */
	| {readonly type: 'clock'; readonly logTime: number; readonly wallTime: number};

/**
 * A leader had no memory for a write. Its refusal travels through the log in the write's place, so every replica answers
 * the same, however much memory it has, and a repeat of the write gets this answer too.
 */
export interface OutOfMemory {
	readonly type: 'outOfMemory';
}

export const outOfMemory: OutOfMemory = {type: 'outOfMemory'};

/** What a session keeps of a write until its client has it. */
export type Kept<T extends MachineTypes> = {readonly type: 'result'; readonly result: T['result']} | OutOfMemory;

/** What becomes of a write or read, or of another command, when it is applied. */
export type Outcome<T extends MachineTypes> =
	| Kept<T>
	/** `timeoutMs`: after this much log time without a request the session is forgotten. */
	| {readonly type: 'sessionOpened'; readonly session: number; readonly timeoutMs: Milliseconds}
	/** Unknown or expired session: the request was not run, now or ever under this session id. */
	| {readonly type: 'sessionExpired'}
	/** A repeat of something whose answer the client said it has, or no longer wants: it is not run, now or ever. */
	| {readonly type: 'alreadyAcknowledged'}
	/** An earlier write of the session has not run, and the client waits for it: not run, to be sent again behind it. */
	| {readonly type: 'outOfOrder'}
	/** Too many of the session's results are not acknowledged: not run, and may be sent again later. */
	| {readonly type: 'sessionFull'}
	/** The log's bytes are no command: the same on every replica, and no session takes note of it. */
	| {readonly type: 'malformed'}
	/** Of what no state feels: nobody waits for it. */
	| {readonly type: 'done'};

/** A read of nothing: its answer says that the server leads, and has applied every write that was acknowledged before. */
export const barrier: unique symbol = Symbol('barrier');

/** What is read of a machine, or nothing. */
export type ReadOrBarrier<T extends MachineTypes> = T['read'] | typeof barrier;

/** The answer to it. */
export type ReadResult<T extends MachineTypes> = T['result'] | typeof barrier;

/** From a clerk to a server. */
export type ServiceRequest =
	/** `command`: by `encodeCommand`; becomes one entry of the log, as it is. */
	| {readonly type: 'write'; readonly command: Uint8Array}
	/** `reads`: by `encodeReads`. All are answered at one index. */
	| {readonly type: 'read'; readonly reads: Uint8Array};

export type ServiceReply =
	/** By `encodeOutcomes`; one for each write or read of the request. */
	| {readonly type: 'outcomes'; readonly outcomes: Uint8Array}
	/** Nothing of the request was or will be run by this attempt. */
	| {readonly type: 'notLeader'; readonly leaderId: NodeId | undefined}
	/** It may have been run, or may yet be: only a retry under the same session and sequence tells. */
	| {readonly type: 'unknown'; readonly leaderId: NodeId | undefined}
	/**
	 * Definitely not run. `overloaded`: later it may be; the others will be refused again. `tooManyWaiting`: as many reads wait for
	 * something to tell as may.
	 */
	| {readonly type: 'refused'; readonly reason: 'overloaded' | 'tooLarge' | 'malformed' | 'tooManyWaiting'};
