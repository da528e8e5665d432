/**
 * One history against one model, as numbers: operations in order of their calls, states and steps by table, so that the
 * searches touch nothing but typed arrays.
 */
import type {History, Operation} from '../history.js';
import type {Model} from '../model.js';

/** The result of a step that the model does not allow. */
export const illegal = -1;

/** Beyond this many kinds of operation a table of all steps costs more than it saves (4 KiB a state). */
const tabulatedKindsMax = 1024;
const unexplored = -2;

export interface Problem {
	/** Completed operations come first, then those of unknown outcome; each part in order of calls. */
	readonly count: number;
	readonly completedCount: number;
	/** Place of each operation in the history. */
	readonly offsets: Int32Array;
	/** All events in time order: `operation` for a call, `count + operation` for a return. */
	readonly events: Int32Array;
	/** Where in `events` each operation's call and return stand; a return that never comes stands after the end. */
	readonly callAt: Int32Array;
	readonly returnAt: Int32Array;
	/** 1: can never change a state. */
	readonly readOnly: Uint8Array;
	/** The latest earlier operation of unknown outcome that behaves alike, or -1. */
	readonly twin: Int32Array;
	/** Operations with equal kinds behave alike in every state. */
	readonly kinds: Int32Array;
	/** See `Model.rank`; NaN: none. */
	readonly ranks: Float64Array;
	readonly initialState: number;
	/** The state after `operation` in `state`, or `illegal`. */
	step(state: number, operation: number): number;
	describeState(state: number): string;
}

export function compileProblem<Input, Output, State>(
	history: History<Input, Output>,
	general: Model<Input, Output, State>,
): Problem {
	const model: Model<Input, Output, unknown> = general.specialise?.(history) ?? general;
	const offsets = orderByCall(history);
	const operations = Array.from(offsets, offset => history[offset] as Operation<Input, Output>);
	const {kinds, kindCount} = classify(operations, model);
	const events = orderEvents(operations);
	const steps = new StepTable(operations, kinds, kindCount, model);
	return {
		count: operations.length,
		completedCount: operations.filter(({output}) => output !== undefined).length,
		offsets,
		events,
		...positions(events, operations.length),
		readOnly: Uint8Array.from(operations, ({input, output}) =>
			output !== undefined && model.isReadOnly(input, output) ? 1 : 0,
		),
		twin: findTwins(operations, kinds),
		kinds,
		ranks: Float64Array.from(operations, ({input, output}) =>
			output === undefined ? NaN : (model.rank?.(input, output) ?? NaN),
		),
		initialState: steps.initialState,
		step: (state, operation) => steps.step(state, operation),
		describeState: state => steps.describe(state),
	};
}

function orderByCall<Input, Output>(history: History<Input, Output>): Int32Array {
	const offsets = history.map((_, offset) => offset);
	const rank = ({output}: Operation<Input, Output>): number => (output === undefined ? 1 : 0);
	offsets.sort((a, b) => {
		const left = history[a] as Operation<Input, Output>;
		const right = history[b] as Operation<Input, Output>;
		return rank(left) - rank(right) || left.call - right.call || a - b;
	});
	return Int32Array.from(offsets);
}

function orderEvents<Input, Output>(operations: History<Input, Output>): Int32Array {
	const count = operations.length;
	const time = (event: number): number => {
		const operation = operations[event % count] as Operation<Input, Output>;
		return event < count ? operation.call : operation.return;
	};
	const events: number[] = [];
	for (const [offset, {output}] of operations.entries()) {
		events.push(offset);
		if (output !== undefined) events.push(count + offset);
	}
	// At equal times calls come first, so that what touches counts as overlapping.
	events.sort((a, b) => time(a) - time(b) || Number(a >= count) - Number(b >= count) || a - b);
	return Int32Array.from(events);
}

function positions(events: Int32Array, count: number): Pick<Problem, 'callAt' | 'returnAt'> {
	const callAt = new Int32Array(count);
	const returnAt = new Int32Array(count).fill(events.length);
	for (const [position, event] of events.entries()) {
		if (event < count) callAt[event] = position;
		else returnAt[event - count] = position;
	}
	return {callAt, returnAt};
}

function classify<Input, Output, State>(
	operations: History<Input, Output>,
	model: Model<Input, Output, State>,
): {readonly kinds: Int32Array; readonly kindCount: number} {
	const known = new Map<string, number>();
	const kinds = new Int32Array(operations.length);
	for (const [offset, {input, output}] of operations.entries()) {
		const identity = model.operationIdentity?.(input, output) ?? String(offset);
		const isKnown = output === undefined ? `? ${identity}` : identity;
		const kind = known.get(isKnown) ?? known.size;
		known.set(isKnown, kind);
		kinds[offset] = kind;
	}
	return {kinds, kindCount: known.size};
}

function findTwins<Input, Output>(operations: History<Input, Output>, kinds: Int32Array): Int32Array {
	const latest = new Map<number, number>();
	const twin = new Int32Array(operations.length).fill(-1);
	for (const [offset, {output}] of operations.entries()) {
		if (output !== undefined) continue;
		const kind = kinds[offset] as number;
		twin[offset] = latest.get(kind) ?? -1;
		latest.set(kind, offset);
	}
	return twin;
}

class StepTable<Input, Output, State> {
	readonly initialState: number;
	readonly #operations: History<Input, Output>;
	readonly #model: Model<Input, Output, State>;
	readonly #kinds: Int32Array;
	readonly #kindCount: number;
	readonly #states: State[] = [];
	readonly #numbers = new Map<string | number, number>();
	/** One row a state, one column a kind. */
	#table: Int32Array;

	constructor(
		operations: History<Input, Output>,
		kinds: Int32Array,
		kindCount: number,
		model: Model<Input, Output, State>,
	) {
		this.#operations = operations;
		this.#model = model;
		this.#kinds = kinds;
		this.#kindCount = kindCount <= tabulatedKindsMax ? kindCount : 0;
		this.#table = new Int32Array(16 * this.#kindCount).fill(unexplored);
		this.initialState = this.#number(model.initial);
	}

	step(state: number, operation: number): number {
		if (this.#kindCount === 0) return this.#compute(state, operation);
		const cell = state * this.#kindCount + (this.#kinds[operation] as number);
		const known = this.#table[cell] as number;
		if (known !== unexplored) return known;
		const next = this.#compute(state, operation);
		this.#table[cell] = next;
		return next;
	}

	describe(state: number): string {
		return this.#model.describeState(this.#states[state] as State);
	}

	#compute(state: number, operation: number): number {
		const {input, output} = this.#operations[operation] as Operation<Input, Output>;
		const next = this.#model.step(this.#states[state] as State, input, output);
		return next === undefined ? illegal : this.#number(next);
	}

	#number(state: State): number {
		const identity = this.#model.identity(state);
		const known = this.#numbers.get(identity);
		if (known !== undefined) return known;
		const number = this.#states.push(state) - 1;
		this.#numbers.set(identity, number);
		if ((number + 1) * this.#kindCount > this.#table.length) this.#grow();
		return number;
	}

	#grow(): void {
		const table = new Int32Array(this.#table.length * 2).fill(unexplored, this.#table.length);
		table.set(this.#table);
		this.#table = table;
	}
}
