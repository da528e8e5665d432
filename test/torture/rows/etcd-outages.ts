import {EtcdClerk} from '../../../actors/engines/etcd/etcd-clerk.js';
import {EtcdCluster, etcdMissing} from '../../engines/etcd-cluster.js';
import {ClientCaller} from '../kit/caller.js';
import {ServiceLoad} from '../kit/service-load.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const members = 3;
const clients = 8;
const connectTimeoutMs = 60_000;
const outagesPerLoad = 5;

export const etcdOutages: Row = {
	name: 'etcd-outages',
	title:
		'the etcd engine outlives killed, hung and restarted members and lost quorums, and what its clients saw stays linearizable',
	weight: 90,
	shortMs: 4000,
	isInTests: true,
	missing: () => etcdMissing,
	run: async trial => {
		const cluster = await EtcdCluster.start();
		trial.defer(() => cluster.close());
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const load = ServiceLoad.start(trial, {
				prefix: `r${round}/`,
				connect: async () =>
					new ClientCaller(await EtcdClerk.connect(cluster.url('torture'), {connectTimeoutMs, timeoutMs: 5000})),
				clients,
				thinkMs: 20,
			});
			await load.served('before the first outage');
			for (let count = 0; count === 0 || (count < outagesPerLoad && !trial.isOver); count++) {
				await outage(trial, cluster);
				await load.served('after all members are back');
				trial.tell(`${trial.figures.faults} outages`);
			}
			await load.stop();
		}
	},
};

/** One member dies or hangs, or enough of them that nobody can be served; then they come back. */
async function outage(trial: Trial, cluster: EtcdCluster): Promise<void> {
	const victims = trial.random
		.shuffle(Array.from({length: members}, (_, member) => member))
		.slice(0, trial.random.integer(1, members));
	const isKilled = trial.random.chance(0.6);
	await Promise.all(victims.map(async member => (isKilled ? cluster.kill(member) : cluster.pause(member))));
	trial.fault();
	await trial.sleep(trial.random.integer(500, trial.isLong ? 6000 : 1500));
	for (const member of victims) {
		if (isKilled) cluster.restart(member);
		else cluster.resume(member);
	}
}
