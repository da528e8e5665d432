/** The first failure stops a node: it is told once, and no callback of the storage runs after it. */
import test from 'ava';
import {FailureGuard} from '../../src/raft/failure-guard.js';

function newGuard(): {guard: FailureGuard; failures: string[]} {
	const failures: string[] = [];
	return {guard: new FailureGuard(error => void failures.push(error.message)), failures};
}

test('what an action returns comes through; the first that throws stops the node', t => {
	const {guard, failures} = newGuard();
	t.is(
		guard.run(() => 7),
		7,
	);
	t.false(guard.isStopped);
	const fail = (message: string): (() => number) => {
		return () => {
			throw new Error(message);
		};
	};
	t.is(guard.run(fail('first')), undefined);
	t.is(guard.run(fail('second')), undefined);
	t.true(guard.isStopped);
	t.deepEqual(failures, ['first']);
});

test('a storage that fails stops the node, and what it says later is not heard', t => {
	const {guard, failures} = newGuard();
	const done: number[] = [];
	const callbacks = [0, 1, 2, 3].map(number => guard.whenDone(() => void done.push(number)));
	callbacks[0]!();
	callbacks[1]!(new Error('disk'));
	callbacks[2]!();
	callbacks[3]!(new Error('disk again'));
	t.deepEqual(done, [0]);
	t.deepEqual(failures, ['disk']);
});

test('after a stop nothing is run by a storage, and no failure is told', t => {
	const {guard, failures} = newGuard();
	const callback = guard.whenDone(() => t.fail('a stopped node was called'));
	guard.stop();
	callback();
	callback(new Error('disk'));
	t.deepEqual(failures, []);
});
