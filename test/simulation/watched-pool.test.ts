import test from 'ava';
import {coverageText} from '../../actors/simulate/coverage-text.js';
import {stalledText, summaryJson, summaryText} from '../../actors/simulate/report.js';
import {runSeeds} from '../../actors/simulate/run-seeds.js';
import {coverageKinds} from '../../src/simulation/kv/kv-coverage.js';

test('a seed that never ends is named, its thread is ended, and the other seeds run to their end', async t => {
	const told: string[] = [];
	const summary = await runSeeds({
		firstSeed: 1,
		seeds: 6,
		threads: 2,
		shrinks: false,
		interrupted: new AbortController().signal,
		stallMs: 400,
		filename: new URL('hanging-task.js', import.meta.url),
		onSeed: (_, outcome) => told.push(outcome.type),
	});
	t.is(summary.seeds, 6);
	t.deepEqual(summary.stalled, [{seed: 3, stallMs: 400}]);
	t.deepEqual([...told].sort(), ['report', 'report', 'report', 'report', 'report', 'stalled']);
	t.is(summary.operations, 5);
	const run = {wallMs: 1, isInterrupted: false};
	t.regex(summaryText(summary, run), /did not end: 3/);
	t.like(JSON.parse(summaryJson(summary, {...run, nodes: undefined})), {stalled: [{seed: 3}]});
	const settings = {nodes: 5, durationMs: 12_000, profile: 'all', onlyFaults: undefined, untilMs: undefined} as const;
	t.regex(
		stalledText({seed: 3, stallMs: 400}, settings),
		/seed 3: an event did not end .*\n.*simulate --seeds 1 --seed 3 .*--nodes 5/,
	);
	// Of the first kind the seeds 1, 2, 4, 5 and 6 met as many as their number says.
	t.deepEqual(summary.coverage[coverageKinds[0] as string], {count: 18, seeds: 5});
});

test('the table of what was met has every kind: in its columns, or among those that never were', t => {
	const coverage = Object.fromEntries(
		coverageKinds.map((kind, place) => [kind, place % 3 === 0 ? {count: 0, seeds: 0} : {count: 1234, seeds: 5}]),
	);
	const text = coverageText(coverage).join('\n');
	for (const kind of coverageKinds) t.true(text.includes(kind), kind);
	t.regex(text, /1,234 {5}5/);
	t.true(text.split('never met: ')[1]?.startsWith(coverageKinds[0] as string));
});
