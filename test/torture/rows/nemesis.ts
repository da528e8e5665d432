import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {Cluster} from '../../../actors/cluster/cluster.js';
import {ClusterStateError} from '../../../actors/cluster/errors.js';
import {chaos} from '../../../actors/chaos/chaos.js';
import {describeFaultEvent} from '../../../src/faults/faults.js';
import {ClientCaller} from '../kit/caller.js';
import {ServiceLoad} from '../kit/service-load.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const clients = 16;
const roundMs = 30_000;
const shortestRoundMs = 2000;
/** So small that snapshots are taken and sent all the time. */
const maxRaftState = 32 * 1024;
/** A start that failed is tried again within half of it. */
const allUpTimeoutMs = 60_000;

export const nemesis: Row = {
	name: 'nemesis',
	title:
		'with crashes, pauses and any fault of the network, drawn from the seed, histories stay linearizable and service comes back',
	weight: 680,
	shortMs: 3000,
	isInTests: true,
	run: async trial => {
		for (let round = 0; round === 0 || trial.remainingMs > shortestRoundMs; round++) {
			if (trial.signal.aborted) return;
			await play(trial, round);
			trial.tell(`round ${round + 1}`);
			trial.note('rounds', round + 1);
		}
	},
};

async function play(trial: Trial, round: number): Promise<void> {
	const directory = path.join(trial.folder, `round-${round}`);
	await mkdir(directory);
	const nodes = trial.random.pick([3, 5]);
	const cluster = await Cluster.start({
		nodes,
		directory,
		maxRaftState,
		kvThread: trial.random.chance(0.3),
		seed: trial.random.uint32(),
	});
	trial.defer(() => cluster.close());
	const load = ServiceLoad.start(trial, {
		prefix: `r${round}/`,
		connect: () => Promise.resolve(new ClientCaller(cluster.clerk({timeoutMs: 3000}))),
		clients,
		thinkMs: 15,
		hasEdits: true,
	});
	const durationMs = Math.max(shortestRoundMs, Math.min(roundMs, trial.remainingMs));
	await load.served('before the first fault');
	const {failures} = await chaos(cluster, {
		durationMs,
		seed: trial.random.uint32(),
		signal: trial.signal,
		told: event => event.type === 'inject' && trial.fault(),
	});
	if (trial.signal.aborted) return;
	for (const {event, error} of failures) {
		if (!isOfTheGame(error)) trial.find(`${describeFaultEvent(event)}: ${error.message}`);
	}
	await served(trial, cluster, load, round);
	await load.stop();
	await cluster.close();
	await rm(directory, {recursive: true, force: true});
}

/** A node that starts on a broken disk fails, and what is not up can be neither paused nor given another clock. */
const isOfTheGame = (error: Error): boolean =>
	error.message.includes('the disk was told to fail') ||
	(error instanceof ClusterStateError && /is not up/.test(error.message));

/** What keeps the service from its clients is in the status. */
async function served(trial: Trial, cluster: Cluster, load: ServiceLoad, round: number): Promise<void> {
	try {
		await load.served(`after all faults of round ${round} are healed`);
		const isUp = ({state}: {readonly state: string}): boolean => state === 'up';
		await trial.until('all nodes are up', allUpTimeoutMs, async () => (await cluster.status()).every(isUp));
	} catch (error) {
		trial.find(`the nodes: ${JSON.stringify(await cluster.status())}; faults: ${JSON.stringify(cluster.injected)}`);
		throw error;
	}
}
