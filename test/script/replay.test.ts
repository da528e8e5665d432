import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {type LineEnd, replay} from '../../actors/script/replay.js';
import {readScript} from '../../actors/script/script-reader.js';

const script = (...rows: readonly string[]) =>
	readScript(['# threadraft script 1', '# nodes 3', ...rows, ''].join('\n'), () => undefined);

/** Answers to lines; a `put` is of a client. What is not here is answered with OK. */
function play(rows: readonly string[], answers: Readonly<Record<string, () => Promise<LineEnd>>> = {}) {
	const log: string[] = [];
	const printed: string[] = [];
	const controller = new AbortController();
	const report = replay(script(...rows), {
		begin: line => {
			log.push(line);
			const answer = answers[line] ?? (async (): Promise<LineEnd> => ({type: 'answered', text: 'OK'}));
			return {isOfClient: line.startsWith('put'), result: answer()};
		},
		print: text => printed.push(text),
		signal: controller.signal,
		now: () => performance.now(),
	});
	return {log, printed, controller, report};
}

test('lines are run in their order, not before their time, and shown with it', async t => {
	const startedAt = performance.now();
	const {log, printed, report} = play(['at +0s', 'kill 1', 'at +80ms', 'restart 1', 'at +120ms']);
	t.deepEqual(await report, {failures: [], isCancelled: false});
	t.true(performance.now() - startedAt >= 119);
	t.deepEqual(log, ['kill 1', 'restart 1']);
	t.is(printed[0], '+0.000s kill 1');
	t.regex(printed[2] ?? '', /^\+0\.080s restart 1/);
});

test('an operation of a client that waits holds up no other line', async t => {
	let restarted: () => void = () => undefined;
	const isUp = new Promise<void>(resolve => (restarted = resolve));
	const answer = (text: string): LineEnd => ({type: 'answered', text});
	const {log, printed, report} = play(['kill 1', 'put a b', 'restart 1'], {
		'put a b': async () => isUp.then(() => answer('written')),
		'restart 1': async () => {
			restarted();
			return answer('up');
		},
	});
	t.deepEqual((await report).failures, []);
	t.deepEqual(log, ['kill 1', 'put a b', 'restart 1']);
	t.true(printed.includes('put a b: written'));
});

test('other lines wait for the one before', async t => {
	let isUp = false;
	const {report} = play(['restart 1', 'status'], {
		'restart 1': async () => {
			await sleep(20);
			isUp = true;
			return {type: 'empty'};
		},
		status: async () => ({type: 'answered', text: String(isUp)}),
	});
	await report;
	t.true(isUp);
});

test('a line that fails is told, and the others run', async t => {
	const {log, printed, report} = play(['kill 1', 'put a b', 'restart 1'], {
		'kill 1': async () => ({type: 'failed', message: 'no'}),
		'put a b': async () => ({type: 'failed', message: 'too late'}),
	});
	t.deepEqual(
		(await report).failures.map(({line, isOfClient, message}) => [line.number, isOfClient, message]),
		[
			[3, false, 'no'],
			[4, true, 'too late'],
		],
	);
	t.is(log.length, 3);
	t.true(printed.includes('error: no'));
});

test('after an abort no other line is begun', async t => {
	const {log, controller, report} = play(['kill 1', 'at +1000s', 'restart 1']);
	while (log.length === 0) await sleep(1);
	controller.abort();
	t.true((await report).isCancelled);
	t.deepEqual(log, ['kill 1']);
});
