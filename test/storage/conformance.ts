/** The suite of `threadraft/storage`, as tests: one for each promise. */
import test from 'ava';
import type {ExecutionContext} from 'ava';
import {storageChecks} from '../../src/storage/conformance/checks.js';
import {runStorageCheck, type StorageCheck} from '../../src/storage/conformance/storage-check.js';
import type {StoragePlace} from '../../src/storage/conformance/trial.js';
import {nextTurn} from './places.js';

const pace = {now: () => performance.now(), turn: nextTurn, timeoutMs: 60_000};

/** `lacks`: what the places cannot do, whose promises are tried elsewhere. */
export function storageConformance(
	name: string,
	makePlace: (t: ExecutionContext) => StoragePlace,
	lacks: readonly StorageCheck['needs'][] = [],
): void {
	for (const check of storageChecks.filter(({needs}) => needs === undefined || !lacks.includes(needs))) {
		test(`${name}: ${check.title}`, async t => {
			t.deepEqual(await runStorageCheck(check, makePlace(t), pace), {findings: [], isTried: true});
		});
	}
}
