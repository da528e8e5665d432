/**
 * What a node tells whoever watches it. Nothing depends on these: a node behaves the same whether somebody listens or not.
 * Each is rare (a few a second at the most, whatever the load), so that telling it costs nothing.
 */
import type {LogIndex, Milliseconds, NodeId, Role, Term} from './types.js';

/** What happened to a node. Times in ms. */
export type RaftEvent =
	/** It has another role, has entered another term, or knows of another leader. */
	| {
			readonly type: 'roleChanged';
			readonly role: Role;
			readonly term: Term;
			/** `undefined` while it knows of none. */
			readonly leaderId: NodeId | undefined;
	  }
	/**
	 * It leads no more. `newerTerm`: somebody else has begun a later term (§5.1). `noQuorum`: no majority has answered it for an
	 * election timeout (dissertation §6.2). `diskStalled`: its own disk does not answer.
	 */
	| {readonly type: 'leadershipLost'; readonly term: Term; readonly reason: LossReason}
	/** This leader has had entries that it could not commit for `stalledMs`; the last that is committed is at `commitIndex`. */
	| {
			readonly type: 'commitStalled';
			readonly term: Term;
			readonly commitIndex: LogIndex;
			readonly lastIndex: LogIndex;
			readonly stalledMs: Milliseconds;
	  }
	/** It commits again. */
	| {
			readonly type: 'commitResumed';
			readonly term: Term;
			readonly commitIndex: LogIndex;
			readonly stalledMs: Milliseconds;
	  }
	/** The service's own snapshot up to this index is durable, and the log before it is gone. */
	| {readonly type: 'snapshotTaken'; readonly index: LogIndex}
	/** This leader begins to send its snapshot to a node that lacks what the log no longer has (§7). */
	| {readonly type: 'snapshotSending'; readonly to: NodeId; readonly index: LogIndex}
	/** That node has it. */
	| {readonly type: 'snapshotSent'; readonly to: NodeId; readonly index: LogIndex}
	/** A leader's snapshot is the state of this node now. */
	| {readonly type: 'snapshotInstalled'; readonly index: LogIndex};

/** Why a leader leads no more: see `leadershipLost`. */
export type LossReason = 'newerTerm' | 'noQuorum' | 'diskStalled';
