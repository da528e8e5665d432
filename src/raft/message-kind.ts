/**
 * Whether a message asks or answers: networks treat the two ways of a call differently, and count requests. It follows
 * from the type, so it takes no byte on the wire; this table is the one place that says so.
 */
import type {RaftMessage} from './types.js';

export const messageKinds = {
	requestVote: 'request',
	requestVoteReply: 'reply',
	appendEntries: 'request',
	appendEntriesReply: 'reply',
	installSnapshot: 'request',
	installSnapshotReply: 'reply',
	readIndex: 'request',
	readIndexReply: 'reply',
	timeoutNow: 'request',
} as const satisfies Readonly<Record<RaftMessage['type'], 'request' | 'reply'>>;

type MessageKinds = typeof messageKinds;

export const kindOf = ({type}: RaftMessage): 'request' | 'reply' => messageKinds[type];

/** A message that asks. */
export type RaftRequest = Extract<
	RaftMessage,
	{
		[Type in keyof MessageKinds]: MessageKinds[Type] extends 'request' ? {readonly type: Type} : never;
	}[RaftMessage['type']]
>;
