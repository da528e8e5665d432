/** The source of a client at one release, ready to run its specs, in a folder outside of the repository. */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {SpecSuite} from './suites.js';

const stepTimeoutMs = 600_000;

/** Why there are no specs: nothing failed, but nothing can be judged. */
export class NoSpecsError extends Error {
	override readonly name = 'NoSpecsError';
	readonly code = 'ERR_NO_SPECS';
}

/** The root of the source; fetched by git and made ready by npm unless `folder` holds it already. */
export async function specSource(suite: SpecSuite, folder: string): Promise<string> {
	const root = path.join(folder, `${suite.name}-${suite.tag.replaceAll(/\W/g, '-')}`);
	if (existsSync(path.join(root, readyFile))) return root;
	const work = `${root}-${process.pid}`;
	try {
		await mkdir(folder, {recursive: true});
		fetchInto(suite, work);
		for (const [program, ...args] of suite.prepare) run(program, args, work);
		await writeFile(path.join(work, readyFile), '');
		await rm(root, {recursive: true, force: true});
		await rename(work, root);
	} finally {
		await rm(work, {recursive: true, force: true});
	}
	return root;
}

/** Is there once everything else is. */
const readyFile = '.ready';

/** Not the rest of the repository, and not its history. */
function fetchInto({repository, tag, folders}: SpecSuite, work: string): void {
	const few = ['--depth', '1', '--filter=blob:none', '--sparse', '--no-checkout'];
	run('git', ['clone', '--quiet', ...few, '--branch', tag, repository, work], '.');
	run('git', ['sparse-checkout', 'set', ...folders], work);
	run('git', ['checkout', '--quiet'], work);
}

function run(program: string, args: readonly string[], cwd: string): void {
	const {status, stderr, error} = spawnSync(program, args, {cwd, encoding: 'utf8', timeout: stepTimeoutMs});
	if (error !== undefined) throw new NoSpecsError(`${program} cannot be run: ${error.message}`);
	if (status !== 0) throw new NoSpecsError(`${program} ${args.join(' ')} failed: ${stderr.trim().slice(-500)}`);
}
