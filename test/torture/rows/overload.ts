import {Cluster} from '../../../actors/cluster/cluster.js';
import {offer, type Offer, type Taken} from '../kit/offered-load.js';
import type {Row} from '../row.js';

const mebibyte = 2 ** 20;
const times = 5;
/** One thread alone cannot ask for more than it is given. */
const threadsLong = 4;
/**
 * What a cluster can do is set by its disks here, each of whose calls takes so much longer, and by how much it lets wait
 * for them: threads of one machine cannot ask for five times what its processors can do, since they would do it in
 * the place of the cluster.
 */
const diskDelayMs = 50;
const unappliedBytesMax = 256 * 1024;
/** As much as is in flight in all when the peak is measured. */
const inFlightMax = 256;
const secondsMax = 120;
/** Of what was to be offered: when the threads cannot ask for so much, nothing was tried. */
const offeredMin = 0.9 * times;
/** Of the peak. */
const shareMin = 0.8;
const growthMax = 1024 * mebibyte;
/** "At once back to normal". */
const normalAfterMs = 2000;

export const overload: Row = {
	name: 'overload',
	title:
		'offered five times what it can do, a cluster does what it can, refuses the rest with a typed error, and is back to normal at once',
	weight: 180,
	shortMs: 4000,
	isInTests: true,
	run: async trial => {
		const directory = await trial.makeFolder('data');
		const cluster = await Cluster.start({
			nodes: 3,
			directory,
			limits: {unappliedBytesMax},
			seed: trial.random.uint32(),
		});
		trial.defer(() => cluster.close());
		for (const id of cluster.nodeIds) cluster.setDiskFaults(id, {delayMs: diskDelayMs});
		const measureSeconds = trial.isLong ? Math.min(10, trial.budgetMs / 8000) : 0.5;
		const threads = trial.isLong ? threadsLong : 1;
		const measure: Offer = {pace: {inFlight: inFlightMax / threads}, seconds: measureSeconds};
		await offerAll(cluster, threads, measure);
		const peak = rateOf(await offerAll(cluster, threads, measure));
		globalThis.gc?.();
		const before = process.memoryUsage().rss;
		const seconds = Math.max(measureSeconds, Math.min(secondsMax, trial.remainingMs / 1000 - 2 * measureSeconds));
		const under = await offerAll(cluster, threads, {pace: {perSecond: (times * peak) / threads}, seconds});
		const growth = process.memoryUsage().rss - before;
		trial.fault(under.offered - under.done);
		trial.operation(under.done);
		trial.pause(under.longestPauseMs);

		const startedAt = performance.now();
		const clerk = cluster.clerk();
		await clerk.put('normal', 'again');
		const normalMs = performance.now() - startedAt;
		const after = rateOf(await offerAll(cluster, threads, measure));
		trial.note('peak', `${Math.round(peak)}/s`);
		const offered = under.offered / under.seconds / peak;
		trial.note('offered', `${offered.toFixed(1)} times that for ${Math.round(under.seconds)} s`);
		trial.note('done', `${(rateOf(under) / peak).toFixed(2)} of it`);
		trial.note('afterwards', `${(after / peak).toFixed(2)}, the first answer after ${Math.round(normalMs)} ms`);
		trial.note('memory grew by', `${Math.round(growth / mebibyte)} MiB`);
		trial.note('refused', JSON.stringify(under.failures));

		const {untyped = 0} = under.failures;
		if (untyped > 0) trial.find(`${untyped} operations failed with an error that has no code`);
		const {ERR_OVERLOADED: refused = 0} = under.failures;
		if (refused === 0) trial.find(`nothing was refused: ${JSON.stringify(under.failures)}`);
		if (under.done === 0) trial.find('nothing was done under overload');
		if (growth > growthMax) trial.find(`memory grew by ${Math.round(growth / mebibyte)} MiB`);
		if (!trial.isLong) return;
		if (offered < offeredMin) trial.find(`only ${offered.toFixed(1)} times the peak was offered`);
		if (rateOf(under) < shareMin * peak) trial.find(`only ${(rateOf(under) / peak).toFixed(2)} of the peak was done`);
		if (after < shareMin * peak) trial.find(`afterwards only ${(after / peak).toFixed(2)} of the peak was done`);
		if (normalMs > normalAfterMs) trial.find(`the first answer afterwards took ${Math.round(normalMs)} ms`);
	},
};

/** From all threads. */
async function offerAll(cluster: Cluster, threads: number, {pace, seconds}: Offer): Promise<Taken> {
	const all = await Promise.all(Array.from({length: threads}, () => offer(cluster, {pace, seconds})));
	const failures: Record<string, number> = {};
	for (const taken of all) {
		for (const [code, count] of Object.entries(taken.failures)) failures[code] = (failures[code] ?? 0) + count;
	}
	const sum = (what: 'offered' | 'done'): number => all.reduce((total, taken) => total + taken[what], 0);
	return {
		offered: sum('offered'),
		done: sum('done'),
		failures,
		seconds: Math.max(...all.map(taken => taken.seconds)),
		longestPauseMs: Math.min(...all.map(taken => taken.longestPauseMs)),
	};
}

const rateOf = ({done, seconds}: Taken): number => done / seconds;
