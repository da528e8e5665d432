import test from 'ava';
import {loadText} from '../../actors/console/load-text.js';
import type {LoadResult} from '../../actors/load/load-task.js';

const nothing: LoadResult = {
	operations: 0,
	seconds: 2,
	p50Ms: 0,
	p99Ms: 0,
	longestPauseMs: 2000,
	unknown: 8,
	notExecuted: 3,
	isFull: false,
	verdict: 'unknown',
	violation: undefined,
	file: '/tmp/history.jsonl',
};

test('a load without an answer fails, and is not called linearizable', t => {
	const error = t.throws(() => loadText(nothing), {code: 'ERR_HISTORY_VERDICT'});
	t.regex(error.message, /no operation was answered, so there is nothing to judge/);
	t.throws(() => loadText({...nothing, verdict: 'ok'}), {code: 'ERR_HISTORY_VERDICT'});
	t.regex(loadText({...nothing, operations: 1, verdict: 'ok'}), /\nlinearizable/);
});
