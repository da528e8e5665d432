/** A cluster of three that is played by hand before the judge of the logs: every step is one that a correct node could do. */
import type {RaftStatus} from '../../../src/raft/raft-node.js';
import {
	nodeId,
	term,
	type LogEntry,
	type LogIndex,
	type PersistentState,
	type SnapshotMeta,
	type WriteBatch,
} from '../../../src/raft/types.js';
import {LogJudge} from '../../../src/simulation/log-judge.js';
import type {Report} from '../../../src/simulation/violation.js';

const nodeCount = 3;
const configuration = {voters: [nodeId(0), nodeId(1), nodeId(2)], learners: []};

/** A command with these bytes. */
export const entry = (index: LogIndex, ofTerm: number, ...bytes: readonly number[]): LogEntry => ({
	index,
	term: term(ofTerm),
	type: 'command',
	command: Uint8Array.from(bytes),
});

export const snapshotOf = (lastIncludedIndex: LogIndex, ofTerm: number): SnapshotMeta => ({
	lastIncludedIndex,
	lastIncludedTerm: term(ofTerm),
	configuration,
});

export class LogScene {
	readonly judge: LogJudge;
	readonly #statuses: RaftStatus[];

	constructor(report: Report) {
		this.judge = new LogJudge(nodeCount, report, () => undefined);
		this.#statuses = configuration.voters.map(id => ({
			id,
			role: 'follower',
			currentTerm: term(0),
			votedFor: undefined,
			leaderId: undefined,
			commitIndex: 0,
			lastIndex: 0,
			durableIndex: 0,
			snapshotIndex: 0,
			logBytes: 0,
			refusedMessages: 0,
			configuration,
		}));
	}

	/** A node hands a batch to its disk, which acknowledges it at once. */
	write(node: number, batch: Partial<WriteBatch>): void {
		const nothing = {hardState: undefined, snapshot: undefined, truncateFrom: undefined, entries: []};
		this.judge.handedOver(node, {...nothing, ...batch});
		this.judge.durable(node);
	}

	/** A node is seen, with what has changed since it was seen last. */
	see(node: number, change: Partial<RaftStatus>): void {
		const status = {...(this.#statuses[node] as RaftStatus), ...change};
		this.#statuses[node] = status;
		this.judge.observed(node, status);
	}

	/** A node wins an election with its own vote and that of another node. */
	elect(node: number, ofTerm: number, voter: number): void {
		const currentTerm = term(ofTerm);
		const hardState = {currentTerm, votedFor: nodeId(node)};
		for (const each of [node, voter]) {
			this.write(each, {hardState});
			this.see(each, {currentTerm, role: each === node ? 'candidate' : 'follower'});
		}
		const request = {
			type: 'requestVote',
			term: currentTerm,
			preVote: false,
			isTransfer: false,
			lastLogIndex: 0,
			lastLogTerm: term(0),
		} as const;
		this.judge.sent(node, voter, request);
		this.judge.heard(voter, node, request);
		const reply = {type: 'requestVoteReply', term: currentTerm, preVote: false, voteGranted: true} as const;
		this.judge.sent(voter, node, reply);
		this.judge.heard(node, voter, reply);
		this.see(node, {role: 'leader'});
	}

	/** Nodes have these entries, on their disks. */
	append(nodes: readonly number[], ...entries: readonly LogEntry[]): void {
		for (const node of nodes) {
			this.write(node, {entries});
			this.see(node, {lastIndex: entries.at(-1)?.index ?? 0});
		}
	}

	/** A node starts again, and this is what its disk gives it. */
	restart(node: number, state: Pick<PersistentState, 'entries'> & Partial<PersistentState>): void {
		this.judge.ended(node);
		const hardState = {currentTerm: term(1), votedFor: nodeId(0)};
		this.judge.loaded(node, {hardState, snapshot: undefined, ...state});
	}
}
