import {setTimeout as sleep} from 'node:timers/promises';
import type {Cluster} from 'threadraft';

/** Kills whoever leads, again and again, until the work is done: at least once. */
export async function withCrashes<T>(cluster: Cluster, work: Promise<T>): Promise<T> {
	const progress = {isDone: false};
	const noteDone = (): void => {
		progress.isDone = true;
	};
	work.then(noteDone, noteDone);
	do {
		const leader = await cluster.waitForLeader(60_000);
		await cluster.kill(leader);
		await cluster.restart(leader);
		await sleep(200);
	} while (!progress.isDone);
	return work;
}

export const times = <T>(count: number, of: (place: number) => Promise<T>): Promise<readonly T[]> =>
	Promise.all(Array.from({length: count}, (_, place) => of(place)));
