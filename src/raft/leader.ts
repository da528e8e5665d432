/**
 * The state and the work of one leadership. It belongs to one term: made when the term is won, dropped when it is lost.
 */
import {packedBytes} from './codec.js';
import type {Durability} from './durability.js';
import type {Effect} from './effects.js';
import type {RaftLog} from './log.js';
import type {RaftLimits} from './options.js';
import {Progress} from './progress.js';
import {hasQuorum, peersOf, quorumReached} from './quorum.js';
import {type PendingRead, ReadRounds} from './read-rounds.js';
import type {
	AppendEntriesReply,
	Configuration,
	InstallSnapshotReply,
	LogIndex,
	Milliseconds,
	NodeId,
	SnapshotMeta,
	Term,
} from './types.js';

export interface LeaderContext {
	readonly id: NodeId;
	readonly term: Term;
	readonly log: RaftLog;
	readonly durability: Durability;
	readonly limits: RaftLimits;
	readonly configuration: () => Configuration;
	/** The current snapshot; asked only when the log does not reach back to the beginning. */
	readonly snapshot: () => SnapshotMeta;
	readonly emit: (effect: Effect) => void;
}

export class Leader {
	readonly reads = new ReadRounds();
	readonly #context: LeaderContext;
	readonly #progress = new Map<NodeId, Progress>();
	#quorumCheckAt: Milliseconds;
	#commitNoticeAt: Milliseconds = Infinity;
	/** Bytes of commands proposed in this term and not applied by the service yet. */
	#unappliedBytes = 0;
	#unapplied: {readonly lastIndex: LogIndex; readonly bytes: number}[] = [];

	constructor(context: LeaderContext, now: Milliseconds) {
		this.#context = context;
		this.#quorumCheckAt = now + context.limits.electionTimeoutMs;
		for (const peer of this.#peers()) {
			this.#progress.set(peer, new Progress(context.log.lastIndex + 1, now, context.limits));
		}
	}

	nextDeadline(): Milliseconds {
		let deadline = Math.min(this.#quorumCheckAt, this.#commitNoticeAt);
		for (const {lastSent} of this.#progress.values()) {
			deadline = Math.min(deadline, lastSent + this.#context.limits.heartbeatMs);
		}
		return deadline;
	}

	/** A follower is taking in a snapshot, and answers: a newer one now would make it begin anew. */
	isSendingSnapshot(now: Milliseconds): boolean {
		const {electionTimeoutMs} = this.#context.limits;
		return [...this.#progress.values()].some(
			({outgoing, lastContact}) => outgoing !== undefined && now - lastContact <= electionTimeoutMs,
		);
	}

	// ------------------------------------------------------------------------------------------- proposals

	/** Whether that many more bytes may wait to be applied. An idle leader takes any single proposal. */
	hasRoomFor(bytes: number): boolean {
		return this.#unappliedBytes === 0 || this.#unappliedBytes + bytes <= this.#context.limits.unappliedBytesMax;
	}

	proposed(lastIndex: LogIndex, bytes: number): void {
		this.#unapplied.push({lastIndex, bytes});
		this.#unappliedBytes += bytes;
	}

	applied(index: LogIndex): void {
		while (this.#unapplied[0] !== undefined && this.#unapplied[0].lastIndex <= index) {
			this.#unappliedBytes -= this.#unapplied[0].bytes;
			this.#unapplied.shift();
		}
	}

	// ----------------------------------------------------------------------------------------- replication

	/** Sends to each follower what it lacks, as far as its window goes. */
	replicate(commitIndex: LogIndex, now: Milliseconds): void {
		for (const [peer, progress] of this.#progress) this.#replicateTo(peer, progress, commitIndex, now);
	}

	/** Asks every follower at once: a read round has begun. */
	askAll(commitIndex: LogIndex, now: Milliseconds): void {
		for (const [peer, progress] of this.#progress) {
			// What was just sent with entries carries the round already.
			if (progress.readTokenSent !== this.reads.token) {
				this.#sendAppend(peer, progress, progress.nextIndex, 0, commitIndex, now);
			}
		}
	}

	/** Heartbeats that are due, and what they set going again: probes, chunks, commit notices. */
	tick(commitIndex: LogIndex, now: Milliseconds): void {
		const isNoticeDue = now >= this.#commitNoticeAt;
		if (isNoticeDue) this.#commitNoticeAt = Infinity;
		for (const [peer, progress] of this.#progress) {
			// The very sum that `nextDeadline` gives: a difference may be rounded to just below, and the tick come again and again.
			const isHeartbeatDue = now >= progress.lastSent + this.#context.limits.heartbeatMs;
			if (isHeartbeatDue) this.#heartbeat(peer, progress, commitIndex, now);
			else if (isNoticeDue && progress.commitIndexSent < commitIndex && progress.state === 'replicate') {
				this.#sendAppend(peer, progress, progress.nextIndex, 0, commitIndex, now);
			}
		}
	}

	/**
	 * CheckQuorum: whether this leader has to step down, because no quorum has answered it for an election timeout.
	 * A tick that comes very late means that this node slept: the answers may be waiting behind it.
	 */
	hasLostQuorum(now: Milliseconds): boolean {
		const {electionTimeoutMs} = this.#context.limits;
		if (now < this.#quorumCheckAt) return false;
		const isLate = now - this.#quorumCheckAt > electionTimeoutMs / 2;
		this.#quorumCheckAt = now + electionTimeoutMs / 2;
		if (isLate) {
			for (const progress of this.#progress.values()) progress.lastContact = Math.max(progress.lastContact, now);
			return false;
		}
		return !hasQuorum(this.#context.configuration(), voter => {
			const progress = this.#progress.get(voter);
			return voter === this.#context.id || (progress !== undefined && now - progress.lastContact <= electionTimeoutMs);
		});
	}

	/** What a quorum holds durably (§5.3, §5.4.2); the caller checks its term. */
	quorumMatchIndex(): LogIndex {
		const {id, durability} = this.#context;
		return quorumReached(this.#context.configuration(), voter =>
			voter === id ? durability.durableIndex : (this.#progress.get(voter)?.matchIndex ?? 0),
		);
	}

	/** The newest round of reads that a quorum has answered. */
	quorumReadToken(): number {
		const {id} = this.#context;
		return quorumReached(this.#context.configuration(), voter =>
			voter === id ? this.reads.token : (this.#progress.get(voter)?.readToken ?? 0),
		);
	}

	/** The commit index moved: followers that hear nothing else soon are told by a message of its own. */
	committed(now: Milliseconds): void {
		if (this.#commitNoticeAt === Infinity) this.#commitNoticeAt = now + this.#context.limits.commitNoticeMs;
	}

	dropReads(): readonly PendingRead[] {
		return this.reads.dropAll();
	}

	// --------------------------------------------------------------------------------------------- answers

	/** Takes a follower's answer of this term; `false` when no correct follower can have given it. */
	handleAppendReply(from: NodeId, reply: AppendEntriesReply, now: Milliseconds): boolean {
		const {log} = this.#context;
		const claimed = reply.success ? reply.matchIndex : reply.prevLogIndex;
		if (claimed > log.lastIndex || reply.readToken > this.reads.token) return false;
		const progress = this.#contact(from, reply.readToken, now);
		if (progress === undefined) return true;
		if (!reply.success) {
			this.#backtrack(progress, reply);
			return true;
		}
		progress.acknowledged(reply.matchIndex);
		// An acknowledged append may show that the follower no longer needs the snapshot that is on its way.
		if (progress.state === 'snapshot' && progress.matchIndex >= log.snapshotIndex) progress.becomeReplicate();
		return true;
	}

	/** Takes a follower's answer to a chunk. */
	handleSnapshotReply(from: NodeId, reply: InstallSnapshotReply, now: Milliseconds): void {
		const progress = this.#contact(from, reply.readToken, now);
		if (progress?.outgoing?.snapshot.lastIncludedIndex !== reply.lastIncludedIndex) return;
		if (reply.installed) {
			progress.acknowledged(reply.lastIncludedIndex);
			progress.becomeReplicate();
			return;
		}
		// An answer that came twice, or late, must not set a second stream of chunks going (0: it has to begin anew). But
		// what the follower said last is where the next heartbeat goes on: it may have lost what it once had.
		const {offset} = progress.outgoing;
		const isNews = reply.offset > offset || (reply.offset === 0 && offset > 0);
		progress.outgoing = {...progress.outgoing, offset: reply.offset};
		if (isNews) this.#sendChunk(from, progress, progress.outgoing, now);
	}

	// --------------------------------------------------------------------------------------------- sending

	#peers(): readonly NodeId[] {
		return peersOf(this.#context.configuration(), this.#context.id);
	}

	#contact(from: NodeId, readToken: number, now: Milliseconds): Progress | undefined {
		const progress = this.#progress.get(from);
		if (progress === undefined) return undefined;
		progress.lastContact = now;
		if (readToken <= this.reads.token) progress.readToken = Math.max(progress.readToken, readToken);
		return progress;
	}

	#replicateTo(peer: NodeId, progress: Progress, commitIndex: LogIndex, now: Milliseconds): void {
		const {log, limits} = this.#context;
		if (progress.state === 'probe') {
			if (progress.isProbeSent) return;
			if (this.#needsSnapshot(progress)) this.#beginTransfer(peer, progress, now);
			else this.#sendAppend(peer, progress, progress.nextIndex, limits.appendBytesMax, commitIndex, now);
			return;
		}
		while (progress.state === 'replicate' && progress.nextIndex <= log.lastIndex && !progress.isWindowFull) {
			if (this.#needsSnapshot(progress)) this.#beginTransfer(peer, progress, now);
			else this.#sendAppend(peer, progress, progress.nextIndex, limits.appendBytesMax, commitIndex, now);
		}
	}

	#heartbeat(peer: NodeId, progress: Progress, commitIndex: LogIndex, now: Milliseconds): void {
		if (progress.outgoing !== undefined) {
			this.#sendChunk(peer, progress, progress.outgoing, now);
			return;
		}
		// A lost probe is sent anew with the heartbeat; a lost pipeline shows itself by the refusal of an empty message.
		progress.isProbeSent = false;
		if (progress.state === 'probe') this.#replicateTo(peer, progress, commitIndex, now);
		else this.#sendAppend(peer, progress, progress.nextIndex, 0, commitIndex, now);
	}

	#needsSnapshot(progress: Progress): boolean {
		return progress.nextIndex <= this.#context.log.snapshotIndex;
	}

	/** With `bytesMax` 0: a message without entries. */
	#sendAppend(
		peer: NodeId,
		progress: Progress,
		nextIndex: LogIndex,
		bytesMax: number,
		leaderCommit: LogIndex,
		now: Milliseconds,
	): void {
		const {log, term, emit} = this.#context;
		const prevLogIndex = Math.max(nextIndex - 1, log.snapshotIndex);
		const prevLogTerm = log.termAt(prevLogIndex);
		if (prevLogTerm === undefined) return;
		const {bytes, count} = bytesMax === 0 ? nothing : log.pack(prevLogIndex + 1, bytesMax);
		const {token: readToken} = this.reads;
		emit({
			type: 'send',
			to: peer,
			message: {
				type: 'appendEntries',
				term,
				prevLogIndex,
				prevLogTerm,
				entries: bytes,
				leaderCommit,
				readToken,
			},
		});
		progress.lastSent = now;
		progress.commitIndexSent = leaderCommit;
		progress.readTokenSent = readToken;
		if (count > 0) progress.sent(prevLogIndex + count, bytes.length);
		else if (progress.state === 'probe') progress.isProbeSent = true;
	}

	/** Goes back to where the logs may meet, a whole term at a time (§5.3, last paragraphs). */
	#backtrack(progress: Progress, reply: AppendEntriesReply): void {
		if (!progress.isRefusalCurrent(reply.prevLogIndex)) return;
		const {log} = this.#context;
		const sameTerm =
			reply.conflictTerm === undefined ? undefined : log.lastIndexOfTerm(reply.conflictTerm, reply.prevLogIndex - 1);
		const nextIndex = sameTerm === undefined ? reply.conflictIndex : sameTerm + 1;
		progress.becomeProbe(Math.max(1, Math.min(nextIndex, reply.prevLogIndex)));
	}

	#beginTransfer(peer: NodeId, progress: Progress, now: Milliseconds): void {
		const snapshot = this.#context.snapshot();
		progress.becomeSnapshot(snapshot);
		this.#sendChunk(peer, progress, {snapshot, offset: 0}, now);
	}

	#sendChunk(
		peer: NodeId,
		progress: Progress,
		{snapshot, offset}: {snapshot: SnapshotMeta; offset: number},
		now: Milliseconds,
	): void {
		const current = this.#context.snapshot();
		// A newer snapshot has replaced the one that was on its way, and its file is gone: begin anew.
		const isSame = current.lastIncludedIndex === snapshot.lastIncludedIndex;
		const outgoing = {snapshot: current, offset: isSame ? offset : 0};
		const {token: readToken} = this.reads;
		progress.outgoing = outgoing;
		progress.lastSent = now;
		progress.readTokenSent = readToken;
		this.#context.emit({
			type: 'sendSnapshot',
			to: peer,
			message: {
				type: 'installSnapshot',
				term: this.#context.term,
				snapshot: current,
				offset: outgoing.offset,
				readToken,
			},
			bytesMax: this.#context.limits.snapshotChunkBytes,
		});
	}
}

const nothing = {bytes: new Uint8Array(0), count: 0};

/** Bytes that commands take in the log. */
export function commandsBytes(commands: readonly Uint8Array[]): number {
	let bytes = 0;
	for (const command of commands) bytes += packedBytes({index: 0, term: 0 as Term, type: 'command', command});
	return bytes;
}
