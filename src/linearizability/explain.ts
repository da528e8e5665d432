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
	/** Of the core, no operation can be left out. */
	readonly isMinimal: boolean;
	/** No other contradiction has fewer answers. */
	readonly isSmallest: boolean;
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
const sliceSteps = 2 ** 14;
/** To name what is wrong takes time with the square of the size; and nobody reads so many. */
const namedMax = 1000;

/** How long to look for a small explanation, and what is known of the violation. */
export interface ExplainOptions<Input, Output, State> extends MinimizeOptions<Input, Output, State> {
	/** What the check found wrong; its offsets are places in the history. @default what the short cut finds */
	readonly anomaly?: Anomaly | undefined;
}

/**
 * `history`: of one key, and a violation. Bounded by the options: when the time is over, the core is as small as it had become,
 * and the longest order as long.
 */
export function explainViolation<Input, Output, State>(
	history: History<Input, Output>,
	options: ExplainOptions<Input, Output, State>,
): Explanation<Input, Output> {
	const {model, anomaly, now, timeoutMs = Infinity} = options;
	const deadline = (now?.() ?? 0) + timeoutMs;
	const isLate = (): boolean => now !== undefined && now() >= deadline;
	const {
		operations: core,
		isMinimal,
		isSmallest,
	} = minimize(history, {
		...options,
		...(anomaly === undefined ? {} : {suspects: anomaly.offsets}),
	});
	const operations = core.map(({operation}) => operation);
	const order = findLongest(operations, model, isLate);
	const shown: Model<Input, Output, unknown> = model.forPeople?.(operations) ?? model;
	const {steps, state} = replay(operations, order, shown);
	const places = new Map(core.map(({offset}, place) => [offset, place]));
	return {
		core,
		isMinimal,
		isSmallest,
		anomaly: nameOf(operations, model) ?? relocate(anomaly, places) ?? noOrder(operations.length),
		longest: steps,
		finalState: shown.describeState(state),
		stuck: findStuck(operations, new Set(order)),
	};
}

function findLongest<Input, Output, State>(
	operations: History<Input, Output>,
	model: Model<Input, Output, State>,
	isLate: () => boolean,
): number[] {
	if (isLate()) return [];
	const search = new WglSearch(compileProblem(operations, model), {});
	while (search.steps < searchStepsMax && !isLate()) {
		if (search.advance(sliceSteps, searchBytesMax) !== undefined) break;
	}
	return search.longestLinearization();
}

function nameOf<Input, Output, State>(
	operations: History<Input, Output>,
	model: Model<Input, Output, State>,
): Anomaly | undefined {
	return operations.length > namedMax ? undefined : model.diagnose?.(operations);
}

/** The anomaly with places in the core; nothing if it has been minimized into another one. */
function relocate(anomaly: Anomaly | undefined, places: ReadonlyMap<number, number>): Anomaly | undefined {
	const offsets = anomaly?.offsets.map(offset => places.get(offset)) ?? [];
	if (anomaly === undefined || offsets.includes(undefined)) return undefined;
	return {...anomaly, offsets: offsets as number[]};
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
	const firstReturn = waiting.reduce((first, {operation}) => Math.min(first, operation.return), Infinity);
	return waiting.filter(({operation}) => operation.call <= firstReturn).map(({place}) => place);
}
