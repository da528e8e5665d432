/** Who waits for which indexes of the log. */
import {assert} from '../raft/errors.js';
import type {LogEntry, LogIndex, Term} from '../raft/types.js';
import type {PendingWrite} from './pending-requests.js';
import {Queue} from './queue.js';
import type {Outcome} from './types.js';

/** A request whose commands hold the indexes from `firstIndex` on, as proposed in `term`. */
interface Waiter {
	readonly request: PendingWrite;
	readonly firstIndex: LogIndex;
	readonly term: Term;
	/** Of the commands applied so far. */
	readonly outcomes: Outcome[];
}

/** What is known of a request after an entry was applied. */
export type Delivery =
	| {readonly type: 'complete'; readonly request: PendingWrite; readonly outcomes: readonly Outcome[]}
	/** Another entry took the request's first index: none of its commands is in the log, nor ever will be by this attempt. */
	| {readonly type: 'replaced'; readonly request: PendingWrite}
	/** Another entry took a later one of its indexes: the commands before it were run. */
	| {readonly type: 'cutShort'; readonly request: PendingWrite};

export class Waiters {
	/** In the order of the log: a leader hands out indexes upwards, and a lost leadership empties the queue. */
	readonly #queue = new Queue<Waiter>();
	#lastIndex: LogIndex = 0;

	add(request: PendingWrite, firstIndex: LogIndex, term: Term): void {
		assert(this.#queue.length === 0 || firstIndex > this.#lastIndex, 'waiters are added in the order of the log');
		this.#lastIndex = firstIndex + request.commands.length - 1;
		this.#queue.push({request, firstIndex, term, outcomes: []});
	}

	/** `outcome`: `undefined` for an entry that is not the service's. */
	deliver(entry: LogEntry, outcome: Outcome | undefined): Delivery | undefined {
		const waiter = this.#queue.first;
		if (waiter === undefined || waiter.firstIndex > entry.index) return undefined;
		const {request, outcomes, firstIndex, term} = waiter;
		assert(firstIndex + outcomes.length === entry.index, 'a waiter sees each of its indexes once');
		// The same index and term are the same entry (Log Matching, §5.3); another term is somebody else's.
		if (entry.term !== term || outcome === undefined) {
			this.#queue.shift();
			return {type: outcomes.length === 0 ? 'replaced' : 'cutShort', request};
		}
		outcomes.push(outcome);
		if (outcomes.length < request.commands.length) return undefined;
		this.#queue.shift();
		return {type: 'complete', request, outcomes};
	}

	/** Those with an index up to here; they are no waiters any more. */
	takeThrough(index: LogIndex): readonly PendingWrite[] {
		const taken: PendingWrite[] = [];
		for (let first = this.#queue.first; first !== undefined && first.firstIndex <= index; first = this.#queue.first) {
			taken.push(first.request);
			this.#queue.shift();
		}
		return taken;
	}

	takeAll(): readonly PendingWrite[] {
		return this.#queue.takeAll().map(({request}) => request);
	}
}
