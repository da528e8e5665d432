/** Events for one who takes them one after the other, at its own pace. */
import type {ClusterEvent} from './cluster-event.js';

/** So many events were not kept, because they were not taken for too long. */
export interface EventsDropped {
	readonly type: 'eventsDropped';
	readonly count: number;
}

/** Events that wait to be taken; the oldest go when there are more. */
const waitingMax = 1000;

export class EventQueue implements AsyncIterableIterator<ClusterEvent | EventsDropped> {
	#waiting: ClusterEvent[] = [];
	#dropped = 0;
	/** The call that waits for the next event. */
	#takers: ((result: IteratorResult<ClusterEvent | EventsDropped>) => void)[] = [];
	#isOver = false;
	readonly #ended: () => void;

	/** `ended`: called once, when nobody takes events any more, or there are no more. */
	constructor(ended: () => void) {
		this.#ended = ended;
	}

	put(event: ClusterEvent): void {
		const taker = this.#takers.shift();
		if (taker !== undefined) return taker({done: false, value: event});
		this.#waiting.push(event);
		if (this.#waiting.length <= waitingMax) return;
		this.#waiting.shift();
		this.#dropped += 1;
	}

	/** What waits can still be taken; then it is over. */
	end(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#ended();
		for (const taker of this.#takers.splice(0)) taker({done: true, value: undefined});
	}

	async next(): Promise<IteratorResult<ClusterEvent | EventsDropped>> {
		if (this.#dropped > 0) {
			const value: EventsDropped = {type: 'eventsDropped', count: this.#dropped};
			this.#dropped = 0;
			return {done: false, value};
		}
		const event = this.#waiting.shift();
		if (event !== undefined) return {done: false, value: event};
		if (this.#isOver) return {done: true, value: undefined};
		return new Promise(resolve => this.#takers.push(resolve));
	}

	async return(): Promise<IteratorResult<never>> {
		this.#waiting = [];
		this.#dropped = 0;
		this.end();
		return {done: true, value: undefined};
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
