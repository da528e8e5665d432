/** The current term and the vote in it: one record, because a term that is stored without its vote can be voted in twice. */
import {assert} from '../base/errors.js';
import type {Durability} from './durability.js';
import type {HardState, NodeId, Term} from './types.js';

export class TermAndVote {
	readonly #durability: Pick<Durability, 'hardStateChanged'>;
	#hardState: HardState;

	constructor(hardState: HardState, durability: Pick<Durability, 'hardStateChanged'>) {
		this.#hardState = hardState;
		this.#durability = durability;
	}

	get hardState(): HardState {
		return this.#hardState;
	}

	get currentTerm(): Term {
		return this.#hardState.currentTerm;
	}

	get votedFor(): NodeId | undefined {
		return this.#hardState.votedFor;
	}

	isCurrent(term: Term): boolean {
		return term === this.#hardState.currentTerm;
	}

	/** Moves to a newer term (§5.1); the vote is free again. The only place where the term grows but for a candidacy. */
	adopt(term: Term): void {
		assert(term > this.#hardState.currentTerm, 'a term is adopted only when it is newer');
		this.#change({currentTerm: term, votedFor: undefined});
	}

	/** Opens the next term, with a vote for this node. */
	standFor(id: NodeId): void {
		this.#change({currentTerm: (this.#hardState.currentTerm + 1) as Term, votedFor: id});
	}

	voteFor(candidate: NodeId): void {
		assert(this.#hardState.votedFor === undefined, 'a vote is given once in a term');
		this.#change({currentTerm: this.#hardState.currentTerm, votedFor: candidate});
	}

	#change(hardState: HardState): void {
		this.#hardState = hardState;
		this.#durability.hardStateChanged();
	}
}

/** For those who compare terms and never change one. */
export type CurrentTerm = Pick<TermAndVote, 'currentTerm' | 'isCurrent'>;
