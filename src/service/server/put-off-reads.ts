/** Reads that have nothing to tell yet: each is answered as soon as it has, or when its time is over. See `AwaitedState`. */
import type {Milliseconds} from '../../raft/types.js';
import type {MachineTypes} from '../machine.js';
import type {ReplicatedState} from '../replicated-state.js';
import type {OpenRead, OpenRequests} from './open-requests.js';

interface PutOff<T extends MachineTypes> {
	readonly request: OpenRead<T>;
	/** What is left to be asked: from where the read has been answered in thought. */
	read: T['read'];
	/** By the server's clock. */
	readonly until: Milliseconds;
}

export interface PutOffReadsOptions<T extends MachineTypes> {
	readonly state: ReplicatedState<T>;
	readonly open: OpenRequests;
	/** So many at once. */
	readonly countMax: number;
	readonly now: () => Milliseconds;
	/** Answers the request by this read of the state as it is. */
	readonly answer: (request: OpenRead<T>, read: T['read']) => void;
}

export class PutOffReads<T extends MachineTypes> {
	readonly #options: PutOffReadsOptions<T>;
	#reads: PutOff<T>[] = [];
	/** Up to this revision there is nothing to tell to any of them. */
	#lookedThrough = 0;

	constructor(options: PutOffReadsOptions<T>) {
		this.#options = options;
	}

	/** Puts the read off, if it has nothing to tell; `full`: there are too many already. */
	take(request: OpenRead<T>, read: T['read'], waitMs: Milliseconds): 'putOff' | 'full' | 'due' {
		const {state, countMax, now} = this.#options;
		const continued = state.machine.awaited?.continued(read, state.revision);
		if (continued === undefined || waitMs === 0) return 'due';
		if (this.#reads.length >= countMax) this.#dropCancelled();
		if (this.#reads.length >= countMax) return 'full';
		this.#reads.push({request, read: continued, until: now() + waitMs});
		return 'putOff';
	}

	/** Answers those that have something to tell now. */
	answer(): void {
		const {state, answer} = this.#options;
		if (this.#reads.length === 0 || state.revision === this.#lookedThrough) return;
		this.#lookedThrough = state.revision;
		const due: PutOff<T>[] = [];
		this.#reads = this.#reads.filter(putOff => {
			const continued = state.machine.awaited?.continued(putOff.read, state.revision);
			if (continued === undefined) due.push(putOff);
			else putOff.read = continued;
			return continued !== undefined;
		});
		for (const {request, read} of due) answer(request, read);
	}

	/** Answers those whose time is over. */
	answerOverdue(): void {
		const {now, answer} = this.#options;
		if (this.#reads.length === 0 || this.nextDeadline() > now()) return;
		const at = now();
		const overdue = this.#reads.filter(({until}) => until <= at);
		this.#reads = this.#reads.filter(({until}) => until > at);
		for (const {request, read} of overdue) answer(request, read);
	}

	/** When to call `answerOverdue`; Infinity: none waits. */
	nextDeadline(): Milliseconds {
		if (this.#reads.length === 0) return Infinity;
		return this.#reads.reduce((earliest, {until}) => Math.min(earliest, until), Infinity);
	}

	/** They are no reads of this server any more. */
	takeAll(): readonly OpenRead<T>[] {
		const reads = this.#reads;
		this.#reads = [];
		return reads.map(({request}) => request);
	}

	#dropCancelled(): void {
		this.#reads = this.#reads.filter(({request}) => this.#options.open.has(request));
	}
}
