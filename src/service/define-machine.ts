/** A state machine with less to write, for states that are copied in a few milliseconds. */
import {hexOf, Lanes} from '../base/lanes.js';
import {bytesOfPlain, copyOfPlain, digestPlain} from '../base/plain-data.js';
import type {Plain} from '../base/plain.js';
import type {FrozenMachine, Machine, MachineReader, MachineTypes, Place, StateMachine, Words} from './machine.js';

/**
 * What there is to say of a machine. `State` is an object of the author's own, which `apply` changes in place. Writes,
 * reads, results and items are plain data: what CBOR can carry (numbers, bigints, text, `Uint8Array`, lists, records).
 */
export interface MachineDefinition<T extends MachineTypes, State> {
	/** Stands in snapshots and in the data directory: a directory of another machine is refused. */
	readonly name: string;
	/** Of the items, from 1: raise it when they change, and let `restore` read the earlier ones. @default 1 */
	readonly version?: number;
	/** A client's bytes, decoded: the write if it is one. Everything must be looked at; what makes it throw is refused. */
	readonly parseWrite: (value: unknown) => T['write'] | undefined;
	/** The same for a read. */
	readonly parseRead: (value: unknown) => T['read'] | undefined;
	/** The state before the first write. */
	readonly create: () => State;
	/**
	 * Runs a write: changes the state, and returns the result. The same on every replica: no clock but `place.logTime`, no
	 * randomness, no input of its own. What cannot be done is a result; an exception would stop every replica.
	 */
	readonly apply: (state: State, write: T['write'], place: Place<T>) => T['result'];
	/** Answers a read; changes nothing. */
	readonly read: (state: State, read: T['read']) => T['result'];
	/** The whole state, item by item, for a snapshot. Equal states give equal items in equal order. */
	readonly items: (state: State) => Iterable<unknown>;
	/** The state that gave these items; `undefined` where they are not valid. `version`: of the machine that wrote them. */
	readonly restore: (items: readonly unknown[], version: number) => State | undefined;
}

/** The whole state's bytes are counted anew after so many writes: a limit of memory is kept to about that. */
const countEvery = 256;
const growthFactorMax = 4;

class DefinedState<T extends MachineTypes, State> implements StateMachine<T> {
	readonly copiedBytes = 0;
	readonly growthFactorMax = growthFactorMax;
	readonly #definition: MachineDefinition<T, State>;
	readonly #state: State;
	#byteLength: number;
	#writesCounted = 0;

	constructor(definition: MachineDefinition<T, State>, state: State) {
		this.#definition = definition;
		this.#state = state;
		this.#byteLength = this.#countBytes();
	}

	get itemCount(): number {
		return Array.from(this.#definition.items(this.#state)).length;
	}

	get byteLength(): number {
		return this.#byteLength;
	}

	apply(write: T['write'], place: Place<T>): T['result'] {
		const result = this.#definition.apply(this.#state, write, place);
		this.#byteLength += bytesOfPlain(write);
		this.#writesCounted += 1;
		if (this.#writesCounted % countEvery === 0) this.#byteLength = this.#countBytes();
		return result;
	}

	read(read: T['read']): T['result'] {
		return this.#definition.read(this.#state, read);
	}

	freeze(): FrozenMachine {
		// Items may be parts of the state, which goes on.
		const copies = Array.from(this.#definition.items(this.#state), copyOfPlain);
		return {itemCount: copies.length, frames: bytesMax => framesOf(copies, bytesMax), release: () => undefined};
	}

	hash(): string {
		const lanes = new Lanes(3);
		for (const item of this.#definition.items(this.#state)) digestPlain(lanes, item);
		return hexOf(lanes.first) + hexOf(lanes.second);
	}

	fits(writes: readonly T['write'][], room: number): readonly boolean[] {
		let left = room;
		return writes.map(write => {
			left -= bytesOfPlain(write);
			return left >= 0;
		});
	}

	#countBytes(): number {
		let bytes = 0;
		for (const item of this.#definition.items(this.#state)) bytes += bytesOfPlain(item);
		return bytes;
	}
}

function* framesOf(items: readonly unknown[], bytesMax: number): Generator<Plain, void, undefined> {
	let frame: unknown[] = [];
	let bytes = 0;
	for (const item of items) {
		frame.push(item);
		bytes += bytesOfPlain(item);
		if (bytes < bytesMax) continue;
		yield frame;
		frame = [];
		bytes = 0;
	}
	if (frame.length > 0) yield frame;
}

class DefinedReader<T extends MachineTypes, State> implements MachineReader<T> {
	readonly #definition: MachineDefinition<T, State>;
	readonly #version: number;
	readonly #items: unknown[] = [];

	constructor(definition: MachineDefinition<T, State>, version: number) {
		this.#definition = definition;
		this.#version = version;
	}

	get itemCount(): number {
		return this.#items.length;
	}

	take(frame: Plain): boolean {
		// Of their own: byte arrays of a frame are views of a whole chunk.
		for (const item of frame) this.#items.push(copyOfPlain(item));
		return true;
	}

	finish(): StateMachine<T> | undefined {
		const state = this.#definition.restore(this.#items, this.#version);
		return state === undefined ? undefined : new DefinedState(this.#definition, state);
	}
}

/** One element, behind a number that is not the service's: see `Words`. */
const wrapped = (value: unknown): Plain => [0, value];

/** A parser that trips over what a client sent has not read it: one client must not stop the nodes. */
function parsedBy<Parsed>(parse: (value: unknown) => Parsed | undefined, value: unknown): Parsed | undefined {
	try {
		return parse(value);
	} catch {
		return undefined;
	}
}

function wordsOf<T extends MachineTypes, State>({parseWrite, parseRead}: MachineDefinition<T, State>): Words<T> {
	const unwrapped = (plain: Plain, from: number): unknown =>
		plain[from] === 0 && plain.length === from + 2 ? plain[from + 1] : undefined;
	return {
		plainOfWrite: wrapped,
		// Of its own: a write is kept longer than the request that it came in.
		parseWrite: (plain, from) => parsedBy(parseWrite, copyOfPlain(unwrapped(plain, from))),
		plainOfRead: wrapped,
		parseRead: plain => parsedBy(parseRead, unwrapped(plain, 0)),
		plainOfResult: wrapped,
		parseResult: plain => unwrapped(plain, 0),
		bytesOfWrite: bytesOfPlain,
		bytesOfRead: bytesOfPlain,
		bytesOfResult: bytesOfPlain,
	};
}

/** Makes a machine of its definition: the default export of the module that `Cluster.start({machine})` names. */
export function defineMachine<T extends MachineTypes, State>(definition: MachineDefinition<T, State>): Machine<T> {
	const {name, version = 1, create} = definition;
	return {
		name,
		version,
		words: wordsOf(definition),
		create: () => new DefinedState(definition, create()),
		beginRestore: written => (written <= version ? new DefinedReader(definition, written) : undefined),
	};
}
