/** One round of pre-votes or of votes: the nodes that said yes, and when the others are asked again. */
import {hasQuorum} from './quorum.js';
import type {Configuration, Milliseconds, NodeId} from './types.js';

/** `transfer`: a round of votes that the leader itself has asked for (dissertation §3.10). */
export type VoteRoundKind = 'preVote' | 'vote' | 'transfer';

export class VoteRound {
	readonly #kind: VoteRoundKind;
	/** The nodes that have not said yes are asked again at this time. */
	askAgainAt: Milliseconds = Infinity;
	readonly #votes = new Set<NodeId>();

	constructor(kind: VoteRoundKind) {
		this.#kind = kind;
	}

	get isPreVote(): boolean {
		return this.#kind === 'preVote';
	}

	get isTransfer(): boolean {
		return this.#kind === 'transfer';
	}

	add(voter: NodeId): void {
		this.#votes.add(voter);
	}

	has(voter: NodeId): boolean {
		return this.#votes.has(voter);
	}

	isWonIn(configuration: Configuration): boolean {
		return hasQuorum(configuration, voter => this.#votes.has(voter));
	}
}
