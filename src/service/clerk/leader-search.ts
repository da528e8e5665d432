/** Which server a clerk talks to: by hints, by going round, and with pauses, so that a cluster without a leader gets rest. */
import type {Milliseconds, NodeId} from '../../raft/types.js';

/** How long a clerk pauses between rounds of servers that could not serve. */
export interface BackoffLimits {
	/** The pause after the first full round without success, ms; doubles with each further round. @default 5 */
	readonly backoffMinMs: Milliseconds;
	/**
	 * The longest pause, ms: so much later than it could a clerk may find a new leader. An election takes far longer than
	 * that, and to ask costs a message within the process. @default 25
	 */
	readonly backoffMaxMs: Milliseconds;
}

export class LeaderSearch {
	readonly #servers: readonly NodeId[];
	readonly #random: () => number;
	readonly #limits: BackoffLimits;
	#targetOffset: number;
	/** Since the last success. */
	#misses = 0;
	#isPauseDue = false;

	/** `random`: uniform in [0, 1). */
	constructor(servers: readonly NodeId[], random: () => number, limits: BackoffLimits) {
		this.#servers = servers;
		this.#random = random;
		this.#limits = limits;
		this.#targetOffset = Math.floor(random() * servers.length);
	}

	get target(): NodeId {
		return this.#servers[this.#targetOffset] as NodeId;
	}

	succeeded(): void {
		this.#misses = 0;
	}

	/** This server did not serve; `hint`: whom it takes for the leader. */
	missed(server: NodeId, hint: NodeId | undefined): void {
		// The answer to an older attempt: the search has moved on already.
		if (server !== this.target) return;
		const count = this.#servers.length;
		// Followers that point at each other, or at a dead leader, must not keep the rest from being asked: every other
		// round goes by hints, the ones between go round.
		const followsHints = Math.floor(this.#misses / count) % 2 === 0;
		const hinted = followsHints && hint !== undefined && hint !== server ? this.#servers.indexOf(hint) : -1;
		this.#targetOffset = hinted >= 0 ? hinted : (this.#targetOffset + 1) % count;
		this.#misses += 1;
		if (this.#misses % count === 0) this.#isPauseDue = true;
	}

	/** The server is right but cannot now. */
	overloaded(): void {
		this.#misses += this.#servers.length;
		this.#isPauseDue = true;
	}

	/** How long to wait before anything more is sent, ms; asked once, `undefined` when there is no need to wait. */
	takePause(): Milliseconds | undefined {
		if (!this.#isPauseDue) return undefined;
		this.#isPauseDue = false;
		const {backoffMinMs, backoffMaxMs} = this.#limits;
		const rounds = Math.min(20, Math.floor(this.#misses / this.#servers.length) - 1);
		// Half of it is chance, so that clerks that failed together do not come back together.
		return Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.max(0, rounds)) * (0.5 + this.#random() / 2);
	}
}
