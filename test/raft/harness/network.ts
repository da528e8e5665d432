import type {NodeId, RaftMessage} from '../../../src/raft/types.js';
import type {Random} from './random.js';

/** What links do to messages. Probabilities in [0, 1], times in ms. */
export interface LinkFaults {
	readonly loss: number;
	readonly duplication: number;
	/** A copy that comes again much later, maybe in another term. */
	readonly replay: number;
	readonly delayMinMs: number;
	readonly delayMeanMs: number;
}

export const cleanLinks: LinkFaults = {loss: 0, duplication: 0, replay: 0, delayMinMs: 0.2, delayMeanMs: 0.5};

export class TestNetwork {
	faults: LinkFaults = cleanLinks;
	readonly #random: Random;
	readonly #later: (delayMs: number, action: () => void) => void;
	readonly #deliver: (from: NodeId, to: NodeId, message: RaftMessage) => void;
	readonly #cuts = new Set<string>();
	#messages = 0;

	constructor(
		random: Random,
		later: (delayMs: number, action: () => void) => void,
		deliver: (from: NodeId, to: NodeId, message: RaftMessage) => void,
	) {
		this.#random = random;
		this.#later = later;
		this.#deliver = deliver;
	}

	get messages(): number {
		return this.#messages;
	}

	/** One direction only. */
	cut(from: number, to: number): void {
		this.#cuts.add(`${from} ${to}`);
	}

	/** All links between the two sides, in both directions. */
	partition(oneSide: readonly number[], otherSide: readonly number[]): void {
		for (const one of oneSide) {
			for (const other of otherSide) {
				this.cut(one, other);
				this.cut(other, one);
			}
		}
	}

	heal(): void {
		this.#cuts.clear();
	}

	send(from: NodeId, to: NodeId, message: RaftMessage): void {
		this.#messages++;
		const {loss, duplication, replay} = this.faults;
		if (this.#random.chance(loss)) return;
		this.#transfer(from, to, message, this.#delayMs());
		if (this.#random.chance(duplication)) this.#transfer(from, to, message, this.#delayMs());
		if (this.#random.chance(replay)) this.#transfer(from, to, message, this.#random.integer(100, 3000));
	}

	#delayMs(): number {
		return this.faults.delayMinMs + this.#random.exponential(this.faults.delayMeanMs);
	}

	/** A link that is cut while the message is on its way loses it. Copies share nothing that has an identity. */
	#transfer(from: NodeId, to: NodeId, message: RaftMessage, delayMs: number): void {
		const copy = message.type === 'installSnapshot' ? {...message, snapshot: {...message.snapshot}} : {...message};
		this.#later(delayMs, () => {
			if (!this.#cuts.has(`${from} ${to}`)) this.#deliver(from, to, copy);
		});
	}
}
