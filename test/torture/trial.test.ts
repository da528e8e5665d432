/** What a row's trial makes of what the row does: these judge the judge. */
import test from 'ava';
import type {RowTask} from './protocol.js';
import {Trial} from './trial.js';

const task: RowTask = {name: 'row', seed: 7, budgetMs: 60_000, isLong: false, folder: '/nowhere'};
const trialOf = (signal = new AbortController().signal): Trial => new Trial(task, signal, () => undefined);

test('a row that judged something and found nothing has passed, with its figures', async t => {
	const trial = trialOf();
	const result = await trial.judge(async () => {
		trial.fault(2);
		trial.operation(3);
		trial.pause(5);
		trial.pause(4);
		trial.note('peak', 1);
		trial.note('peak', 2);
	});
	t.deepEqual(result, {verdict: 'passed', reasons: [], faults: 2, operations: 3, longestPauseMs: 5, notes: ['peak 2']});
});

test('a row that judged nothing has failed', async t => {
	const result = await trialOf().judge(async () => undefined);
	t.like(result, {verdict: 'failed', reasons: ['nothing was judged']});
});

test('what a row finds, demands or throws makes it fail, in its own words; of very many findings the first are told', async t => {
	const trial = trialOf();
	const found = await trial.judge(async () => {
		for (let count = 0; count < 12; count++) trial.find(`finding ${count}`);
		trial.demand(false, 'an end');
	});
	t.is(found.verdict, 'failed');
	t.is(found.reasons.length, 11);
	t.is(found.reasons[0], 'finding 0');
	t.is(found.reasons.at(-1), 'and 3 more');
	const thrown = await trialOf().judge(() => Promise.reject(new TypeError('a bug')));
	t.regex(thrown.reasons[0]!, /^TypeError: a bug\n +at /);
});

test('a row may say that the machine lacks what it needs; not to hide what it has found', async t => {
	const skipped = trialOf();
	t.like(await skipped.judge(async () => skipped.skip('no etcd')), {verdict: 'skipped', reasons: ['no etcd']});
	const both = trialOf();
	const result = await both.judge(async () => {
		both.find('something');
		both.skip('no etcd');
	});
	t.like(result, {verdict: 'failed', reasons: ['something']});
});

test('cleanups run when the row has ended, the last one first, and one that fails is a finding', async t => {
	const trial = trialOf();
	const order: string[] = [];
	const result = await trial.judge(async () => {
		trial.operation();
		trial.defer(() => order.push('first'));
		trial.defer(() => Promise.reject(new Error('stuck')));
		trial.defer(() => order.push('last'));
	});
	t.deepEqual(order, ['last', 'first']);
	t.regex(result.reasons[0]!, /while cleaning up: Error: stuck/);
});

test('a row that is broken off is no failure, whatever it throws then', async t => {
	const abort = new AbortController();
	const trial = trialOf(abort.signal);
	const result = await trial.judge(async () => {
		abort.abort();
		await trial.sleep(60_000);
		trial.signal.throwIfAborted();
	});
	t.like(result, {verdict: 'skipped', reasons: ['broken off']});
});

test('what is waited for in vain ends the row with its name', async t => {
	const trial = trialOf();
	const result = await trial.judge(() => trial.until('the leader is there', 1, () => false));
	t.deepEqual(result.reasons, ['the leader is there: not within 1 ms']);
});

test('the same seed draws the same for a row, whatever else there is', t => {
	t.is(trialOf().random.uint32(), trialOf().random.uint32());
	const other = new Trial({...task, name: 'other'}, new AbortController().signal, () => undefined);
	t.not(other.random.uint32(), trialOf().random.uint32());
});
