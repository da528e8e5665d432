/** What is wrong with a disk on purpose, in words. */
import {type DiskFaultSettings, diskOperationKinds} from '../../src/storage/faulty-disk.js';

/** On one line. */
export function diskText({delayMs = 0, ...errors}: DiskFaultSettings): string {
	const failing = diskOperationKinds.flatMap(kind =>
		errors[kind] === undefined ? [] : [`each ${kind} fails with ${errors[kind]}`],
	);
	const slow = delayMs === 0 ? [] : [`each write and each sync takes ${delayMs} ms longer`];
	const all = [...failing, ...slow];
	return all.length === 0 ? 'its disk is well' : `its disk: ${all.join(', ')}`;
}
