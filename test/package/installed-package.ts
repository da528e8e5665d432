/** The package as npm packs it, installed in an empty folder, with what it declares as dependencies and nothing else. */
import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readFile, rm, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));

interface LockedPackage {
	readonly dev?: boolean;
	readonly devOptional?: boolean;
	readonly hasInstallScript?: boolean;
}

export interface InstalledPackage {
	/** The user's folder. */
	readonly folder: string;
	/** Names of all files in the tarball. */
	readonly files: readonly string[];
	/** What a user gets with it: paths below the folder, and what npm knows of each. */
	readonly dependencies: ReadonlyMap<string, LockedPackage>;
	readonly remove: () => Promise<void>;
}

/** Without a registry: dependencies are links to those of this project, in the versions that its lock names. */
export async function installPackage(): Promise<InstalledPackage> {
	const folder = await mkdtemp(path.join(tmpdir(), 'threadraft-user-'));
	const remove = (): Promise<void> => rm(folder, {recursive: true, force: true});
	try {
		// Without scripts: they would build, and what is tested is what these tests were built with.
		const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
		const packed = await run('npm', words, {cwd: root});
		const {filename, files} = tarballOf(JSON.parse(packed.stdout));
		const modules = path.join(folder, 'node_modules');
		await mkdir(path.join(modules, 'threadraft'), {recursive: true});
		const archive = path.join(folder, filename);
		await run('tar', ['-xzf', archive, '--strip-components=1', '-C', path.join(modules, 'threadraft')]);
		await rm(archive);
		const dependencies = await dependenciesOf();
		for (const place of dependencies.keys()) {
			// Those inside another one come with it.
			if (place.lastIndexOf('node_modules/') > 0) continue;
			await mkdir(path.dirname(path.join(folder, place)), {recursive: true});
			await symlink(path.join(root, place), path.join(folder, place), 'dir');
		}
		return {folder, files: files.map(file => file.path), dependencies, remove};
	} catch (error) {
		await remove();
		throw error;
	}
}

interface Tarball {
	readonly filename: string;
	readonly files: readonly {readonly path: string}[];
}

/** npm 10 gives a list, npm 11 and newer a record by name. */
function tarballOf(output: unknown): Tarball {
	const [tarball] = Object.values(output as Readonly<Record<string, Tarball>>);
	if (tarball === undefined) throw new Error('npm pack made no tarball');
	return tarball;
}

async function dependenciesOf(): Promise<ReadonlyMap<string, LockedPackage>> {
	const lock = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
		readonly packages: Readonly<Record<string, LockedPackage & {readonly optional?: boolean}>>;
	};
	return new Map(
		Object.entries(lock.packages).filter(
			([place, {dev, devOptional}]) => place !== '' && dev !== true && devOptional !== true,
		),
	);
}
