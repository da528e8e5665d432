/** How much memory this process may use. */
import {readFileSync} from 'node:fs';
import {totalmem} from 'node:os';
import path from 'node:path';

/** Where control groups are mounted on Linux: their second version, and the memory controller of the first. */
const mounts = {
	unified: {directory: '/sys/fs/cgroup', files: ['memory.max', 'memory.high']},
	memory: {directory: '/sys/fs/cgroup/memory', files: ['memory.limit_in_bytes']},
} as const;

type ReadText = (file: string) => string | undefined;

/** Bytes: of the machine, or of a control group that this process is in, directly or indirectly, where that is less. */
export function processMemoryBytes(): number {
	// Node looks at the innermost group alone, and tells 0, or a number beyond any machine, where that has no limit.
	const told = process.constrainedMemory();
	return Math.min(totalmem(), told > 0 ? told : Infinity, controlGroupBytes(readText));
}

/** The smallest limit of the groups that `/proc/self/cgroup` names and of those around them; `Infinity` without any. */
export function controlGroupBytes(read: ReadText): number {
	let smallest = Infinity;
	for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
		const [number, controllers, group = '/'] = line.split(':');
		const isMemory = controllers?.split(',').includes('memory') === true;
		if (!isMemory && !(number === '0' && controllers === '')) continue;
		const {directory, files} = isMemory ? mounts.memory : mounts.unified;
		for (const around of andAround(group)) {
			for (const file of files) smallest = Math.min(smallest, limitIn(read(path.join(directory, around, file))));
		}
	}
	return smallest;
}

/** A container often sees its own group as the root, under a name that only the host knows: hence always the root too. */
function* andAround(group: string): Generator<string> {
	for (let at = path.posix.normalize(group); at !== '/' && at !== '.'; at = path.posix.dirname(at)) yield at;
	yield '/';
}

function limitIn(text: string | undefined): number {
	const limit = Number(text?.trim());
	return Number.isSafeInteger(limit) && limit > 0 ? limit : Infinity;
}

function readText(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}
