/** The line of a load that runs: what it says where answers are few. */
import test from 'ava';
import {loadView} from '../../actors/console/load-view.js';
import type {LoadFigures, LoadStatistics} from '../../actors/load/load-statistics.js';

const nothing = {operations: 0, p50Ms: 0, p99Ms: 0, longestPauseMs: 90, unknown: 0, notExecuted: 0};
const total = (operations: number, seconds: number): LoadFigures => ({...nothing, operations, seconds});

test('answers so slow that most moments have none: the line keeps the newest latency', async t => {
	const target: {isLoadRunning: boolean; loadStatistics: LoadStatistics | undefined} = {
		isLoadRunning: true,
		loadStatistics: undefined,
	};
	const view = loadView(target);
	t.deepEqual(await view.draw(), []);
	const recent = {...nothing, operations: 1, seconds: 0.1, p50Ms: 150, p99Ms: 150};
	target.loadStatistics = {total: total(2, 0.25), recent};
	t.deepEqual(await view.draw(), ['load 8/s | p50 150.0 ms | p99 150.0 ms | errors 0 | longest gap 90 ms']);
	target.loadStatistics = {total: total(3, 0.5), recent: {...nothing, seconds: 0.1}};
	t.deepEqual(await view.draw(), ['load 4/s | p50 150.0 ms | p99 150.0 ms | errors 0 | longest gap 90 ms']);
	target.loadStatistics = {total: total(3, 0.75), recent: {...nothing, seconds: 0.1}};
	t.deepEqual(await view.draw(), ['load 0/s | no answer for 0.1 s | errors 0 | longest gap 90 ms']);
	target.isLoadRunning = false;
	t.is(await view.draw(), undefined);
});
