/**
 * How a leader is elected: this node asks for votes when it hears of no leader, and answers those who ask (§5.2, §5.4.1;
 * dissertation §9.6 for pre-votes, §4.2.3 for whom nobody listens to).
 */
import {grantVote, refuseVote} from './answers.js';
import type {Durability} from './durability.js';
import type {ElectionTimer} from './election-timer.js';
import type {ElectionCause} from './events.js';
import type {RaftLog} from './log.js';
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import {isVoter} from './quorum.js';
import type {ReplicatedLog} from './replicated-log.js';
import type {Roles} from './roles.js';
import type {Clock} from './step-clock.js';
import type {TermAndVote} from './term-and-vote.js';
import type {Milliseconds, NodeId, RequestVote, RequestVoteReply, Term, TimeoutNow} from './types.js';
import type {VoteRound, VoteRoundKind} from './vote-round.js';

export interface ElectionContext {
	readonly id: NodeId;
	readonly limits: Pick<RaftLimits, 'heartbeatMs' | 'diskStallMs'>;
	readonly clock: Clock;
	readonly termAndVote: TermAndVote;
	readonly log: Pick<RaftLog, 'lastIndex' | 'lastTerm' | 'isUpToDate'>;
	readonly replicated: Pick<ReplicatedLog, 'configuration'>;
	readonly durability: Pick<Durability, 'isHardStateDurable' | 'isStalled'>;
	readonly timer: ElectionTimer;
	readonly roles: Pick<
		Roles,
		'role' | 'voteRound' | 'leaderId' | 'isLeaderFresh' | 'becomeFollower' | 'becomeCandidate'
	>;
	readonly outbox: Pick<Outbox, 'send' | 'sendOnceHardStateDurable' | 'report'>;
	/** A quorum has voted for this node. */
	readonly won: () => void;
}

export class Election {
	readonly #context: ElectionContext;
	/** Whose end this node was told last; while the timer is hurried, that was its leader. */
	#downLeader: NodeId | undefined;

	constructor(context: ElectionContext) {
		this.#context = context;
	}

	/** When `tick` is due, unless this node leads. */
	nextDeadline(): Milliseconds {
		const {timer, roles} = this.#context;
		return Math.min(timer.deadline, roles.voteRound?.askAgainAt ?? Infinity);
	}

	/** Time has passed, and this node does not lead. */
	tick(): void {
		const {clock, durability, timer, roles} = this.#context;
		const {voteRound} = roles;
		if (!timer.isDue) {
			if (voteRound !== undefined && clock.now >= voteRound.askAgainAt) this.#askAgain(voteRound);
			return;
		}
		const cause = this.#causeOfTimeout();
		const lastLeader = timer.isHurried ? this.#downLeader : roles.leaderId;
		timer.reset();
		// A candidate whose requests still wait for its disk has asked nobody yet.
		if (roles.role === 'candidate' && !durability.isHardStateDurable) return;
		if (!this.#mayStand) return;
		this.#reportStart(cause, lastLeader);
		this.#campaign('preVote');
	}

	/**
	 * A peer's life has ended. If it led, its followers need not wait for its silence: each asks for pre-votes when its turn has come,
	 * counted from the one that is gone. A notice that is wrong costs one such round, or one election where a quorum believes it.
	 */
	peerDown(peer: NodeId): void {
		const {roles} = this.#context;
		if (roles.role !== 'follower' || roles.leaderId !== peer) return;
		// And refuses nobody's pre-vote for its sake any more (dissertation §4.2.3).
		roles.becomeFollower(undefined);
		this.#downLeader = peer;
		this.#standInTurn(peer);
	}

	/** None leads, since all have just started: each asks for pre-votes when its turn has come, counted from the first. */
	noLeader(): void {
		const {roles} = this.#context;
		if (roles.role !== 'follower' || roles.leaderId !== undefined) return;
		this.#downLeader = undefined;
		this.#standInTurn(undefined);
	}

	/**
	 * The leader of this term hands its place over (dissertation §3.10): this node stands for election at once, and asks nobody
	 * first whether it could win. The others would say no, because they hear a leader.
	 */
	handleTimeoutNow({lastLogIndex}: TimeoutNow): void {
		// The leader has given the transfer up since then, and has gone on.
		if (this.#context.log.lastIndex !== lastLogIndex || !this.#mayStand) return;
		this.#reportStart('transfer', this.#context.roles.leaderId);
		this.#campaign('transfer');
	}

	/** The disk has finished a batch: a candidate's own vote counts, like any other, once it is durable. */
	persisted(): void {
		const {id, durability, timer, roles} = this.#context;
		const {voteRound} = roles;
		if (voteRound === undefined || voteRound.isPreVote) return;
		if (!durability.isHardStateDurable || voteRound.has(id)) return;
		voteRound.add(id);
		// The others are asked only now: the time to answer is theirs, not that of this node's disk.
		timer.reset();
		this.#countVotes(voteRound);
	}

	// ---------------------------------------------------------------------------------------- votes of others

	handleRequestVote(from: NodeId, message: RequestVote): void {
		if (message.preVote) this.#handlePreVote(from, message);
		else this.#handleVote(from, message);
	}

	handleRequestVoteReply(from: NodeId, {term, preVote, voteGranted}: RequestVoteReply): void {
		const {termAndVote, roles} = this.#context;
		const {voteRound} = roles;
		if (!voteGranted || voteRound === undefined) return;
		const isOfPreVote = voteRound.isPreVote && preVote && term === termAndVote.currentTerm + 1;
		const isOfVote = !voteRound.isPreVote && !preVote && termAndVote.isCurrent(term);
		if (!isOfPreVote && !isOfVote) return;
		voteRound.add(from);
		this.#countVotes(voteRound);
	}

	#handlePreVote(from: NodeId, message: RequestVote): void {
		const {termAndVote, log, roles, outbox} = this.#context;
		const {lastLogTerm, lastLogIndex} = message;
		const isGranted = !roles.isLeaderFresh(from) && log.isUpToDate(lastLogTerm, lastLogIndex);
		outbox.send(from, isGranted ? grantVote(message) : refuseVote(message, termAndVote.currentTerm));
	}

	#handleVote(from: NodeId, message: RequestVote): void {
		const {termAndVote, log, timer, roles, outbox} = this.#context;
		const {term, lastLogTerm, lastLogIndex} = message;
		const {currentTerm, votedFor} = termAndVote;
		const isGranted =
			term === currentTerm &&
			(votedFor === undefined || votedFor === from) &&
			log.isUpToDate(lastLogTerm, lastLogIndex);
		if (isGranted) {
			if (votedFor === undefined) {
				roles.becomeFollower(roles.leaderId);
				termAndVote.voteFor(from);
			}
			timer.reset();
		}
		outbox.sendOnceHardStateDurable(from, isGranted ? grantVote(message) : refuseVote(message, currentTerm));
	}

	// ------------------------------------------------------------------------------------------- own campaign

	/** The voters take their turns in the order of the configuration, from the one after `last`. */
	#standInTurn(last: NodeId | undefined): void {
		const {id, timer, replicated} = this.#context;
		const {voters} = replicated.configuration;
		const first = last === undefined ? 0 : voters.indexOf(last) + 1;
		const rank = (voters.indexOf(id) - first + voters.length) % voters.length;
		timer.hurry(rank);
	}

	get #mayStand(): boolean {
		const {id, limits, clock, durability, replicated} = this.#context;
		// With a disk that does not answer this node could win an election and then commit nothing.
		const isDiskStalled = durability.isStalled(clock.now, limits.diskStallMs);
		return isVoter(replicated.configuration, id) && !isDiskStalled;
	}

	#causeOfTimeout(): ElectionCause {
		const {timer, roles} = this.#context;
		const {role, leaderId} = roles;
		if (timer.isHurried && this.#downLeader !== undefined) return 'leaderDown';
		if (role !== 'follower') return 'votesMissing';
		return leaderId === undefined ? 'noLeader' : 'leaderSilent';
	}

	#reportStart(cause: ElectionCause, leaderId: NodeId | undefined): void {
		const {termAndVote, outbox} = this.#context;
		const term = (termAndVote.currentTerm + 1) as Term;
		outbox.report({type: 'electionStarted', term, cause, leaderId});
	}

	/** A round of pre-votes changes nothing that others can see: no term, no vote (dissertation §9.6). */
	#campaign(kind: VoteRoundKind): void {
		const {id, termAndVote, timer, roles} = this.#context;
		const voteRound = roles.becomeCandidate(kind);
		if (voteRound.isPreVote) {
			voteRound.add(id);
		} else {
			termAndVote.standFor(id);
			timer.reset();
		}
		this.#askForVotes(voteRound);
		this.#countVotes(voteRound);
	}

	#askAgain(voteRound: VoteRound): void {
		const {limits, clock, durability} = this.#context;
		// Those that still wait for the disk will leave by themselves.
		const isAskedYet = voteRound.isPreVote || durability.isHardStateDurable;
		if (isAskedYet) this.#askForVotes(voteRound);
		else voteRound.askAgainAt = clock.now + limits.heartbeatMs;
	}

	/** Requests are repeated (§5.1): where a quorum needs every vote, one lost message would cost an election timeout. */
	#askForVotes(voteRound: VoteRound): void {
		const {id, limits, clock, termAndVote, log, replicated, outbox} = this.#context;
		const {currentTerm} = termAndVote;
		const {isPreVote, isTransfer} = voteRound;
		const message: RequestVote = {
			type: 'requestVote',
			term: (isPreVote ? currentTerm + 1 : currentTerm) as Term,
			preVote: isPreVote,
			isTransfer,
			lastLogIndex: log.lastIndex,
			lastLogTerm: log.lastTerm,
		};
		for (const peer of replicated.configuration.voters) {
			if (peer === id || voteRound.has(peer)) continue;
			if (isPreVote) outbox.send(peer, message);
			else outbox.sendOnceHardStateDurable(peer, message);
		}
		voteRound.askAgainAt = clock.now + limits.heartbeatMs;
	}

	#countVotes(voteRound: VoteRound): void {
		const {replicated, won} = this.#context;
		if (!voteRound.isWonIn(replicated.configuration)) return;
		if (voteRound.isPreVote) this.#campaign('vote');
		else won();
	}
}
