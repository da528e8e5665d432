/**
 * A batch as it crosses from one thread to another. Structured clone writes the name of each field beside its value, and
 * looks each one up again on the other side: for a small message that is half of its way. So what threads say to each other
 * thousands of times a second crosses as rows of values, in the order of the row's type; the rest crosses as it is.
 */
import {unreachable} from '../../src/base/errors.js';
import type {LogIndex, NodeId, Term} from '../../src/raft/types.js';
import type {Envelope, RouterBatch} from './envelope.js';
import type {MessagePort} from 'node:worker_threads';

type Row =
	| readonly [kind: typeof asItIs, envelope: Envelope]
	| readonly [
			kind: typeof appendEntries,
			from: NodeId,
			to: NodeId,
			term: Term,
			prevLogIndex: LogIndex,
			prevLogTerm: Term,
			/** `undefined`: none. */
			entries: Uint8Array | undefined,
			leaderCommit: LogIndex,
			readToken: number,
	  ]
	| readonly [
			kind: typeof appendEntriesReply,
			from: NodeId,
			to: NodeId,
			term: Term,
			success: boolean,
			readToken: number,
			matchIndex: LogIndex,
			prevLogIndex: LogIndex,
			conflictTerm: Term | undefined,
			conflictIndex: LogIndex,
	  ]
	| readonly [
			kind: typeof write | typeof read,
			client: number,
			server: NodeId,
			channel: number,
			port: MessagePort | undefined,
			requestId: number,
			/** The command, or the reads. */
			bytes: Uint8Array,
	  ];

const asItIs = 0;
const appendEntries = 1;
const appendEntriesReply = 2;
const write = 3;
const read = 4;

/** On a thread's port to the router. */
export type PackedBatch = readonly Row[];

const noEntries = new Uint8Array(0);

export const packBatch = (batch: RouterBatch): PackedBatch => batch.map(rowOf);

export const unpackBatch = (packed: PackedBatch): RouterBatch => packed.map(envelopeOf);

function rowOf(envelope: Envelope): Row {
	if (envelope.type === 'request') {
		const {client, server, channel, port, requestId, request} = envelope;
		return request.type === 'write'
			? [write, client, server, channel, port, requestId, request.command]
			: [read, client, server, channel, port, requestId, request.reads];
	}
	if (envelope.type !== 'raft') return [asItIs, envelope];
	const {from, to, message} = envelope;
	if (message.type === 'appendEntries') {
		const {term, prevLogIndex, prevLogTerm, leaderCommit, readToken} = message;
		// An array of bytes costs more than all the rest, also an empty one.
		const entries = message.entries.length === 0 ? undefined : message.entries;
		return [appendEntries, from, to, term, prevLogIndex, prevLogTerm, entries, leaderCommit, readToken];
	}
	if (message.type === 'appendEntriesReply') {
		const {term, success, readToken, matchIndex, prevLogIndex, conflictTerm, conflictIndex} = message;
		return [
			appendEntriesReply,
			from,
			to,
			term,
			success,
			readToken,
			matchIndex,
			prevLogIndex,
			conflictTerm,
			conflictIndex,
		];
	}
	return [asItIs, envelope];
}

function envelopeOf(row: Row): Envelope {
	switch (row[0]) {
		case asItIs:
			return row[1];
		case appendEntries: {
			const [, from, to, term, prevLogIndex, prevLogTerm, entries = noEntries, leaderCommit, readToken] = row;
			const message = {
				type: 'appendEntries',
				term,
				prevLogIndex,
				prevLogTerm,
				entries,
				leaderCommit,
				readToken,
			} as const;
			return {type: 'raft', from, to, message};
		}
		case appendEntriesReply: {
			const [, from, to, term, success, readToken, matchIndex, prevLogIndex, conflictTerm, conflictIndex] = row;
			const message = {
				type: 'appendEntriesReply',
				term,
				success,
				readToken,
				matchIndex,
				prevLogIndex,
				conflictTerm,
				conflictIndex,
			} as const;
			return {type: 'raft', from, to, message};
		}
		case write: {
			const [, client, server, channel, port, requestId, command] = row;
			return {type: 'request', client, server, channel, port, requestId, request: {type: 'write', command}};
		}
		case read: {
			const [, client, server, channel, port, requestId, reads] = row;
			return {type: 'request', client, server, channel, port, requestId, request: {type: 'read', reads}};
		}
		default:
			return unreachable(row);
	}
}
