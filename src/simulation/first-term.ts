import {term, type PersistentState} from '../raft/types.js';

/** A disk on which nothing was ever stored stands for one on which this term was. */
export function withFirstTerm(state: PersistentState, firstTerm: number): PersistentState {
	if (state.hardState.currentTerm > 0 || firstTerm === 0) return state;
	return {...state, hardState: {currentTerm: term(firstTerm), votedFor: undefined}};
}
