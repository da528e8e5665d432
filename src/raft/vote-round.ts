/** One round of pre-votes or of votes: the nodes that said yes, and when the others are asked again. */
import {hasQuorum} from './quorum.js';
import type {Configuration, Milliseconds, NodeId} from './types.js';

export class VoteRound {
	readonly isPreVote: boolean;
	/** The nodes that have not said yes are asked again at this time. */
	askAgainAt: Milliseconds = Infinity;
	readonly #votes = new Set<NodeId>();

	constructor(isPreVote: boolean) {
		this.isPreVote = isPreVote;
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
