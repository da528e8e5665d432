/** What becomes of a wish that another node should lead (dissertation §3.10). */
import type {NodeId, Term} from './types.js';

/**
 * Why a transfer is not begun. `notLeader`: this node does not lead. `alreadyLeader`: it is to hand its place over to itself.
 * `notVoter`: the other node may not lead. `noSuccessor`: none of the others answers. `underWay`: another transfer is not over.
 */
export type TransferRefusal = 'notLeader' | 'alreadyLeader' | 'notVoter' | 'noSuccessor' | 'underWay';

/**
 * Why a transfer is given up after an election timeout. `behind`: the other node did not get all of the log in time. `noElection`:
 * it had the log, and began no election. Beyond that the former leader leads no more: `otherLeader`: somebody else has won;
 * `noLeader`: it has not heard of a new leader for an election timeout.
 */
export type TransferFailure = 'behind' | 'noElection' | 'otherLeader' | 'noLeader';

/** What has become of a transfer. */
export type TransferOutcome =
	/** That node leads, in this term. */
	| {readonly type: 'done'; readonly to: NodeId; readonly term: Term}
	/** Nothing was begun. `leaderId`: the leader, as far as the node knows. */
	| {readonly type: 'refused'; readonly reason: TransferRefusal; readonly leaderId: NodeId | undefined}
	| {readonly type: 'givenUp'; readonly to: NodeId; readonly reason: TransferFailure};
