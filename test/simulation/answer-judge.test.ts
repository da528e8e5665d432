import test from 'ava';
import type {Result, WriteOperation} from '../../src/kv/types.js';
import {AnswerJudge} from '../../src/simulation/kv/answer-judge.js';
import {Coverage} from '../../src/simulation/coverage.js';
import {bytesOfText} from '../../src/simulation/kv/operation-text.js';

function judged(): {readonly judge: AnswerJudge; readonly broken: string[]} {
	const broken: string[] = [];
	return {judge: new AnswerJudge(invariant => broken.push(invariant), new Coverage()), broken};
}

const increment: WriteOperation = {type: 'increment', key: 'n0', by: 77n};
const refusable: WriteOperation = {
	type: 'compareAndSet',
	key: 'k0',
	expected: {version: 3},
	value: bytesOfText('1.5,....'),
};
const sum = (version: number): Result => ({type: 'number', value: 77n, version});
const refusal: Result = {type: 'conditionFailed', value: undefined, version: 0};

test('an increment that is run twice breaks the invariant exactlyOnce: it is found by what it adds', t => {
	const {judge, broken} = judged();
	judge.ran(increment, sum(4), 4);
	t.deepEqual(broken, []);
	judge.ran(increment, sum(5), 5);
	t.deepEqual(broken, ['exactlyOnce']);
});

test('a refused compare-and-set that is run twice breaks the invariant exactlyOnce: it is found by the value that it did not write', t => {
	const {judge, broken} = judged();
	judge.ran(refusable, refusal, 4);
	judge.ran(refusable, {type: 'written', version: 9, length: 8}, 9);
	t.deepEqual(broken, ['exactlyOnce']);
});

test('what a client is told is the answer of the one run of its write, and of no other', t => {
	const ask = {id: 1, clerk: '0.0', operation: refusable, floor: 0};
	const right = judged();
	right.judge.ran(refusable, refusal, 4);
	right.judge.answered(ask, refusal);
	t.deepEqual(right.broken, []);
	t.is(right.judge.floor, 4);
	const other = judged();
	other.judge.ran(refusable, refusal, 4);
	other.judge.answered(ask, {type: 'conditionFailed', value: bytesOfText('x'), version: 2});
	t.deepEqual(other.broken, ['honestAnswer']);
	const never = judged();
	never.judge.answered({...ask, operation: increment}, sum(4));
	t.deepEqual(never.broken, ['honestAnswer']);
});

test('that two operations are told the same run, or one a run that is older than itself, breaks the invariant honestAnswer', t => {
	const remove: WriteOperation = {type: 'delete', key: 'k0'};
	const deleted: Result = {type: 'deleted', existed: false, version: 6};
	const {judge, broken} = judged();
	judge.ran(remove, deleted, 6);
	judge.answered({id: 1, clerk: '0.0', operation: remove, floor: 5}, deleted);
	t.deepEqual(broken, []);
	judge.answered({id: 2, clerk: '0.0', operation: remove, floor: 5}, deleted);
	t.deepEqual(broken, ['honestAnswer']);
	const old = judged();
	old.judge.ran(remove, deleted, 6);
	old.judge.answered({id: 1, clerk: '0.0', operation: remove, floor: 6}, deleted);
	t.deepEqual(old.broken, ['honestAnswer']);
});

test('what a client was told is not run, is not run: neither before nor after', t => {
	const before = judged();
	before.judge.ran(increment, sum(4), 4);
	before.judge.denied({id: 1, clerk: '0.0', operation: increment, floor: 0});
	t.deepEqual(before.broken, ['honestAnswer']);
	const after = judged();
	after.judge.denied({id: 1, clerk: '0.0', operation: increment, floor: 0});
	after.judge.ran(increment, sum(4), 4);
	t.deepEqual(after.broken, ['exactlyOnce']);
});

test('a condition and an option count for whose operation it is', t => {
	const asked: WriteOperation = {type: 'put', key: 'b0', value: bytesOfText('1.5,'), condition: 'absent'};
	const {judge, broken} = judged();
	judge.ran({...asked, condition: 'present'}, {type: 'written', version: 4, length: 4}, 4);
	judge.answered({id: 1, clerk: '0.0', operation: asked, floor: 0}, {type: 'written', version: 4, length: 4});
	t.deepEqual(broken, ['honestAnswer']);
});

test('that writes of one clerk ran in another order than they were asked for breaks the invariant sessionOrder, also when answers come late', t => {
	const puts = [1, 2, 3].map(count => ({type: 'put', key: 'a', value: bytesOfText(`0.${count},`)}) as const);
	const brokenBy = (revisions: readonly number[], clerks: readonly string[]): readonly string[] => {
		const {judge, broken} = judged();
		for (const [place, operation] of puts.entries()) {
			judge.ran(operation, {type: 'written', version: revisions[place]!, length: 4}, revisions[place]!);
		}
		for (const place of [2, 0, 1]) {
			const asked = {id: place + 1, clerk: clerks[place]!, operation: puts[place]!, floor: 0};
			judge.answered(asked, {type: 'written', version: revisions[place]!, length: 4});
		}
		return broken;
	};
	t.deepEqual(brokenBy([4, 5, 9], ['a', 'a', 'a']), []);
	t.deepEqual(brokenBy([4, 9, 5], ['a', 'a', 'a']), ['sessionOrder']);
	t.deepEqual(brokenBy([9, 5, 4], ['a', 'b', 'c']), []);
});
