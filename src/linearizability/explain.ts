import {compileProblem} from './engines/problem.js';
import {WglSearch} from './engines/wgl.js';
import type {History, Operation} from './history.js';
import {minimize, type CoreOperation, type MinimizeOptions} from './minimize.js';
import type {Anomaly, Model} from './model.js';

/** One operation of a linearization, with the state on both sides of it. */
export interface LinearizedStep {
	/** Among the core's operations. */
	readonly place: number;
	readonly before: string;
	readonly after: string;
}

/** Why a key's history cannot be linearized. */
export interface Explanation<Input, Output> {
	/** The smallest sub-history found that cannot be linearized. */
	readonly core: readonly CoreOperation<Input, Output>[];
	readonly isMinimal: boolean;
	/** In words; its offsets are places in the core. */
	readonly anomaly: Anomaly;
	/** As many of the core's operations as can be put in a row. */
	readonly longest: readonly LinearizedStep[];
	/** The state at the end of `longest`, in which nothing that must come next can. */
	readonly finalState: string;
	/** Places of the operations that had to come next, and could not. */
	readonly stuck: readonly number[];
}

const searchBytesMax = 2 ** 28;
const searchStepsMax = 2 ** 22;

/** `history`: of one key, and a violation. Bounded by the options; a bound that runs out leaves a larger core. */
export function explainViolation<Input, Output, State>(
	history: History<Input, Output>,
	options: MinimizeOptions<Input, Output, State>,
): Explanation<Input, Output> {
	const {model} = options;
	const {operations: core, isMinimal} = minimize(history, options);
	const operations = core.map(({operation}) => operation);
	const search = new WglSearch(compileProblem(operations, model), {});
	search.advance(searchStepsMax, searchBytesMax);
	const order = search.longestLinearization();
	const {steps, state} = replay(operations, order, model);
	return {
		core,
		isMinimal,
		anomaly: model.diagnose?.(operations) ?? noOrder(operations.length),
		longest: steps,
		finalState: model.describeState(state),
		stuck: findStuck(operations, new Set(order)),
	};
}

function noOrder(count: number): Anomaly {
	const offsets = Array.from({length: count}, (_, place) => place);
	return {type: 'order', offsets, detail: `No order of these ${count} operations gives the answers that were given.`};
}

function replay<Input, Output, State>(
	operations: History<Input, Output>,
	order: readonly number[],
	model: Model<Input, Output, State>,
): {readonly steps: LinearizedStep[]; readonly state: State} {
	let state = model.initial;
	const steps: LinearizedStep[] = [];
	for (const place of order) {
		const {input, output} = operations[place] as Operation<Input, Output>;
		const next = model.step(state, input, output) ?? state;
		steps.push({place, before: model.describeState(state), after: model.describeState(next)});
		state = next;
	}
	return {steps, state};
}

/** Completed, not placed, and called before any other of those returned. */
function findStuck<Input, Output>(operations: History<Input, Output>, placed: ReadonlySet<number>): number[] {
	const waiting = operations
		.map((operation, place) => ({operation, place}))
		.filter(({operation, place}) => operation.output !== undefined && !placed.has(place));
	const firstReturn = Math.min(...waiting.map(({operation}) => operation.return));
	return waiting.filter(({operation}) => operation.call <= firstReturn).map(({place}) => place);
}
