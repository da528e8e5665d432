/** Judges elections: one vote in a term, which is on the voter's disk, a majority of votes for a leader, and one leader in a term. */
import type {LogImage} from './log-image.js';
import type {Report} from './violation.js';

export class ElectionJudge {
	readonly #report: Report;
	readonly #nodeCount: number;
	readonly #leaders = new Map<number, number>();
	/** By term: whom each voter has voted for. */
	readonly #votes = new Map<number, Map<number, number>>();

	constructor(nodeCount: number, report: Report) {
		this.#report = report;
		this.#nodeCount = nodeCount;
	}

	/** A node tells somebody of its vote; `durable`: what its disk has acknowledged. */
	votes(node: number, candidate: number, term: number, durable: LogImage): void {
		let votes = this.#votes.get(term);
		if (votes === undefined) this.#votes.set(term, (votes = new Map<number, number>()));
		const before = votes.get(node);
		if (before !== undefined && before !== candidate) {
			this.#report('oneVote', `node ${node} votes for ${candidate} in term ${term}, after it voted for ${before}`);
		}
		votes.set(node, candidate);
		if (durable.currentTerm === term && durable.votedFor === candidate) return;
		const held = `its disk has term ${durable.currentTerm} and a vote for ${durable.votedFor}`;
		this.#report('durableVote', `node ${node} votes for ${candidate} in term ${term}, and ${held}`);
	}

	/** A node acts as the leader of a term. */
	leads(node: number, term: number): void {
		const known = this.#leaders.get(term);
		if (known === undefined) this.#leaders.set(term, node);
		else if (known !== node) this.#report('electionSafety', `nodes ${known} and ${node} both lead term ${term}`);
	}

	/** A node has become the leader of a term. */
	elected(node: number, term: number): void {
		this.leads(node, term);
		const votes = [...(this.#votes.get(term) ?? [])].filter(([, candidate]) => candidate === node);
		// A cluster of one asks nobody.
		if (this.#nodeCount === 1 || votes.length > this.#nodeCount / 2) return;
		const voters = votes.map(([voter]) => voter).join(', ');
		this.#report('majorityVote', `node ${node} leads term ${term} with the votes of ${voters || 'nobody'}`);
	}
}
