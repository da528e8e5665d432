/**
 * What a node is in the current term, and whom it knows to lead. All changes of role are made here, each by one method
 * that resets everything that it ends.
 *
 *                  election timeout        quorum would vote         quorum voted
 *      follower ───────────────▶ preCandidate ─────────▶ candidate ─────────────▶ leader
 *         ▲                            │                     │                      │
 *         └────────────────────────────┴── higher term, or a leader's message ──────┘
 */
import type {ElectionTimer} from './election-timer.js';
import type {LossReason} from './events.js';
import type {Leader} from './leader.js';
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import type {Reads} from './reads.js';
import type {Clock} from './step-clock.js';
import type {CurrentTerm} from './term-and-vote.js';
import type {AppendEntries, Milliseconds, NodeId, Role, ServiceInput, Term} from './types.js';
import {VoteRound, type VoteRoundKind} from './vote-round.js';

export interface RolesContext {
	readonly id: NodeId;
	readonly limits: Pick<RaftLimits, 'electionTimeoutMs'>;
	readonly clock: Clock;
	readonly termAndVote: CurrentTerm;
	readonly timer: Pick<ElectionTimer, 'reset'>;
	readonly reads: Pick<Reads, 'refuseRemote' | 'refuseDropped'>;
	readonly outbox: Pick<Outbox, 'tell' | 'report'>;
}

export class Roles {
	readonly #context: RolesContext;
	/** Defined exactly while this node asks for pre-votes or votes. */
	#voteRound: VoteRound | undefined;
	/** Defined exactly while this node leads. */
	#leader: Leader | undefined;
	#leaderId: NodeId | undefined;
	/** When a leader of the current term was last heard of. */
	#lastLeaderContact: Milliseconds = -Infinity;
	/** The newest of what a leader has sent, and its term. */
	#heardTerm: Term | undefined;
	#heardToken = 0;
	#told: Extract<ServiceInput, {type: 'leadership'}> | undefined;

	constructor(context: RolesContext) {
		this.#context = context;
	}

	get role(): Role {
		if (this.#leader !== undefined) return 'leader';
		if (this.#voteRound === undefined) return 'follower';
		return this.#voteRound.isPreVote ? 'preCandidate' : 'candidate';
	}

	get voteRound(): VoteRound | undefined {
		return this.#voteRound;
	}

	get leader(): Leader | undefined {
		return this.#leader;
	}

	get leaderId(): NodeId | undefined {
		return this.#leaderId;
	}

	becomeFollower(leaderId: NodeId | undefined): void {
		const {timer, reads} = this.#context;
		const wasLeader = this.#leader;
		if (this.role !== 'follower') timer.reset();
		this.#voteRound = undefined;
		this.#leader = undefined;
		const isOtherLeader = leaderId !== this.#leaderId;
		this.#leaderId = leaderId;
		if (isOtherLeader) reads.refuseRemote(leaderId);
		if (leaderId === undefined) this.#lastLeaderContact = -Infinity;
		if (wasLeader !== undefined) reads.refuseDropped(wasLeader.reads.dropAll(), leaderId);
	}

	/** A leader gives up, for this reason; any other node only forgets whom it knew to lead. `term`: the one that it led. */
	stepDown(term: Term, reason: LossReason): void {
		if (this.#leader !== undefined) this.#context.outbox.report({type: 'leadershipLost', term, reason});
		this.becomeFollower(undefined);
	}

	becomeCandidate(kind: VoteRoundKind): VoteRound {
		this.becomeFollower(undefined);
		this.#voteRound = new VoteRound(kind);
		return this.#voteRound;
	}

	becomeLeader(leader: Leader): void {
		this.#voteRound = undefined;
		this.#leader = leader;
		this.#leaderId = this.#context.id;
	}

	/**
	 * What every message of the current term's leader means to a follower. One that is older than another that came before it is
	 * no sign of life: late copies of what a leader had sent would keep its followers waiting for as long as they come.
	 */
	leaderHeard(leaderId: NodeId, {term, readToken}: Pick<AppendEntries, 'term' | 'readToken'>): void {
		if (term === this.#heardTerm && readToken < this.#heardToken) return;
		this.#heardTerm = term;
		this.#heardToken = readToken;
		if (this.role !== 'follower' || this.#leaderId !== leaderId) this.becomeFollower(leaderId);
		this.#lastLeaderContact = this.#context.clock.now;
		this.#context.timer.reset();
	}

	/** A leader is at work, as far as this node knows; nobody who asks for votes meanwhile should get them (§4.2.3). */
	isLeaderFresh(candidate: NodeId): boolean {
		if (this.#leader !== undefined) return true;
		const {clock, limits} = this.#context;
		return this.#leaderId !== candidate && clock.now - this.#lastLeaderContact < limits.electionTimeoutMs;
	}

	/** Tells the service what has changed since it was last told. */
	tellChange(): void {
		const {role} = this;
		const {currentTerm: term} = this.#context.termAndVote;
		const leaderId = this.#leaderId;
		const told = this.#told;
		if (told?.role === role && told.term === term && told.leaderId === leaderId) return;
		this.#told = {type: 'leadership', role, term, leaderId};
		this.#context.outbox.tell(this.#told);
		this.#context.outbox.report({type: 'roleChanged', role, term, leaderId});
	}
}
