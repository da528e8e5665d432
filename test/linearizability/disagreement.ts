/** What a checker says that is not what the definition says. */
import {check, type CheckOptions} from '../../src/linearizability/check.js';
import type {Verdict} from '../../src/linearizability/key-result.js';
import type {KvHistory, KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import {kvModel, type KvState} from '../../src/linearizability/models/kv-model.js';

type Options = Omit<CheckOptions<KvInput, KvOutput, KvState>, 'model'> & {readonly quotient: boolean};

/** Every engine, with all combinations of reductions. */
const onOff = [true, false];
const searches: readonly Options[] = onOff.flatMap(quotient =>
	onOff.flatMap(greedyReads =>
		onOff.flatMap(pendingRules =>
			onOff.flatMap(symmetry =>
				onOff.flatMap(ranks =>
					(['wgl', 'jit'] as const).map(engine => ({
						quotient,
						greedyReads,
						pendingRules,
						symmetry,
						ranks,
						searches: [engine],
					})),
				),
			),
		),
	),
);

/** What disagrees with the definition about this history, if anything does. */
export function findDisagreement(history: KvHistory, expected: Verdict, round: number): unknown {
	// Keys that belong together have no short cut.
	const decision = kvModel('kv').decide?.(history) ?? {type: 'notApplicable'};
	if (decision.type !== 'notApplicable' && decision.type !== expected) return decision;
	// All on and all off with both engines each time, of the rest a few in turn.
	const turn = (history.length * 31 + round * 4) % searches.length;
	const tried = [...searches.slice(0, 2), ...searches.slice(-2), ...searches.slice(turn, turn + 4)];
	return tried.find(({quotient, ...options}) => {
		const model = kvModel('kv', {quotient, chain: false});
		return check(history, {...options, model}).verdict !== expected;
	});
}
