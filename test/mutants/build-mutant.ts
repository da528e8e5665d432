/** Makes a copy of the compiled sources with one bug in it, in a directory of its own. */
import {cpSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {applyPatch, type Mutant} from './mutant.js';

const dist = fileURLToPath(new URL('../..', import.meta.url));

/** What a mutant's copy offers. */
export interface MutantCopy {
	/** The simulator's module in the copy. */
	readonly simulator: string;
	readonly codec: string;
	/** The folder of the storage modules. */
	readonly storage: string;
}

/** `directory` must not exist yet. Throws where a patch does not fit exactly once. */
export function buildMutant(mutant: Mutant, directory: string): MutantCopy {
	for (const part of ['src', 'actors/codec']) {
		cpSync(path.join(dist, part), path.join(directory, part), {
			recursive: true,
			filter: source => !/\.(?:d\.ts|map)$/.test(source),
		});
	}
	writeFileSync(path.join(directory, 'package.json'), '{"type": "module"}');
	symlinkSync(path.resolve(dist, '../node_modules'), path.join(directory, 'node_modules'));
	for (const patch of mutant.patches) {
		const file = path.join(directory, 'src', `${patch.file}.js`);
		writeFileSync(file, applyPatch(readFileSync(file, 'utf8'), patch, mutant.id));
	}
	const url = (file: string): string => pathToFileURL(path.join(directory, file)).href;
	return {
		simulator: url('src/simulation/simulate.js'),
		codec: url('actors/codec/codec.js'),
		storage: url('src/storage/'),
	};
}
