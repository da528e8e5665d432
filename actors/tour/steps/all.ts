import type {TourStep} from '../step.js';
import {crash, elect, replicate} from './leaders.js';
import {exactlyOnce, partition, splitVote, staleLeader} from './networks.js';
import {recovery, snapshot} from './storage.js';
import {violation} from './violation.js';

/** In their order. */
export const tourSteps: readonly TourStep[] = [
	elect,
	replicate,
	crash,
	partition,
	splitVote,
	staleLeader,
	snapshot,
	exactlyOnce,
	violation,
	recovery,
];
