/**
 * The state and the work of one leadership: what it takes in, what it may commit, and whether it may go on. It belongs to
 * one term: made when the term is won, dropped when it is lost.
 */
import {entryHeaderBytes} from './codec.js';
import {CommitWatch} from './commit-watch.js';
import type {LossReason} from './events.js';
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import {Progress} from './progress.js';
import {hasQuorum, isVoter, peersOf, quorumReached} from './quorum.js';
import {ReadRounds} from './read-rounds.js';
import type {ReplicatedLog} from './replicated-log.js';
import {Replication} from './replication.js';
import type {Clock} from './step-clock.js';
import type {LogEntry, LogIndex, Milliseconds, NodeId, ProposalRefusal, Term} from './types.js';
import {UnappliedProposals} from './unapplied-proposals.js';

export interface LeaderContext {
	readonly id: NodeId;
	readonly term: Term;
	readonly limits: RaftLimits;
	readonly clock: Clock;
	readonly replicated: ReplicatedLog;
	readonly outbox: Pick<Outbox, 'emit' | 'tell' | 'report'>;
}

const noCommand = new Uint8Array(0);

export class Leader {
	readonly reads = new ReadRounds();
	readonly replication: Replication;
	readonly #context: LeaderContext;
	readonly #progress = new Map<NodeId, Progress>();
	readonly #unapplied: UnappliedProposals;
	readonly #commitWatch: CommitWatch;
	#quorumCheckAt: Milliseconds;
	/** Who is to take this leader's place; proposals are refused meanwhile, so that it can have all of the log. */
	#successor: NodeId | undefined;

	constructor(context: LeaderContext) {
		const {id, limits, clock, replicated} = context;
		this.#context = context;
		this.#unapplied = new UnappliedProposals(limits.unappliedBytesMax);
		this.#commitWatch = new CommitWatch(context);
		this.#quorumCheckAt = clock.now + limits.electionTimeoutMs;
		for (const peer of peersOf(replicated.configuration, id)) {
			this.#progress.set(peer, new Progress(replicated.log.lastIndex + 1, clock.now, limits));
		}
		this.replication = new Replication({...context, reads: this.reads, progress: this.#progress});
	}

	nextDeadline(): Milliseconds {
		return Math.min(this.#quorumCheckAt, this.replication.nextDeadline());
	}

	// ------------------------------------------------------------------------------------------- proposals

	/** An entry of its own term is what a new leader can commit, and with it all before (§5.4.2, §8). */
	openTerm(): void {
		this.#append('noop', noCommand);
	}

	/** Takes all commands or none; why not, or `undefined` when they are in the log. */
	propose(proposalId: number, commands: readonly Uint8Array[]): ProposalRefusal | undefined {
		const {term, limits, replicated, outbox} = this.#context;
		if (this.#successor !== undefined) return 'transferring';
		if (commands.some(command => command.length > limits.entryBytesMax)) return 'entryTooLarge';
		const bytes = packedBytesOf(commands);
		if (!this.#unapplied.hasRoomFor(bytes)) return 'uncommittedFull';
		const firstIndex = replicated.log.lastIndex + 1;
		for (const command of commands) this.#append('command', command);
		this.#unapplied.add(replicated.log.lastIndex, bytes);
		outbox.tell({type: 'proposed', proposalId, firstIndex, count: commands.length, term});
		return undefined;
	}

	/** The service has applied so far. */
	applied(index: LogIndex): void {
		this.#unapplied.applied(index);
	}

	#append(type: LogEntry['type'], command: Uint8Array): void {
		const {term, replicated} = this.#context;
		this.#commitWatch.appending();
		replicated.append({index: replicated.log.lastIndex + 1, term, type, command});
	}

	// ---------------------------------------------------------------------------- its place, for another node

	get successor(): NodeId | undefined {
		return this.#successor;
	}

	/** Takes no proposals until this is called with `undefined` (dissertation §3.10). */
	handOverTo(successor: NodeId | undefined): void {
		this.#successor = successor;
	}

	/** Whether the node has all of this leader's log on its disk. */
	isCaughtUp(peer: NodeId): boolean {
		return this.#progress.get(peer)?.matchIndex === this.#context.replicated.log.lastIndex;
	}

	/** The voter that has most of the log, among those that answer; `undefined`: none does. */
	bestSuccessor(): NodeId | undefined {
		const {replicated} = this.#context;
		const silent = this.silentPeers();
		let best: NodeId | undefined;
		for (const [peer, {matchIndex}] of this.#progress) {
			if (silent.includes(peer) || !isVoter(replicated.configuration, peer)) continue;
			const most = best === undefined ? -1 : (this.#progress.get(best)?.matchIndex ?? -1);
			if (matchIndex > most) best = peer;
		}
		return best;
	}

	// -------------------------------------------------------------------------------------------- the quorum

	advanceCommit(): void {
		const {term, replicated} = this.#context;
		const index = this.#quorumMatchIndex();
		if (index <= replicated.commitIndex) return;
		// Only an entry of the leader's own term is committed by counting: an older one on a majority can still be
		// overwritten (§5.4.2, figure 8).
		if (replicated.log.termAt(index) !== term) return;
		replicated.commitTo(index);
		this.#commitWatch.moved();
		this.replication.commitMoved();
	}

	get hasCommittedInOwnTerm(): boolean {
		const {term, replicated} = this.#context;
		return replicated.log.termAt(replicated.commitIndex) === term;
	}

	/** The newest round of reads that a quorum has answered. */
	quorumReadToken(): number {
		const {id, replicated} = this.#context;
		return quorumReached(replicated.configuration, voter =>
			voter === id ? this.reads.token : (this.#progress.get(voter)?.readToken ?? 0),
		);
	}

	/** Why another node should lead: no quorum answers this one, or its disk does not. */
	reasonToStepDown(): LossReason | undefined {
		const {limits, clock, replicated} = this.#context;
		if (this.#hasLostQuorum()) return 'noQuorum';
		return replicated.durability.isStalled(clock.now, limits.diskStallMs) ? 'diskStalled' : undefined;
	}

	/** Those that have answered nothing for an election timeout. */
	silentPeers(): readonly NodeId[] {
		const {limits, clock} = this.#context;
		return [...this.#progress]
			.filter(([, {lastContact}]) => clock.now - lastContact > limits.electionTimeoutMs)
			.map(([peer]) => peer);
	}

	/** Tells when nothing has been committed for long. */
	watchCommit(): void {
		this.#commitWatch.check();
	}

	/** What a quorum holds durably (§5.3, §5.4.2); the caller checks its term. */
	#quorumMatchIndex(): LogIndex {
		const {id, replicated} = this.#context;
		return quorumReached(replicated.configuration, voter =>
			voter === id ? replicated.durability.durableIndex : (this.#progress.get(voter)?.matchIndex ?? 0),
		);
	}

	/**
	 * CheckQuorum: whether this leader has to step down, because no quorum has answered it for an election timeout.
	 * A tick that comes very late means that this node slept: the answers may be waiting behind it.
	 */
	#hasLostQuorum(): boolean {
		const {id, limits, clock, replicated} = this.#context;
		const {electionTimeoutMs} = limits;
		const {now} = clock;
		if (now < this.#quorumCheckAt) return false;
		const isLate = now - this.#quorumCheckAt > electionTimeoutMs / 2;
		this.#quorumCheckAt = now + electionTimeoutMs / 2;
		if (isLate) {
			for (const progress of this.#progress.values()) progress.lastContact = Math.max(progress.lastContact, now);
			return false;
		}
		return !hasQuorum(replicated.configuration, voter => {
			const progress = this.#progress.get(voter);
			return voter === id || (progress !== undefined && now - progress.lastContact <= electionTimeoutMs);
		});
	}
}

/** Bytes that commands take in the log. */
function packedBytesOf(commands: readonly Uint8Array[]): number {
	let bytes = 0;
	for (const command of commands) bytes += entryHeaderBytes + command.length;
	return bytes;
}
