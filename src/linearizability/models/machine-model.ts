/**
 * A model made of a user's state machine: what was recorded of a cluster of it is judged by the machine itself. Its reads are the
 * only operations that are known to change nothing, and nothing is known to be independent: the search has no short cut, so
 * histories of some thousand operations and few clients are what it is for.
 */
import {copyOfPlain, hashOfPlain, textOfPlain} from '../../base/plain-data.js';
import {HistoryError} from '../history-error.js';
import type {Model} from '../model.js';

/** What a client asked: a write or a read of the machine. */
export type MachineInput<Write, Read> = {readonly write: Write} | {readonly read: Read};

/** What it was told. */
export interface MachineOutput<Result> {
	readonly result: Result;
}

/** What the model uses of a state machine's state: see `StateMachine` in `threadraft/machine`. */
export interface ModelledState<Write, Read, Result> {
	/** Runs a write, which changes the state in place. */
	apply(write: Write, place: ModelledPlace): Result;
	/** Answers from the state as it is. */
	read(read: Read): Result;
	/** Holds the state as it is. */
	freeze(): FrozenState;
	/** Equal for equal states. */
	hash(): string;
}

/** A state that is held for a snapshot. */
export interface FrozenState {
	/** The state in frames of about so many bytes. */
	frames(bytesMax: number): Iterator<readonly unknown[]>;
	/** It is not needed any more. */
	release(): void;
}

/** Builds a state of the frames of another. */
export interface StateReader<Write, Read, Result> {
	/** The next frame; whether it is valid. */
	take(frame: readonly unknown[]): boolean;
	/** The state; `undefined` where the frames do not make one. */
	finish(): ModelledState<Write, Read, Result> | undefined;
}

/** A place in the log, which no history tells: a machine that looks at it cannot be judged. */
export interface ModelledPlace {
	readonly index: number;
	readonly term: number;
	readonly revision: number;
	readonly logTime: number;
	/** Tells nobody. */
	readonly emit: (effect: never) => void;
}

/** What the model uses of a state machine: what `defineMachine` returns has it. */
export interface ModelledMachine<Write, Read, Result> {
	readonly name: string;
	readonly version: number;
	/** The state before the first write. */
	create(): ModelledState<Write, Read, Result>;
	/** For a snapshot of this version; `undefined` for one that it cannot read. */
	beginRestore(version: number): StateReader<Write, Read, Result> | undefined;
}

/** A state that nobody changes any more. */
export interface MachineModelState<Write, Read, Result> {
	readonly state: ModelledState<Write, Read, Result>;
	readonly hash: string;
}

/** The model of a state machine. */
export type MachineModel<Write, Read, Result> = Model<
	MachineInput<Write, Read>,
	MachineOutput<Result>,
	MachineModelState<Write, Read, Result>
>;

const frameBytes = 2 ** 16;

/**
 * A model for `check`, of a history whose inputs are `{write}` or `{read}` and whose outputs are `{result}`. The machine begins
 * in its first state. `check` throws a `HistoryError` where the machine looks at its place in the log, or does not read its
 * own snapshot: states are copied by snapshots.
 */
export function machineModel<Write, Read, Result>(
	machine: ModelledMachine<Write, Read, Result>,
): MachineModel<Write, Read, Result> {
	return new OfMachine(machine);
}

class OfMachine<Write, Read, Result> implements MachineModel<Write, Read, Result> {
	readonly name: string;
	readonly initial: MachineModelState<Write, Read, Result>;
	readonly #machine: ModelledMachine<Write, Read, Result>;
	readonly #place: ModelledPlace;

	constructor(machine: ModelledMachine<Write, Read, Result>) {
		this.name = machine.name;
		this.#machine = machine;
		this.#place = placeOf(machine.name);
		this.initial = settled(machine.create());
	}

	step(
		{state, hash}: MachineModelState<Write, Read, Result>,
		input: MachineInput<Write, Read>,
		output: MachineOutput<Result> | undefined,
	): MachineModelState<Write, Read, Result> | undefined {
		if ('read' in input) return isTold(output, () => state.read(input.read)) ? {state, hash} : undefined;
		const next = this.#copyOf(state);
		const result = next.apply(input.write, this.#place);
		return isTold(output, () => result) ? settled(next) : undefined;
	}

	identity({hash}: MachineModelState<Write, Read, Result>): string {
		return hash;
	}

	isReadOnly(input: MachineInput<Write, Read>): boolean {
		return 'read' in input;
	}

	operationIdentity(input: MachineInput<Write, Read>, output: MachineOutput<Result> | undefined): string {
		return hashOfPlain([input, output === undefined ? [] : [carried(output.result)]]);
	}

	describe(input: MachineInput<Write, Read>, output: MachineOutput<Result> | undefined): string {
		const asked = 'read' in input ? `read ${textOfPlain(input.read)}` : `write ${textOfPlain(input.write)}`;
		return output === undefined ? `${asked} -> ?` : `${asked} -> ${textOfPlain(output.result)}`;
	}

	describeState({state}: MachineModelState<Write, Read, Result>): string {
		const frozen = state.freeze();
		const {value} = frozen.frames(frameBytes).next();
		const text = textOfPlain(value ?? []);
		frozen.release();
		return text;
	}

	/** Writes change a state in place, and the search goes back to earlier ones. */
	#copyOf(state: ModelledState<Write, Read, Result>): ModelledState<Write, Read, Result> {
		const reader = this.#machine.beginRestore(this.#machine.version);
		const frozen = state.freeze();
		const frames = frozen.frames(frameBytes);
		let isRead = reader !== undefined;
		for (let next = frames.next(); next.done !== true; next = frames.next()) {
			isRead &&= reader?.take(copyOfPlain(next.value) as readonly unknown[]) === true;
		}
		frozen.release();
		const copy = isRead ? reader?.finish() : undefined;
		if (copy !== undefined) return copy;
		throw new HistoryError('a machine that reads its own snapshots', this.name);
	}
}

const settled = <Write, Read, Result>(
	state: ModelledState<Write, Read, Result>,
): MachineModelState<Write, Read, Result> => ({state, hash: state.hash()});

/** With an unknown answer anything may have been told. */
const isTold = <Result>(output: MachineOutput<Result> | undefined, right: () => Result): boolean =>
	output === undefined || hashOfPlain(carried(output.result)) === hashOfPlain(carried(right()));

/** As it comes over the wire, where small whole numbers and bigints are one. */
function carried(value: unknown): unknown {
	if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
	if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return (value as readonly unknown[]).map(carried);
	return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, carried(part)]));
}

/** No history tells where in the log a write stands: a machine that asks gets an error. */
function placeOf(machine: string): ModelledPlace {
	const refuse = (field: string): never => {
		throw new HistoryError('a machine whose answers do not depend on its place in the log', `${machine} uses ${field}`);
	};
	return {
		get index() {
			return refuse('place.index');
		},
		get term() {
			return refuse('place.term');
		},
		get revision() {
			return refuse('place.revision');
		},
		get logTime() {
			return refuse('place.logTime');
		},
		emit: () => undefined,
	};
}
