/** What a log should hold: the contract as an array. */
import {type PersistentState, term} from '../../src/raft/types.js';

export {stateAfter, stateText as fingerprint} from '../../src/storage/conformance/trial.js';

export const emptyState: PersistentState = {
	hardState: {currentTerm: term(0), votedFor: undefined},
	snapshot: undefined,
	entries: [],
};
