/** Messages of other nodes: which ones a node takes, what their terms mean to it, and which part has to answer. */
import {isTermOnly, questionOfOldTerm, tellTerm} from './answers.js';
import type {Election} from './election.js';
import {unreachable} from '../base/errors.js';
import type {Follower} from './follower.js';
import type {Outbox} from './outbox.js';
import type {Reads} from './reads.js';
import type {Roles} from './roles.js';
import type {TermAndVote} from './term-and-vote.js';
import type {NodeId, RaftMessage, Term} from './types.js';
import {isWellFormed} from './validation.js';

export interface InboxContext {
	readonly id: NodeId;
	readonly termAndVote: Pick<TermAndVote, 'currentTerm' | 'isCurrent' | 'adopt'>;
	readonly roles: Pick<Roles, 'leader' | 'leaderId' | 'isLeaderFresh' | 'stepDown'>;
	readonly election: Pick<Election, 'handleRequestVote' | 'handleRequestVoteReply' | 'handleTimeoutNow'>;
	readonly follower: Pick<Follower, 'handleAppendEntries' | 'handleInstallSnapshot' | 'termChanged'>;
	readonly reads: Pick<Reads, 'handleReadIndex' | 'handleReadIndexReply'>;
	readonly outbox: Pick<Outbox, 'sendOnceHardStateDurable'>;
}

export class Inbox {
	readonly #context: InboxContext;
	#refusedMessages = 0;

	constructor(context: InboxContext) {
		this.#context = context;
	}

	/** Messages that made no sense and were dropped. */
	get refusedMessages(): number {
		return this.#refusedMessages;
	}

	receive(from: NodeId, message: RaftMessage): void {
		const {termAndVote, outbox} = this.#context;
		if (!this.#isAcceptable(from, message)) return this.#refuse();
		if (message.term > termAndVote.currentTerm && this.#isTermToAdopt(from, message)) this.#adoptTerm(message.term);
		const {currentTerm} = termAndVote;
		const old = questionOfOldTerm(message, currentTerm);
		if (old !== undefined) return outbox.sendOnceHardStateDurable(from, tellTerm(old, currentTerm));
		if (!isTermOnly(message)) this.#dispatch(from, message);
	}

	#dispatch(from: NodeId, message: RaftMessage): void {
		const {termAndVote, roles, election, follower, reads} = this.#context;
		switch (message.type) {
			case 'requestVote':
				return election.handleRequestVote(from, message);
			case 'requestVoteReply':
				return election.handleRequestVoteReply(from, message);
			case 'appendEntries':
				return this.#refuseUnless(follower.handleAppendEntries(from, message));
			case 'installSnapshot':
				return this.#refuseUnless(follower.handleInstallSnapshot(from, message));
			case 'appendEntriesReply':
				if (roles.leader === undefined || !termAndVote.isCurrent(message.term)) return;
				return this.#refuseUnless(roles.leader.replication.handleAppendReply(from, message));
			case 'installSnapshotReply':
				if (termAndVote.isCurrent(message.term)) roles.leader?.replication.handleSnapshotReply(from, message);
				return;
			case 'readIndex':
				return reads.handleReadIndex(from, message, roles);
			case 'readIndexReply':
				return reads.handleReadIndexReply(message, roles.leaderId);
			case 'timeoutNow':
				return election.handleTimeoutNow(message);
			default:
				return unreachable(message);
		}
	}

	/** What a correct peer can have sent. Anything else is dropped and counted: peers must not be able to stop a node. */
	#isAcceptable(from: NodeId, message: RaftMessage): boolean {
		const {id, termAndVote, roles} = this.#context;
		if (from === id || !isWellFormed(message)) return false;
		if (!isOfLeader(message)) return true;
		// Two leaders in one term: election safety is broken at the other end, or the message is forged.
		const {leader, leaderId} = roles;
		const isOwnTerm = termAndVote.isCurrent(message.term);
		return !isOwnTerm || (leader === undefined && (leaderId === undefined || leaderId === from));
	}

	#refuseUnless(isPossible: boolean): void {
		if (!isPossible) this.#refuse();
	}

	#refuse(): void {
		this.#refusedMessages++;
	}

	/** Whether a message of a newer term makes this node adopt it. */
	#isTermToAdopt(from: NodeId, message: RaftMessage): boolean {
		if (message.type === 'requestVote') {
			// A leader that hands its place over wants this election.
			return !message.preVote && (message.isTransfer || !this.#context.roles.isLeaderFresh(from));
		}
		// A granted pre-vote names a term that nobody has entered yet.
		return !(message.type === 'requestVoteReply' && message.preVote && message.voteGranted);
	}

	#adoptTerm(term: Term): void {
		const {termAndVote, follower, roles} = this.#context;
		const {currentTerm} = termAndVote;
		termAndVote.adopt(term);
		follower.termChanged();
		roles.stepDown(currentTerm, roles.leader?.successor === undefined ? 'newerTerm' : 'transferred');
	}
}

/** Only the leader of its term sends such a message. */
function isOfLeader({type}: RaftMessage): boolean {
	return type === 'appendEntries' || type === 'installSnapshot' || type === 'timeoutNow';
}
