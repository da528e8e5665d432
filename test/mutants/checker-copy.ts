/** A copy of the checker with its tests, in which one bug after another is planted. */
import {execFile} from 'node:child_process';
import {cpSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {applyPatch, type Mutant} from './mutant.js';

const dist = fileURLToPath(new URL('../..', import.meta.url));
const ava = fileURLToPath(new URL('../../../node_modules/ava/entrypoints/cli.mjs', import.meta.url));
/** Longer than any of the tests takes on a busy machine. */
const timeoutMs = 110_000;

export class CheckerCopy {
	readonly #directory: string;

	/** `directory` must not exist yet. */
	constructor(directory: string) {
		this.#directory = directory;
		for (const part of ['src', 'actors', 'workers', 'test/linearizability', 'test/needs.js']) {
			cpSync(path.join(dist, part), path.join(directory, 'dist', part), {
				recursive: true,
				filter: source => !/\.(?:d\.ts|map)$/.test(source),
			});
		}
		const packageJson = {type: 'module', ava: {files: ['dist/test/**/*.test.js'], workerThreads: false}};
		writeFileSync(path.join(directory, 'package.json'), JSON.stringify(packageJson));
		symlinkSync(path.resolve(dist, '../node_modules'), path.join(directory, 'node_modules'));
	}

	/** Runs one test with the bug planted: what AVA says of it. Throws where a patch does not fit. */
	async run(mutant: Mutant, file: string, title: string): Promise<'passed' | 'failed' | 'notFound'> {
		const originals = mutant.patches.map(patch => {
			const place = path.join(this.#directory, 'dist/src', `${patch.file}.js`);
			const original = readFileSync(place, 'utf8');
			writeFileSync(place, applyPatch(original, patch, mutant.id));
			return {place, original};
		});
		try {
			return outcomeOf(await this.#runTest(file, title), title);
		} finally {
			for (const {place, original} of originals) writeFileSync(place, original);
		}
	}

	/** Its output, as TAP. */
	async #runTest(file: string, title: string): Promise<string> {
		const args = [ava, '--tap', '--match', title, `dist/test/linearizability/${file}.test.js`];
		return new Promise(resolve => {
			execFile(process.execPath, args, {cwd: this.#directory, timeout: timeoutMs}, (_, stdout) => resolve(stdout));
		});
	}
}

/** Only what AVA says of this very test counts: a file that cannot be loaded has found nothing. */
function outcomeOf(tap: string, title: string): 'passed' | 'failed' | 'notFound' {
	const line = tap.split('\n').find(each => /^(?:not )?ok \d+ - /u.test(each) && each.includes(title));
	if (line === undefined) return 'notFound';
	return line.startsWith('not') ? 'failed' : 'passed';
}
