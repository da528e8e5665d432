/** What the thread of a node promises whoever starts and pauses it, whatever is asked of it at the same moment. */
import {setTimeout as sleep} from 'node:timers/promises';
import {MessageChannel} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {ControlledThread} from '../../actors/cluster/controlled-thread.js';
import {resolveClusterOptions} from '../../actors/cluster/options.js';
import {openDirectory, replicaOptions} from '../../actors/cluster/replica-options.js';
import type {ReplicaThreadData} from '../../actors/replica/protocol.js';
import {Alarm, newAlarmMemory} from '../../actors/replica/thread-control.js';
import {nodeId} from '../../src/raft/types.js';
import {SharedDiskFaults} from '../../src/storage/faulty-disk.js';

const replicaEntry = new URL('../../workers/replica.js', import.meta.url);
const timeoutMs = 60_000;

/** A node that has read its log. `ring`: ends its pause. */
async function loadedThread(
	t: ExecutionContext,
): Promise<{readonly thread: ControlledThread; readonly ring: () => void}> {
	const options = resolveClusterOptions({nodes: 1});
	const owner = 'replica-thread.test';
	const directory = await openDirectory(options, 'kv', owner);
	t.teardown(() => directory.close());
	const shared = {diskFaults: new SharedDiskFaults(), alarm: newAlarmMemory()};
	const [replica] = replicaOptions(options, directory, owner, () => shared);
	if (replica === undefined) throw new Error('one node was asked for');
	const [control, router] = [new MessageChannel(), new MessageChannel()];
	t.teardown(() => router.port1.close());
	const data: ReplicaThreadData = {options: replica, router: router.port2, control: control.port2, service: undefined};
	const thread = new ControlledThread('replica-0', replicaEntry, data, control.port1, [control.port2, router.port2]);
	t.teardown(() => thread.kill());
	await thread.call('load', [], timeoutMs);
	const alarm = new Alarm(shared.alarm);
	return {thread, ring: () => alarm.ring()};
}

test('a node is started when it takes part, not when it has been told to', async t => {
	const {thread, ring} = await loadedThread(t);
	// What is asked while it stands still is before it all at once when it goes on.
	await thread.call('pause', [timeoutMs, false], timeoutMs);
	let isStarted = false;
	const start = async (): Promise<void> => {
		await thread.call('start', [], timeoutMs);
		isStarted = true;
	};
	const look = async (): Promise<void> => {
		const status = await thread.call('status', [], timeoutMs);
		t.true(status !== undefined || !isStarted, 'a node that is started has a status');
	};
	const answers = [start(), look()];
	ring();
	await Promise.all(answers);
	t.is((await thread.call('status', [], timeoutMs))?.id, nodeId(0));
});

test('a node that is paused answers nothing that it had not answered when the pause was confirmed', async t => {
	const {thread, ring} = await loadedThread(t);
	await thread.call('start', [], timeoutMs);
	await thread.call('pause', [timeoutMs, false], timeoutMs);
	const paused = thread.call('pause', [timeoutMs, false], timeoutMs);
	let isRung = false;
	const status = thread.call('status', [], timeoutMs).then(() => t.true(isRung));
	ring();
	await paused;
	// An answer would be here by then; on a machine that is slower than that the test sees less, and fails no more.
	await sleep(100);
	isRung = true;
	ring();
	await status;
});
