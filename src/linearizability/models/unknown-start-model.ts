/**
 * One key of which nobody knows what it was before the history begins: whatever fits to the first answers. So a history can begin
 * at any moment, on keys that are there. It knows get, put, append, delete, and compare-and-set by value; versions are not looked at.
 */
import {HistoryError} from '../history-error.js';
import type {KvInput, KvOutput} from '../kv-operation.js';
import type {Model} from '../model.js';
import {describeKvOperation, showValue} from './describe-kv.js';

/** `open`: whatever was there before, and `suffix` behind it. */
export type UnknownStartState =
	| {readonly type: 'open'; readonly suffix: string}
	| {readonly type: 'known'; readonly value: string | undefined};

const known = (value: string | undefined): UnknownStartState => ({type: 'known', value});

/** The state if its value is this; `undefined` if it cannot be. */
function meet(state: UnknownStartState, value: string | undefined): UnknownStartState | undefined {
	if (state.type === 'known') return state.value === value ? state : undefined;
	// What was appended to is there.
	const fits = value === undefined ? state.suffix === '' : value.endsWith(state.suffix);
	return fits ? known(value) : undefined;
}

/** Whether there is a value; `undefined`: nobody knows. */
function isThere(state: UnknownStartState): boolean | undefined {
	if (state.type === 'known') return state.value !== undefined;
	return state.suffix === '' ? undefined : true;
}

function append(state: UnknownStartState, value: string): UnknownStartState {
	return state.type === 'open' ? {type: 'open', suffix: state.suffix + value} : known((state.value ?? '') + value);
}

function compareAndSet(
	state: UnknownStartState,
	{expected, value}: Extract<KvInput, {type: 'compareAndSet'}>,
	output: KvOutput | undefined,
): UnknownStartState | undefined {
	if ('version' in expected) throw new HistoryError('a compare-and-set by value', 'one by version');
	const met = meet(state, expected.value);
	if (output?.type === 'conditionFailed') {
		if (output.observed === undefined || output.observed.value === expected.value) return undefined;
		return meet(state, output.observed.value);
	}
	if (met !== undefined) return known(value);
	return output === undefined ? state : undefined;
}

function step(state: UnknownStartState, input: KvInput, output: KvOutput | undefined): UnknownStartState | undefined {
	switch (input.type) {
		case 'get':
			if (output === undefined) return state;
			return output.type === 'value' ? meet(state, output.value) : undefined;
		case 'put':
			return known(input.value);
		case 'append':
			return append(state, input.value);
		case 'delete': {
			const existed = output?.type === 'deleted' ? output.existed : undefined;
			const contradicts = existed !== undefined && isThere(state) === !existed;
			return contradicts ? undefined : known(undefined);
		}
		case 'compareAndSet':
			return compareAndSet(state, input, output);
		default:
			throw new HistoryError('a get, put, append, delete or compareAndSet', input.type);
	}
}

/** A history that begins in the middle of the life of its keys. `step` throws a `HistoryError` for other operations. */
export const unknownStartModel: Model<KvInput, KvOutput, UnknownStartState> = {
	name: 'unknown-start',
	initial: {type: 'open', suffix: ''},
	step,
	identity: state => (state.type === 'open' ? `o${state.suffix}` : state.value === undefined ? 'a' : `k${state.value}`),
	// Even a read settles what was there before.
	isReadOnly: () => false,
	key: input => {
		if ('key' in input) return input.key;
		throw new HistoryError('an operation on one key', input.type);
	},
	describe: describeKvOperation,
	describeState: state =>
		state.type === 'known'
			? showValue(state.value)
			: `(unknown)${state.suffix === '' ? '' : ` + ${showValue(state.suffix)}`}`,
};
