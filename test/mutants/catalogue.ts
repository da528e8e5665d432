/** All planted bugs. */
import {databaseMutants} from './database-mutants.js';
import {editMutants} from './edit-mutants.js';
import {expiryMutants} from './expiry-mutants.js';
import {kvMutants} from './kv-mutants.js';
import {leaseMutants} from './lease-mutants.js';
import {scriptMutants} from './script-mutants.js';
import {livenessMutants} from './liveness-mutants.js';
import {meaningMutants} from './meaning-mutants.js';
import type {Mutant} from './mutant.js';
import {raftMutants} from './raft-mutants.js';
import {scanMutants} from './scan-mutants.js';
import {storageMutants} from './storage-mutants.js';
import {watchMutants} from './watch-mutants.js';
import {transactionMutants} from './transaction-mutants.js';
import {deathNoticeMutants} from './death-notice-mutants.js';
import {transferMutants} from './transfer-mutants.js';

/**
 * Of each kind some that are found soon, each with the first of the seeds that the tests try: these run with the tests. A seed draws
 * something else when the simulator changes, so a mutant may need another one then; how many are tried stays.
 */
const quickFirstSeeds: ReadonlyMap<string, number> = new Map([
	['vote-not-persisted', 1],
	['vote-sent-before-durable', 1],
	['candidacy-before-durable', 1],
	['vote-lost-in-record', 1],
	['quorum-too-small', 1],
	['pre-vote-counted-as-vote', 1],
	['pre-vote-changes-term', 1],
	['ack-before-fsync', 1],
	['leader-counts-itself-early', 1],
	['repeat-acked-before-durable', 1],
	['old-append-truncates', 1],
	['figure-8-commit', 1],
	['group-commit-acks-all', 1],
	['damage-taken-for-torn-tail', 24],
	['term-lost-with-old-segments', 1],
]);

export const mutants: readonly Mutant[] = [
	...raftMutants,
	...storageMutants,
	...kvMutants,
	...expiryMutants,
	...meaningMutants,
	...scanMutants,
	...leaseMutants,
	...editMutants,
	...databaseMutants,
	...watchMutants,
	...scriptMutants,
	...transactionMutants,
	...livenessMutants,
	...transferMutants,
	...deathNoticeMutants,
];

export interface QuickMutant {
	readonly mutant: Mutant;
	readonly firstSeed: number;
}

export const quickMutants: readonly QuickMutant[] = mutants.flatMap(mutant => {
	const firstSeed = quickFirstSeeds.get(mutant.id);
	return firstSeed === undefined ? [] : [{mutant, firstSeed}];
});
