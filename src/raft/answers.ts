/**
 * The one place where answers to other nodes are made. What an answer confirms (a vote, an index, a chunk, a leadership
 * for a read) it confirms to the term in which it was asked: its term is that of the question, never that of now. A
 * question of a term that is over is told the newer term, and nothing of it comes back: by now its asker may lead that
 * newer term, and must not take the answer to an old question for the answer to a new one.
 */
import type {RaftRequest} from './message-kind.js';
import type {
	AppendEntries,
	AppendEntriesReply,
	InstallSnapshot,
	InstallSnapshotReply,
	LogIndex,
	RaftMessage,
	ReadIndexReply,
	ReadIndexRequest,
	RequestVote,
	RequestVoteReply,
	Term,
} from './types.js';

/** The question, if the message is one that was asked in a term before `currentTerm`. */
export function questionOfOldTerm(message: RaftMessage, currentTerm: Term): RaftRequest | undefined {
	switch (message.type) {
		case 'requestVote': {
			// A pre-vote names the term after the asker's own.
			const isOver = message.preVote ? message.term <= currentTerm : message.term < currentTerm;
			return isOver ? message : undefined;
		}
		case 'appendEntries':
		case 'installSnapshot':
		case 'readIndex':
		case 'timeoutNow':
			return message.term < currentTerm ? message : undefined;
		case 'requestVoteReply':
		case 'appendEntriesReply':
		case 'installSnapshotReply':
		case 'readIndexReply':
			return undefined;
		default:
			return message satisfies never;
	}
}

/** Tells the asker of an old term's question the newer term, and confirms nothing. */
export function tellTerm(question: RaftRequest, currentTerm: Term): RaftMessage {
	switch (question.type) {
		case 'requestVote':
			return refuseVote(question, currentTerm);
		case 'appendEntries': {
			const nowhere = {term: currentTerm, readToken: 0, prevLogIndex: 0};
			return refuseAppend(nowhere, {conflictTerm: undefined, conflictIndex: 0});
		}
		case 'installSnapshot':
			return {
				type: 'installSnapshotReply',
				term: currentTerm,
				lastIncludedIndex: 0,
				offset: 0,
				installed: false,
				readToken: 0,
			};
		case 'timeoutNow':
			return {type: 'requestVoteReply', term: currentTerm, preVote: false, voteGranted: false};
		case 'readIndex':
			return {type: 'readIndexReply', term: currentTerm, readId: question.readId, readIndex: undefined};
		default:
			return question satisfies never;
	}
}

/** Whether the message only tells a term: its question was of an older one, so it answers nothing that is asked now. */
export function isTermOnly(message: RaftMessage): boolean {
	// Every log shares index 0 and no snapshot ends there, so no other refusal and no other answer looks like these.
	if (message.type === 'appendEntriesReply') return !message.success && message.prevLogIndex === 0;
	return message.type === 'installSnapshotReply' && message.lastIncludedIndex === 0;
}

export function grantVote({term, preVote}: RequestVote): RequestVoteReply {
	return {type: 'requestVoteReply', term, preVote, voteGranted: true};
}

/** Names the voter's own term: a refusal confirms nothing, and the candidate may have missed that term (§5.1, §9.6). */
export function refuseVote({preVote}: RequestVote, currentTerm: Term): RequestVoteReply {
	return {type: 'requestVoteReply', term: currentTerm, preVote, voteGranted: false};
}

export function acknowledgeAppend(
	{term, readToken, prevLogIndex}: AppendEntries,
	matchIndex: LogIndex,
): AppendEntriesReply {
	return {
		type: 'appendEntriesReply',
		term,
		success: true,
		readToken,
		matchIndex,
		prevLogIndex,
		conflictTerm: undefined,
		conflictIndex: 0,
	};
}

export function refuseAppend(
	{term, readToken, prevLogIndex}: Pick<AppendEntries, 'term' | 'readToken' | 'prevLogIndex'>,
	{conflictTerm, conflictIndex}: Pick<AppendEntriesReply, 'conflictTerm' | 'conflictIndex'>,
): AppendEntriesReply {
	return {
		type: 'appendEntriesReply',
		term,
		success: false,
		readToken,
		matchIndex: 0,
		prevLogIndex,
		conflictTerm,
		conflictIndex,
	};
}

export function answerChunk(
	{term, snapshot, readToken}: InstallSnapshot,
	{offset, installed}: Pick<InstallSnapshotReply, 'offset' | 'installed'>,
): InstallSnapshotReply {
	const {lastIncludedIndex} = snapshot;
	return {type: 'installSnapshotReply', term, lastIncludedIndex, offset, installed, readToken};
}

/** `readIndex`: `undefined` refuses. */
export function answerRead({term, readId}: ReadIndexRequest, readIndex: LogIndex | undefined): ReadIndexReply {
	return {type: 'readIndexReply', term, readId, readIndex};
}
