/** `npm start`: builds, and goes on as the built program. It runs from a folder that no later build changes. */
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {enter} from './builds.mjs';
import {buildOrFail} from './command.mjs';

const folder = buildOrFail();
if (folder !== undefined) {
	enter(folder);
	const program = path.join(folder, 'dist/workers/cli.js');
	process.argv.splice(1, 1, program);
	await import(pathToFileURL(program).href);
}
