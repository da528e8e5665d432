/** A thread that ends in the way that its data names. */
import {type MessagePort, workerData} from 'node:worker_threads';
import {exposeControl, sayLastWords, settle} from '../../actors/replica/thread-control.js';
import {StorageCorruptError} from '../../src/storage/errors.js';

export interface DyingWorkerData {
	readonly control: MessagePort;
	readonly how: keyof typeof endings;
}

const endings = {
	domException: () => {
		throw new DOMException('aborted by the test', 'AbortError');
	},
	text: () => {
		throw 'just a text';
	},
	nothing: () => {
		throw undefined;
	},
	corrupt: () => {
		const cause = new RangeError('inner');
		throw new StorageCorruptError('a bad frame', {file: 'log-0000000001', offset: 40, lastGoodIndex: 7}, {cause});
	},
	several: () => {
		throw new AggregateError([new TypeError('one'), new Error('two')], 'several');
	},
	rejection: () => void Promise.reject(new TypeError('nobody heard')),
	exit: () => process.exit(7),
	/** It does not end: not even when it is to stop. */
	deaf: () => undefined,
	memory: () => {
		const kept: number[][] = [];
		for (;;) kept.push(Array.from({length: 10_000}, (_, number) => number + 0.5));
	},
};

const {control, how} = workerData as DyingWorkerData;
sayLastWords();
const never = new Promise<never>(() => undefined);
exposeControl(
	{
		start: () => {
			// The thread dies before it answers.
			setImmediate(endings[how]);
			return never;
		},
		load: () => never,
		takeSnapshot: () => never,
		transferLeadership: () => never,
		logPart: () => never,
		tellEffects: () => never,
		status: () => never,
		metrics: () => never,
		pause: () => never,
		setConditions: () => never,
		leapClock: () => never,
		resumeClock: () => never,
		stop: async () => {
			if (how === 'deaf') return never;
			const stopped = await settle(() => undefined);
			setImmediate(() => control.close());
			return stopped;
		},
	},
	control,
);
