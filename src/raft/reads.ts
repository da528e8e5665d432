/**
 * Linearizable reads (dissertation §6.4): those of this node's own service, which a leader answers itself and a follower
 * takes to its leader, and those that followers bring to this node.
 */
import {answerRead, tellTerm} from './answers.js';
import type {Leader} from './leader.js';
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import type {PendingRead} from './read-rounds.js';
import {RemoteReads} from './remote-reads.js';
import type {ReplicatedLog} from './replicated-log.js';
import type {Clock} from './step-clock.js';
import type {CurrentTerm} from './term-and-vote.js';
import type {Milliseconds, NodeId, ReadIndexReply, ReadIndexRequest} from './types.js';

export interface ReadsContext {
	readonly id: NodeId;
	readonly limits: Pick<RaftLimits, 'electionTimeoutMs'>;
	readonly random: () => number;
	readonly clock: Clock;
	readonly termAndVote: CurrentTerm;
	readonly replicated: Pick<ReplicatedLog, 'commitIndex'>;
	readonly outbox: Pick<Outbox, 'send' | 'tell'>;
}

/** The leader, as far as this node knows. */
export interface Leadership {
	readonly leaderId: NodeId | undefined;
	/** Defined exactly while this node leads. */
	readonly leader: Leader | undefined;
}

export class Reads {
	readonly #context: ReadsContext;
	readonly #remoteReads: RemoteReads;

	constructor(context: ReadsContext) {
		this.#context = context;
		this.#remoteReads = new RemoteReads(context.random);
	}

	// ------------------------------------------------------------------------------- of this node's service

	nextDeadline(): Milliseconds {
		return this.#remoteReads.nextDeadline();
	}

	/** Refuses the reads that the leader has not answered in time. */
	tick(leaderId: NodeId | undefined): void {
		for (const readId of this.#remoteReads.expire(this.#context.clock.now)) this.#refuse(readId, leaderId);
	}

	read(readId: number, {leader, leaderId}: Leadership): void {
		const {id, limits, clock, termAndVote, outbox} = this.#context;
		const {currentTerm: term} = termAndVote;
		if (leader !== undefined) {
			leader.reads.add({from: id, question: {type: 'readIndex', term, readId}});
		} else if (leaderId === undefined) {
			this.#refuse(readId, leaderId);
		} else {
			const wireId = this.#remoteReads.add(readId, clock.now + limits.electionTimeoutMs);
			outbox.send(leaderId, {type: 'readIndex', term, readId: wireId});
		}
	}

	handleReadIndexReply({term, readId: wireId, readIndex}: ReadIndexReply, leaderId: NodeId | undefined): void {
		const {termAndVote, outbox} = this.#context;
		const readId = termAndVote.isCurrent(term) ? this.#remoteReads.take(wireId) : undefined;
		if (readId === undefined) return;
		if (readIndex === undefined) this.#refuse(readId, leaderId);
		else outbox.tell({type: 'readReady', readId, readIndex});
	}

	/** Another leader, or none, is known now: the former one answers no more. */
	refuseRemote(leaderId: NodeId | undefined): void {
		for (const readId of this.#remoteReads.takeAll()) this.#refuse(readId, leaderId);
	}

	#refuse(readId: number, leaderId: NodeId | undefined): void {
		this.#context.outbox.tell({type: 'readRefused', readId, leaderId});
	}

	// ----------------------------------------------------------------------------------------- of a leader

	handleReadIndex(from: NodeId, question: ReadIndexRequest, {leader, leaderId}: Leadership): void {
		if (leader === undefined) this.#refuseAsked({from, question}, leaderId);
		else leader.reads.add({from, question});
	}

	/**
	 * Begins a round; `true`: the followers are to be asked. Not before the first commit of the leader's term: only then
	 * does it know what is committed (dissertation §6.4, step 1).
	 */
	beginRound(leader: Leader): boolean {
		return leader.hasCommittedInOwnTerm && leader.reads.begin(this.#context.replicated.commitIndex);
	}

	/** Reads are answered from the commit index that this leader had when their round began. */
	answerConfirmed(leader: Leader): void {
		const {id, replicated, outbox} = this.#context;
		const round = leader.reads.confirmed(leader.quorumReadToken());
		if (round === undefined) return;
		const {readIndex} = round;
		for (const {from, question} of round.reads) {
			if (from === id) outbox.tell({type: 'readReady', readId: question.readId, readIndex});
			else outbox.send(from, answerRead(question, readIndex));
		}
		// Reads that came while the round was under way begin the next one at once.
		if (leader.reads.begin(replicated.commitIndex)) {
			leader.replication.askAll();
			this.answerConfirmed(leader);
		}
	}

	/** This node leads no more: nobody can confirm what its leadership was asked. */
	refuseDropped(reads: readonly PendingRead[], leaderId: NodeId | undefined): void {
		for (const read of reads) this.#refuseAsked(read, leaderId);
	}

	#refuseAsked({from, question}: PendingRead, leaderId: NodeId | undefined): void {
		const {id, termAndVote, outbox} = this.#context;
		if (from === id) this.#refuse(question.readId, leaderId);
		else if (termAndVote.isCurrent(question.term)) outbox.send(from, answerRead(question, undefined));
		else outbox.send(from, tellTerm(question, termAndVote.currentTerm));
	}
}
