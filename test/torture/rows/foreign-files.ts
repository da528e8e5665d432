import {cpSync, rmSync} from 'node:fs';
import path from 'node:path';
import {Cluster} from '../../../actors/cluster/cluster.js';
import {nodeId} from '../../../src/raft/types.js';
import {maxRaftState, visit, write} from '../kit/written-cluster.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const nodes = 3;

export const foreignFiles: Row = {
	name: 'foreign-files',
	title:
		"a node's directory that is an older copy, or another node's, is refused; an older copy of the whole directory starts",
	weight: 40,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		for (let number = 0; number === 0 || !trial.isOver; number++) {
			await tryOnce(trial, number);
			trial.tell(`${number + 1} directories`);
		}
	},
};

/** Something is acknowledged by two nodes only; then one of the two gets files that know nothing of it. */
async function tryOnce(trial: Trial, number: number): Promise<void> {
	const directory = await trial.makeFolder(`data-${number}`);
	const older = path.join(trial.folder, `older-${number}`);
	const content = new Map<string, string>();
	const options = {nodes, directory, maxRaftState, seed: trial.random.uint32()};
	let cluster = await Cluster.start(options);
	await write(cluster, content, trial.random.integer(1, 10));
	await cluster.close();
	cpSync(directory, older, {recursive: true});
	const atCopy = new Map(content);
	cluster = await Cluster.start(options);
	await cluster.kill(nodeId(2));
	await write(cluster, content, trial.random.integer(1, 10));
	await cluster.close();

	const from = trial.random.pick(['older', 'other'] as const);
	const victim = path.join(directory, 'node-0');
	rmSync(victim, {recursive: true});
	cpSync(from === 'older' ? path.join(older, 'node-0') : path.join(directory, 'node-2'), victim, {recursive: true});
	trial.fault();
	const finding = await visit({options, content, down: [nodeId(1)]});
	trial.operation();
	const what = from === 'older' ? "an older copy of node 0's directory" : "node 2's directory in the place of node 0's";
	if (finding.type === 'lost' || finding.type === 'broken')
		trial.find(`${what}: ${finding.type}, ${finding.detail} (in ${directory})`);
	if (finding.type === 'refused' && finding.code === 'ERR_DIRECTORY_IN_USE') trial.find(`${what}: ${finding.message}`);
	if (finding.type === 'served') trial.find(`${what}: served although nobody who was asked has acknowledged it`);
	if (finding.type === 'refused' && /restore the damaged/i.test(finding.message))
		trial.find(`${what}: the message advises what loses data: ${finding.message}`);
	trial.note(from === 'older' ? 'older copy' : "another's", finding.type === 'refused' ? finding.code : finding.type);

	// All of it, as it once was, is a cluster of that time.
	const whole = await visit({options: {...options, directory: older}, content: atCopy});
	trial.operation();
	if (whole.type !== 'served')
		trial.find(`an older copy of the whole directory: ${JSON.stringify(whole)} (in ${older})`);
	if (finding.type !== 'lost' && finding.type !== 'broken') rmSync(directory, {recursive: true});
	if (whole.type === 'served') rmSync(older, {recursive: true});
}
