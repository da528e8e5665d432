/** From the faults that are set on a node's disk to what its threads are told. */
import type {Distribution} from '../../../src/faults/distribution.js';
import type {DiskFault} from '../../../src/faults/faults.js';
import {unreachable} from '../../../src/base/errors.js';
import type {DiskDelay, DiskFaultSettings} from '../../../src/storage/faulty-disk.js';

/** Of several faults of one kind the last one counts, and all of them count more than `base`. */
export function diskSettings(base: DiskFaultSettings, faults: readonly DiskFault[]): DiskFaultSettings {
	return faults.reduce((settings, fault) => withFault(settings, fault), base);
}

function withFault(settings: DiskFaultSettings, fault: DiskFault): DiskFaultSettings {
	switch (fault.type) {
		case 'slowSync':
			return {...settings, syncDelay: delayOf(fault.delay)};
		case 'stalledSync':
			return {...settings, isSyncStalled: true};
		case 'writeError':
			return {...settings, write: 'EIO', probabilities: {...settings.probabilities, write: fault.probability}};
		case 'readError':
			return {...settings, read: 'EIO', probabilities: {...settings.probabilities, read: fault.probability}};
		case 'operationError': {
			const {operation, probability} = fault;
			const probabilities = {...settings.probabilities, [operation]: probability};
			return {...settings, [operation]: 'EIO', probabilities};
		}
		case 'diskFull':
			return {
				...settings,
				write: 'ENOSPC',
				create: 'ENOSPC',
				probabilities: {...settings.probabilities, write: 1, create: 1},
			};
		case 'bitFlipOnRead':
			return {...settings, readFlipProbability: fault.probability};
		// These happen once, or are refused: see disk-damage.ts and refusals.ts.
		case 'failedSync':
		case 'bitFlip':
		case 'missingFile':
		case 'tornWrite':
		case 'lostWrite':
		case 'misdirectedWrite':
		case 'reorderedWrites':
		case 'lostRename':
		case 'unorderedCompletions':
			return settings;
		default:
			return unreachable(fault);
	}
}

function delayOf(distribution: Distribution): DiskDelay {
	switch (distribution.type) {
		case 'fixed':
			return {leastMs: distribution.ms};
		case 'uniform':
			return {leastMs: distribution.minMs, spreadMs: distribution.maxMs - distribution.minMs};
		case 'exponential':
			return {leastMs: distribution.minMs, meanMs: distribution.meanMs};
		default:
			return unreachable(distribution);
	}
}
