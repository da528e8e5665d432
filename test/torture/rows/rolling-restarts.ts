import {Cluster} from '../../../actors/cluster/cluster.js';
import {ClientCaller} from '../kit/caller.js';
import {ServiceLoad} from '../kit/service-load.js';
import type {Row} from '../row.js';

const clients = 16;
/** Between two restarts, so that a node has caught up before the next one goes. */
const pauseMsMax = 400;
/** A load this long is judged before the next begins. */
const loadMs = 30_000;

export const rollingRestarts: Row = {
	name: 'rolling-restarts',
	title: 'while nodes are stopped and started one after the other, leaders too, service goes on and nothing is lost',
	weight: 110,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const directory = await trial.makeFolder('data');
		const nodes = trial.isLong ? 5 : 3;
		const cluster = await Cluster.start({nodes, directory, maxRaftState: 64 * 1024, seed: trial.random.uint32()});
		trial.defer(() => cluster.close());
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const load = ServiceLoad.start(trial, {
				prefix: `r${round}/`,
				connect: () => Promise.resolve(new ClientCaller(cluster.clerk())),
				clients,
				thinkMs: 10,
				hasEdits: true,
			});
			await load.served('before the first restart');
			const endsAt = performance.now() + loadMs;
			do {
				for (const id of cluster.nodeIds) {
					trial.fault();
					await cluster.restart(id);
					await load.served(`after node ${id} was restarted`);
					await trial.sleep(trial.random.integer(0, pauseMsMax));
				}
			} while (!trial.isOver && performance.now() < endsAt);
			await load.stop();
			trial.tell(`${round + 1} loads judged`);
		}
	},
};
