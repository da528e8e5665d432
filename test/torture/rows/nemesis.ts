import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {Cluster} from '../../../actors/cluster/cluster.js';
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
		// To start on a broken disk is a part of the game. All nodes are up in the end.
		if (!error.message.includes('the disk was told to fail'))
			trial.find(`${describeFaultEvent(event)}: ${error.message}`);
	}
	for (const {id, state} of await cluster.status())
		if (state !== 'up') trial.find(`node ${id} is ${state} after all faults`);
	await load.served(`after all faults of round ${round} are healed`);
	await load.stop();
	await cluster.close();
	await rm(directory, {recursive: true, force: true});
}
