import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {MessageChannel} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {ControlledThread} from '../../actors/cluster/controlled-thread.js';
import {ThreadError} from '../../actors/cluster/errors.js';
import {RemoteError} from '../../actors/codec/error-codec.js';
import {StorageCorruptError} from '../../src/storage/errors.js';
import type {DyingWorkerData} from './dying-worker.js';

const dyingWorker = new URL('dying-worker.js', import.meta.url);

function threadOf(t: ExecutionContext, how: DyingWorkerData['how'], entry = dyingWorker): ControlledThread {
	const {port1, port2} = new MessageChannel();
	const data: DyingWorkerData = {control: port2, how};
	const thread = new ControlledThread('thread-1', entry, data, port1, [port2]);
	t.teardown(() => thread.kill());
	return thread;
}

async function deathBy(t: ExecutionContext, how: DyingWorkerData['how'], entry = dyingWorker): Promise<ThreadError> {
	return t.throwsAsync(threadOf(t, how, entry).call('start', [], 60_000), {
		instanceOf: ThreadError,
		code: 'ERR_THREAD_DIED',
		message: /^thread-1 ended before it answered 'start': /,
	});
}

test('what a thread dies of is in the message of the call that waited for it, and is the cause', async t => {
	const corrupt = await deathBy(t, 'corrupt');
	t.regex(corrupt.message, /storage is damaged: a bad frame .*\(ERR_STORAGE_CORRUPT\)$/);
	t.true(corrupt.cause instanceof StorageCorruptError);
	t.like(corrupt.cause, {file: 'log-0000000001', offset: 40, lastGoodIndex: 7});
	t.like((corrupt.cause as Error).cause, {name: 'RangeError', message: 'inner'});
	t.regex((await deathBy(t, 'rejection')).message, /nobody heard/);
	t.regex((await deathBy(t, 'exit')).message, /its exit code is 7$/);
});

test('what is thrown and is no error of ours keeps its message: a DOMException, a text, nothing at all', async t => {
	const {cause} = await deathBy(t, 'domException');
	t.like(cause, {message: 'aborted by the test', remoteName: 'AbortError'});
	t.true(cause instanceof RemoteError);
	t.regex((await deathBy(t, 'text')).message, /'just a text'/);
	t.regex((await deathBy(t, 'nothing')).message, /undefined$/);
});

test('an AggregateError keeps its errors', async t => {
	const {cause} = await deathBy(t, 'several');
	t.true(cause instanceof AggregateError);
	const {errors} = cause as AggregateError;
	t.deepEqual(
		errors.map(each => [(each as Error).constructor, (each as Error).message]),
		[
			[TypeError, 'one'],
			[Error, 'two'],
		],
	);
});

test('a thread that cannot be loaded, or that has no memory left, is told as such', async t => {
	const missing = await deathBy(t, 'text', new URL('nowhere.js', import.meta.url));
	t.regex(missing.message, /Cannot find module '.*nowhere\.js'.*\((?:ERR_)?MODULE_NOT_FOUND\)$/);
	// In a process of its own, whose heaps are small.
	const script = `
		const {MessageChannel} = require('node:worker_threads');
		const {port1, port2} = new MessageChannel();
		const data = {control: port2, how: 'memory'};
		import(${JSON.stringify(new URL('../../actors/cluster/controlled-thread.js', import.meta.url))})
			.then(({ControlledThread}) => new ControlledThread('thread-1', new URL(${JSON.stringify(dyingWorker)}), data, port1, [port2]))
			.then(thread => thread.call('start', [], 60_000))
			.catch(error => console.log(error.message));`;
	const args = ['--max-old-space-size=40', '-e', script];
	const {stdout} = await promisify(execFile)(process.execPath, args);
	t.regex(stdout, /^thread-1 ended before it answered 'start': .*memory.*\(ERR_WORKER_OUT_OF_MEMORY\)\n$/);
});

test.serial(
	'a thread that does not answer when it is to stop is ended at the deadline, and not waited for again',
	async t => {
		const {setTimeout} = globalThis;
		t.teardown(() => (globalThis.setTimeout = setTimeout));
		const waits: (number | undefined)[] = [];
		// Deadlines pass at once.
		globalThis.setTimeout = ((action: () => void, ms?: number) => {
			waits.push(ms);
			return setTimeout(action, 0);
		}) as typeof setTimeout;
		t.like(await threadOf(t, 'deaf').stop(60_000), {code: 'ERR_THREAD_TIMEOUT'});
		t.deepEqual(waits, [60_000, 0]);
	},
);

test('a thread that stops in good order is not taken for one that died, however late its answer is read', async t => {
	for (let round = 0; round < 10; round++) {
		const thread = threadOf(t, 'text');
		const stopped = thread.stop(60_000);
		// The answer and the news of the end come while this thread has no time for either.
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
		t.is(await stopped, undefined);
	}
});
