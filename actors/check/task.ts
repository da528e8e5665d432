/** One group of keys, checked in a pool thread. */
import {check} from '../../src/linearizability/check.js';
import type {KeyResult} from '../../src/linearizability/key-result.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel, type KvModelName} from '../../src/linearizability/models/kv-model.js';

export interface CheckTask {
	/** Of all keys of the group. */
	readonly history: KvHistory;
	readonly model: KvModelName;
	readonly initial: string | undefined;
	readonly all: boolean;
	/** What is left of the time budget, ms. */
	readonly timeoutMs: number;
	readonly memoryBytesMax: number;
	/** One `Int32Array` element, shared by all tasks of a file: not 0 means that the verdict has been reached elsewhere. */
	readonly abortFlag: SharedArrayBuffer;
}

export function runCheckTask(task: CheckTask): readonly KeyResult[] {
	const {history, model, initial, all, timeoutMs, memoryBytesMax} = task;
	const flag = new Int32Array(task.abortFlag);
	const {verdict, keys} = check(history, {
		model: kvModel(model, {initial}),
		all,
		now: () => performance.now(),
		timeoutMs,
		memoryBytesMax,
		isCancelled: () => Atomics.load(flag, 0) !== 0,
	});
	if (verdict === 'violation' && !all) Atomics.store(flag, 0, 1);
	return keys;
}
