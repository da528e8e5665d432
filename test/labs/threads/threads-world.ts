/** The world of real threads and real time. */
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import {Random} from '../../../src/base/random.js';
import type {LabWorld} from '../harness.js';
import {KvThreads} from './kv-threads.js';
import {RaftThreads} from './raft-threads.js';

export interface ThreadsWorldOptions {
	/** Of everything that rows, networks and elections draw; threads still run as they like. */
	readonly seed: number;
	/** A KV cluster keeps its data here, every write synced. @default in files that are never synced */
	readonly directory?: string;
	/** The KV servers on threads of their own. @default false */
	readonly kvThread?: boolean;
}

export function threadsWorld({seed, directory, kvThread = false}: ThreadsWorldOptions): LabWorld {
	const random = Random.fromSeed(seed);
	return {
		random,
		now: () => performance.now(),
		sleep: async ms => setTimeout(ms),
		startRaft: options => RaftThreads.start(options, random.fork('cluster')),
		startKv: options => KvThreads.start(options, {seed: random.fork('cluster').uint32(), directory, kvThread}),
	};
}
