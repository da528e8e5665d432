import test from 'ava';
import {FaultError} from '../../src/faults/fault-error.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';

const refused = test.macro({
	exec: (t, set: (plan: FaultPlan) => void, option: string, message: RegExp) => {
		const plan = new FaultPlan({faults: []}, {nodeCount: 3});
		const error = t.throws(() => set(plan), {instanceOf: FaultError});
		t.is(error?.code, 'ERR_FAULT');
		t.is(error?.option, option);
		t.regex(error?.message ?? '', message);
		t.deepEqual(plan.toJSON(), {faults: []}, 'the plan is what it was');
	},
	title: (title = '') => `${title} is refused by name, and sets nothing`,
});

test(
	'a node that the cluster does not have',
	refused,
	plan => plan.isolate(99),
	'fault.endpoint',
	/from node:0 to node:2 or a client .*, not "node:99"$/,
);
test('such a node in a group', refused, plan => plan.partition([[0], [1, 7]]), 'fault.groups[1][1]', /not "node:7"$/);
test('such a node at the end of a link', refused, plan => plan.cut(0, 3), 'fault.links.to', /not "node:3"$/);
test('a fraction of a node', refused, plan => plan.cut(0.5, 1), 'fault.links.from', /not "node:0.5"$/);
test('something else than groups', refused, plan => plan.partition(5 as never), 'fault.groups', /at least one group/);
test(
	'an unknown mode',
	refused,
	plan => plan.setMode('bogus' as never, true),
	'mode',
	/"unreliable" or "longReordering" or "longDelays", not "bogus"/,
);
test(
	'an unknown mode that is switched off',
	refused,
	plan => plan.setMode('bogus' as never, false),
	'mode',
	/not "bogus"/,
);
test(
	'a misspelt option',
	refused,
	plan => plan.isolate(0, {direktion: 'inbound'} as never),
	'fault.direktion',
	/must be absent \(the fields of isolate: endpoint, direction, clients\), not "inbound"/,
);
test(
	'an unknown direction',
	refused,
	plan => plan.isolate(0, {direction: 'out' as never}),
	'fault.direction',
	/not "out"/,
);
test(
	'an unknown set of endpoints',
	refused,
	plan => plan.setLoss(0.1, 'nodez' as never),
	'fault.links.from',
	/not "nodez"/,
);
test(
	'a distribution that is none',
	refused,
	plan => plan.setDelay(5 as never),
	'fault.delay.type',
	/fixed, uniform, exponential/,
);
test(
	'a delay without an end',
	refused,
	plan => plan.setDelay({type: 'uniform', minMs: 1} as never),
	'fault.delay.maxMs',
	/not undefined/,
);
test(
	'a delay that ends before it begins',
	refused,
	plan => plan.setDelay({type: 'uniform', minMs: 5, maxMs: 1}),
	'fault.delay.maxMs',
	/at least fault.delay.minMs \(5\), not 1/,
);
test(
	'an endless delay',
	refused,
	plan => plan.setDelay({type: 'fixed', ms: Infinity}),
	'fault.delay.ms',
	/not Infinity/,
);
test(
	'an unknown fault',
	refused,
	plan => plan.set('f', {type: 'fire'} as never),
	'fault.type',
	/loss, delay, .*, not "fire"$/,
);
test('no fault at all', refused, plan => plan.set('f', null as never), 'fault.type', /not undefined/);
test(
	'a fault with a part too many',
	refused,
	plan => plan.set('f', {type: 'unreliable', links: 'nodes'} as never),
	'fault.links',
	/absent/,
);

test('a plan from data checks each fault in it', t => {
	t.throws(() => new FaultPlan({faults: 5 as never}), {instanceOf: FaultError});
	const data = {faults: [{id: 'f', fault: {type: 'cut', links: {from: 'node:0', to: 'node:4'}}}]} as const;
	t.notThrows(() => new FaultPlan(data));
	t.throws(() => new FaultPlan(data, {nodeCount: 3}), {instanceOf: FaultError});
});
