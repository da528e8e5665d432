import type {History, Operation} from './history.js';

/** What an operation concerns that no key can be told apart from. */
export const everyKey = Symbol('every key');

/**
 * What a correct object does, one operation at a time. `State` is immutable: `step` makes a new one.
 *
 * A model is the caller's word that three things hold, and the checker's exactness rests on them: `identity` is equal
 * for two states only if no future tells them apart; `key` separates what is independent; and `isReadOnly` is true only
 * for what can never change *any* state.
 */
export interface Model<Input, Output, State> {
	readonly name: string;
	readonly initial: State;
	/**
	 * The state afterwards, or `undefined` when the object, in this state, cannot answer like that. With `output`
	 * `undefined` (unknown), what happens if it runs now.
	 */
	step(state: State, input: Input, output: Output | undefined): State | undefined;
	/** Equal for equal states, and for no others. */
	identity(state: State): string | number;
	/**
	 * True if the operation with this answer changes no state whatsoever. That it happens to leave one state alone is
	 * not enough: a write of the value that is already there may be needed later.
	 */
	isReadOnly(input: Input, output: Output): boolean;
	/**
	 * Completed operations that have ranks are possible in the order of their ranks only, whatever lies between; equal ranks
	 * in any order. Lets a search skip what could only fail later.
	 */
	rank?(input: Input, output: Output): number | undefined;
	/** Operations with equal identities behave alike in every state. Without it each is its own. */
	operationIdentity?(input: Input, output: Output | undefined): string;
	/**
	 * Operations on different keys are judged apart (Horn & Kroening 2015); keys that one operation has in common are judged
	 * together. Without it all belong together.
	 */
	key?(input: Input): string | readonly string[] | typeof everyKey;
	/**
	 * A model that gives the same verdict on this very history with fewer states: states that none of its
	 * observations can tell apart become one.
	 */
	specialise?(history: History<Input, Output>): Model<Input, Output, unknown>;
	/** The model of this very history that keeps apart all that people do. */
	forPeople?(history: History<Input, Output>): Model<Input, Output, unknown>;
	/** A verdict without search, where the history's values or versions tell the order. */
	decide?(history: History<Input, Output>): Decision;
	/**
	 * Tells of an operation of unknown outcome whether it can bear on this history at all; one that cannot is left out of
	 * explanations. In about the time that it takes to read the history.
	 */
	whatMatters?(history: History<Input, Output>): (operation: Operation<Input, Output>) => boolean;
	/** Puts a name to a small violation. */
	diagnose?(history: History<Input, Output>): Anomaly | undefined;
	/** For people. */
	describe(input: Input, output: Output | undefined): string;
	/** The state in a few words, for people. */
	describeState(state: State): string;
}

/** What went wrong, in the words of the field. */
export type AnomalyType =
	/** Something was read that nobody wrote. */
	| 'phantom'
	/** One write was applied twice. */
	| 'duplicate'
	/** Two answers belong to two different pasts. */
	| 'fork'
	/** A read missed what had been acknowledged before it began. */
	| 'staleRead'
	/** An acknowledged write is missing where it must be. */
	| 'lostUpdate'
	/** Operations seen in an order that real time forbids. */
	| 'order';

/** Operations that contradict each other, without a search. */
export interface Anomaly {
	readonly type: AnomalyType;
	/** Places in the history of those that contradict each other. */
	readonly offsets: readonly number[];
	/** One English sentence. */
	readonly detail: string;
}

/** What a model’s short cut says of one key’s history. */
export type Decision =
	| {readonly type: 'ok'}
	| {readonly type: 'violation'; readonly anomaly: Anomaly}
	/** The history lacks what the short cut needs; says nothing about its correctness. */
	| {readonly type: 'notApplicable'; readonly why: string};
