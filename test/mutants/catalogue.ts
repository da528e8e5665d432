/** All planted bugs. */
import {kvMutants} from './kv-mutants.js';
import type {Mutant} from './mutant.js';
import {raftMutants} from './raft-mutants.js';
import {storageMutants} from './storage-mutants.js';

export const mutants: readonly Mutant[] = [...raftMutants, ...storageMutants, ...kvMutants];
