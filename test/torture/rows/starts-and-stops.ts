import {readdirSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {Cluster} from '../../../actors/cluster/cluster.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

/** The first rounds fill caches and pools; what grows after them grows for ever. */
const warmUpRoundsLong = 8;
const warmUpRoundsShort = 3;
const roundsMax = 500;
const mebibyte = 2 ** 20;
/** Memory of a process moves by itself; a leak of 100 KiB a round shows beside this within 500 rounds. */
const heapGrowthMax = 16 * mebibyte;
const rssGrowthMax = 160 * mebibyte;

export const startsAndStops: Row = {
	name: 'starts-and-stops',
	title:
		'clusters that are started and closed by the hundred in one process leave no descriptor, thread, file or memory',
	weight: 260,
	shortMs: 3000,
	isInTests: true,
	run: async trial => {
		const warmUpRounds = trial.isLong ? warmUpRoundsLong : warmUpRoundsShort;
		for (let round = 0; round < warmUpRounds; round++) await once(trial, round);
		const before = await measure();
		let rounds = 0;
		for (; rounds < 2 || (rounds < roundsMax && !trial.isOver); rounds++) {
			await once(trial, warmUpRounds + rounds);
			trial.operation();
			trial.tell(`${rounds} clusters started and closed`);
		}
		const after = await measure();
		trial.note('clusters', rounds);
		trial.note('descriptors', `${before.descriptors} to ${after.descriptors}`);
		trial.note('threads', `${before.threads} to ${after.threads}`);
		trial.note('heap', `${text(before.heap)} to ${text(after.heap)}`);
		trial.note('resident', `${text(before.rss)} to ${text(after.rss)}`);
		if (after.descriptors > before.descriptors)
			trial.find(`descriptors grew from ${before.descriptors} to ${after.descriptors}`);
		if (after.threads > before.threads) trial.find(`threads grew from ${before.threads} to ${after.threads}`);
		if (after.heap - before.heap > heapGrowthMax)
			trial.find(`the heap grew from ${text(before.heap)} to ${text(after.heap)}`);
		if (after.rss - before.rss > rssGrowthMax) trial.find(`memory grew from ${text(before.rss)} to ${text(after.rss)}`);
	},
};

/** Every third keeps its data in a directory, which later ones find again; every other one is used before it ends. */
async function once(trial: Trial, round: number): Promise<void> {
	const directory = round % 3 === 0 ? await trial.makeFolder('data') : undefined;
	const cluster = await Cluster.start({
		nodes: 3,
		kvThread: round % 4 === 0,
		seed: trial.random.uint32(),
		...(directory === undefined ? {} : {directory}),
	});
	try {
		if (round % 2 === 1) return;
		const clerk = cluster.clerk();
		await clerk.append('rounds', `${round},`);
		if (round % 5 === 0) await cluster.kill(trial.random.pick(cluster.nodeIds));
	} finally {
		await cluster.close();
	}
}

interface Measure {
	readonly descriptors: number;
	readonly threads: number;
	readonly heap: number;
	readonly rss: number;
}

/** Ended threads and closed files are let go of a moment later. */
async function measure(): Promise<Measure> {
	await sleep(500);
	globalThis.gc?.();
	await sleep(200);
	const {heapUsed, rss, arrayBuffers} = process.memoryUsage();
	return {
		descriptors: readdirSync('/proc/self/fd').length,
		threads: readdirSync('/proc/self/task').length,
		heap: heapUsed + arrayBuffers,
		rss,
	};
}

const text = (bytes: number): string => `${Math.round(bytes / mebibyte)} MiB`;
