/**
 * The door of the consensus core: a deterministic state machine (Ongaro & Ousterhout, figure 2; dissertation §3.6, §3.10, §4.2.3,
 * §6.4, §9.6, §10.2.1). The same inputs in the same order give the same effects: no clock, no chance, no I/O of its own.
 *
 *                          ┌─▶ Inbox ─▶ Election   votes, and when to ask for them
 *      step(inputs) ─▶ RaftNode ───────▶ Follower   entries and snapshots of a leader
 *                          ├───────────▶ Leader     one leadership: proposals, commit, replication
 *      effects ◀── Outbox  └───────────▶ Reads      linearizable reads
 *
 * The parts share Roles, TermAndVote, ReplicatedLog and Outbox; each borrows only what it may touch.
 */
import {DiskWatch} from './disk-watch.js';
import type {Durability} from './durability.js';
import type {Effect, Input} from './effects.js';
import {Election} from './election.js';
import {ElectionTimer} from './election-timer.js';
import type {RaftEvent} from './events.js';
import {Follower} from './follower.js';
import {assert, unreachable} from '../base/errors.js';
import {Inbox} from './inbox.js';
import {Leader} from './leader.js';
import type {RaftLog} from './log.js';
import type {RaftLimits, RaftOptions} from './options.js';
import {Outbox} from './outbox.js';
import {Reads} from './reads.js';
import {ReplicatedLog} from './replicated-log.js';
import {Roles} from './roles.js';
import {StepClock} from './step-clock.js';
import {TermAndVote} from './term-and-vote.js';
import {Transfers} from './transfers.js';
import type {
	Configuration,
	LogEntry,
	LogIndex,
	Milliseconds,
	NodeId,
	PersistentState,
	Role,
	SnapshotMeta,
	Term,
} from './types.js';

const termsInStatus = 8;

/** A node as an operator sees it. */
export interface RaftStatus {
	readonly id: NodeId;
	readonly role: Role;
	readonly currentTerm: Term;
	readonly votedFor: NodeId | undefined;
	readonly leaderId: NodeId | undefined;
	readonly commitIndex: LogIndex;
	readonly lastIndex: LogIndex;
	readonly durableIndex: LogIndex;
	readonly snapshotIndex: LogIndex;
	/** Bytes of the entries after the snapshot. */
	readonly logBytes: number;
	/** Messages that made no sense and were dropped. */
	readonly refusedMessages: number;
	readonly configuration: Configuration;
}

export class RaftNode {
	readonly #id: NodeId;
	readonly #limits: RaftLimits;
	readonly #clock: StepClock;
	readonly #replicated: ReplicatedLog;
	readonly #log: RaftLog;
	readonly #durability: Durability;
	readonly #termAndVote: TermAndVote;
	readonly #inbox: Inbox;
	readonly #outbox: Outbox;
	readonly #reads: Reads;
	readonly #roles: Roles;
	readonly #election: Election;
	readonly #follower: Follower;
	readonly #transfers: Transfers;
	readonly #diskWatch: DiskWatch;

	constructor({id, limits, random, initialConfiguration}: RaftOptions, state: PersistentState, now: Milliseconds) {
		this.#id = id;
		this.#limits = limits;
		const clock = new StepClock(now);
		const replicated = new ReplicatedLog(initialConfiguration, state, limits.youngEntries);
		const {log, durability} = replicated;
		assert(log.lastTerm <= state.hardState.currentTerm, 'the stored term is not older than the stored log');
		const termAndVote = new TermAndVote(state.hardState, durability);
		const outbox = new Outbox(log, durability);
		const reads = new Reads({id, limits, random, clock, termAndVote, replicated, outbox});
		const timer = new ElectionTimer({limits, random, clock});
		const roles = new Roles({id, limits, clock, termAndVote, timer, reads, outbox});
		const won = (): void => this.#lead();
		const voting = {id, limits, clock, termAndVote, log, replicated, durability, timer, roles, outbox, won};
		const election = new Election(voting);
		const follower = new Follower({termAndVote, replicated, roles, outbox});
		this.#inbox = new Inbox({id, termAndVote, roles, election, follower, reads, outbox});
		this.#transfers = new Transfers({id, limits, clock, termAndVote, replicated, roles, outbox});
		this.#diskWatch = new DiskWatch({limits, clock, durability, outbox});
		this.#clock = clock;
		this.#replicated = replicated;
		this.#log = log;
		this.#durability = durability;
		this.#termAndVote = termAndVote;
		this.#outbox = outbox;
		this.#reads = reads;
		this.#roles = roles;
		this.#election = election;
		this.#follower = follower;
	}

	/** When a `tick` is due, on the clock of `now`. */
	nextDeadline(): Milliseconds {
		const {leader} = this.#roles;
		const own = leader === undefined ? this.#election.nextDeadline() : leader.nextDeadline();
		return Math.min(own, this.#reads.nextDeadline(), this.#transfers.nextDeadline());
	}

	/**
	 * Advances by a turn's inputs. What they cause together is handed out together: one batch to persist, and as few
	 * messages to each follower as fit.
	 *
	 * Throws an `InvariantError` when something holds no longer that Raft proves; the node must then be stopped.
	 */
	step(inputs: readonly Input[], now: Milliseconds): readonly Effect[] {
		this.#clock.advanceTo(now);
		const effects = this.#outbox.begin();
		for (const input of inputs) this.#take(input);
		this.#finishStep();
		return effects;
	}

	/** What the last step has to tell whoever watches the node: nothing has to be done about it. */
	get events(): readonly RaftEvent[] {
		return this.#outbox.events;
	}

	/** What the node is at, for people and tests. Changes nothing. */
	status(): RaftStatus {
		return {
			id: this.#id,
			role: this.#roles.role,
			currentTerm: this.#termAndVote.currentTerm,
			votedFor: this.#termAndVote.votedFor,
			leaderId: this.#roles.leaderId,
			commitIndex: this.#replicated.commitIndex,
			lastIndex: this.#log.lastIndex,
			durableIndex: this.#durability.durableIndex,
			snapshotIndex: this.#log.snapshotIndex,
			logBytes: this.#log.bytes,
			refusedMessages: this.#inbox.refusedMessages,
			configuration: this.#replicated.configuration,
		};
	}

	/** Bytes of the log after its snapshot: what the driver compares with `maxRaftState`. */
	get logBytes(): number {
		return this.#log.bytes;
	}

	/** The last index that the current snapshot includes; 0 without one. */
	get snapshotIndex(): LogIndex {
		return this.#log.snapshotIndex;
	}

	/** What a snapshot of the state at `index` stands for; `undefined` where the log no longer tells. */
	snapshotMeta(index: LogIndex): SnapshotMeta | undefined {
		return this.#replicated.snapshotMeta(index);
	}

	/** The terms of the newest entries after the snapshot, as runs in the order of the log: first index, term. At most 8. Not part of the status, which the judges of the simulator ask for at each event. */
	get newestTerms(): readonly (readonly [firstIndex: LogIndex, term: Term])[] {
		return this.#log.newestTerms(termsInStatus);
	}

	/** The nodes that have answered this leader nothing for an election timeout; none where this node does not lead. */
	get silentPeers(): readonly NodeId[] {
		return this.#roles.leader?.silentPeers() ?? [];
	}

	/** A follower is taking in this leader's snapshot: a newer one now would make it begin anew. */
	get isSendingSnapshot(): boolean {
		return this.#roles.leader?.replication.isSendingSnapshot ?? false;
	}

	/** Entries held in memory, for judges of a whole cluster. */
	entries(from: LogIndex, to: LogIndex): readonly LogEntry[] {
		return this.#log.slice(Math.max(from, this.#log.snapshotIndex + 1), to);
	}

	#take(input: Input): void {
		switch (input.type) {
			case 'tick':
				return this.#tick();
			case 'message':
				return this.#inbox.receive(input.from, input.message);
			case 'peerDown':
				return this.#election.peerDown(input.peer);
			case 'noLeader':
				return this.#election.noLeader();
			case 'propose':
				return this.#propose(input.proposalId, input.commands);
			case 'read':
				return this.#reads.read(input.readId, this.#roles);
			case 'transferLeadership':
				return this.#transfers.request(input.transferId, input.to);
			case 'persisted':
				return this.#persisted(input.sequence);
			case 'applied':
				return this.#roles.leader?.applied(input.index);
			case 'snapshotTaken':
				if (this.#replicated.compact(input.index)) this.#outbox.report({type: 'snapshotTaken', index: input.index});
				return;
			case 'snapshotChunkStored':
				return this.#follower.snapshotChunkStored(input.snapshot, input.offset);
			default:
				return unreachable(input);
		}
	}

	#tick(): void {
		this.#reads.tick(this.#roles.leaderId);
		const {leader} = this.#roles;
		if (leader === undefined) return this.#election.tick();
		const reason = leader.reasonToStepDown();
		if (reason !== undefined) return this.#roles.stepDown(this.#termAndVote.currentTerm, reason);
		leader.watchCommit();
		leader.replication.tick();
	}

	#propose(proposalId: number, commands: readonly Uint8Array[]): void {
		const {leader, leaderId} = this.#roles;
		const reason = leader === undefined ? 'notLeader' : leader.propose(proposalId, commands);
		if (reason === undefined) return;
		this.#outbox.tell({type: 'proposalRefused', proposalId, reason, leaderId: leader?.successor ?? leaderId});
	}

	#persisted(sequence: number): void {
		for (const {to, message} of this.#durability.complete(sequence)) {
			const isOfOldTerm = !this.#termAndVote.isCurrent(message.term);
			// What was promised in a term that is over helps nobody, and a candidate that gave up asks for nothing.
			const isStale = isOfOldTerm || (message.type === 'requestVote' && this.#roles.role !== 'candidate');
			if (!isStale) this.#outbox.send(to, message);
		}
		this.#election.persisted();
	}

	/** What all inputs of a step caused together. */
	#finishStep(): void {
		const {leader} = this.#roles;
		if (leader !== undefined) {
			leader.advanceCommit();
			const isRoundBegun = this.#reads.beginRound(leader);
			leader.replication.replicate();
			if (isRoundBegun) leader.replication.askAll();
			this.#reads.answerConfirmed(leader);
		}
		this.#transfers.advance();
		this.#diskWatch.check();
		const write = this.#durability.takeBatch(this.#log, this.#termAndVote.hardState, this.#clock.now);
		if (write !== undefined) this.#outbox.emit({type: 'persist', sequence: write.sequence, batch: write.batch});
		const entries = this.#replicated.takeCommitted();
		if (entries.length > 0) this.#outbox.tell({type: 'apply', entries});
		this.#roles.tellChange();
	}

	/** A quorum has voted for this node. */
	#lead(): void {
		const leader = new Leader({
			id: this.#id,
			term: this.#termAndVote.currentTerm,
			limits: this.#limits,
			clock: this.#clock,
			replicated: this.#replicated,
			outbox: this.#outbox,
		});
		this.#roles.becomeLeader(leader);
		leader.openTerm();
	}
}
