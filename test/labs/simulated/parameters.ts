/** What is drawn for one simulated cluster of a row: how fast its network and its disks are, and how a crash leaves these. */
import type {Random} from '../../../src/base/random.js';
import {defaultRaftLimits, type RaftLimits} from '../../../src/raft/options.js';
import type {Latency} from '../../../src/simulation/network.js';
import type {Death, NodeParameters} from '../../../src/simulation/node-context.js';

export interface ClusterParameters {
	readonly node: NodeParameters;
	readonly latency: Latency;
	/** How servers of this row crash. */
	readonly deaths: readonly Death[];
}

/** As in one data centre: the lab's rows have limits in real time, which a network between continents would break. */
export function drawClusterParameters(
	random: Random,
	{maxRaftState, limits = {}}: {readonly maxRaftState: number | undefined; readonly limits?: Partial<RaftLimits>},
): ClusterParameters {
	return {
		node: {
			raft: {...defaultRaftLimits, ...limits},
			maxRaftState,
			installChunkBytes: random.pick([200, 128 * 1024]),
			segmentBytes: random.pick([4096, 64 * 1024]),
			preallocateBytes: random.pick([0, 4096]),
			diskWriteMs: random.pick([
				[0, 0],
				[0.01, 0.1],
			] as const),
			diskSyncMs: random.pick([
				[0.05, 0.3],
				[0.2, 2],
				[1, 5],
			] as const),
			turnMs: random.pick([0, 0.05]),
			sliceMs: 0.05,
			isServiceApart: false,
		},
		latency: {
			minMs: random.pick([0.5, 1, 2]),
			spreadMs: random.pick([1, 2.5, 5]),
			isOrdered: random.chance(0.5),
		},
		// What the lab's persister has saved survives. A power cut asks more: what was not synced may be gone, or torn.
		deaths: random.pick([['process'], ['drop', 'random'], ['process', 'drop', 'random']] as const),
	};
}
