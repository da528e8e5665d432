/**
 * A leader hands its place over to another node (dissertation §3.10), and sees what becomes of it:
 *
 *      request ──▶ the successor gets the log ──▶ timeoutNow ──▶ a newer term ──▶ who leads it?
 *                       │ election timeout            │ election timeout      │ election timeout
 *                       └──────── given up: proposals are taken again ────────┴─▶ given up
 *
 * What the leader refuses meanwhile is noted in `Leader`, which ends with its term: a transfer cannot outlive a leadership and
 * close a later one. No rule of safety rests on any of this: a `timeoutNow` costs an election at the most.
 */
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import {isVoter} from './quorum.js';
import type {Leader} from './leader.js';
import type {ReplicatedLog} from './replicated-log.js';
import type {Roles} from './roles.js';
import type {Clock} from './step-clock.js';
import type {CurrentTerm} from './term-and-vote.js';
import type {TransferFailure, TransferOutcome, TransferRefusal} from './transfer-outcome.js';
import type {Milliseconds, NodeId, Term} from './types.js';

export interface TransfersContext {
	readonly id: NodeId;
	readonly limits: Pick<RaftLimits, 'electionTimeoutMs' | 'heartbeatMs'>;
	readonly clock: Clock;
	readonly termAndVote: CurrentTerm;
	readonly replicated: Pick<ReplicatedLog, 'log' | 'configuration'>;
	readonly roles: Pick<Roles, 'leader' | 'leaderId'>;
	readonly outbox: Pick<Outbox, 'emit' | 'send' | 'report'>;
}

interface Transfer {
	readonly transferId: number;
	readonly to: NodeId;
	/** Of the leadership that ends. */
	readonly term: Term;
	deadline: Milliseconds;
	/** When the successor is asked again; `undefined`: it lacks entries, and was not asked yet. */
	askAgainAt: Milliseconds | undefined;
	/** The leadership is lost. */
	isOver: boolean;
}

export class Transfers {
	readonly #context: TransfersContext;
	#transfer: Transfer | undefined;

	constructor(context: TransfersContext) {
		this.#context = context;
	}

	nextDeadline(): Milliseconds {
		const transfer = this.#transfer;
		if (transfer === undefined) return Infinity;
		return Math.min(transfer.deadline, transfer.isOver ? Infinity : (transfer.askAgainAt ?? Infinity));
	}

	/** `to`: `undefined`: the best of the others. */
	request(transferId: number, to: NodeId | undefined): void {
		const {limits, clock, termAndVote, roles, outbox} = this.#context;
		const {leader, leaderId} = roles;
		const successor = leader === undefined ? undefined : (to ?? leader.bestSuccessor());
		const reason = this.#refusalOf(leader, successor);
		if (leader === undefined || successor === undefined || reason !== undefined) {
			return this.#settle(transferId, {type: 'refused', reason: reason ?? 'notLeader', leaderId});
		}
		const {currentTerm: term} = termAndVote;
		leader.handOverTo(successor);
		const deadline = clock.now + limits.electionTimeoutMs;
		this.#transfer = {transferId, to: successor, term, deadline, askAgainAt: undefined, isOver: false};
		outbox.report({type: 'transferStarted', term, to: successor});
	}

	/** At the end of each step. */
	advance(): void {
		const transfer = this.#transfer;
		if (transfer === undefined) return;
		const {leader} = this.#context.roles;
		if (leader !== undefined && this.#context.termAndVote.isCurrent(transfer.term)) this.#goOn(transfer, leader);
		else this.#watchSuccession(transfer);
	}

	#refusalOf(leader: Leader | undefined, successor: NodeId | undefined): TransferRefusal | undefined {
		const {id, replicated} = this.#context;
		if (leader === undefined) return 'notLeader';
		if (this.#transfer !== undefined) return 'underWay';
		if (successor === undefined) return 'noSuccessor';
		if (successor === id) return 'alreadyLeader';
		return isVoter(replicated.configuration, successor) ? undefined : 'notVoter';
	}

	/** Asked too early, the successor would lose the election: it lacks entries that others have (§5.4.1). */
	#goOn(transfer: Transfer, leader: Leader): void {
		const {limits, clock, replicated, outbox} = this.#context;
		const {to, term, deadline, askAgainAt} = transfer;
		if (clock.now >= deadline) {
			leader.handOverTo(undefined);
			return this.#giveUp(transfer, askAgainAt === undefined ? 'behind' : 'noElection');
		}
		if (!leader.isCaughtUp(to) || clock.now < (askAgainAt ?? -Infinity)) return;
		outbox.send(to, {type: 'timeoutNow', term, lastLogIndex: replicated.log.lastIndex});
		transfer.askAgainAt = clock.now + limits.heartbeatMs;
	}

	#watchSuccession(transfer: Transfer): void {
		const {limits, clock, termAndVote, roles, outbox} = this.#context;
		const {transferId, to} = transfer;
		const {leaderId} = roles;
		if (leaderId === to) {
			const {currentTerm: term} = termAndVote;
			this.#transfer = undefined;
			outbox.report({type: 'transferDone', term, to});
			return this.#settle(transferId, {type: 'done', to, term});
		}
		if (leaderId !== undefined) return this.#giveUp(transfer, 'otherLeader');
		if (!transfer.isOver) {
			transfer.isOver = true;
			transfer.deadline = clock.now + limits.electionTimeoutMs;
		}
		if (clock.now >= transfer.deadline) this.#giveUp(transfer, 'noLeader');
	}

	#giveUp({transferId, to}: Transfer, reason: TransferFailure): void {
		const {currentTerm: term} = this.#context.termAndVote;
		this.#transfer = undefined;
		this.#context.outbox.report({type: 'transferGivenUp', term, to, reason});
		this.#settle(transferId, {type: 'givenUp', to, reason});
	}

	#settle(transferId: number, outcome: TransferOutcome): void {
		this.#context.outbox.emit({type: 'transferSettled', transferId, outcome});
	}
}
