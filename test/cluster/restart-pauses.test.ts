import test from 'ava';
import {RestartPauses} from '../../actors/cluster/restart-pauses.js';

const pausesOf = (pauses: RestartPauses, count: number, random: number, upMs = 0): readonly number[] =>
	Array.from({length: count}, () => pauses.next(upMs, random));

test('pauses double from 100 ms to 10 s as long as there are quick tries left, and are 30 s ever after; half is chance', t => {
	const quick = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000];
	const slow = Array.from({length: 50}, () => 30_000);
	t.deepEqual(
		pausesOf(new RestartPauses(10), 60, 0),
		[...quick, ...slow].map(pause => pause / 2),
	);
	t.deepEqual(pausesOf(new RestartPauses(2), 4, 0.5), [75, 150, 22_500, 22_500]);
	t.deepEqual(pausesOf(new RestartPauses(0), 1, 0), [15_000]);
});

test('a node that was up for a minute begins a new count', t => {
	const pauses = new RestartPauses(2);
	pausesOf(pauses, 5, 0);
	t.is(pauses.next(59_999, 0), 15_000);
	t.is(pauses.next(60_000, 0), 50);
	t.is(pauses.next(0, 0), 100);
});
