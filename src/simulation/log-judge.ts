/**
 * Judges the logs: watches what every node hands to its disk, what becomes durable, what leaves it, and how far it
 * commits. All that it knows it keeps outside the nodes, so that no node can forget or rewrite it.
 */
import type {RaftStatus} from '../raft/raft-node.js';
import type {LogEntry, LogIndex, PersistentState, RaftMessage, WriteBatch} from '../raft/types.js';
import {ElectionJudge} from './election-judge.js';
import {LogImage} from './log-image.js';
import {OwnTermJudge} from './own-term-judge.js';
import type {NodeGlimpse} from './timeline.js';
import type {Report} from './violation.js';

/** An entry that was seen in some log. */
interface SeenEntry {
	readonly entry: LogEntry;
	/** Of the entry before it. With equal predecessors all the way down, equal logs follow (the proof of log matching). */
	readonly previousTerm: number;
}

interface Commitment {
	readonly entry: LogEntry;
	/** The term in which it was seen to be committed. */
	readonly inTerm: number;
}

/** What is known of one node from the outside. */
class Watched {
	/** With all that it has handed to its disk. */
	log = new LogImage();
	/** What its disk has acknowledged. */
	durable = new LogImage();
	pending: WriteBatch[] = [];
	role: RaftStatus['role'] = 'follower';
	term = 0;
	commitIndex: LogIndex = 0;
	snapshotIndex: LogIndex = 0;
	/** Since the last look. */
	hasTruncated = false;

	get lastIndex(): LogIndex {
		return this.log.lastIndex;
	}
}

export class LogJudge {
	readonly #report: Report;
	readonly #nodes: readonly Watched[];
	readonly #quorum: number;
	/** By index; few indexes ever hold more than one. */
	readonly #seen: SeenEntry[][] = [];
	/** `#committed[i]` is at index `i + 1`. */
	readonly #committed: Commitment[] = [];
	readonly #elections: ElectionJudge;
	readonly #ownTerms: OwnTermJudge;
	readonly #onCommitted: (entry: LogEntry) => void;

	constructor(nodeCount: number, report: Report, onCommitted: (entry: LogEntry) => void) {
		this.#report = report;
		this.#nodes = Array.from({length: nodeCount}, () => new Watched());
		this.#elections = new ElectionJudge(nodeCount, report);
		this.#ownTerms = new OwnTermJudge(nodeCount, report);
		this.#quorum = Math.floor(nodeCount / 2) + 1;
		this.#onCommitted = onCommitted;
	}

	/** Highest index that any node has committed. */
	get committedIndex(): LogIndex {
		return this.#committed.length;
	}

	get highestTerm(): number {
		return Math.max(...this.#nodes.map(({term}) => term));
	}

	/** How a node was seen last. */
	glimpse(node: number): NodeGlimpse {
		return this.#watched(node);
	}

	/** The terms of a node's log, as it handed them to its disk. */
	logOf(node: number): LogImage {
		return this.#watched(node).log;
	}

	// ------------------------------------------------------------------------------------------------- the disk

	/** A node hands a batch to its disk: this is how its log changes, and the only way. */
	handedOver(node: number, batch: WriteBatch): void {
		const watched = this.#watched(node);
		if (batch.truncateFrom !== undefined && batch.snapshot === undefined) watched.hasTruncated = true;
		if (batch.truncateFrom !== undefined) this.#judgeCut(node, watched.log, batch.truncateFrom);
		watched.log.apply(batch);
		if (batch.snapshot !== undefined) this.#judgeSeam(node, watched.log);
		for (const entry of batch.entries) this.#see(node, watched, entry);
		watched.pending.push(batch);
	}

	/**
	 * What is cut off must not be committed: the node may have acknowledged it, and then others count on it. They cannot
	 * when it was committed in a term that the node had not heard of: one that wakes up after a long pause may first find a
	 * message of a leader between, who did not have the entry.
	 */
	#judgeCut(node: number, log: LogImage, from: LogIndex): void {
		const last = Math.min(log.lastIndex, this.#committed.length);
		for (let index = Math.max(from, log.snapshotIndex + 1); index <= last; index++) {
			const {entry, inTerm} = this.#committed[index - 1] as Commitment;
			const {term} = entry;
			if (log.termAt(index) !== term || log.currentTerm < inTerm) continue;
			this.#report('committedForever', `node ${node} cuts off index ${index} of term ${term}, which is committed`);
			return;
		}
	}

	/** What follows on a new snapshot must have followed on its last entry before: else the two are not of one log. */
	#judgeSeam(node: number, log: LogImage): void {
		const index = log.snapshotIndex + 1;
		const seen = this.#seen[index]?.find(({entry: {term}}) => term === log.termAt(index));
		if (seen === undefined || seen.previousTerm === log.snapshotTerm) return;
		const detail = `node ${node} keeps index ${index} of term ${seen.entry.term} behind a snapshot of term`;
		this.#report('logMatching', `${detail} ${log.snapshotTerm}, another node has it after term ${seen.previousTerm}`);
	}

	/** The oldest batch that was handed over is on the disk, says the disk. */
	durable(node: number): void {
		const watched = this.#watched(node);
		const batch = watched.pending.shift();
		if (batch !== undefined) watched.durable.apply(batch);
	}

	/**
	 * A node has started, and this is what its disk gave it: all that was acknowledged, then perhaps some of what was
	 * not, in order.
	 */
	loaded(node: number, state: PersistentState): void {
		const watched = this.#watched(node);
		const image = watched.durable.copy();
		const first = image.differenceFrom(state);
		let difference = first;
		for (const batch of watched.pending) {
			if (difference === undefined) break;
			image.apply(batch);
			difference = image.differenceFrom(state);
		}
		if (difference !== undefined) this.#report('recovery', `node ${node} found ${first}`);
		for (const entry of state.entries) this.#compareWithSeen(node, entry);
		this.#ownTerms.forget(node);
		watched.log = image;
		watched.durable = image.copy();
		watched.pending = [];
		watched.role = 'follower';
		watched.term = image.currentTerm;
		watched.commitIndex = image.snapshotIndex;
		watched.snapshotIndex = image.snapshotIndex;
		watched.hasTruncated = false;
	}

	/** It has stopped in the middle of whatever it did: what it sent and did not hand over any more, nobody leads with. */
	ended(node: number): void {
		this.#watched(node).role = 'follower';
	}

	#see(node: number, watched: Watched, entry: LogEntry): void {
		const previousTerm = watched.log.termAt(entry.index - 1) ?? 0;
		const seen = (this.#seen[entry.index] ??= []);
		for (const other of seen) {
			if (other.entry.term !== entry.term) continue;
			if (!isSameEntry(other.entry, entry)) {
				this.#report('logMatching', `node ${node} has another entry at index ${entry.index} of term ${entry.term}`);
			} else if (other.previousTerm !== previousTerm) {
				const detail = `node ${node} has index ${entry.index} of term ${entry.term} after term ${previousTerm}`;
				this.#report('logMatching', `${detail}, another node has it after term ${other.previousTerm}`);
			}
			return;
		}
		seen.push({entry, previousTerm});
	}

	#compareWithSeen(node: number, entry: LogEntry): void {
		const seen = this.#seen[entry.index]?.find(({entry: {term}}) => term === entry.term);
		if (seen === undefined || !isSameEntry(seen.entry, entry)) {
			this.#report('recovery', `node ${node} found an entry that nobody wrote, at index ${entry.index}`);
		}
	}

	// ---------------------------------------------------------------------------------------------- the network

	/** A message has reached a node. */
	heard(node: number, from: number, message: RaftMessage): void {
		this.#ownTerms.heard(node, from, message);
	}

	/** A message leaves a node at this moment: what it promises must be true by now. */
	sent(node: number, to: number, message: RaftMessage): void {
		this.#ownTerms.sent(node, to, message);
		const {durable} = this.#watched(node);
		switch (message.type) {
			case 'requestVote':
				if (!message.preVote) this.#elections.votes(node, node, message.term, durable);
				return;
			case 'requestVoteReply':
				if (!message.preVote && message.voteGranted) this.#elections.votes(node, to, message.term, durable);
				return;
			case 'appendEntries':
				return this.#elections.leads(node, message.term);
			case 'appendEntriesReply':
				if (message.success) this.#judgeAck(node, to, message.term, message.matchIndex);
				return;
			case 'installSnapshot':
			case 'timeoutNow':
				return this.#elections.leads(node, message.term);
			case 'installSnapshotReply':
				if (message.installed && durable.lastIndex < message.lastIncludedIndex) {
					const detail = `node ${node} acknowledged the snapshot ${message.lastIncludedIndex}`;
					this.#report('durableAck', `${detail} with a disk that ends at ${durable.lastIndex}`);
				}
				return;
			case 'readIndex':
			case 'readIndexReply':
				return;
			default:
				return message satisfies never;
		}
	}

	#judgeAck(node: number, leader: number, term: number, matchIndex: LogIndex): void {
		const {durable} = this.#watched(node);
		if (durable.lastIndex < matchIndex || durable.currentTerm < term) {
			const held = `its disk ends at ${durable.lastIndex} in term ${durable.currentTerm}`;
			this.#report('durableAck', `node ${node} acknowledges ${matchIndex} in term ${term}, and ${held}`);
			return;
		}
		// Against the leader's log, as long as that leadership lasts.
		const {log, role, term: leaderTerm} = this.#watched(leader);
		if (role !== 'leader' || leaderTerm !== term || matchIndex <= log.snapshotIndex) return;
		const expected = log.termAt(matchIndex);
		if (expected !== undefined && durable.holds(matchIndex, expected)) return;
		const has = `it has term ${durable.termAt(matchIndex)} there, the leader ${expected ?? 'nothing'}`;
		this.#report('verifiedAck', `node ${node} acknowledges ${matchIndex} to ${leader} in term ${term}: ${has}`);
	}

	// ------------------------------------------------------------------------------------------------ the nodes

	/** A node after something happened to it. */
	observed(node: number, status: RaftStatus): void {
		const watched = this.#watched(node);
		const {role, currentTerm, commitIndex, snapshotIndex} = status;
		const isSameLeader = role === 'leader' && watched.role === 'leader';
		if (currentTerm !== watched.term) {
			if (currentTerm < watched.term) {
				this.#report('monotone', `node ${node} went from term ${watched.term} back to ${currentTerm}`);
			}
			if (isSameLeader) this.#report('leaderTerm', `node ${node} led term ${watched.term}, and now ${currentTerm}`);
			watched.term = currentTerm;
		}
		if (isSameLeader && watched.hasTruncated) {
			this.#report('leaderAppendOnly', `node ${node} cut its log while it led term ${currentTerm}`);
		}
		watched.hasTruncated = false;
		if (role !== watched.role) {
			watched.role = role;
			if (role === 'leader') this.#elected(node, watched);
		}
		if (snapshotIndex < watched.snapshotIndex) {
			this.#report('monotone', `node ${node} went from snapshot ${watched.snapshotIndex} back to ${snapshotIndex}`);
		}
		watched.snapshotIndex = snapshotIndex;
		if (commitIndex !== watched.commitIndex) this.#commits(node, watched, commitIndex, isSameLeader);
		if (status.refusedMessages > 0) this.#report('noRefusal', `node ${node} refused a message as impossible`);
		if (commitIndex > status.lastIndex || snapshotIndex > commitIndex) {
			const order = `snapshot ${snapshotIndex}, committed ${commitIndex}, last ${status.lastIndex}`;
			this.#report('indexOrder', `node ${node}: ${order}`);
		}
	}

	#elected(node: number, watched: Watched): void {
		this.#elections.elected(node, watched.term);
		for (let index = this.#committed.length; index > watched.log.snapshotIndex; index--) {
			const {entry, inTerm} = this.#committed[index - 1] as Commitment;
			if (inTerm >= watched.term || watched.log.termAt(index) === entry.term) continue;
			const has = watched.log.termAt(index);
			const detail = `node ${node} leads term ${watched.term} without index ${index} of term ${entry.term}`;
			this.#report('leaderCompleteness', `${detail}, committed in term ${inTerm} (has ${has})`);
			return;
		}
	}

	#commits(node: number, watched: Watched, commitIndex: LogIndex, isLeader: boolean): void {
		const from = watched.commitIndex;
		watched.commitIndex = commitIndex;
		if (commitIndex < from) {
			this.#report('monotone', `node ${node} went from commit index ${from} back to ${commitIndex}`);
			return;
		}
		const isNews = commitIndex > this.#committed.length;
		for (let index = from + 1; index <= commitIndex; index++) {
			const term = watched.log.termAt(index);
			const known = this.#committed[index - 1];
			if (known === undefined) {
				if (!this.#commitFirst(node, watched, index, term)) return;
			} else if (term !== undefined && term !== known.entry.term) {
				const detail = `node ${node} commits term ${term} at index ${index}`;
				this.#report('committedForever', `${detail}, where term ${known.entry.term} was committed`);
				return;
			}
		}
		if (isNews && isLeader && this.#committed[commitIndex - 1]?.entry.term !== watched.term) {
			const term = this.#committed[commitIndex - 1]?.entry.term;
			this.#report('commitRule', `node ${node} of term ${watched.term} commits index ${commitIndex} of term ${term}`);
		}
	}

	#commitFirst(node: number, watched: Watched, index: LogIndex, term: number | undefined): boolean {
		const seen = this.#seen[index]?.find(({entry}) => entry.term === term);
		if (seen === undefined || term === undefined) {
			this.#report('stateMachineSafety', `node ${node} commits index ${index}, which nobody has seen`);
			return false;
		}
		const holders = this.#nodes.filter(({durable}) => durable.holds(index, term)).length;
		if (holders < this.#quorum) {
			const detail = `node ${node} commits index ${index} of term ${term}`;
			this.#report('durableQuorum', `${detail}, which is on ${holders} of ${this.#nodes.length} disks`);
			return false;
		}
		this.#committed.push({entry: seen.entry, inTerm: watched.term});
		this.#onCommitted(seen.entry);
		return true;
	}

	/** What a node tells its service: in order, without a gap, and only what is committed. */
	applies(node: number, entries: readonly LogEntry[], after: LogIndex): void {
		let index = after;
		for (const entry of entries) {
			index += 1;
			if (entry.index !== index) {
				this.#report('stateMachineSafety', `node ${node} applies index ${entry.index} after ${index - 1}`);
				return;
			}
			// What this very step has committed is looked at after it.
			const known = this.#committed[index - 1]?.entry;
			if (known !== undefined && known.term !== entry.term) {
				const detail = `node ${node} applies term ${entry.term} at index ${index}`;
				this.#report('stateMachineSafety', `${detail}, where term ${known.term} was committed`);
				return;
			}
		}
	}

	#watched(node: number): Watched {
		return this.#nodes[node] as Watched;
	}
}

function isSameEntry(one: LogEntry, other: LogEntry): boolean {
	return one.type === other.type && isSameBytes(one.command, other.command);
}

export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
	if (one === other) return true;
	if (one.length !== other.length) return false;
	for (let offset = 0; offset < one.length; offset++) if (one[offset] !== other[offset]) return false;
	return true;
}
