/**
 * What a node tells whoever watches it. Nothing depends on these: a node behaves the same whether somebody listens or not.
 * Each is rare (a few a second at the most, whatever the load), so that telling it costs nothing.
 */
import type {TransferFailure} from './transfer-outcome.js';
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
	 * election timeout (dissertation §6.2). `diskStalled`: its own disk does not answer. `transferred`: it has handed its place over
	 * (dissertation §3.10).
	 */
	| {readonly type: 'leadershipLost'; readonly term: Term; readonly reason: LossReason}
	/**
	 * It stands for election, in this term if enough of the others would vote for it (they are asked first, dissertation §9.6).
	 * Told anew for each attempt. `leaderId`: the leader that it heard last, if it knows of one.
	 */
	| {
			readonly type: 'electionStarted';
			readonly term: Term;
			readonly cause: ElectionCause;
			readonly leaderId: NodeId | undefined;
	  }
	/** This leader begins to hand its place over to `to`, and takes no proposals meanwhile (dissertation §3.10). */
	| {readonly type: 'transferStarted'; readonly term: Term; readonly to: NodeId}
	/** That node leads now, in this term. */
	| {readonly type: 'transferDone'; readonly term: Term; readonly to: NodeId}
	/** It does not, as far as this node knows. One that still leads takes proposals again. */
	| {readonly type: 'transferGivenUp'; readonly term: Term; readonly to: NodeId; readonly reason: TransferFailure}
	/** A write has been on its way to this node's disk for `diskStallMs`: meanwhile the node neither stands for election nor goes on to lead. */
	| {readonly type: 'diskSlow'; readonly stalledMs: Milliseconds}
	/** The disk answers again; it took so long. */
	| {readonly type: 'diskRecovered'; readonly stalledMs: Milliseconds}
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
export type LossReason = 'newerTerm' | 'noQuorum' | 'diskStalled' | 'transferred';

/**
 * Why a node stands for election. `leaderDown`: whoever runs the nodes has said that its leader's life has ended. `leaderSilent`: it has heard nothing of its leader for an election timeout. `noLeader`: it
 * knew of none, because it has just started, or a term has begun that nobody leads. `votesMissing`: its last attempt brought
 * no majority (a split vote, or the others did not answer). `transfer`: the leader has asked it to take its place.
 */
export type ElectionCause = 'leaderDown' | 'leaderSilent' | 'noLeader' | 'votesMissing' | 'transfer';
