import path from 'node:path';
import {nodeId} from '../../../src/raft/types.js';
import {damage, grow, shapeNames, swap} from '../kit/damage.js';
import {copyOf, filesOf, makeDirectory, maxRaftState, visit} from '../kit/written-cluster.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

export const damagedFiles: Row = {
	name: 'damaged-files',
	title: 'whatever is damaged in a stopped directory, a start refuses it or serves everything that was acknowledged',
	weight: 80,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const bases = [
			{nodes: 1, damagedMax: 1, ...(await makeDirectory(trial, 'one', {nodes: 1, rounds: 12}))},
			{nodes: 3, damagedMax: 2, ...(await makeDirectory(trial, 'three', {nodes: 3, rounds: 12}))},
		];
		const counts = new Map<string, number>();
		for (let number = 0; number < 4 || !trial.isOver; number++) {
			const {nodes, damagedMax, directory, content} = trial.random.pick(bases);
			const {copy, remove} = copyOf(directory, number);
			const what = layHands(trial, copy, damagedMax);
			const down = nodes === 3 && trial.random.chance(0.3) ? [nodeId(trial.random.integer(0, 2))] : [];
			const finding = await visit({options: {nodes, directory: copy, maxRaftState}, content, down});
			counts.set(finding.type, (counts.get(finding.type) ?? 0) + 1);
			trial.operation();
			if (finding.type === 'refused' && finding.code === 'ERR_DIRECTORY_IN_USE')
				trial.find(`${what}: ${finding.message}`);
			if (finding.type === 'lost' || finding.type === 'broken')
				trial.find(
					`${nodes} nodes, ${what}${down.length > 0 ? `, node ${down[0]} down` : ''}: ${finding.type}, ${finding.detail} (in ${copy})`,
				);
			else await remove();
			trial.note('starts', [...counts].map(([type, count]) => `${count} ${type}`).join(', '));
			trial.tell(`${number + 1} starts`);
		}
	},
};

/** Damages files of a minority, or of as many nodes as `damagedMax` says; says what it did. */
function layHands(trial: Trial, directory: string, damagedMax: number): string {
	const {random} = trial;
	const files = filesOf(directory);
	const first = random.pick(files);
	const done: string[] = [];
	const shape = random.pick([...shapeNames, 'swapped', 'grown']);
	for (const file of [first, ...twinsOf(files, first)].slice(0, random.integer(1, damagedMax))) {
		trial.fault();
		if (shape === 'swapped') {
			const other = random.pick(files.filter(name => name !== file));
			swap(directory, file, other);
			done.push(`${file} and ${other} swapped`);
			break;
		}
		if (shape === 'grown') grow(path.join(directory, file), random);
		else damage(path.join(directory, file), shape, random);
		done.push(`${file} ${shape}`);
	}
	return done.join(', ');
}

/** The files of the same name, or nearly, that other nodes have. */
function twinsOf(files: readonly string[], file: string): readonly string[] {
	const stem = path.basename(file).slice(0, 5);
	return files.filter(other => path.dirname(other) !== path.dirname(file) && path.basename(other).startsWith(stem));
}
