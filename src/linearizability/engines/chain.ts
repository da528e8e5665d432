/**
 * Verdicts without search, in O(n log n), for key/value histories whose answers tell the order of the writes:
 * by versions, by unique values (Gibbons & Korach 1997, extended to appends and compare-and-set: README.md), or by sums.
 */
import {versionOf, type KvHistory} from '../kv-operation.js';
import type {Decision} from '../model.js';
import {decideBySums} from './chain-sums.js';
import {decideByTokens} from './chain-tokens.js';
import {decideByVersions} from './chain-versions.js';

/** `history` is of one key. `initial`: its value before the first write. */
export function decideByChain(history: KvHistory, initial: string | undefined): Decision {
	const bySums = decideBySums(history, initial);
	if (bySums.type !== 'notApplicable') return bySums;
	if (!history.some(({output}) => versionOf(output) !== undefined)) return decideByTokens(history, initial);
	const byVersions = decideByVersions(history, initial);
	if (byVersions.type !== 'notApplicable') return byVersions;
	const byTokens = decideByTokens(history, initial);
	// The tokens leave the versions out of account: what they forbid is forbidden, what they allow may not be.
	return byTokens.type === 'violation' ? byTokens : byVersions;
}
