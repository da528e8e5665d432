/** Whether a storage keeps its contract: what every node relies on, tried on a storage of the author's. */
import {storageChecks} from './checks.js';
import {runStorageCheck} from './storage-check.js';
import type {Pace, StoragePlace} from './trial.js';

/** What became of a trial. A storage passes when nothing is found, and all is tried. */
export interface StorageVerdict {
	/** What the storage does against its contract, in words. */
	readonly findings: readonly string[];
	/** Promises that were not tried, because the place can neither crash nor fail a write. */
	readonly notTried: readonly string[];
}

/** Each promise in a place of its own, one after the other: places may share what they stand on. */
export async function checkStorageWith(
	makePlace: () => StoragePlace | Promise<StoragePlace>,
	pace: Pace,
): Promise<StorageVerdict> {
	const findings: string[] = [];
	const notTried: string[] = [];
	for (const check of storageChecks) {
		const outcome = await runStorageCheck(check, await makePlace(), pace);
		findings.push(...outcome.findings);
		if (!outcome.isTried) notTried.push(check.title);
	}
	return {findings, notTried};
}
