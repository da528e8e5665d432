/** What a server knows about who leads: what its node told it last. */
import type {NodeId, Role, Term} from '../../raft/types.js';
import type {ServiceReply} from '../types.js';

export class Leadership {
	#role: Role = 'follower';
	#term: Term | undefined;
	#leaderId: NodeId | undefined;

	/** This node leads. */
	get isOurs(): boolean {
		return this.#role === 'leader';
	}

	get leaderId(): NodeId | undefined {
		return this.#leaderId;
	}

	/** Takes what the node told. `true`: the role or the term is another one. */
	follow(role: Role, term: Term, leaderId: NodeId | undefined): boolean {
		const isSame = role === this.#role && term === this.#term;
		this.#role = role;
		this.#term = term;
		this.#leaderId = leaderId;
		return !isSame;
	}

	/** The node has stopped: nothing is known any more. */
	forgetLeader(): void {
		this.#leaderId = undefined;
	}

	/** To a client that has to ask elsewhere: what it asked for has not been done, and will not be. */
	notLeader(): ServiceReply {
		return {type: 'notLeader', leaderId: this.#leaderId};
	}

	/** To a client that has to ask elsewhere: what it asked for may be done yet. */
	unknown(): ServiceReply {
		return {type: 'unknown', leaderId: this.#leaderId};
	}
}
