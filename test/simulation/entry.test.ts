import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {shrink, simulate, SimulationOptionError} from '../../actors/simulate/index.js';
import {simulate as simulateWith} from '../../src/simulation/simulate.js';

test('a seed alone is enough for a simulation, and it is the one of real clusters’ codec', t => {
	const result = simulate({seed: 1, durationMs: 200});
	t.true(result.ok);
	t.is(result.traceHash, simulateWith({seed: 1, durationMs: 200, codec}).traceHash);
});

test('a codec that is given is used, and one that cannot be meant is refused', t => {
	let encoded = 0;
	const counting = {...codec, encode: (value: unknown) => (encoded++, codec.encode(value))};
	t.true(simulate({seed: 1, durationMs: 200, codec: counting}).ok);
	t.true(encoded > 0);
	t.throws(() => simulate({seed: 1, codec: {} as typeof codec}), {instanceOf: SimulationOptionError});
});

test('a run is made smaller with no codec given either', t => {
	const options = {seed: 1, durationMs: 200} as const;
	const result = simulate(options);
	const violation = {invariant: 'linearizable', detail: 'as if it were', atMs: 100} as const;
	const shrunk = shrink(options, {...result, ok: false, violation}, {runsMax: 1});
	t.is(shrunk.runs, 1, 'it ran, though what it ran fails no more');
});
