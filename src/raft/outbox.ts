/**
 * What a step asks its shell to do, in order. A message that promises something goes through one of the `sendOnce…`
 * methods: it is held until what it relies on is durable, and is no effect before.
 */
import type {Durability} from './durability.js';
import type {Effect} from './effects.js';
import type {RaftEvent} from './events.js';
import type {RaftLog} from './log.js';
import type {NodeId, RaftMessage, ServiceInput} from './types.js';

const nothing: readonly RaftEvent[] = [];

export class Outbox {
	readonly #log: RaftLog;
	readonly #durability: Pick<Durability, 'holdForAll' | 'holdForHardState'>;
	#effects: Effect[] = [];
	#events: readonly RaftEvent[] = nothing;

	constructor(log: RaftLog, durability: Pick<Durability, 'holdForAll' | 'holdForHardState'>) {
		this.#log = log;
		this.#durability = durability;
	}

	/** Begins a step; the list that it returns fills until the next step begins. */
	begin(): readonly Effect[] {
		this.#effects = [];
		this.#events = nothing;
		return this.#effects;
	}

	/** What the step has to tell whoever watches. */
	get events(): readonly RaftEvent[] {
		return this.#events;
	}

	emit(effect: Effect): void {
		this.#effects.push(effect);
	}

	tell(input: ServiceInput): void {
		this.#effects.push({type: 'service', input});
	}

	report(event: RaftEvent): void {
		this.#events = [...this.#events, event];
	}

	send(to: NodeId, message: RaftMessage): void {
		this.#effects.push({type: 'send', to, message});
	}

	sendOnceHardStateDurable(to: NodeId, message: RaftMessage): void {
		if (!this.#durability.holdForHardState(to, message)) this.send(to, message);
	}

	sendOnceAllDurable(to: NodeId, message: RaftMessage): void {
		if (!this.#durability.holdForAll(this.#log, to, message)) this.send(to, message);
	}
}
