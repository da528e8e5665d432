/** Who waits for which index of the log. */
import {assert} from '../../base/errors.js';
import type {LogEntry, LogIndex, Term} from '../../raft/types.js';
import type {OpenWrite} from './open-requests.js';
import {Queue} from '../../base/queue.js';
import type {MachineTypes} from '../machine.js';
import type {Command, Outcome} from '../types.js';

/** A request whose command holds this index, as proposed in `term`. */
interface Waiter<T extends MachineTypes> {
	readonly request: OpenWrite<T>;
	readonly index: LogIndex;
	readonly term: Term;
}

/** What is known of a request after the entry at its index was applied. */
export type Delivery<T extends MachineTypes> =
	| {readonly type: 'complete'; readonly request: OpenWrite<T>; readonly outcomes: readonly Outcome<T>[]}
	/** Another entry took its index: its command is not in the log, nor ever will be by this attempt. */
	| {readonly type: 'replaced'; readonly request: OpenWrite<T>};

export class Waiters<T extends MachineTypes> {
	/** In the order of the log: a leader hands out indexes upwards, and a lost leadership empties the queue. */
	readonly #queue = new Queue<Waiter<T>>();
	#lastIndex: LogIndex = 0;

	get isEmpty(): boolean {
		return this.#queue.length === 0;
	}

	add(request: OpenWrite<T>, index: LogIndex, term: Term): void {
		assert(this.#queue.length === 0 || index > this.#lastIndex, 'waiters are added in the order of the log');
		this.#lastIndex = index;
		this.#queue.push({request, index, term});
	}

	/** The command at this entry, if somebody waits for it. */
	commandOf({index, term}: LogEntry): Command<T> | undefined {
		const waiter = this.#queue.first;
		return waiter?.index === index && waiter.term === term ? waiter.request.command : undefined;
	}

	/** `outcomes`: `undefined` for an entry that is not the service's. */
	deliver(entry: LogEntry, outcomes: readonly Outcome<T>[] | undefined): Delivery<T> | undefined {
		const waiter = this.#queue.first;
		if (waiter === undefined || waiter.index > entry.index) return undefined;
		const {request, index, term} = waiter;
		assert(index === entry.index, 'a waiter sees its index once');
		this.#queue.shift();
		// The same index and term are the same entry (Log Matching, §5.3); another term is somebody else's.
		if (entry.term !== term || outcomes === undefined) return {type: 'replaced', request};
		return {type: 'complete', request, outcomes};
	}

	/** Those with an index up to here; they are no waiters any more. */
	takeThrough(index: LogIndex): readonly OpenWrite<T>[] {
		const taken: OpenWrite<T>[] = [];
		for (let first = this.#queue.first; first !== undefined && first.index <= index; first = this.#queue.first) {
			taken.push(first.request);
			this.#queue.shift();
		}
		return taken;
	}

	takeAll(): readonly OpenWrite<T>[] {
		return this.#queue.takeAll().map(({request}) => request);
	}
}
