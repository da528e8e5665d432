import test from 'ava';
import * as fc from 'fast-check';
import {InvariantError} from '../../src/base/errors.js';
import {BETRAYAL_KINDS, NETWORK_KINDS, TOLERATED_KINDS} from '../../src/faults/fault-kinds.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {describeFault, isMomentary, isNetworkFault, type FaultEvent} from '../../src/faults/faults.js';
import {describeSchedule, Nemesis, type Schedule} from '../../src/faults/nemesis.js';

const minute = 60_000;
const nemesis = new Nemesis({nodeCount: 5, durationMs: minute});
const manySchedules = (count = 200): readonly Schedule[] =>
	Array.from({length: count}, (_, seed) => nemesis.draw(seed));
type Injection = FaultEvent & {type: 'inject'};
const injections = (schedule: Schedule): readonly Injection[] =>
	schedule.events.filter((event): event is Injection => event.type === 'inject');

test('the same seed gives the same schedule, another seed another one', t => {
	t.deepEqual(nemesis.draw(17), nemesis.draw(17));
	t.notDeepEqual(nemesis.draw(17).events, nemesis.draw(18).events);
	t.deepEqual(JSON.parse(JSON.stringify(nemesis.draw(17))), nemesis.draw(17));
});

test('events are in order of time, every lasting fault is healed once, later, and before the end', t => {
	fc.assert(
		fc.property(fc.nat(), fc.integer({min: 1, max: 9}), fc.integer({min: 1, max: minute}), (seed, nodeCount, ms) => {
			const {events} = new Nemesis({nodeCount, durationMs: ms}).draw(seed);
			t.deepEqual(
				events.map(({atMs}) => atMs),
				events.map(({atMs}) => atMs).sort((one, other) => one - other),
			);
			const healedAtMs = new Map(events.filter(({type}) => type === 'heal').map(({id, atMs}) => [id, atMs]));
			const lasting = events.filter(event => event.type === 'inject' && !isMomentary(event.fault));
			t.deepEqual(lasting.map(({id}) => id).sort(), [...healedAtMs.keys()].sort());
			for (const {id, atMs} of lasting) t.true(healedAtMs.get(id)! > atMs && healedAtMs.get(id)! <= ms);
		}),
		{seed: 23, numRuns: 100},
	);
});

test('over many seeds every tolerated kind is drawn, some seeds are mild and some extreme, and none has all kinds', t => {
	const schedules = manySchedules();
	const seen = new Set(schedules.flatMap(schedule => injections(schedule).map(({id}) => id.split(' ')[0])));
	t.deepEqual(
		TOLERATED_KINDS.filter(kind => !seen.has(kind)),
		[],
	);
	t.true(schedules.every(({kinds}) => kinds.length > 0 && kinds.length < TOLERATED_KINDS.length));
	const mild = schedules.filter(({intensity}) => intensity === 'mild').length;
	t.true(mild > 70 && mild < 130, `${mild} of 200`);
	const count = (intensity: string): number =>
		schedules.filter(one => one.intensity === intensity).flatMap(one => one.events).length;
	t.true(count('extreme') > 2 * count('mild'));
});

test('a seed draws only from the kinds it switched on, and only those that were allowed', t => {
	const drawer = new Nemesis({nodeCount: 3, durationMs: minute, kinds: ['loss', 'crash', 'pause']});
	for (let seed = 0; seed < 50; seed++) {
		const schedule = drawer.draw(seed);
		for (const {id} of injections(schedule)) t.true(schedule.kinds.includes(id.split(' ')[0] as 'loss'));
		t.true(schedule.kinds.every(kind => ['loss', 'crash', 'pause'].includes(kind)));
	}
});

test('disks that betray their node are drawn only when asked for', t => {
	const kinds = new Set<string>(manySchedules().flatMap(schedule => schedule.kinds));
	t.true(BETRAYAL_KINDS.every(kind => !kinds.has(kind)));
	const schedule = new Nemesis({nodeCount: 3, durationMs: minute, kinds: ['wipedDisk']}).draw(1);
	t.true(schedule.events.length > 0);
	t.true(injections(schedule).every(({fault}) => fault.type === 'crash' && fault.disk === 'wiped'));
});

test('stored data is damaged on the same minority of nodes only', t => {
	const damaging = new Set(['bitFlip', 'missingFile', 'lostWrite', 'misdirectedWrite']);
	const drawer = new Nemesis({nodeCount: 5, durationMs: minute, kinds: ['bitFlip', 'missingFile', ...BETRAYAL_KINDS]});
	for (let seed = 0; seed < 50; seed++) {
		const schedule = drawer.draw(seed);
		t.is(schedule.damagedNodes.length, 2);
		for (const {fault} of injections(schedule)) {
			t.true(fault.type === 'crash' || damaging.has(fault.type));
			if ('node' in fault) t.true(schedule.damagedNodes.includes(fault.node));
		}
	}
	t.deepEqual(new Nemesis({nodeCount: 2, durationMs: minute, kinds: ['bitFlip']}).draw(1).events, []);
});

test('a node that is down, looping or paused is not crashed or paused again', t => {
	for (const {events} of manySchedules(100)) {
		const downUntilMs = new Map<number, number>();
		for (const event of events) {
			if (event.type === 'heal') continue;
			const {fault, atMs, id} = event;
			if (!['crash', 'crashAll', 'crashLoop', 'pause'].includes(fault.type)) continue;
			const endMs =
				fault.type === 'pause'
					? atMs + fault.durationMs
					: events.find(other => other.type === 'heal' && other.id === id)!.atMs;
			for (const node of 'node' in fault ? [fault.node] : [0, 1, 2, 3, 4]) {
				t.true((downUntilMs.get(node) ?? 0) <= atMs);
				downUntilMs.set(node, endMs);
			}
		}
	}
});

test('storms alternate with quiet windows in which nothing at all is wrong', t => {
	for (const {events} of manySchedules(50)) {
		const active = new Set<string>();
		let quietSinceMs: number | undefined = 0;
		let longestQuietMs = 0;
		for (const event of [...events, {type: 'inject', atMs: minute, id: 'end'} as const]) {
			if (event.type === 'heal') active.delete(event.id);
			else {
				if (quietSinceMs !== undefined) longestQuietMs = Math.max(longestQuietMs, event.atMs - quietSinceMs);
				if ('fault' in event && !isMomentary(event.fault)) active.add(event.id);
			}
			quietSinceMs = active.size === 0 ? event.atMs : undefined;
		}
		t.true(longestQuietMs >= 1250, `${longestQuietMs} ms`);
	}
});

test('drawn network faults are taken by a fault plan, and after their heals the network is clean', t => {
	const drawer = new Nemesis({nodeCount: 5, durationMs: minute, kinds: NETWORK_KINDS});
	for (let seed = 0; seed < 50; seed++) {
		const plan = new FaultPlan();
		for (const event of drawer.draw(seed).events) {
			if (event.type === 'heal') t.true(plan.clear(event.id));
			else if (isNetworkFault(event.fault)) plan.set(event.id, event.fault);
		}
		t.deepEqual(plan.toJSON(), {faults: []});
	}
});

test('every fault, and a whole schedule, is described in single lines', t => {
	const kinds = [...TOLERATED_KINDS, ...BETRAYAL_KINDS];
	const drawer = new Nemesis({nodeCount: 5, durationMs: minute, kinds});
	const schedules = Array.from({length: 100}, (_, seed) => drawer.draw(seed));
	for (const schedule of schedules) {
		t.true(describeSchedule(schedule).every(line => line.length > 0 && !/\n|undefined|\[object/.test(line)));
		t.is(describeSchedule(schedule).length, 3 + schedule.events.length);
	}
	t.is(describeFault({type: 'slowSync', node: 1, delay: {type: 'fixed', ms: 9}}), 'disk 1: fsync slow by 9 ms');
	t.is(describeFault({type: 'crashAll', disk: 'kept'}), 'all nodes killed');
	t.is(describeFault({type: 'clockDrift', node: 2, rate: 1.5}), 'clock 2: runs at 1.5 times its speed');
});

test('options that cannot be meant are refused', t => {
	t.throws(() => new Nemesis({nodeCount: 0, durationMs: 1}), {instanceOf: InvariantError});
	t.throws(() => new Nemesis({nodeCount: 1, durationMs: 0}), {instanceOf: InvariantError});
	t.throws(() => new Nemesis({nodeCount: 1, durationMs: 1, kinds: []}), {instanceOf: InvariantError});
});
