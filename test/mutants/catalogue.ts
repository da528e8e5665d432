/** All planted bugs. */
import {kvMutants} from './kv-mutants.js';
import {livenessMutants} from './liveness-mutants.js';
import {meaningMutants} from './meaning-mutants.js';
import type {Mutant} from './mutant.js';
import {raftMutants} from './raft-mutants.js';
import {storageMutants} from './storage-mutants.js';

/** Of each kind some that the first seeds find: these run with the tests. */
const quick: ReadonlySet<string> = new Set([
	'vote-not-persisted',
	'vote-sent-before-durable',
	'candidacy-before-durable',
	'vote-lost-in-record',
	'quorum-too-small',
	'pre-vote-counted-as-vote',
	'pre-vote-changes-term',
	'ack-before-fsync',
	'leader-counts-itself-early',
	'repeat-acked-before-durable',
	'old-append-truncates',
	'figure-8-commit',
	'group-commit-acks-all',
	'damage-taken-for-torn-tail',
	'term-lost-with-old-segments',
]);

export const mutants: readonly Mutant[] = [
	...raftMutants,
	...storageMutants,
	...kvMutants,
	...meaningMutants,
	...livenessMutants,
];
export const quickMutants: readonly Mutant[] = mutants.filter(({id}) => quick.has(id));
