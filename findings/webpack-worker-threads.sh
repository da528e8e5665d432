#!/usr/bin/env bash
# webpack 5.113.0: a thread of 'node:worker_threads' becomes a program that cannot run; of 'worker_threads' it works.
#
# webpack knows new Worker(new URL('./thread.mjs', import.meta.url)) and bundles the thread. When Worker comes from an
# import of 'node:worker_threads' it does so without an error or a warning, but the call that it writes reads a name of its
# own runtime through the imported Worker, which is undefined: the program throws at its first line that starts a thread.
# The same source with 'worker_threads' works. (A thread whose URL is not written inside of new Worker(...) is copied as
# it is, without its imports.)
#
# Seen, as a module (target node20):
#   worker_threads: errors 0, warnings 0, exit status 0, hello
#   node:worker_threads: errors 0, warnings 0, exit status 1, TypeError: Cannot read properties of undefined (reading 'wc')
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{"type":"module"}' >package.json
npm install --silent --no-save --no-audit --no-fund webpack@5.113.0
cat >part.mjs <<'PROGRAM'
export const word = 'hello';
PROGRAM
cat >thread.mjs <<'PROGRAM'
import {parentPort} from 'node:worker_threads';
import {word} from './part.mjs';
parentPort.postMessage(word);
PROGRAM
cat >build.mjs <<'PROGRAM'
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import webpack from 'webpack';
for (const name of ['worker_threads', 'node:worker_threads']) {
	writeFileSync('program.mjs', `import {Worker} from '${name}';
new Worker(new URL('./thread.mjs', import.meta.url)).on('message', (word) => console.log(word));
`);
	const output = {path: process.cwd(), filename: 'bundle.mjs', module: true};
	const options = {mode: 'development', devtool: false, target: 'node20', entry: './program.mjs', output, experiments: {outputModule: true}};
	const stats = await new Promise((resolve, reject) => webpack(options, (error, result) => (error ? reject(error) : resolve(result))));
	const {errors, warnings} = stats.compilation;
	const run = spawnSync(process.execPath, ['bundle.mjs'], {encoding: 'utf8'});
	const told = run.stdout.trim() || run.stderr.split('\n').find((line) => line.includes('Error:'));
	console.log(`${name}: errors ${errors.length}, warnings ${warnings.length}, exit status ${run.status}, ${told}`);
}
PROGRAM
cat >expected <<'OUTPUT'
worker_threads: errors 0, warnings 0, exit status 0, hello
node:worker_threads: errors 0, warnings 0, exit status 1, TypeError: Cannot read properties of undefined (reading 'wc')
OUTPUT
node build.mjs | tee seen
diff expected seen || { echo 'this has changed'; exit 1; }
