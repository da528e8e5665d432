/** Faults that the simulated disk does by itself at every power cut, or cannot do: no schedule has them. */
import type {FaultKind} from '../faults/fault-kinds.js';

export const impliedKinds: ReadonlySet<FaultKind> = new Set<FaultKind>([
	'bitFlipOnRead',
	'missingFile',
	'tornWrite',
	'reorderedWrites',
	'lostRename',
	'unorderedCompletions',
]);
