/** Judges one life of a node from the inside: what it is told, what it tells its service, and why it stops. */
import {InvariantError} from '../base/errors.js';
import type {RaftStatus} from '../raft/raft-node.js';
import type {RaftMessage, ServiceInput, ServiceOutput} from '../raft/types.js';
import {StorageCorruptError} from '../storage/errors.js';
import type {LogJudge} from './log-judge.js';
import type {Report} from './violation.js';

export class LifeJudge {
	readonly #node: number;
	readonly #logs: LogJudge;
	readonly #report: Report;
	#appliedIndex = 0;
	/** The newest term that the node was told of by what makes everyone adopt it. */
	#toldTerm = 0;
	/** By read: what was committed, anywhere, when the service asked for it. */
	readonly #reads = new Map<number, number>();

	constructor(node: number, logs: LogJudge, report: Report) {
		this.#node = node;
		this.#logs = logs;
		this.#report = report;
	}

	/** A message reaches the node. */
	heard(from: number, message: RaftMessage): void {
		this.#logs.heard(this.#node, from, message);
		if (movesTerm(message)) this.#toldTerm = Math.max(this.#toldTerm, message.term);
	}

	/** The node before and after a request for a pre-vote, with nothing else between. */
	tookPreVote(before: RaftStatus, after: RaftStatus): void {
		if (before.currentTerm === after.currentTerm && before.votedFor === after.votedFor) return;
		const change = `from term ${before.currentTerm} to ${after.currentTerm}, vote ${before.votedFor} to ${after.votedFor}`;
		this.#report('preVoteIsIdle', `a request for a pre-vote took node ${this.#node} ${change}`);
	}

	/** §5.1: whoever hears of a newer term, in a request or in an answer, is of that term from then on. */
	judgeTerm({currentTerm}: RaftStatus): void {
		if (currentTerm >= this.#toldTerm) return;
		this.#report('newerTerm', `node ${this.#node} was told of term ${this.#toldTerm} and stays in ${currentTerm}`);
	}

	/** The service says something to the node. */
	serviceTold(output: ServiceOutput): void {
		if (output.type === 'read') this.#reads.set(output.readId, this.#logs.committedIndex);
	}

	/** The node says something to its service. */
	tellsService(input: ServiceInput): void {
		if (input.type === 'readReady') this.#judgeReadIndex(input.readId, input.readIndex);
		if (input.type === 'apply') {
			this.#logs.applies(this.#node, input.entries, this.#appliedIndex);
			this.#appliedIndex = input.entries.at(-1)?.index ?? this.#appliedIndex;
		} else if (input.type === 'installSnapshot') this.#appliedIndex = input.snapshot.lastIncludedIndex;
	}

	#judgeReadIndex(readId: number, readIndex: number): void {
		const committed = this.#reads.get(readId) ?? 0;
		this.#reads.delete(readId);
		if (readIndex >= committed) return;
		const detail = `node ${this.#node} reads at index ${readIndex}`;
		this.#report('readIndex', `${detail}, though ${committed} was committed when the read was asked for`);
	}

	/** A node stops for a fault of its disk, and for nothing else. */
	failed(error: Error, disk: {readonly isDamaged: boolean; readonly hasFailed: boolean}): void {
		const told = `node ${this.#node}: ${error.message}`;
		if (error instanceof StorageCorruptError) {
			if (!disk.isDamaged) this.#report('detection', `${told} -- and nothing was damaged`);
		} else if (error instanceof InvariantError || !disk.hasFailed) {
			this.#report('noCrash', error instanceof InvariantError ? told : `${told} ${error.stack}`);
		}
	}
}

/**
 * All but requests for votes, which a fresh leader shields from (§4.2.3) unless it has asked for them itself (§3.10), and the terms
 * that pre-votes only speak of.
 */
function movesTerm(message: RaftMessage): boolean {
	if (message.type === 'requestVote') return message.isTransfer && !message.preVote;
	return message.type !== 'requestVoteReply' || !message.preVote || !message.voteGranted;
}
