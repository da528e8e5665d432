import test from 'ava';
import * as fc from 'fast-check';
import {drawChaos} from '../../src/faults/chaos-schedule.js';
import {NETWORK_KINDS} from '../../src/faults/fault-kinds.js';
import {endsWithStart, isMomentary} from '../../src/faults/faults.js';

const kinds = [...NETWORK_KINDS, 'crash', 'crashLoop', 'pause'] as const;

test('chaos begins with its first fault, ends within its time, and heals each fault that lasts', t => {
	fc.assert(
		fc.property(
			fc.nat(),
			fc.integer({min: 1, max: 9}),
			fc.integer({min: 1, max: 60_000}),
			(seed, nodeCount, durationMs) => {
				const {events} = drawChaos({nodeCount, durationMs, kinds}, seed);
				t.deepEqual(
					events.map(({atMs}) => atMs),
					events.map(({atMs}) => atMs).sort((one, other) => one - other),
				);
				if (events.length > 0) t.is(events[0]?.atMs, 0);
				const healed = new Set(events.flatMap(event => (event.type === 'heal' ? [event.id] : [])));
				for (const event of events) {
					if (event.type === 'heal') {
						t.true(event.atMs <= durationMs);
						continue;
					}
					t.true(event.atMs < durationMs);
					t.is(healed.has(event.id), !isMomentary(event.fault));
					if (event.fault.type === 'pause') t.true(event.atMs + event.fault.durationMs <= durationMs + 1);
					if (event.fault.type === 'clog')
						t.true(event.fault.untilMs > 0 && event.atMs + event.fault.untilMs <= durationMs);
				}
			},
		),
		{seed: 5, numRuns: 200},
	);
});

test('the same seed gives the same chaos, another seed another one', t => {
	const options = {nodeCount: 5, durationMs: 20_000, kinds};
	t.deepEqual(drawChaos(options, 7), drawChaos(options, 7));
	t.notDeepEqual(drawChaos(options, 7).events, drawChaos(options, 8).events);
});

test('even short chaos has a fault, if its kinds allow one', t => {
	for (let seed = 0; seed < 100; seed++) {
		t.not(drawChaos({nodeCount: 3, durationMs: 500, kinds: ['loss', 'crash']}, seed).events.length, 0, `seed ${seed}`);
	}
});

test('of what is healed at one time, nodes start last, when their disks are whole again', t => {
	let together = 0;
	for (let seed = 0; seed < 50; seed++) {
		const {events} = drawChaos(
			{nodeCount: 3, durationMs: 2000, kinds: ['crash', 'crashAll', 'crashLoop', 'diskFull']},
			seed,
		);
		const faults = new Map(events.flatMap(event => (event.type === 'inject' ? [[event.id, event.fault]] : [])));
		const last = events
			.filter(({type, atMs}) => type === 'heal' && atMs === 2000)
			.map(({id}) => endsWithStart(faults.get(id)!));
		t.deepEqual(
			last,
			[...last].sort((one, other) => Number(one) - Number(other)),
			`seed ${seed}`,
		);
		if (new Set(last).size > 1) together++;
	}
	t.true(together > 0);
});
