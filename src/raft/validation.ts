/**
 * What a message must look like before the core looks at it: a peer's mistake is data, not an exception. Nothing is
 * taken from the type: between threads and machines it is a promise that nobody kept yet.
 */
import type {Configuration, RaftMessage} from './types.js';

/** Terms and indexes are stored in 48 bits; half of them leaves room to count on from whatever a peer says. */
const countMax = 2 ** 47;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= countMax;
const isSafe = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isBytes = (value: Uint8Array): boolean => value instanceof Uint8Array;
const isFlag = (value: boolean): boolean => typeof value === 'boolean';

const isNodeList = (ids: Configuration['voters']): boolean =>
	Array.isArray(ids) && ids.every(id => Number.isSafeInteger(id) && id >= 0 && id < 2 ** 16);

/** Someone must vote, and nobody twice. */
export function isConfiguration({voters, learners}: Configuration): boolean {
	if (!isNodeList(voters) || !isNodeList(learners) || voters.length === 0) return false;
	return new Set([...voters, ...learners]).size === voters.length + learners.length;
}

/** Whether every field has a value that such a message can have. */
export function isWellFormed(message: RaftMessage): boolean {
	if (typeof message !== 'object' || message === null || !isCount(message.term)) return false;
	switch (message.type) {
		case 'requestVote':
			return (
				isFlag(message.preVote) &&
				isFlag(message.isTransfer) &&
				isCount(message.lastLogIndex) &&
				isCount(message.lastLogTerm)
			);
		case 'requestVoteReply':
			return isFlag(message.preVote) && isFlag(message.voteGranted);
		case 'appendEntries':
			return (
				isCount(message.prevLogIndex) &&
				isCount(message.prevLogTerm) &&
				isBytes(message.entries) &&
				isCount(message.leaderCommit) &&
				isSafe(message.readToken)
			);
		case 'appendEntriesReply':
			return (
				isFlag(message.success) &&
				isSafe(message.readToken) &&
				isCount(message.matchIndex) &&
				isCount(message.prevLogIndex) &&
				(message.conflictTerm === undefined || isCount(message.conflictTerm)) &&
				isCount(message.conflictIndex)
			);
		case 'installSnapshot':
			return isSnapshotChunk(message);
		case 'installSnapshotReply':
			return (
				isCount(message.lastIncludedIndex) &&
				isSafe(message.offset) &&
				isFlag(message.installed) &&
				isSafe(message.readToken)
			);
		case 'readIndex':
			return isSafe(message.readId);
		case 'readIndexReply':
			return isSafe(message.readId) && (message.readIndex === undefined || isCount(message.readIndex));
		case 'timeoutNow':
			return isCount(message.lastLogIndex);
		default:
			return isNone(message);
	}
}

function isSnapshotChunk(message: Extract<RaftMessage, {type: 'installSnapshot'}>): boolean {
	const {snapshot, offset, data, done, term, readToken} = message;
	if (typeof snapshot !== 'object' || snapshot === null) return false;
	const {lastIncludedIndex, lastIncludedTerm, configuration} = snapshot;
	if (!isCount(lastIncludedIndex) || !isCount(lastIncludedTerm) || lastIncludedTerm > term) return false;
	if (typeof configuration !== 'object' || configuration === null || !isConfiguration(configuration)) return false;
	return isSafe(offset) && isBytes(data) && isFlag(done) && isSafe(readToken);
}

/** The compiler proves that no type is left; a peer may still send one that it does not know. */
const isNone = (_message: never): boolean => false;
