/** What steps of the tour look at. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {NodeId} from '../../src/raft/types.js';
import {TourError, type TourHands} from './step.js';

const pollMs = 50;
/** Longer than anything that a step waits for takes, on a machine whose cores are all busy. */
const patienceMs = 30_000;

export interface Leader {
	readonly node: NodeId;
	readonly term: number;
}

/** Of the newest term, as soon as there is one. */
export async function leaderOf(hands: TourHands): Promise<Leader> {
	return until(hands, 'a leader', async () => {
		const leaders = (await hands.cluster.status()).flatMap(({id, replica}) =>
			replica?.role === 'leader' ? [{node: id, term: replica.currentTerm}] : [],
		);
		return leaders.sort((one, other) => other.term - one.term)[0];
	});
}

/** What `look` finds, as soon as it finds something. Throws a `TourError` if that takes too long. */
export async function until<Found>(
	{signal}: Pick<TourHands, 'signal'>,
	what: string,
	look: () => Promise<Found | undefined>,
): Promise<Found> {
	const deadline = performance.now() + patienceMs;
	for (;;) {
		const found = await look();
		if (found !== undefined) return found;
		if (performance.now() > deadline)
			throw new TourError(`this was not to be seen within ${patienceMs / 1000} s: ${what}`);
		await sleep(pollMs, undefined, {signal});
	}
}

/** The others, by number. */
export const othersThan = ({cluster}: TourHands, ...nodes: readonly NodeId[]): readonly NodeId[] =>
	cluster.nodeIds.filter(id => !nodes.includes(id));

export const nameList = (nodes: readonly NodeId[]): string => nodes.join(',');
