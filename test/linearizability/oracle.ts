/** The definition itself: tries the orders one by one. Only for a handful of operations. */
import type {History, Operation} from '../../src/linearizability/history.js';
import type {Model} from '../../src/linearizability/model.js';

export function isLinearizable<I, O, S>(history: History<I, O>, model: Model<I, O, S>): boolean {
	return canFinish(history, model, model.initial);
}

function canFinish<I, O, S>(rest: History<I, O>, model: Model<I, O, S>, state: S): boolean {
	if (rest.every(({output}) => output === undefined)) return true;
	const firstReturn = Math.min(...rest.map(operation => operation.return));
	return rest.some((operation: Operation<I, O>, place) => {
		if (operation.call > firstReturn) return false;
		const next = model.step(state, operation.input, operation.output);
		return next !== undefined && canFinish(rest.toSpliced(place, 1), model, next);
	});
}
