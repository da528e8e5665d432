/** Judges answers of nodes to nodes: each confirms only what was asked in the term that it names. */
import type {RaftMessage} from '../raft/types.js';
import type {Report} from './violation.js';

export class OwnTermJudge {
	readonly #report: Report;
	/** By node: what this life of it was asked, and in which term; for appends and chunks, the newest token of a read. */
	readonly #heard: readonly Map<string, number>[];

	constructor(nodeCount: number, report: Report) {
		this.#report = report;
		this.#heard = Array.from({length: nodeCount}, () => new Map<string, number>());
	}

	/** A node begins a new life: it was asked nothing yet. */
	forget(node: number): void {
		this.#heard[node]?.clear();
	}

	/** A message has reached a node. */
	heard(node: number, from: number, message: RaftMessage): void {
		const heard = this.#heard[node];
		const {type, term} = message;
		if (type === 'appendEntries' || type === 'installSnapshot') {
			const question = `leader ${from} in term ${term}`;
			heard?.set(question, Math.max(heard.get(question) ?? 0, message.readToken));
		} else if (type === 'requestVote') {
			heard?.set(`${message.preVote ? 'pre-vote' : 'vote'} of ${from} in term ${term}`, 0);
		} else if (type === 'readIndex') {
			heard?.set(`read ${message.readId} of ${from} in term ${term}`, 0);
		}
	}

	/** An answer confirms what was asked, in the term that it names: for that, it must have been asked in that term. */
	sent(node: number, to: number, message: RaftMessage): void {
		const {type, term} = message;
		// With neither an index nor a token it only tells the newer term.
		const isAck = type === 'appendEntriesReply' && (message.success || message.readToken > 0);
		const isChunkAck = type === 'installSnapshotReply' && (message.lastIncludedIndex > 0 || message.readToken > 0);
		if (isAck || isChunkAck) {
			return this.#assertHeard(node, `leader ${to} in term ${term}`, message.readToken);
		}
		if (type === 'requestVoteReply' && message.voteGranted) {
			return this.#assertHeard(node, `${message.preVote ? 'pre-vote' : 'vote'} of ${to} in term ${term}`, 0);
		}
		if (type === 'readIndexReply' && message.readIndex !== undefined) {
			this.#assertHeard(node, `read ${message.readId} of ${to} in term ${term}`, 0);
		}
	}

	#assertHeard(node: number, question: string, token: number): void {
		const heard = this.#heard[node]?.get(question);
		if (heard !== undefined && heard >= token) return;
		this.#report(
			'ownTerm',
			`node ${node} answers "${question}" with token ${token}, and has heard ${heard ?? 'nothing'}`,
		);
	}
}
