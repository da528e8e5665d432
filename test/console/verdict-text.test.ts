/** What is said of a verdict: only what was judged is called linearizable. */
import test from 'ava';
import {liveLoadText, stoppedLoadText, verdictText} from '../../actors/console/verdict-text.js';
import type {LoadFigures} from '../../actors/load/load-statistics.js';
import type {SessionReport} from '../../actors/load/recorded-session.js';
import {soundReport} from './memory-target.js';

const figures: LoadFigures = {
	operations: 1200,
	seconds: 2,
	p50Ms: 1.25,
	p99Ms: 20,
	longestPauseMs: 400.4,
	unknown: 7,
	notExecuted: 3,
};
const violation = {key: 'gr\u00c3\u00bcn', detail: 'stale read', isByHand: false};

const fails = test.macro((t, report: Partial<SessionReport>, message: RegExp) => {
	t.throws(() => verdictText({...soundReport, ...report}), {code: 'ERR_HISTORY_VERDICT', message});
});
test(
	'a violation names the key as people write it, what is wrong, and the file',
	fails,
	{verdict: 'violation', violation, file: 'h.jsonl'},
	/^NOT linearizable: key "grün": stale read; the history is in h\.jsonl; .*threadraft check h\.jsonl"$/,
);
test(
	'a contradiction where others wrote too is not decided',
	fails,
	{verdict: 'violation', violation: {...violation, isByHand: true}, blindness: 'others', file: 'h.jsonl'},
	/^not decided: .*"grün".*Redis port/,
);
test(
	'what took too long is not decided',
	fails,
	{verdict: 'unknown', undecided: 5},
	/^not decided in time for 5 of 1200/,
);
test('too many unknown outcomes are not decided', fails, {blindness: 'unknownOutcomes'}, /^not decided: too many/);
test(
	'nothing that was answered is nothing to judge',
	fails,
	{verdict: 'unknown', operations: 0, mark: 'a b'},
	/^no operation was answered since the mark "a b"/,
);

test('what is linearizable says how many operations that was, and since when', t => {
	t.is(verdictText(soundReport), 'linearizable: all 1200 operations since the start: 1200 of loads');
	t.is(
		verdictText({...soundReport, ownOperations: 3, unknown: 2, mark: 'x', file: 'h', dropped: 9}),
		'linearizable: all 1203 operations since the mark "x": 1200 of loads (2 of unknown outcome), 3 typed; history in h, without the oldest 9 operations',
	);
});

test('a load without an answer fails, and is not called linearizable', t => {
	const nothing = {...figures, operations: 0};
	t.throws(() => stoppedLoadText({figures: nothing, report: soundReport}), {
		code: 'ERR_HISTORY_VERDICT',
		message: /no operation was answered, so there is nothing to judge/,
	});
	t.regex(stoppedLoadText({figures, report: soundReport}), /^1200 operations .*, 3 not executed\nlinearizable/);
});

test('a load whose history is not linearizable fails, with its figures', t => {
	const report = {...soundReport, verdict: 'violation', violation, file: 'h'} as const;
	t.throws(() => stoppedLoadText({figures, report}), {message: /^NOT linearizable.* \(1200 operations in 2\.0 s.*\)$/});
});

test('a load that runs is one line, and says when nothing is answered', t => {
	t.is(
		liveLoadText({total: figures, recent: {...figures, operations: 500, seconds: 0.25}}),
		'load 2000/s | p50 1.3 ms | p99 20.0 ms | errors 10 | longest gap 400 ms',
	);
	t.is(
		liveLoadText({total: figures, recent: {...figures, operations: 0, p50Ms: 0, p99Ms: 0, longestPauseMs: 2340}}),
		'load 0/s | no answer for 2.3 s | errors 10 | longest gap 400 ms',
	);
	t.is(
		liveLoadText({total: figures, recent: {...figures, operations: 2, seconds: 0.25, p50Ms: 0, p99Ms: 0}}),
		'load 8/s | p50 - | p99 - | errors 10 | longest gap 400 ms',
	);
});

test('that nothing is answered is not what a terminal of 80 columns cuts off', t => {
	const long = {...figures, operations: 0, unknown: 12_345, longestPauseMs: 61_234};
	t.true(liveLoadText({total: long, recent: long}).length < 80);
});

test('a single operation is called one', t => {
	const report = {...soundReport, operations: 0, ownOperations: 1, unknown: 0};
	t.is(verdictText(report), 'linearizable: the one operation since the start: 1 typed');
});
