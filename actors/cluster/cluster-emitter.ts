/** How a cluster's events reach those who listen: by type or all of them, one after the other, or on a diagnostics channel. */
import {channel} from 'node:diagnostics_channel';
import {EventEmitter} from 'node:events';
import {onAbort} from '../on-abort.js';
import type {ClientsDropped} from '../redis/dropped-clients.js';
import type {ClusterEvent, ClusterEventMap} from './cluster-event.js';
import {EventQueue, type EventsDropped} from './event-queue.js';

/** For those who log or trace all clusters of a process: told `{cluster, event}`. */
const eventChannel = channel('threadraft:event');

/** What is found before anybody can have the cluster, to listen to it. */
const isOfStart = ({type}: ClusterEvent): boolean => type === 'logTailCut' || type === 'directoryPutBack';

/** Tells what happens to a cluster. Only a `Cluster` is one. */
export class ClusterEmitter extends EventEmitter<ClusterEventMap> {
	/** What was found at the start, while nobody could listen yet. The first listener of each is told. */
	#early: readonly ClusterEvent[] = [];
	readonly #heldMax: number;
	readonly #queues = new Set<EventQueue>();
	#isOver = false;

	/** `heldMax`: so many events of the start are held for the first listener. */
	constructor({heldMax}: {readonly heldMax: number}) {
		super();
		this.#heldMax = heldMax;
		// A listener is added only after this has been told of it.
		(this as unknown as EventEmitter).on('newListener', () => queueMicrotask(() => this.#tellEarly()));
	}

	/**
	 * What happens from now on, event by event, until `signal` is aborted or the cluster is closed. Of events that are not
	 * taken for long the newest 1000 are kept; in the place of the others comes an `eventsDropped`.
	 */
	events({signal}: {readonly signal?: AbortSignal} = {}): AsyncIterableIterator<ClusterEvent | EventsDropped> {
		let release: (() => void) | undefined;
		const queue = new EventQueue(() => {
			this.off('event', put);
			release?.();
			this.#queues.delete(queue);
		});
		const put = (event: ClusterEvent): void => queue.put(event);
		this.on('event', put);
		release = signal && onAbort(signal, () => queue.end());
		this.#queues.add(queue);
		if (signal?.aborted === true || this.#isOver) queue.end();
		return queue;
	}

	/** For a port that stands before the cluster: what happens there is told with what happens here. */
	announce(event: ClientsDropped): void {
		this.tell(event);
	}

	/** Tells all who listen. */
	protected tell(event: ClusterEvent): void {
		if (isOfStart(event) && !this.#isHeard(event)) {
			if (this.#early.length < this.#heldMax) this.#early = [...this.#early, event];
			return;
		}
		this.#emit(event);
	}

	#isHeard({type}: ClusterEvent): boolean {
		return this.listenerCount('event') + this.listenerCount(type) > 0;
	}

	#tellEarly(): void {
		const heard = this.#early.filter(event => this.#isHeard(event));
		this.#early = this.#early.filter(event => !heard.includes(event));
		for (const event of heard) this.#emit(event);
	}

	#emit(event: ClusterEvent): void {
		const emitter = this as unknown as EventEmitter;
		emitter.emit('event', event);
		emitter.emit(event.type, event);
		if (eventChannel.hasSubscribers) eventChannel.publish({cluster: this, event});
	}

	/** Nothing is told any more, and who waits for the next event learns that there is none. */
	protected endEvents(): void {
		this.#isOver = true;
		for (const queue of this.#queues) queue.end();
	}
}
