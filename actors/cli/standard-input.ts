/** Whether a person, a script or nothing is at the standard input. */
import {fstatSync, readFileSync} from 'node:fs';
import {isatty} from 'node:tty';

/** `nobody`: no terminal that we may read, and no script. */
export type StandardInput = 'person' | 'script' | 'nobody';

const inputDescriptor = 0;
const outputDescriptor = 1;

export function standardInput(): StandardInput {
	if (isatty(inputDescriptor)) {
		// To read there would stop the process: the shell's `&` put it behind.
		if (!isInForeground()) return 'nobody';
		return isatty(outputDescriptor) ? 'person' : 'script';
	}
	const stat = fstatSync(inputDescriptor);
	// Not /dev/null, which Node also opens for an input that was closed before its start.
	return stat.isFile() || stat.isFIFO() || stat.isSocket() ? 'script' : 'nobody';
}

/** Whether the process may read from its terminal. Only Linux tells: elsewhere `--serve` has to. */
function isInForeground(): boolean {
	try {
		return isForegroundStat(readFileSync('/proc/self/stat', 'latin1'));
	} catch {
		return true;
	}
}

/** The fields of /proc/<pid>/stat are numbered from 1; the second, a name in parentheses, may hold any character (proc(5)). */
export function isForegroundStat(text: string): boolean {
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	const [processGroup, foregroundGroup] = [fields[5 - 3], fields[8 - 3]];
	return processGroup === foregroundGroup;
}
