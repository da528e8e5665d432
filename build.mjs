// Builds dist from nothing: tsc leaves the output of deleted sources behind, and AVA would run those stale tests.
import {rmSync} from 'node:fs';
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

rmSync(new URL('dist', import.meta.url), {recursive: true, force: true});
const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', import.meta.url));
const {status} = spawnSync(process.execPath, [tsc, '-b'], {
	cwd: fileURLToPath(new URL('.', import.meta.url)),
	stdio: 'inherit',
});
process.exitCode = status ?? 1;
