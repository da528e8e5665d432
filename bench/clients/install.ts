/** Gets a client, and says how its program is started. */
import {spawnSync} from 'node:child_process';
import {copyFileSync, mkdirSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ClientRow, Source} from './rows.js';

/** How a program is started, in its folder; or why it cannot be. */
export type Installed =
	| {
			readonly type: 'ready';
			readonly words: readonly [string, ...string[]];
			readonly cwd: string;
			readonly version: string;
	  }
	| {readonly type: 'missing'; readonly reason: string};

const programs = fileURLToPath(new URL('../../../bench/clients/programs/', import.meta.url));
const installTimeoutMs = 300_000;

/** `folder`: of this client alone. `mayInstall`: packages of Debian, which belong to the machine. */
export function install({source, program}: ClientRow, folder: string, mayInstall: boolean): Installed {
	mkdirSync(folder, {recursive: true});
	copyFileSync(path.join(programs, program), path.join(folder, program));
	const reason = source.type === 'npm' ? installByNpm(source, folder) : missingOfDebian(source, mayInstall);
	if (reason !== undefined) return {type: 'missing', reason};
	const words = wordsFor(program, folder);
	if (typeof words === 'string') return {type: 'missing', reason: words};
	return {type: 'ready', words, cwd: folder, version: versionOf(source)};
}

function installByNpm({packages}: Source, folder: string): string | undefined {
	const {status, stderr, error} = run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', ...packages]);
	return status === 0 ? undefined : `npm install failed: ${error?.message ?? lastLine(stderr)}`;
}

function missingOfDebian({packages}: Source, mayInstall: boolean): string | undefined {
	if (mayInstall) run('apt-get', ['install', '-y', '--no-install-recommends', ...packages]);
	const missing = packages.filter(name => debianVersion(name) === '');
	return missing.length === 0 ? undefined : `apt-get install ${missing.join(' ')}`;
}

const debianVersion = (name: string): string =>
	/^installed (.*)$/.exec(run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Version}', name]).stdout ?? '')?.[1] ??
	'';

function versionOf({type, packages}: Source): string {
	const version = (name: string): string => (type === 'npm' ? name : `${name} ${debianVersion(name)}`);
	return packages
		.filter(name => !/^(gcc|libc6-dev|php-cli)$/.test(name))
		.map(name => version(name))
		.join(', ');
}

/** The interpreters of Debian, which know its packages. */
function wordsFor(program: string, folder: string): readonly [string, ...string[]] | string {
	switch (path.extname(program)) {
		case '.py':
			return ['/usr/bin/python3', program];
		case '.rb':
			return ['/usr/bin/ruby', program];
		case '.php':
			return ['/usr/bin/php', program];
		case '.c': {
			const {status, stderr} = run('gcc', [
				'-o',
				path.join(folder, 'program'),
				path.join(folder, program),
				'-lhiredis',
			]);
			return status === 0 ? ['./program'] : `it does not compile: ${lastLine(stderr)}`;
		}
		default:
			return [process.execPath, program];
	}
}

const run = (program: string, args: readonly string[]) =>
	spawnSync(program, args, {
		encoding: 'utf8',
		timeout: installTimeoutMs,
		env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'},
	});

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
