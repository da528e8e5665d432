/** The source of Redis 7.0.15 with its Tcl suite, as Debian's archive has it, in a folder outside of the repository. */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';

export const redisVersion = '7.0.15';

const fetchTimeoutMs = 120_000;
const systemArchive = /^URIs:.*\/(debian|ubuntu)(-security)?\/?\s*$/m;

/** Why there is no source: nothing failed, but nothing can be judged. */
export class NoSourceError extends Error {
	override readonly name = 'NoSourceError';
	readonly code = 'ERR_NO_SOURCE';
}

/** Where the source is kept, unless another folder is named. */
export const sourceFolder = path.join(tmpdir(), 'threadraft-redis-source');

const rootIn = (folder: string): string => path.join(folder, `redis-${redisVersion}`);

/** The root of the source, if it was fetched before. */
export function keptSource(folder: string = sourceFolder): string | undefined {
	const root = rootIn(folder);
	return existsSync(path.join(root, 'tests/test_helper.tcl')) ? root : undefined;
}

/** The root of the source; fetched by apt unless `folder` holds it already. */
export async function redisSource(folder: string): Promise<string> {
	const kept = keptSource(folder);
	if (kept !== undefined) return kept;
	const root = rootIn(folder);
	const work = path.join(folder, `fetch-${process.pid}`);
	try {
		await fetchInto(work);
		await rename(path.join(work, `redis-${redisVersion}`), root);
	} finally {
		await rm(work, {recursive: true, force: true});
	}
	return root;
}

/** Lists and caches of apt are this folder's own, so the machine's stay as they are. */
async function fetchInto(work: string): Promise<void> {
	const parts = path.join(work, 'parts');
	await mkdir(parts, {recursive: true});
	await mkdir(path.join(work, 'lists/partial'), {recursive: true});
	await mkdir(path.join(work, 'cache/archives/partial'), {recursive: true});
	await writeFile(path.join(parts, 'system.sources'), await sourcesOfThisMachine());
	const places = {
		'Dir::Etc::sourcelist': '/dev/null',
		'Dir::Etc::sourceparts': parts,
		'Dir::State::lists': path.join(work, 'lists'),
		'Dir::Cache': path.join(work, 'cache'),
	};
	const apt = Object.entries(places).flatMap(([name, place]) => ['-o', `${name}=${place}`]);
	run('apt-get', [...apt, 'update'], work);
	run('apt-get', [...apt, 'source', '--download-only', 'redis'], work);
	const files = await readdir(work);
	const archive = files.find(name => name.startsWith(`redis_${redisVersion}.orig.tar`));
	if (archive === undefined) throw new NoSourceError(`apt has no redis ${redisVersion}, but ${files.join(', ')}`);
	run('tar', ['xf', archive], work);
}

/** The archives that this machine installs its system from, asked for sources instead of programs. */
async function sourcesOfThisMachine(): Promise<string> {
	const folder = '/etc/apt/sources.list.d';
	const names = existsSync(folder) ? (await readdir(folder)).filter(name => name.endsWith('.sources')) : [];
	const texts = await Promise.all(names.map(async name => readFile(path.join(folder, name), 'utf8')));
	const stanzas = texts.flatMap(text => text.split(/\n\s*\n/)).filter(stanza => systemArchive.test(stanza));
	if (stanzas.length === 0) throw new NoSourceError('apt knows no archive of Debian or Ubuntu on this machine');
	return stanzas.map(stanza => stanza.replace(/^Types:.*$/m, 'Types: deb-src')).join('\n\n');
}

function run(program: string, args: readonly string[], cwd: string): string {
	const {status, stdout, stderr, error} = spawnSync(program, args, {cwd, encoding: 'utf8', timeout: fetchTimeoutMs});
	if (error !== undefined) throw new NoSourceError(`${program} cannot be run: ${error.message}`);
	if (status !== 0) throw new NoSourceError(`${program} ${args.at(-1)} failed: ${stderr.trim().slice(-500)}`);
	return stdout;
}
