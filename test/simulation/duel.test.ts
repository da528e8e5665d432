import test from 'ava';
import fc from 'fast-check';
import {isMomentary, isNetworkFault, isProcessFault} from '../../src/faults/faults.js';
import {Random} from '../../src/base/random.js';
import {drawDuel, isOfDuel, turnedOn, type DuelOptions} from '../../src/simulation/duel.js';

const options: DuelOptions = {nodeCount: 5, fromMs: 300, toMs: 12_000, network: true, process: true, firstNumber: 7};

test('a duel is numbered on, in the order of time, within its time, and what lasts is healed', t => {
	fc.assert(
		fc.property(fc.nat(), seed => {
			const events = drawDuel(Random.fromSeed(seed), options);
			const injected = events.filter(({type}) => type === 'inject');
			const numbers = injected.map(({id}) => Number(id.split('#')[1]));
			t.is(new Set(numbers).size, numbers.length);
			t.true(numbers.every(number => number >= options.firstNumber));
			t.true(events.every(({id}) => isOfDuel(id)));
			t.true(injected.every(({atMs}) => atMs >= options.fromMs && atMs < options.toMs));
			t.true(events.every(({atMs}, place) => atMs >= (events[place - 1]?.atMs ?? 0)));
			const lasting = events.filter(event => event.type === 'inject' && !isMomentary(event.fault));
			t.is(events.filter(({type}) => type === 'heal').length, lasting.length);
		}),
		{seed: 5, numRuns: 200},
	);
});

test('a duel has only the blows that its profile allows, and none where it allows none', t => {
	for (let seed = 0; seed < 30; seed++) {
		const draw = (network: boolean, process: boolean): ReturnType<typeof drawDuel> =>
			drawDuel(Random.fromSeed(seed), {...options, network, process});
		t.true(draw(true, false).every(event => event.type === 'heal' || isNetworkFault(event.fault)));
		t.true(draw(false, true).every(event => event.type === 'heal' || isProcessFault(event.fault)));
		t.deepEqual(draw(false, false), []);
	}
});

test('a fault of the links that is meant for the leader gives it the place of node 0, and node 0 the place of the leader', t => {
	t.deepEqual(turnedOn(2, {type: 'partition', groups: [['node:0', 'node:1'], ['node:2']], oneWay: false}), {
		type: 'partition',
		groups: [['node:2', 'node:1'], ['node:0']],
		oneWay: false,
	});
	t.deepEqual(turnedOn(0, {type: 'isolate', endpoint: 'node:0', direction: 'both', clients: false}), {
		type: 'isolate',
		endpoint: 'node:0',
		direction: 'both',
		clients: false,
	});
	t.deepEqual(turnedOn(1, {type: 'unreliable'}), {type: 'unreliable'});
});
