/**
 * A machine whose writes carry a token each, which the machine inside does not see. So the judges know every write again,
 * also where a user's writes are all alike. All else is the machine's own: what it parses, applies, stores and restores.
 */
import {isCount, type Plain} from '../../base/plain.js';
import type {
	FrozenMachine,
	Machine,
	MachineReader,
	MachineTypes,
	Place,
	StateMachine,
	Words,
} from '../../service/machine.js';

/** What a traced machine exchanges with its clients. */
export interface Traced<T extends MachineTypes> {
	readonly write: TracedWrite<T>;
	readonly read: T['read'];
	readonly result: T['result'];
	readonly effect: T['effect'];
}

export interface TracedWrite<T extends MachineTypes> {
	/** A number that no other write has. */
	readonly token: number;
	readonly write: T['write'];
}

/** What a token takes in a request, at most, with the mark before it. */
const tokenBytes = 10;

function tracedWords<T extends MachineTypes>(words: Words<T>): Words<Traced<T>> {
	return {
		// Behind a number that is not the service's: see `Words`.
		plainOfWrite: ({token, write}) => [0, token, ...words.plainOfWrite(write)],
		parseWrite: (plain, from) => {
			const token = plain[from + 1];
			if (plain[from] !== 0 || !isCount(token)) return undefined;
			const write = words.parseWrite(plain, from + 2);
			return write === undefined ? undefined : {token, write};
		},
		plainOfRead: read => words.plainOfRead(read),
		parseRead: plain => words.parseRead(plain),
		plainOfResult: result => words.plainOfResult(result),
		parseResult: plain => words.parseResult(plain),
		bytesOfWrite: ({write}) => tokenBytes + words.bytesOfWrite(write),
		bytesOfRead: read => words.bytesOfRead(read),
		bytesOfResult: result => words.bytesOfResult(result),
	};
}

class TracedState<T extends MachineTypes> implements StateMachine<Traced<T>> {
	readonly #state: StateMachine<T>;

	constructor(state: StateMachine<T>) {
		this.#state = state;
	}

	get itemCount(): number {
		return this.#state.itemCount;
	}

	get byteLength(): number {
		return this.#state.byteLength;
	}

	get copiedBytes(): number {
		return this.#state.copiedBytes;
	}

	get growthFactorMax(): number {
		return this.#state.growthFactorMax;
	}

	growsWithState({write}: TracedWrite<T>): boolean {
		return this.#state.growsWithState?.(write) ?? false;
	}

	apply({write}: TracedWrite<T>, place: Place<Traced<T>>): T['result'] {
		// Of a place, only the effects are of the machine's types, and they are the same.
		return this.#state.apply(write, place as Place);
	}

	read(read: T['read'], revision?: number): T['result'] {
		return this.#state.read(read, revision);
	}

	freeze(): FrozenMachine {
		return this.#state.freeze();
	}

	hash(): string {
		return this.#state.hash();
	}

	fits(writes: readonly TracedWrite<T>[], room: number): readonly boolean[] {
		return this.#state.fits(
			writes.map(({write}) => write),
			room,
		);
	}
}

class TracedReader<T extends MachineTypes> implements MachineReader<Traced<T>> {
	readonly #reader: MachineReader<T>;

	constructor(reader: MachineReader<T>) {
		this.#reader = reader;
	}

	get itemCount(): number {
		return this.#reader.itemCount;
	}

	take(frame: Plain): boolean {
		return this.#reader.take(frame);
	}

	finish(): StateMachine<Traced<T>> | undefined {
		const state = this.#reader.finish();
		return state === undefined ? undefined : new TracedState(state);
	}
}

export function tracedMachine<T extends MachineTypes>(machine: Machine<T>): Machine<Traced<T>> {
	return {
		name: machine.name,
		version: machine.version,
		words: tracedWords(machine.words),
		create: () => new TracedState(machine.create()),
		beginRestore: version => {
			const reader = machine.beginRestore(version);
			return reader === undefined ? undefined : new TracedReader(reader);
		},
	};
}
