import {Cluster} from '../../../actors/cluster/cluster.js';
import {nodeEndpoint} from '../../../src/faults/endpoint.js';
import {nodeId, type NodeId} from '../../../src/raft/types.js';
import {ClientCaller} from '../kit/caller.js';
import {ServiceLoad} from '../kit/service-load.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const nodes = 3;
const clients = 12;
const roundsPerLoad = 12;

export const lateReplies: Row = {
	name: 'late-replies',
	title:
		'a leader that is cut off never answers a read by what a delayed reply of an earlier term or a snapshot told it',
	weight: 60,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const cluster = await Cluster.start({
				nodes,
				// A snapshot is always on its way to whoever was away.
				maxRaftState: 2048,
				limits: {snapshotChunkBytes: 512},
				seed: trial.random.uint32(),
			});
			trial.defer(() => cluster.close());
			const load = ServiceLoad.start(trial, {
				prefix: `r${round}/`,
				connect: () => Promise.resolve(new ClientCaller(cluster.clerk({timeoutMs: 2000}))),
				clients,
				thinkMs: 5,
				hasEdits: true,
			});
			await load.served('before the first fault');
			for (let count = 0; count < 2 || (count < roundsPerLoad && !trial.isOver); count++) {
				await disturb(trial, cluster);
				trial.tell(`${trial.figures.faults} leaders cut off`);
			}
			cluster.faults.reset();
			await load.served('after all faults are healed');
			await load.stop();
			await cluster.close();
		}
	},
};

/** What a leader sends to one follower arrives late, with its replies; meanwhile it loses its office, gets it back, and is cut off. */
async function disturb(trial: Trial, cluster: Cluster): Promise<void> {
	const leader = await cluster.waitForLeader(30_000);
	const follower = trial.random.pick(cluster.nodeIds.filter(id => id !== leader));
	await cluster.kill(follower);
	await trial.sleep(trial.random.integer(20, 150));
	await cluster.restart(follower);
	delayBetween(cluster, leader, follower, trial.random.integer(100, 900));
	await trial.sleep(trial.random.integer(50, 300));
	cluster.faults.isolate(leader, {direction: trial.random.pick(['both', 'inbound', 'outbound'] as const)});
	trial.fault();
	await trial.sleep(trial.random.integer(100, 900));
	cluster.faults.heal();
	if (trial.random.chance(0.5)) cluster.faults.reset();
	await trial.sleep(trial.random.integer(0, 300));
}

function delayBetween(cluster: Cluster, one: NodeId, other: NodeId, ms: number): void {
	const [from, to] = [nodeEndpoint(nodeId(one)), nodeEndpoint(nodeId(other))];
	const delay = {type: 'uniform', minMs: 0, maxMs: ms} as const;
	cluster.faults.set('late requests', {type: 'delay', links: {from, to}, delay});
	cluster.faults.set('late replies', {type: 'delay', links: {from: to, to: from}, delay});
}
