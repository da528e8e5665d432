/** Short words for one node, what goes in and what comes out. */
import {packEntries} from '../../../src/raft/codec.js';
import type {Effect, Input} from '../../../src/raft/effects.js';
import {defaultRaftLimits, type RaftLimits} from '../../../src/raft/options.js';
import {RaftNode} from '../../../src/raft/raft-node.js';
import {
	type AppendEntries,
	type AppendEntriesReply,
	type Configuration,
	type EntryType,
	type InstallSnapshot,
	type InstallSnapshotReply,
	type LogEntry,
	type NodeId,
	nodeId,
	type PersistentState,
	type RaftMessage,
	type RequestVote,
	type RequestVoteReply,
	type TimeoutNow,
	type Role,
	type SnapshotMeta,
	type Term,
	term,
	type WriteBatch,
} from '../../../src/raft/types.js';

export const [n0, n1, n2, n3, n4] = [nodeId(0), nodeId(1), nodeId(2), nodeId(3), nodeId(4)];

export const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

export function entry(index: number, entryTerm: number, text = '', type: EntryType = 'command'): LogEntry {
	return {index, term: term(entryTerm), type, command: bytesOf(text)};
}

/** Entries of these terms, from index 1 (or `from`) on. */
export const logOf = (terms: readonly number[], from = 1): LogEntry[] =>
	terms.map((entryTerm, offset) => entry(from + offset, entryTerm));

export const clusterOf = (voters: number, learners = 0): Configuration => {
	const ids = Array.from({length: voters + learners}, (_, id) => nodeId(id));
	return {voters: ids.slice(0, voters), learners: ids.slice(voters)};
};

export function snapshotOf(
	lastIncludedIndex: number,
	lastIncludedTerm: number,
	configuration = clusterOf(3),
): SnapshotMeta {
	return {lastIncludedIndex, lastIncludedTerm: term(lastIncludedTerm), configuration};
}

export interface NodeSpec {
	readonly id?: NodeId;
	readonly configuration?: Configuration;
	readonly currentTerm?: number;
	readonly votedFor?: NodeId;
	/** Terms of the entries after the snapshot. */
	readonly log?: readonly number[];
	readonly snapshot?: SnapshotMeta;
	readonly limits?: Partial<RaftLimits>;
	readonly random?: () => number;
}

export const stateOf = ({currentTerm = 0, votedFor, log = [], snapshot}: NodeSpec): PersistentState => ({
	hardState: {currentTerm: term(currentTerm), votedFor},
	snapshot,
	entries: logOf(log, (snapshot?.lastIncludedIndex ?? 0) + 1),
});

/** Node 0 of three, at time 0; its election timeout is 300 ms, neither more nor less. */
export function newNode(spec: NodeSpec = {}): RaftNode {
	const {id = n0, configuration = clusterOf(3), limits = {}, random = () => 0} = spec;
	return new RaftNode(
		{id, initialConfiguration: configuration, random, limits: {...defaultRaftLimits, ...limits}},
		stateOf(spec),
		0,
	);
}

// ------------------------------------------------------------------------------------------------ messages

export function requestVote(voteTerm: number, lastLogIndex: number, lastLogTerm: number, preVote = false): RequestVote {
	const common = {term: term(voteTerm), lastLogIndex, lastLogTerm: term(lastLogTerm)};
	return {type: 'requestVote', preVote, isTransfer: false, ...common};
}

/** For an election that the leader itself has asked for. */
export function transferVote(voteTerm: number, lastLogIndex: number, lastLogTerm: number): RequestVote {
	return {...requestVote(voteTerm, lastLogIndex, lastLogTerm), isTransfer: true};
}

export function timeoutNow(leaderTerm: number, lastLogIndex: number): TimeoutNow {
	return {type: 'timeoutNow', term: term(leaderTerm), lastLogIndex};
}

export function voteReply(replyTerm: number, voteGranted: boolean, preVote = false): RequestVoteReply {
	return {type: 'requestVoteReply', term: term(replyTerm), preVote, voteGranted};
}

export function append(
	leaderTerm: number,
	[prevLogIndex, prevLogTerm]: readonly [number, number],
	entries: readonly LogEntry[] = [],
	{commit = 0, token = 0}: {commit?: number; token?: number} = {},
): AppendEntries {
	return {
		type: 'appendEntries',
		term: term(leaderTerm),
		prevLogIndex,
		prevLogTerm: term(prevLogTerm),
		entries: packEntries(entries),
		leaderCommit: commit,
		readToken: token,
	};
}

export function ack(replyTerm: number, matchIndex: number, prevLogIndex: number, readToken = 0): AppendEntriesReply {
	return {
		type: 'appendEntriesReply',
		term: term(replyTerm),
		success: true,
		readToken,
		matchIndex,
		prevLogIndex,
		conflictTerm: undefined,
		conflictIndex: 0,
	};
}

export function refusal(
	replyTerm: number,
	prevLogIndex: number,
	[conflictIndex, conflictTerm]: readonly [number, number | undefined],
	readToken = 0,
): AppendEntriesReply {
	return {
		type: 'appendEntriesReply',
		term: term(replyTerm),
		success: false,
		readToken,
		matchIndex: 0,
		prevLogIndex,
		conflictTerm: conflictTerm === undefined ? undefined : term(conflictTerm),
		conflictIndex,
	};
}

export function chunk(
	leaderTerm: number,
	snapshot: SnapshotMeta,
	offset: number,
	data: string,
	{done = false, token = 0}: {done?: boolean; token?: number} = {},
): InstallSnapshot {
	const type = 'installSnapshot';
	return {type, term: term(leaderTerm), snapshot, offset, data: bytesOf(data), done, readToken: token};
}

export function chunkReply(
	replyTerm: number,
	lastIncludedIndex: number,
	offset: number,
	installed = false,
): InstallSnapshotReply {
	return {type: 'installSnapshotReply', term: term(replyTerm), lastIncludedIndex, offset, installed, readToken: 0};
}

// -------------------------------------------------------------------------------------------------- inputs

export const tick: Input = {type: 'tick'};
export const received = (from: NodeId, message: RaftMessage): Input => ({type: 'message', from, message});
export const persisted = (sequence: number): Input => ({type: 'persisted', sequence});
export const propose = (proposalId: number, ...commands: readonly string[]): Input => ({
	type: 'propose',
	proposalId,
	commands: commands.map(bytesOf),
});
export const read = (readId: number): Input => ({type: 'read', readId});

// ------------------------------------------------------------------------------------------------- effects

export const send = (to: NodeId, message: RaftMessage): Effect => ({type: 'send', to, message});

export function persist(sequence: number, batch: Partial<WriteBatch>): Effect {
	const nothing: WriteBatch = {hardState: undefined, snapshot: undefined, truncateFrom: undefined, entries: []};
	return {type: 'persist', sequence, batch: {...nothing, ...batch}};
}

export const hardState = (
	currentTerm: number,
	votedFor?: NodeId,
): {currentTerm: Term; votedFor: NodeId | undefined} => ({
	currentTerm: term(currentTerm),
	votedFor,
});

export function leadership(role: Role, currentTerm: number, leaderId?: NodeId): Effect {
	return {type: 'service', input: {type: 'leadership', role, term: term(currentTerm), leaderId}};
}

export const apply = (...entries: readonly LogEntry[]): Effect => ({type: 'service', input: {type: 'apply', entries}});

export const messagesTo = (effects: readonly Effect[], to: NodeId): RaftMessage[] =>
	effects.flatMap(effect => (effect.type === 'send' && effect.to === to ? [effect.message] : []));

export const lastSequence = (effects: readonly Effect[]): number | undefined =>
	effects.findLast(effect => effect.type === 'persist')?.sequence;

/** Steps, and lets the disk finish at once whatever that asks of it. */
export function stepDurably(node: RaftNode, inputs: readonly Input[], now: number): Effect[] {
	const effects = [...node.step(inputs, now)];
	for (let next = lastSequence(effects); next !== undefined;) {
		const more = node.step([persisted(next)], now);
		effects.push(...more);
		next = lastSequence(more);
	}
	return effects;
}

/** A follower of `leader` in that term, with that log, everything durable. Time is still 0. */
export function newFollower(leader: NodeId, leaderTerm: number, spec: NodeSpec = {}): RaftNode {
	const node = newNode({...spec, currentTerm: leaderTerm});
	stepDurably(node, [received(leader, append(leaderTerm, [0, 0]))], 0);
	return node;
}

/**
 * A leader (node 0 unless told otherwise) by the votes of nodes 1 and 2, its no-op sent and durable here, at time 300.
 * `currentTerm` of the spec is the term it leads.
 */
export function newLeader(spec: NodeSpec = {}): RaftNode {
	const leads = spec.currentTerm ?? 1;
	const node = newNode({...spec, currentTerm: leads - 1});
	stepDurably(node, [tick], 300);
	const {voters} = spec.configuration ?? clusterOf(3);
	const others = voters.filter(voter => voter !== (spec.id ?? n0));
	stepDurably(
		node,
		others.map(voter => received(voter, voteReply(leads, true, true))),
		300,
	);
	stepDurably(
		node,
		others.map(voter => received(voter, voteReply(leads, true))),
		300,
	);
	return node;
}
