import {strict as check} from 'node:assert';
import {entryHeaderBytes, unpackEntries} from '../../../src/raft/codec.js';
import {quorumSize} from '../../../src/raft/quorum.js';
import type {RaftLimits} from '../../../src/raft/options.js';
import type {RaftStatus} from '../../../src/raft/raft-node.js';
import type {
	Configuration,
	LogEntry,
	LogIndex,
	NodeId,
	RaftMessage,
	Term,
	WriteBatch,
} from '../../../src/raft/types.js';
import type {LogImage} from './log-image.js';
import {fingerprintOf} from './service.js';

/** What the judge sees of a node. */
export interface Witness {
	readonly id: NodeId;
	/** Undefined while it is down. */
	readonly status: () => RaftStatus | undefined;
	/** The log and hard state as handed to the disk. */
	readonly memory: LogImage;
	readonly durable: LogImage;
	/** Highest index handed to the service in this life. */
	applied: LogIndex;
}

interface Committed {
	readonly term: Term;
	readonly fingerprint: number;
}

/** Knows everything that ever happened, and holds a cluster to what Raft proves (figure 3 and more). */
export class Judge {
	readonly committed: Committed[] = [];
	/** The term whose leader committed it, by position. */
	readonly #committedIn: Term[] = [];
	/** Snapshots that were installed, elections that were won, ... : whether a run exercised anything. */
	readonly seen = {elections: 0, installs: 0, truncations: 0, snapshots: 0, commits: 0};
	readonly #configuration: Configuration;
	readonly #limits: RaftLimits;
	readonly #witnesses: readonly Witness[];
	readonly #leaders = new Map<Term, NodeId>();
	readonly #votes = new Map<string, NodeId>();
	readonly #entries = new Map<string, {readonly prevTerm: Term; readonly fingerprint: number}>();
	readonly #commitIndexes = new Map<NodeId, LogIndex>();
	readonly #terms = new Map<NodeId, Term>();
	readonly #leading = new Map<NodeId, {readonly term: Term; lastIndex: LogIndex}>();

	constructor(configuration: Configuration, limits: RaftLimits, witnesses: readonly Witness[]) {
		this.#configuration = configuration;
		this.#limits = limits;
		this.#witnesses = witnesses;
	}

	/** A new life begins: what only memory knew is forgotten, what the disk knew is not. */
	restarted(node: Witness): void {
		this.#commitIndexes.delete(node.id);
		this.#leading.delete(node.id);
		this.#terms.set(node.id, node.durable.hardState.currentTerm);
	}

	/** Log Matching (§5.3): the same index and term means the same entry, after the same entry. */
	written(node: Witness, {entries, truncateFrom, snapshot}: WriteBatch): void {
		if (truncateFrom !== undefined) this.seen.truncations++;
		if (snapshot !== undefined) this.seen.snapshots++;
		for (const entry of entries) {
			const prevTerm = node.memory.termAt(entry.index - 1);
			check.ok(prevTerm !== undefined);
			const fingerprint = fingerprintOf(entry);
			const key = `${entry.index} ${entry.term}`;
			const known = this.#entries.get(key);
			if (known === undefined) this.#entries.set(key, {prevTerm, fingerprint});
			else check.deepEqual({prevTerm, fingerprint}, known, `log matching at ${key} on node ${node.id}`);
			if (entry.index <= this.committed.length) {
				const isKept = entry.term === this.committed[entry.index - 1]?.term;
				check.ok(isKept || node.memory.snapshotIndex < entry.index, 'a committed entry is never replaced');
			}
		}
	}

	/** After every event of a node. */
	inspect(node: Witness): void {
		const status = node.status();
		if (status === undefined) return;
		const {id, currentTerm, commitIndex, lastIndex, snapshotIndex} = status;
		check.ok(currentTerm >= (this.#terms.get(id) ?? 0), 'the term never goes back');
		this.#terms.set(id, currentTerm);
		check.equal(lastIndex, node.memory.lastIndex, 'what the log holds is what was handed to the disk');
		check.ok(
			snapshotIndex <= node.applied && node.applied <= commitIndex && commitIndex <= lastIndex,
			'order of indexes',
		);
		this.#inspectLeadership(node, status);
		const before = this.#commitIndexes.get(id) ?? snapshotIndex;
		check.ok(commitIndex >= before, 'the commit index never goes back');
		this.#commitIndexes.set(id, commitIndex);
		for (let index = Math.max(before, snapshotIndex) + 1; index <= commitIndex; index++) {
			const entry = node.memory.entries[index - node.memory.snapshotIndex - 1];
			check.ok(entry !== undefined, 'what is committed is in the log');
			this.commits(node, entry);
		}
	}

	applied(index: LogIndex, fingerprint: number): void {
		check.equal(this.committed[index - 1]?.fingerprint, fingerprint, `state machine safety at ${index}`);
	}

	installed(fingerprints: readonly number[]): void {
		this.seen.installs++;
		for (const [position, fingerprint] of fingerprints.entries()) this.applied(position + 1, fingerprint);
	}

	sent(node: Witness, to: NodeId, message: RaftMessage): void {
		const {hardState} = node.durable;
		switch (message.type) {
			case 'appendEntries':
				this.#leads(node.id, message.term);
				return this.#checkAppend(message.prevLogIndex, message.entries);
			case 'requestVote':
				if (message.preVote) return;
				return check.deepEqual(hardState, {currentTerm: message.term, votedFor: node.id}, 'own vote is durable');
			case 'requestVoteReply':
				if (message.preVote) return;
				check.ok(hardState.currentTerm >= message.term, 'the term of an answer is durable');
				if (message.voteGranted) this.#votesFor(node, to, message.term);
				return;
			case 'appendEntriesReply':
				check.ok(hardState.currentTerm >= message.term, 'the term of an answer is durable');
				if (message.success) this.#acknowledges(node, to, message.term, message.matchIndex);
				return;
			case 'installSnapshotReply':
				check.ok(hardState.currentTerm >= message.term, 'the term of an answer is durable');
				if (message.installed) this.#acknowledges(node, to, message.term, message.lastIncludedIndex);
				return;
			default:
		}
	}

	#checkAppend(prevLogIndex: LogIndex, bytes: Uint8Array): void {
		const entries = unpackEntries(bytes, prevLogIndex + 1);
		check.ok(entries !== undefined, 'entries are well formed');
		check.ok(bytes.length <= this.#limits.appendBytesMax || entries.length === 1, 'a batch keeps to its limit');
		check.ok(
			entries.every(({command}) => command.length + entryHeaderBytes <= this.#limits.entryBytesMax + entryHeaderBytes),
		);
	}

	#leads(id: NodeId, term: Term): void {
		const known = this.#leaders.get(term);
		check.ok(known === undefined || known === id, `election safety: nodes ${known} and ${id} lead term ${term}`);
		this.#leaders.set(term, id);
	}

	#votesFor(node: Witness, candidate: NodeId, term: Term): void {
		check.deepEqual(
			node.durable.hardState,
			{currentTerm: term, votedFor: candidate},
			'a vote is durable before it leaves',
		);
		const key = `${node.id} ${term}`;
		const known = this.#votes.get(key);
		check.ok(known === undefined || known === candidate, `node ${node.id} votes once in term ${term}`);
		this.#votes.set(key, candidate);
	}

	/** What is acknowledged is on the disk, and equals the log of the leader that counts it. */
	#acknowledges({id, durable}: Witness, to: NodeId, term: Term, index: LogIndex): void {
		if (index <= durable.snapshotIndex) return;
		const ownTerm = durable.termAt(index);
		check.ok(ownTerm !== undefined, `node ${id} acknowledges ${index} with ${durable.lastIndex} on its disk`);
		const leader = this.#witnesses[to];
		const status = leader?.status();
		if (leader === undefined || status?.role !== 'leader' || status.currentTerm !== term) return;
		if (index > leader.memory.snapshotIndex)
			check.equal(leader.memory.termAt(index), ownTerm, `match of node ${id} at ${index}`);
	}

	#inspectLeadership(node: Witness, {id, role, currentTerm, lastIndex}: RaftStatus): void {
		const leading = this.#leading.get(id);
		if (role !== 'leader') {
			this.#leading.delete(id);
			return;
		}
		this.#leads(id, currentTerm);
		if (leading?.term === currentTerm) {
			check.ok(lastIndex >= leading.lastIndex, 'a leader only appends (§5.3)');
			leading.lastIndex = lastIndex;
			return;
		}
		this.seen.elections++;
		this.#leading.set(id, {term: currentTerm, lastIndex});
		for (const [position, {term}] of this.committed.entries()) {
			// A leader of an older term may learn late that it was elected: it need not hold what later terms committed.
			if ((this.#committedIn[position] ?? 0) < currentTerm) this.#holds(node, position + 1, term);
		}
	}

	/** Leader Completeness (§5.4). */
	#holds({id, memory}: Witness, index: LogIndex, term: Term): void {
		if (index > memory.snapshotIndex) check.equal(memory.termAt(index), term, `leader ${id} holds committed ${index}`);
	}

	/** An entry of a node's log is committed, as that node sees it. */
	commits(node: Witness, entry: LogEntry): void {
		const {index, term} = entry;
		const committed = {term, fingerprint: fingerprintOf(entry)};
		const known = this.committed[index - 1];
		if (known !== undefined)
			return check.deepEqual(committed, known, `node ${node.id} commits another entry at ${index}`);
		check.equal(index, this.committed.length + 1, 'a leader learns first what is committed');
		const currentTerm = node.status()?.currentTerm ?? term;
		this.committed.push(committed);
		this.#committedIn.push(currentTerm);
		this.seen.commits++;
		this.#isOnQuorum(index, term);
		for (const other of this.#witnesses) {
			const status = other.status();
			if (status?.role === 'leader' && status.currentTerm > currentTerm) this.#holds(other, index, term);
		}
	}

	#isOnQuorum(index: LogIndex, term: Term): void {
		const holders = this.#configuration.voters.filter(voter => {
			const durable = this.#witnesses[voter]?.durable;
			return durable !== undefined && (durable.snapshotIndex >= index || durable.termAt(index) === term);
		});
		check.ok(
			holders.length >= quorumSize(this.#configuration),
			`committed ${index} is on the disks of ${holders.join(', ')} only`,
		);
	}
}
