/**
 * The consensus core: a deterministic state machine (Ongaro & Ousterhout, figure 2; dissertation §3.6, §4.2.3, §6.4,
 * §9.6, §10.2.1). The same inputs in the same order give the same effects: no clock, no chance, no I/O of its own.
 *
 *                  election timeout        quorum would vote         quorum voted
 *      follower ───────────────▶ preCandidate ─────────▶ candidate ─────────────▶ leader
 *         ▲                            │                     │                      │
 *         └────────────────────────────┴── higher term, or a leader's message ──────┘
 */
import {
	acknowledgeAppend,
	answerChunk,
	answerRead,
	grantVote,
	questionOfOldTerm,
	refuseAppend,
	refuseVote,
	tellsTermOnly,
	tellTerm,
} from './answers.js';
import {unpackEntries} from './codec.js';
import type {Durability} from './durability.js';
import type {Effect, Input} from './effects.js';
import {assert, unreachable} from '../base/errors.js';
import {commandsBytes, Leader} from './leader.js';
import type {RaftLog} from './log.js';
import {electionTimeoutSpread, type RaftLimits, type RaftOptions} from './options.js';
import {hasQuorum, isVoter} from './quorum.js';
import type {PendingRead} from './read-rounds.js';
import {RemoteReads} from './remote-reads.js';
import {ReplicatedLog} from './replicated-log.js';
import {SnapshotReceiver} from './snapshot-receiver.js';
import {
	type AppendEntries,
	type Configuration,
	type HardState,
	type InstallSnapshot,
	type LogEntry,
	type LogIndex,
	type Milliseconds,
	type NodeId,
	type PersistentState,
	type ProposalRefusal,
	type RaftMessage,
	type ReadIndexRequest,
	type RequestVote,
	type RequestVoteReply,
	type Role,
	type ServiceInput,
	type SnapshotMeta,
	type Term,
} from './types.js';
import {isWellFormed} from './validation.js';

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

const noCommand = new Uint8Array(0);

export class RaftNode {
	readonly #id: NodeId;
	readonly #limits: RaftLimits;
	readonly #random: () => number;
	readonly #replicated: ReplicatedLog;
	readonly #log: RaftLog;
	readonly #durability: Durability;
	readonly #receiver: SnapshotReceiver;
	readonly #remoteReads: RemoteReads;

	#hardState: HardState;
	#role: Role = 'follower';
	#leaderId: NodeId | undefined;
	/** Defined exactly while this node leads. */
	#leader: Leader | undefined;
	/** Who said yes, in the current round of pre-votes or votes. */
	#votes = new Set<NodeId>();
	#electionDeadline: Milliseconds;
	/** A candidate then asks again whoever has not given it his vote. */
	#askAgainAt: Milliseconds = Infinity;
	/** When a leader of the current term was last heard of. */
	#lastLeaderContact: Milliseconds = -Infinity;
	#refusedMessages = 0;

	#now: Milliseconds;
	#effects: Effect[] = [];
	#leadershipTold: Extract<ServiceInput, {type: 'leadership'}> | undefined;

	constructor(options: RaftOptions, state: PersistentState, now: Milliseconds) {
		this.#id = options.id;
		this.#limits = options.limits;
		this.#random = options.random;
		this.#hardState = state.hardState;
		this.#replicated = new ReplicatedLog(options.initialConfiguration, state, options.limits.youngEntries);
		this.#log = this.#replicated.log;
		this.#durability = this.#replicated.durability;
		assert(this.#log.lastTerm <= this.#hardState.currentTerm, 'the stored term is not older than the stored log');
		this.#now = now;
		this.#receiver = new SnapshotReceiver(effect => this.#effects.push(effect));
		this.#remoteReads = new RemoteReads(options.random);
		this.#electionDeadline = now + this.#drawFirstTimeout();
	}

	/** When a `tick` is due, on the clock of `now`. */
	nextDeadline(): Milliseconds {
		const own = this.#leader === undefined ? this.#electionDeadline : this.#leader.nextDeadline();
		return Math.min(own, this.#askAgainAt, this.#remoteReads.nextDeadline());
	}

	/**
	 * Advances by a turn's inputs. What they cause together is handed out together: one batch to persist, and as few
	 * messages to each follower as fit.
	 *
	 * Throws an `InvariantError` when something holds no longer that Raft proves; the node must then be stopped.
	 */
	step(inputs: readonly Input[], now: Milliseconds): readonly Effect[] {
		this.#now = Math.max(this.#now, now);
		this.#effects = [];
		for (const input of inputs) this.#take(input);
		this.#finishStep();
		return this.#effects;
	}

	/** What the node is at, for people and tests. Changes nothing. */
	status(): RaftStatus {
		return {
			id: this.#id,
			role: this.#role,
			currentTerm: this.#hardState.currentTerm,
			votedFor: this.#hardState.votedFor,
			leaderId: this.#leaderId,
			commitIndex: this.#replicated.commitIndex,
			lastIndex: this.#log.lastIndex,
			durableIndex: this.#durability.durableIndex,
			snapshotIndex: this.#log.snapshotIndex,
			logBytes: this.#log.bytes,
			refusedMessages: this.#refusedMessages,
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

	/** A follower is taking in this leader's snapshot: a newer one now would make it begin anew. */
	get isSendingSnapshot(): boolean {
		return this.#leader?.isSendingSnapshot(this.#now) ?? false;
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
				return this.#receive(input.from, input.message);
			case 'propose':
				return this.#propose(input.proposalId, input.commands);
			case 'read':
				return this.#read(input.readId);
			case 'persisted':
				return this.#persisted(input.sequence);
			case 'applied':
				return this.#leader?.applied(input.index);
			case 'snapshotTaken':
				return this.#replicated.compact(input.index);
			case 'snapshotChunkStored':
				return this.#snapshotChunkStored(input.snapshot, input.offset);
			default:
				return unreachable(input);
		}
	}

	/** What all inputs of a step caused together. */
	#finishStep(): void {
		if (this.#leader !== undefined) {
			this.#advanceCommit();
			const isRoundBegun = this.#isCommittedInOwnTerm() && this.#leader.reads.begin(this.#replicated.commitIndex);
			this.#leader.replicate(this.#replicated.commitIndex, this.#now);
			if (isRoundBegun) this.#leader.askAll(this.#replicated.commitIndex, this.#now);
			this.#answerReads();
		}
		const write = this.#durability.takeBatch(this.#log, this.#hardState, this.#now);
		if (write !== undefined) this.#effects.push({type: 'persist', ...write});
		this.#apply();
		this.#tellLeadership();
	}

	// ------------------------------------------------------------------------------------------------- time

	#tick(): void {
		for (const readId of this.#remoteReads.expire(this.#now)) this.#refuseRead(readId);
		if (this.#leader !== undefined) return this.#tickLeader(this.#leader);
		if (this.#now < this.#electionDeadline) {
			if (this.#now >= this.#askAgainAt) this.#askAgain();
			return;
		}
		this.#resetElectionTimer();
		// A candidate whose requests still wait for its disk has asked nobody yet.
		if (this.#role === 'candidate' && !this.#durability.isHardStateDurable) return;
		// With a disk that does not answer this node could win an election and then commit nothing.
		if (isVoter(this.#replicated.configuration, this.#id) && !this.#isDiskStalled()) this.#campaign('preVote');
	}

	#tickLeader(leader: Leader): void {
		if (leader.hasLostQuorum(this.#now) || this.#isDiskStalled()) this.#becomeFollower(undefined);
		else leader.tick(this.#replicated.commitIndex, this.#now);
	}

	#isDiskStalled(): boolean {
		const {unfinishedSince} = this.#durability;
		return unfinishedSince !== undefined && this.#now - unfinishedSince >= this.#limits.diskStallMs;
	}

	#drawElectionTimeout(): Milliseconds {
		return this.#limits.electionTimeoutMs * (1 + electionTimeoutSpread * this.#random());
	}

	/**
	 * A node that has just started waits for a sign of life of a leader, not for its silence to be certain: where there is
	 * a leader, its followers refuse the pre-vote, and nothing was disturbed.
	 */
	#drawFirstTimeout(): Milliseconds {
		const {heartbeatMs, electionTimeoutMs} = this.#limits;
		return heartbeatMs + Math.max(0, electionTimeoutMs - heartbeatMs) * this.#random();
	}

	#resetElectionTimer(): void {
		this.#electionDeadline = this.#now + this.#drawElectionTimeout();
	}

	// ----------------------------------------------------------------------------------------------- roles

	/** Moves to a newer term (§5.1); the vote is free again. The only place where the term grows but for a candidacy. */
	#adoptTerm(term: Term): void {
		assert(term > this.#hardState.currentTerm, 'a term is adopted only when it is newer');
		this.#hardState = {currentTerm: term, votedFor: undefined};
		this.#durability.hardStateChanged();
		// Only the leader that began a transfer could go on with it.
		this.#receiver.drop();
		this.#becomeFollower(undefined);
	}

	#becomeFollower(leaderId: NodeId | undefined): void {
		const wasLeader = this.#leader;
		if (this.#role !== 'follower') this.#resetElectionTimer();
		this.#role = 'follower';
		this.#leader = undefined;
		this.#votes = new Set();
		this.#askAgainAt = Infinity;
		const isOtherLeader = leaderId !== this.#leaderId;
		this.#leaderId = leaderId;
		if (isOtherLeader) this.#refuseRemoteReads();
		if (leaderId === undefined) this.#lastLeaderContact = -Infinity;
		for (const read of wasLeader?.dropReads() ?? []) this.#refuseReadOf(read);
	}

	/** A round of pre-votes changes nothing that others can see: no term, no vote (dissertation §9.6). */
	#campaign(kind: 'preVote' | 'vote'): void {
		this.#becomeFollower(undefined);
		this.#role = kind === 'preVote' ? 'preCandidate' : 'candidate';
		if (kind === 'vote') {
			this.#hardState = {currentTerm: (this.#hardState.currentTerm + 1) as Term, votedFor: this.#id};
			this.#durability.hardStateChanged();
			this.#resetElectionTimer();
		} else {
			this.#votes.add(this.#id);
		}
		this.#askForVotes();
		this.#countVotes();
	}

	#askAgain(): void {
		// Those that still wait for the disk will leave by themselves.
		const isAskedYet = this.#role === 'preCandidate' || this.#durability.isHardStateDurable;
		if (isAskedYet) this.#askForVotes();
		else this.#askAgainAt = this.#now + this.#limits.heartbeatMs;
	}

	/** Requests are repeated (§5.1): where a quorum needs every vote, one lost message would cost an election timeout. */
	#askForVotes(): void {
		const {currentTerm} = this.#hardState;
		const preVote = this.#role === 'preCandidate';
		const message: RequestVote = {
			type: 'requestVote',
			term: (preVote ? currentTerm + 1 : currentTerm) as Term,
			preVote,
			lastLogIndex: this.#log.lastIndex,
			lastLogTerm: this.#log.lastTerm,
		};
		for (const peer of this.#replicated.configuration.voters) {
			if (peer === this.#id || this.#votes.has(peer)) continue;
			if (preVote) this.#send(peer, message);
			else this.#sendOnceHardStateDurable(peer, message);
		}
		this.#askAgainAt = this.#now + this.#limits.heartbeatMs;
	}

	#countVotes(): void {
		if (!hasQuorum(this.#replicated.configuration, voter => this.#votes.has(voter))) return;
		if (this.#role === 'preCandidate') this.#campaign('vote');
		else if (this.#role === 'candidate') this.#becomeLeader();
	}

	#becomeLeader(): void {
		this.#role = 'leader';
		this.#leaderId = this.#id;
		this.#votes = new Set();
		this.#askAgainAt = Infinity;
		this.#leader = new Leader(
			{
				id: this.#id,
				term: this.#hardState.currentTerm,
				log: this.#log,
				durability: this.#durability,
				limits: this.#limits,
				configuration: () => this.#replicated.configuration,
				snapshot: () => this.#replicated.currentSnapshot,
				emit: effect => this.#effects.push(effect),
			},
			this.#now,
		);
		// An entry of its own term is what a new leader can commit, and with it all before (§5.4.2, §8).
		this.#appendOwn('noop', noCommand);
	}

	#tellLeadership(): void {
		const told = this.#leadershipTold;
		const role = this.#role;
		const {currentTerm: term} = this.#hardState;
		const leaderId = this.#leaderId;
		if (told?.role === role && told.term === term && told.leaderId === leaderId) return;
		const input = {type: 'leadership', role, term, leaderId} as const;
		this.#leadershipTold = input;
		this.#effects.push({type: 'service', input});
	}

	// -------------------------------------------------------------------------------------------- messages

	#receive(from: NodeId, message: RaftMessage): void {
		if (!this.#isAcceptable(from, message)) return this.#refuseMessage();
		if (message.term > this.#hardState.currentTerm && this.#movesTerm(from, message)) this.#adoptTerm(message.term);
		const old = questionOfOldTerm(message, this.#hardState.currentTerm);
		if (old !== undefined) return this.#sendOnceHardStateDurable(from, tellTerm(old, this.#hardState.currentTerm));
		if (tellsTermOnly(message)) return;
		switch (message.type) {
			case 'requestVote':
				return message.preVote ? this.#handlePreVote(from, message) : this.#handleVote(from, message);
			case 'requestVoteReply':
				return this.#handleVoteReply(from, message);
			case 'appendEntries':
				return this.#handleAppendEntries(from, message);
			case 'installSnapshot':
				return this.#handleInstallSnapshot(from, message);
			case 'appendEntriesReply':
				if (this.#leader === undefined || !this.#isCurrent(message.term)) return;
				if (!this.#leader.handleAppendReply(from, message, this.#now)) this.#refuseMessage();
				return;
			case 'installSnapshotReply':
				if (this.#isCurrent(message.term)) this.#leader?.handleSnapshotReply(from, message, this.#now);
				return;
			case 'readIndex':
				return this.#handleReadIndex(from, message);
			case 'readIndexReply':
				return this.#handleReadIndexReply(message.term, message.readId, message.readIndex);
			default:
				return unreachable(message);
		}
	}

	/** What a correct peer can have sent. Anything else is dropped and counted: peers must not be able to stop a node. */
	#isAcceptable(from: NodeId, message: RaftMessage): boolean {
		if (from === this.#id || !isWellFormed(message)) return false;
		if (message.type !== 'appendEntries' && message.type !== 'installSnapshot') return true;
		// Two leaders in one term: election safety is broken at the other end, or the message is forged.
		const isOwnTerm = this.#isCurrent(message.term);
		return !isOwnTerm || (this.#role !== 'leader' && (this.#leaderId === undefined || this.#leaderId === from));
	}

	#refuseMessage(): void {
		this.#refusedMessages++;
	}

	/** Whether a message of a newer term makes this node adopt it. */
	#movesTerm(from: NodeId, message: RaftMessage): boolean {
		if (message.type === 'requestVote') return !message.preVote && !this.#isLeaderFresh(from);
		// A granted pre-vote names a term that nobody has entered yet.
		return !(message.type === 'requestVoteReply' && message.preVote && message.voteGranted);
	}

	/** A leader is at work, as far as this node knows; nobody who asks for votes meanwhile should get them (§4.2.3). */
	#isLeaderFresh(candidate: NodeId): boolean {
		if (this.#role === 'leader') return true;
		return this.#leaderId !== candidate && this.#now - this.#lastLeaderContact < this.#limits.electionTimeoutMs;
	}

	#isCurrent(term: Term): boolean {
		return term === this.#hardState.currentTerm;
	}

	#send(to: NodeId, message: RaftMessage): void {
		this.#effects.push({type: 'send', to, message});
	}

	#sendOnceHardStateDurable(to: NodeId, message: RaftMessage): void {
		if (!this.#durability.holdForHardState(to, message)) this.#send(to, message);
	}

	#sendOnceAllDurable(to: NodeId, message: RaftMessage): void {
		if (!this.#durability.holdForAll(this.#log, to, message)) this.#send(to, message);
	}

	#persisted(sequence: number): void {
		for (const {to, message} of this.#durability.complete(sequence)) {
			// What was promised in a term that is over helps nobody, and a candidate that gave up asks for nothing.
			const isStale = !this.#isCurrent(message.term) || (message.type === 'requestVote' && this.#role !== 'candidate');
			if (!isStale) this.#send(to, message);
		}
		// A candidate's own vote counts, like any other, once it is durable.
		if (this.#role === 'candidate' && this.#durability.isHardStateDurable && !this.#votes.has(this.#id)) {
			this.#votes.add(this.#id);
			// The others are asked only now: the time to answer is theirs, not that of this node's disk.
			this.#resetElectionTimer();
			this.#countVotes();
		}
	}

	// ----------------------------------------------------------------------------------------------- votes

	#handlePreVote(from: NodeId, message: RequestVote): void {
		const {lastLogTerm, lastLogIndex} = message;
		const voteGranted = !this.#isLeaderFresh(from) && this.#log.isUpToDate(lastLogTerm, lastLogIndex);
		this.#send(from, voteGranted ? grantVote(message) : refuseVote(message, this.#hardState.currentTerm));
	}

	#handleVote(from: NodeId, message: RequestVote): void {
		const {term, lastLogTerm, lastLogIndex} = message;
		const {currentTerm, votedFor} = this.#hardState;
		const voteGranted =
			term === currentTerm &&
			(votedFor === undefined || votedFor === from) &&
			this.#log.isUpToDate(lastLogTerm, lastLogIndex);
		if (voteGranted) {
			if (votedFor === undefined) {
				this.#becomeFollower(this.#leaderId);
				this.#hardState = {currentTerm, votedFor: from};
				this.#durability.hardStateChanged();
			}
			this.#resetElectionTimer();
		}
		this.#sendOnceHardStateDurable(from, voteGranted ? grantVote(message) : refuseVote(message, currentTerm));
	}

	#handleVoteReply(from: NodeId, {term, preVote, voteGranted}: RequestVoteReply): void {
		if (!voteGranted) return;
		const asksPreVote = this.#role === 'preCandidate' && preVote && term === this.#hardState.currentTerm + 1;
		const asksVote = this.#role === 'candidate' && !preVote && this.#isCurrent(term);
		if (!asksPreVote && !asksVote) return;
		this.#votes.add(from);
		this.#countVotes();
	}

	// ------------------------------------------------------------------------------------------ replication

	/** What every message of the current term's leader means to a follower. */
	#acceptLeader(from: NodeId): void {
		if (this.#role !== 'follower' || this.#leaderId !== from) this.#becomeFollower(from);
		this.#lastLeaderContact = this.#now;
		this.#resetElectionTimer();
	}

	#handleAppendEntries(from: NodeId, message: AppendEntries): void {
		const entries = unpackEntries(message.entries, message.prevLogIndex + 1);
		if (entries === undefined || !this.#replicated.arePossible(entries, message)) return this.#refuseMessage();
		this.#acceptLeader(from);
		if (!this.#replicated.sharesEntry(message.prevLogIndex, message.prevLogTerm)) {
			this.#sendOnceHardStateDurable(from, refuseAppend(message, this.#conflictAt(message.prevLogIndex)));
			return;
		}
		const isChanged = this.#replicated.takeEntries(entries);
		// Never beyond what this message verified: the rest of this log may not be the leader's (§5.3, rule 5 of figure 2).
		const verifiedIndex = message.prevLogIndex + entries.length;
		this.#replicated.commitTo(Math.min(message.leaderCommit, verifiedIndex));
		this.#receiver.dropUpTo(this.#replicated.commitIndex);
		// What waits for the disk is acknowledged when it is there; what brings nothing new is answered at once.
		const matchIndex = isChanged ? verifiedIndex : Math.min(verifiedIndex, this.#durability.durableIndex);
		const reply = acknowledgeAppend(message, matchIndex);
		if (isChanged) this.#sendOnceAllDurable(from, reply);
		else this.#sendOnceHardStateDurable(from, reply);
	}

	/** What keeps this log from going on after `prevLogIndex`. */
	#conflictAt(prevLogIndex: LogIndex): {readonly conflictTerm: Term | undefined; readonly conflictIndex: LogIndex} {
		const conflictTerm = this.#log.termAt(prevLogIndex);
		const conflictIndex =
			conflictTerm === undefined ? this.#log.lastIndex + 1 : this.#log.firstIndexOfRun(prevLogIndex);
		return {conflictTerm, conflictIndex};
	}

	#appendOwn(type: LogEntry['type'], command: Uint8Array): void {
		this.#replicated.append({index: this.#log.lastIndex + 1, term: this.#hardState.currentTerm, type, command});
	}

	#isCommittedInOwnTerm(): boolean {
		return this.#log.termAt(this.#replicated.commitIndex) === this.#hardState.currentTerm;
	}

	#advanceCommit(): void {
		const index = this.#leader?.quorumMatchIndex() ?? 0;
		if (index <= this.#replicated.commitIndex) return;
		// Only an entry of the leader's own term is committed by counting: an older one on a majority can still be
		// overwritten (§5.4.2, figure 8).
		if (this.#log.termAt(index) !== this.#hardState.currentTerm) return;
		this.#replicated.commitTo(index);
		this.#leader?.committed(this.#now);
	}

	#apply(): void {
		const entries = this.#replicated.takeCommitted();
		if (entries.length > 0) this.#effects.push({type: 'service', input: {type: 'apply', entries}});
	}

	#propose(proposalId: number, commands: readonly Uint8Array[]): void {
		if (this.#leader === undefined) return this.#refuseProposal(proposalId, 'notLeader');
		const bytes = commandsBytes(commands);
		if (commands.some(command => command.length > this.#limits.entryBytesMax)) {
			return this.#refuseProposal(proposalId, 'entryTooLarge');
		}
		if (!this.#leader.hasRoomFor(bytes)) return this.#refuseProposal(proposalId, 'uncommittedFull');
		const firstIndex = this.#log.lastIndex + 1;
		for (const command of commands) this.#appendOwn('command', command);
		this.#leader.proposed(this.#log.lastIndex, bytes);
		const {currentTerm: term} = this.#hardState;
		const input: ServiceInput = {type: 'proposed', proposalId, firstIndex, count: commands.length, term};
		this.#effects.push({type: 'service', input});
	}

	#refuseProposal(proposalId: number, reason: ProposalRefusal): void {
		const leaderId = this.#leaderId;
		this.#effects.push({type: 'service', input: {type: 'proposalRefused', proposalId, reason, leaderId}});
	}

	// ----------------------------------------------------------------------------------------------- reads

	#read(readId: number): void {
		if (this.#leader !== undefined) {
			const question = {type: 'readIndex', term: this.#hardState.currentTerm, readId} as const;
			this.#leader.reads.add({from: this.#id, question});
		} else if (this.#leaderId === undefined) {
			this.#refuseRead(readId);
		} else {
			const deadline = this.#now + this.#limits.electionTimeoutMs;
			const wireId = this.#remoteReads.add(readId, deadline);
			this.#send(this.#leaderId, {type: 'readIndex', term: this.#hardState.currentTerm, readId: wireId});
		}
	}

	#handleReadIndex(from: NodeId, question: ReadIndexRequest): void {
		if (this.#leader === undefined) this.#refuseReadOf({from, question});
		else this.#leader.reads.add({from, question});
	}

	#handleReadIndexReply(term: Term, wireId: number, readIndex: LogIndex | undefined): void {
		const readId = this.#isCurrent(term) ? this.#remoteReads.take(wireId) : undefined;
		if (readId === undefined) return;
		if (readIndex === undefined) this.#refuseRead(readId);
		else this.#effects.push({type: 'service', input: {type: 'readReady', readId, readIndex}});
	}

	/**
	 * Reads are answered from the commit index that this leader had when their round began, and not before the first
	 * commit of its term: only then does it know what is committed (dissertation §6.4, step 1).
	 */
	#answerReads(): void {
		const leader = this.#leader;
		const round = leader?.reads.confirmed(leader.quorumReadToken());
		if (leader === undefined || round === undefined) return;
		const {readIndex} = round;
		for (const {from, question} of round.reads) {
			const {readId} = question;
			if (from !== this.#id) this.#send(from, answerRead(question, readIndex));
			else this.#effects.push({type: 'service', input: {type: 'readReady', readId, readIndex}});
		}
		// Reads that came while the round was under way begin the next one at once.
		if (leader.reads.begin(this.#replicated.commitIndex)) {
			leader.askAll(this.#replicated.commitIndex, this.#now);
			this.#answerReads();
		}
	}

	#refuseReadOf({from, question}: PendingRead): void {
		if (from === this.#id) this.#refuseRead(question.readId);
		else if (this.#isCurrent(question.term)) this.#send(from, answerRead(question, undefined));
		else this.#send(from, tellTerm(question, this.#hardState.currentTerm));
	}

	#refuseRead(readId: number): void {
		this.#effects.push({type: 'service', input: {type: 'readRefused', readId, leaderId: this.#leaderId}});
	}

	#refuseRemoteReads(): void {
		for (const readId of this.#remoteReads.takeAll()) this.#refuseRead(readId);
	}

	// ------------------------------------------------------------------------------------------- snapshots

	#handleInstallSnapshot(from: NodeId, message: InstallSnapshot): void {
		if (!this.#replicated.isPossible(message.snapshot)) return this.#refuseMessage();
		this.#acceptLeader(from);
		// Committed already: it could only take the service back (and the index counts for nothing new).
		if (message.snapshot.lastIncludedIndex <= this.#replicated.commitIndex) {
			this.#receiver.drop();
			this.#sendOnceAllDurable(from, answerChunk(message, {offset: message.offset, installed: true}));
			return;
		}
		const reply = this.#receiver.take(from, message);
		if (reply !== undefined) this.#sendOnceHardStateDurable(from, reply);
	}

	#snapshotChunkStored(snapshot: SnapshotMeta, offset: number): void {
		const stored = this.#receiver.stored(snapshot, offset);
		if (stored === undefined) return;
		const {from, reply} = stored;
		if (!this.#isCurrent(reply.term)) return this.#receiver.drop();
		if (reply.installed) {
			if (snapshot.lastIncludedIndex > this.#replicated.commitIndex) this.#install(snapshot);
			this.#sendOnceAllDurable(from, reply);
		} else {
			this.#sendOnceHardStateDurable(from, reply);
		}
	}

	#install(snapshot: SnapshotMeta): void {
		this.#replicated.install(snapshot);
		this.#effects.push({type: 'installSnapshot', snapshot});
	}
}
