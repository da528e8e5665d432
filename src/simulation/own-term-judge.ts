/** Judges answers of nodes to nodes: each confirms only what was asked in the term that it names. */
import type {RaftMessage, Term} from '../raft/types.js';
import type {Report} from './violation.js';

/** More nodes than a simulated cluster has. A term has 48 bits: with a node's number beside it, it is still exact. */
const nodesMax = 32;

/** A number for who asks in which term: to make a text of each message would cost more than the rest of the judge. */
const keyOf = (from: number, term: Term): number => term * nodesMax + from;

const keyOfRead = (readId: number, from: number, term: Term): string => `${readId} ${from} ${term}`;

/** What one life of a node was asked. */
class Questions {
	/** By leader and term: the newest token of a read in its appends and chunks. */
	readonly leaders = new Map<number, number>();
	readonly votes = new Set<number>();
	readonly preVotes = new Set<number>();
	readonly reads = new Set<string>();
	/** The terms of leaders that asked it to take their place. */
	readonly transfers = new Set<number>();
}

export class OwnTermJudge {
	readonly #report: Report;
	/** By node. */
	readonly #heard: Questions[];

	constructor(nodeCount: number, report: Report) {
		this.#report = report;
		this.#heard = Array.from({length: nodeCount}, () => new Questions());
	}

	/** A node begins a new life: it was asked nothing yet. */
	forget(node: number): void {
		this.#heard[node] = new Questions();
	}

	/** A message has reached a node. */
	heard(node: number, from: number, message: RaftMessage): void {
		const {leaders, votes, preVotes, reads, transfers} = this.#heard[node] as Questions;
		const {type, term} = message;
		if (type === 'appendEntries' || type === 'installSnapshot') {
			const key = keyOf(from, term);
			leaders.set(key, Math.max(leaders.get(key) ?? 0, message.readToken));
		} else if (type === 'requestVote') {
			(message.preVote ? preVotes : votes).add(keyOf(from, term));
		} else if (type === 'readIndex') {
			reads.add(keyOfRead(message.readId, from, term));
		} else if (type === 'timeoutNow') transfers.add(term);
	}

	/** An answer confirms what was asked, in the term that it names: for that, it must have been asked in that term. */
	sent(node: number, to: number, message: RaftMessage): void {
		const {leaders, votes, preVotes, reads} = this.#heard[node] as Questions;
		const {type, term} = message;
		if (type === 'requestVote' && message.isTransfer) return this.#judgeTransfer(node, term);
		// With neither an index nor a token it only tells the newer term.
		const isAck = type === 'appendEntriesReply' && (message.success || message.readToken > 0);
		const isChunkAck = type === 'installSnapshotReply' && (message.lastIncludedIndex > 0 || message.readToken > 0);
		if (isAck || isChunkAck) {
			const {readToken} = message;
			const heard = leaders.get(keyOf(to, term));
			if (heard === undefined || heard < readToken)
				this.#complain(node, `leader ${to} in term ${term}`, readToken, heard);
		} else if (type === 'requestVoteReply' && message.voteGranted) {
			if ((message.preVote ? preVotes : votes).has(keyOf(to, term))) return;
			this.#complain(node, `${message.preVote ? 'pre-vote' : 'vote'} of ${to} in term ${term}`, 0, undefined);
		} else if (type === 'readIndexReply' && message.readIndex !== undefined) {
			if (reads.has(keyOfRead(message.readId, to, term))) return;
			this.#complain(node, `read ${message.readId} of ${to} in term ${term}`, 0, undefined);
		}
	}

	/** The mark of a transfer takes from the others what shields their leader (dissertation §4.2.3): only that leader may give it. */
	#judgeTransfer(node: number, term: number): void {
		if (this.#heard[node]?.transfers.has(term - 1) === true) return;
		const detail = `node ${node} asks for votes in term ${term} with the mark of a transfer`;
		this.#report('transferAsked', `${detail}, and no leader of term ${term - 1} has asked it to`);
	}

	#complain(node: number, question: string, token: number, heard: number | undefined): void {
		const told = `node ${node} answers "${question}" with token ${token}`;
		this.#report('ownTerm', `${told}, and has heard ${heard ?? 'nothing'}`);
	}
}
