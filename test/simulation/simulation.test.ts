import test from 'ava';
import {codec} from '../../actors/codec.js';
import {simulate} from '../../src/simulation/simulate.js';

const seeds = Array.from({length: 20}, (_, seed) => seed + 1);
test('the same seed gives the same run, bit for bit', t => {
	for (const seed of [3, 7, 11]) {
		const first = simulate({seed, codec, durationMs: 4000});
		const second = simulate({seed, codec, durationMs: 4000});
		t.is(first.traceHash, second.traceHash);
		t.true(first.events > 1000, 'something happened');
		t.not(first.traceHash, simulate({seed: seed + 100, codec, durationMs: 4000}).traceHash);
	}
});

test('clusters under faults keep every invariant, come back to life, and are linearizable', t => {
	for (const seed of seeds) {
		const {ok, violation, verdict, timeline} = simulate({seed, codec, durationMs: 4000});
		t.true(ok, `seed ${seed}: ${JSON.stringify(violation)}\n${timeline.slice(-40).join('\n')}`);
		t.not(verdict, 'violation', `seed ${seed}`);
	}
});
