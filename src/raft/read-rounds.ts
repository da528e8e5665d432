/**
 * ReadIndex (dissertation §6.4): a leader answers a read from its state once a quorum has confirmed, by answering a
 * message sent after the read came in, that it still leads. All reads that wait share one round; every round has a
 * token of its own, and a token is only ever compared within one term, so a late answer cannot confirm a later read.
 */
import type {LogIndex, NodeId, ReadIndexRequest} from './types.js';

export interface PendingRead {
	/** The asker: this node's own service, or a follower. */
	readonly from: NodeId;
	/** With the term in which it was asked. */
	readonly question: ReadIndexRequest;
}

interface Round {
	readonly token: number;
	readonly readIndex: LogIndex;
	readonly reads: readonly PendingRead[];
}

export class ReadRounds {
	#token = 0;
	/** Not part of a round yet: they came while one was under way, or before the leader's first commit. */
	#waiting: PendingRead[] = [];
	#round: Round | undefined;

	/** The newest round, or heartbeat; every AppendEntries carries it. */
	get token(): number {
		return this.#token;
	}

	/** Heartbeats are due. What followers hear of them is newer than all that was sent before, copies that come late included. */
	heartbeat(): void {
		this.#token++;
	}

	add(read: PendingRead): void {
		this.#waiting.push(read);
	}

	/** Begins a round if reads wait and none is under way; `true`: the followers are to be asked. */
	begin(commitIndex: LogIndex): boolean {
		if (this.#round !== undefined || this.#waiting.length === 0) return false;
		this.#token++;
		this.#round = {token: this.#token, readIndex: commitIndex, reads: this.#waiting};
		this.#waiting = [];
		return true;
	}

	/** A quorum has answered messages of round `token` or later. */
	confirmed(token: number): Round | undefined {
		if (this.#round === undefined || token < this.#round.token) return undefined;
		const round = this.#round;
		this.#round = undefined;
		return round;
	}

	/** The term is over: nobody can confirm these any more. */
	dropAll(): readonly PendingRead[] {
		return [...(this.#round?.reads ?? []), ...this.#waiting];
	}
}
