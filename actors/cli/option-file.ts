/** Files that options name: certificates, keys and passwords. */
import {readFile} from 'node:fs/promises';

/** Makes the error of a file that cannot be read, of the kind that the caller throws. */
type FileFailure = (reason: string, remedy: string, options: ErrorOptions) => Error;

/** `undefined` without a file. Rejects with what `failure` makes. */
export async function readOptionFile(
	option: string,
	file: string | undefined,
	failure: FileFailure,
): Promise<string | undefined> {
	if (file === undefined) return undefined;
	try {
		return await readFile(file, 'utf8');
	} catch (cause) {
		const reason = `The file of ${option} cannot be read (${(cause as Error).message})`;
		throw failure(reason, 'check its name and its permissions', {cause});
	}
}

/** Editors and `echo` end a file with a line break; no password does. */
export const passwordIn = (text: string): string => text.replace(/\r?\n$/, '');
