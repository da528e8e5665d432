/**
 * Question: with a large state, does a snapshot, its way to an empty follower, or its installation there keep
 * any node from answering, cause an election, or take too much memory?
 *
 * Two nodes of a durable cluster of three are filled; then, while writes go on, they take snapshots, and the third is
 * started, which has seen none of it. (A node whose disk was wiped refuses to start: it could vote twice in a term.) All the
 * time every node is asked for its status, over and over: what is told is the longest time until the slowest of those
 * that are up had answered. It includes waits for a processor: run it on a quiet machine.
 *
 *     node dist/bench/snapshot-stall.js [--keys 1000000] [--value-bytes 100] [--smoke]
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {Cluster} from '../actors/cluster/cluster.js';
import type {NodeStatus} from '../actors/cluster/node-state.js';
import type {Clerk} from '../actors/clerk/clerk.js';
import {nodeId, type NodeId} from '../src/raft/types.js';

const {values} = parseArgs({
	options: {
		keys: {type: 'string'},
		'value-bytes': {type: 'string', default: '100'},
		smoke: {type: 'boolean', default: false},
	},
});
const keys = Number(values.keys ?? (values.smoke ? 5000 : 1_000_000));
const value = new Uint8Array(Number(values['value-bytes']));

const stallMaxMs = 50;
const memoryMax = 2.5;
const mebibyte = 2 ** 20;
const keyBytes = 16;
const inFlight = 256;
const writesInFlight = 16;
const phaseTimeoutMs = 300_000;
const probePauseMs = 1;

const keyOf = (number: number): string => `key${String(number % keys).padStart(keyBytes - 3, '0')}`;

/** What one phase cost those who had nothing to do with it. */
class Probe {
	longestMs = 0;
	answers = 0;
	rssMax = 0;
	#isOver = false;
	readonly #cluster: Cluster;
	readonly #end: Promise<void>;

	constructor(cluster: Cluster) {
		this.#cluster = cluster;
		this.#end = this.#run();
	}

	async stop(): Promise<void> {
		this.#isOver = true;
		await this.#end;
	}

	/** A node that is up and says nothing is waited for, half a second at most; one that is down is not asked. */
	async #run(): Promise<void> {
		while (!this.#isOver) {
			const askedAt = performance.now();
			const statuses = await this.#cluster.status();
			this.longestMs = Math.max(this.longestMs, performance.now() - askedAt);
			this.rssMax = Math.max(this.rssMax, process.memoryUsage.rss());
			this.answers += statuses.filter(({replica}) => replica !== undefined).length;
			await setTimeout(probePauseMs);
		}
	}
}

async function fill(clerk: Clerk): Promise<void> {
	let next = 0;
	await Promise.all(
		Array.from({length: inFlight}, async () => {
			while (next < keys) await clerk.put(keyOf(next++), value);
		}),
	);
}

/** Writes to keys all over the state until it is told to stop. */
function keepWriting(clerk: Clerk): {stop(): Promise<void>} {
	const over = new AbortController();
	let writes = 0;
	const run = Promise.all(
		Array.from({length: writesInFlight}, async () => {
			while (!over.signal.aborted) await clerk.put(keyOf(writes++ * 7919), value);
		}),
	);
	// What breaks them off early is told by the phase that it belongs to.
	run.catch(() => undefined);
	return {
		async stop() {
			over.abort();
			await run;
		},
	};
}

async function until(isReached: () => Promise<boolean>): Promise<void> {
	const startedAt = performance.now();
	while (!(await isReached())) {
		if (performance.now() - startedAt > phaseTimeoutMs) throw new Error(`not reached within ${phaseTimeoutMs} ms`);
		await setTimeout(100);
	}
}

const termOf = (statuses: readonly NodeStatus[]): number =>
	Math.max(...statuses.map(({replica}) => replica?.currentTerm ?? 0));

async function snapshotIndex(cluster: Cluster, id: NodeId): Promise<number> {
	return (await cluster.status())[id]?.replica?.snapshotIndex ?? 0;
}

const dataBytes = 3 * keys * (keyBytes + value.length);
let isWithin = true;

async function measure(name: string, cluster: Cluster, work: () => Promise<void>): Promise<void> {
	const termBefore = termOf(await cluster.status());
	const probe = new Probe(cluster);
	const startedAt = performance.now();
	await work();
	const seconds = (performance.now() - startedAt) / 1000;
	await probe.stop();
	const elections = termOf(await cluster.status()) - termBefore;
	const share = probe.rssMax / dataBytes;
	isWithin &&= probe.longestMs <= stallMaxMs && elections === 0 && (share <= memoryMax || values.smoke);
	console.log(
		`${name}: ${seconds.toFixed(1)} s, slowest of ${probe.answers} answers ${probe.longestMs.toFixed(1)} ms, ` +
			`${elections} elections, at most ${(probe.rssMax / mebibyte).toFixed(0)} MiB (${share.toFixed(2)} of the data)`,
	);
}

const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-snapshot-stall-'));
const cluster = await Cluster.start({directory, ...(values.smoke ? {maxRaftState: 64 * 2 ** 10} : {})});
try {
	const clerk = cluster.clerk();
	const leader = await cluster.waitForLeader(10_000);
	const absent = nodeId((leader + 1) % 3);
	const present = cluster.nodeIds.filter(id => id !== absent);
	await cluster.kill(absent);
	await fill(clerk);
	console.log(`${keys} keys: ${(dataBytes / mebibyte).toFixed(0)} MiB of keys and values on three nodes`);

	await measure('writes alone', cluster, async () => {
		const writing = keepWriting(clerk);
		await setTimeout(values.smoke ? 200 : 5000);
		await writing.stop();
	});
	await measure('snapshots on two nodes', cluster, async () => {
		const before = await Promise.all(present.map(id => snapshotIndex(cluster, id)));
		const writing = keepWriting(clerk);
		await until(async () => {
			const now = await Promise.all(present.map(id => snapshotIndex(cluster, id)));
			return now.every((index, place) => index > (before[place] ?? 0));
		});
		await writing.stop();
	});
	await measure('transfer to an empty follower', cluster, async () => {
		const writing = keepWriting(clerk);
		await cluster.restart(absent);
		await until(async () => (await snapshotIndex(cluster, absent)) > 0);
		await writing.stop();
		const target = (await cluster.status())[leader]?.replica?.commitIndex ?? 0;
		await until(async () => ((await cluster.status())[absent]?.replica?.lastApplied ?? 0) >= target);
	});
} finally {
	await cluster.close();
	await rm(directory, {recursive: true, force: true});
}
console.log(
	isWithin
		? `within ${stallMaxMs} ms, without an election, within ${memoryMax} times the data`
		: `NOT within ${stallMaxMs} ms, without an election, and within ${memoryMax} times the data`,
);
process.exitCode = isWithin ? 0 : 1;
