/** What the commands of this folder have in common. */
import {fileURLToPath} from 'node:url';
import {build} from './builds.mjs';
import {CompileError} from './compile.mjs';

/** @param {string} line */
const tell = line => void process.stderr.write(`build: ${line}\n`);

/**
 * Builds the present state of the sources. Where they cannot be compiled the process will end with status 1.
 *
 * @returns {string | undefined} the build's folder
 */
export function buildOrFail() {
	try {
		return build(fileURLToPath(new URL('..', import.meta.url)), tell);
	} catch (error) {
		if (!(error instanceof CompileError)) throw error;
		tell(error.message);
		process.exitCode = 1;
		return undefined;
	}
}
