import {readFile, stat} from 'node:fs/promises';
import {ScriptError} from './errors.js';
import {readScript, type Script} from './script-reader.js';

/** More than weeks of typing. */
const bytesMax = 16 * 2 ** 20;

/** Reads a script from its file. Rejects with a `ScriptError`, as `readScript` does. */
export async function readScriptFile(file: string, check: (line: string, nodes: number) => void): Promise<Script> {
	return readScript(await textOf(file), check);
}

async function textOf(file: string): Promise<string> {
	try {
		const {size} = await stat(file);
		if (size <= bytesMax) return await readFile(file, 'utf8');
	} catch (cause) {
		const message = `${file} cannot be read (${(cause as Error).message}): check its name`;
		throw new ScriptError('ERR_SCRIPT_FILE', undefined, message, {cause});
	}
	throw new ScriptError(
		'ERR_SCRIPT_FILE',
		undefined,
		`${file} is larger than ${bytesMax / 2 ** 20} MiB: it is no script`,
	);
}
