import {Cluster} from '../../../actors/cluster/cluster.js';
import type {DiskFaultSettings} from '../../../actors/index.js';
import {ClientCaller} from '../kit/caller.js';
import {ServiceLoad} from '../kit/service-load.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const clients = 16;
const nodes = 3;
/** A load this long is judged before the next begins. */
const faultsPerLoad = 10;

/** Everything fails, or one kind of operation, or all takes its time. */
const faults: readonly DiskFaultSettings[] = [
	{open: 'EIO', create: 'EIO', read: 'EIO', write: 'EIO', sync: 'EIO'},
	{write: 'EIO'},
	{sync: 'EIO'},
	{create: 'ENOSPC', write: 'ENOSPC'},
	{open: 'EMFILE', create: 'EMFILE'},
	{create: 'ENFILE'},
	{delayMs: 50},
	{delayMs: 500},
	{delayMs: 5000},
];

export const failingDisks: Row = {
	name: 'failing-disks',
	title:
		'while disks fail or are slow, one or all of them, nothing is lost, and service comes back by itself when they work again',
	weight: 110,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const directory = await trial.makeFolder(`round-${round}`);
			const cluster = await Cluster.start({nodes, directory, maxRaftState: 16 * 1024, seed: trial.random.uint32()});
			trial.defer(() => cluster.close());
			const load = ServiceLoad.start(trial, {
				prefix: `r${round}/`,
				connect: () => Promise.resolve(new ClientCaller(cluster.clerk({timeoutMs: 5000}))),
				clients,
				thinkMs: 10,
				hasEdits: true,
			});
			await load.served('before the first fault');
			for (let count = 0; count === 0 || (count < faultsPerLoad && !trial.isOver); count++) {
				await breakOnce(trial, cluster, load);
				trial.tell(`${trial.figures.faults} faults`);
			}
			await load.stop();
			await cluster.close();
		}
	},
};

async function breakOnce(trial: Trial, cluster: Cluster, load: ServiceLoad): Promise<void> {
	const settings = trial.random.pick(faults);
	const broken = trial.random.shuffle([...cluster.nodeIds]).slice(0, trial.random.integer(1, nodes));
	for (const id of broken) cluster.setDiskFaults(id, settings);
	trial.fault();
	await trial.sleep(trial.random.integer(200, trial.isLong ? 4000 : 1000));
	for (const id of broken) cluster.setDiskFaults(id, {});
	await load.served(`after ${JSON.stringify(settings)} on ${broken.length} of ${nodes} disks was over`);
}
