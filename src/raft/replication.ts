/** A leader's messages to its followers: entries, chunks of a snapshot and heartbeats; and their answers. */
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import type {OutgoingSnapshot, Progress} from './progress.js';
import type {ReadRounds} from './read-rounds.js';
import type {ReplicatedLog} from './replicated-log.js';
import type {Clock} from './step-clock.js';
import type {AppendEntriesReply, InstallSnapshotReply, Milliseconds, NodeId, Term} from './types.js';

export interface ReplicationContext {
	readonly term: Term;
	readonly limits: RaftLimits;
	readonly clock: Clock;
	readonly replicated: Pick<ReplicatedLog, 'log' | 'commitIndex' | 'currentSnapshot'>;
	readonly reads: Pick<ReadRounds, 'token' | 'heartbeat'>;
	readonly progress: ReadonlyMap<NodeId, Progress>;
	readonly outbox: Pick<Outbox, 'emit' | 'report'>;
}

const nothing = {bytes: new Uint8Array(0), count: 0};

export class Replication {
	readonly #context: ReplicationContext;
	#commitNoticeAt: Milliseconds = Infinity;

	constructor(context: ReplicationContext) {
		this.#context = context;
	}

	nextDeadline(): Milliseconds {
		const {progress, limits} = this.#context;
		let deadline = this.#commitNoticeAt;
		for (const {lastSent} of progress.values()) deadline = Math.min(deadline, lastSent + limits.heartbeatMs);
		return deadline;
	}

	/** A follower is taking in a snapshot, and answers: a newer one now would make it begin anew. */
	get isSendingSnapshot(): boolean {
		const {progress, limits, clock} = this.#context;
		return [...progress.values()].some(
			({outgoing, lastContact}) => outgoing !== undefined && clock.now - lastContact <= limits.electionTimeoutMs,
		);
	}

	/** Sends to each follower what it lacks, as far as its window goes. */
	replicate(): void {
		for (const [peer, progress] of this.#context.progress) this.#replicateTo(peer, progress);
	}

	/** Asks every follower at once: a read round has begun. */
	askAll(): void {
		const {progress, reads} = this.#context;
		for (const [peer, follower] of progress) {
			// What was just sent with entries carries the round already.
			if (follower.readTokenSent !== reads.token) this.#sendAppend(peer, follower, 0);
		}
	}

	/** Heartbeats that are due, and what they set going again: probes, chunks, commit notices. */
	tick(): void {
		const {progress, limits, clock, replicated, reads} = this.#context;
		const {now} = clock;
		const isNoticeDue = now >= this.#commitNoticeAt;
		if (isNoticeDue) this.#commitNoticeAt = Infinity;
		let isBegun = false;
		for (const [peer, follower] of progress) {
			// The very sum that `nextDeadline` gives: a difference may be rounded to just below, and the tick come again and again.
			const isHeartbeatDue = now >= follower.lastSent + limits.heartbeatMs;
			if (isHeartbeatDue) {
				if (!isBegun) reads.heartbeat();
				isBegun = true;
				this.#heartbeat(peer, follower);
			} else if (isNoticeDue && follower.commitIndexSent < replicated.commitIndex && follower.state === 'replicate') {
				this.#sendAppend(peer, follower, 0);
			}
		}
	}

	/** The commit index moved: followers that hear nothing else soon are told by a message of its own. */
	commitMoved(): void {
		const {limits, clock} = this.#context;
		if (this.#commitNoticeAt === Infinity) this.#commitNoticeAt = clock.now + limits.commitNoticeMs;
	}

	// --------------------------------------------------------------------------------------------- answers

	/** Takes a follower's answer of this term; `false` when no correct follower can have given it. */
	handleAppendReply(from: NodeId, reply: AppendEntriesReply): boolean {
		const {replicated, reads} = this.#context;
		const {log} = replicated;
		const claimed = reply.success ? reply.matchIndex : reply.prevLogIndex;
		if (claimed > log.lastIndex || reply.readToken > reads.token) return false;
		const progress = this.#contact(from, reply.readToken);
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
	handleSnapshotReply(from: NodeId, reply: InstallSnapshotReply): void {
		const progress = this.#contact(from, reply.readToken);
		if (progress?.outgoing?.snapshot.lastIncludedIndex !== reply.lastIncludedIndex) return;
		if (reply.installed) {
			progress.acknowledged(reply.lastIncludedIndex);
			progress.becomeReplicate();
			this.#context.outbox.report({type: 'snapshotSent', to: from, index: reply.lastIncludedIndex});
			return;
		}
		// An answer that came twice, or late, must not set a second stream of chunks going (0: it has to begin anew). But
		// what the follower said last is where the next heartbeat goes on: it may have lost what it once had.
		const {offset} = progress.outgoing;
		const isNews = reply.offset > offset || (reply.offset === 0 && offset > 0);
		progress.outgoing = {snapshot: progress.outgoing.snapshot, offset: reply.offset};
		if (isNews) this.#sendChunk(from, progress, progress.outgoing);
	}

	#contact(from: NodeId, readToken: number): Progress | undefined {
		const {reads, clock} = this.#context;
		const progress = this.#context.progress.get(from);
		if (progress === undefined) return undefined;
		progress.lastContact = clock.now;
		if (readToken <= reads.token) progress.readToken = Math.max(progress.readToken, readToken);
		return progress;
	}

	/** Goes back to where the logs may meet, a whole term at a time (§5.3, last paragraphs). */
	#backtrack(progress: Progress, reply: AppendEntriesReply): void {
		if (!progress.isRefusalCurrent(reply.prevLogIndex)) return;
		const {log} = this.#context.replicated;
		const sameTerm =
			reply.conflictTerm === undefined ? undefined : log.lastIndexOfTerm(reply.conflictTerm, reply.prevLogIndex - 1);
		const nextIndex = sameTerm === undefined ? reply.conflictIndex : sameTerm + 1;
		progress.becomeProbe(Math.max(1, Math.min(nextIndex, reply.prevLogIndex)));
	}

	// --------------------------------------------------------------------------------------------- sending

	#replicateTo(peer: NodeId, progress: Progress): void {
		const {replicated, limits} = this.#context;
		if (progress.state === 'probe') {
			if (progress.isProbeSent) return;
			if (this.#isBehindSnapshot(progress)) this.#beginTransfer(peer, progress);
			else this.#sendAppend(peer, progress, limits.appendBytesMax);
			return;
		}
		while (progress.state === 'replicate' && progress.nextIndex <= replicated.log.lastIndex && !progress.isWindowFull) {
			if (this.#isBehindSnapshot(progress)) this.#beginTransfer(peer, progress);
			else this.#sendAppend(peer, progress, limits.appendBytesMax);
		}
	}

	#heartbeat(peer: NodeId, progress: Progress): void {
		if (progress.outgoing !== undefined) {
			this.#sendChunk(peer, progress, progress.outgoing);
			return;
		}
		// A lost probe is sent anew with the heartbeat; a lost pipeline shows itself by the refusal of an empty message.
		progress.isProbeSent = false;
		if (progress.state === 'probe') this.#replicateTo(peer, progress);
		else this.#sendAppend(peer, progress, 0);
	}

	#isBehindSnapshot(progress: Progress): boolean {
		return progress.nextIndex <= this.#context.replicated.log.snapshotIndex;
	}

	/** With `bytesMax` 0: a message without entries. */
	#sendAppend(peer: NodeId, progress: Progress, bytesMax: number): void {
		const {term, clock, replicated, reads, outbox} = this.#context;
		const {log, commitIndex: leaderCommit} = replicated;
		const {now} = clock;
		const prevLogIndex = Math.max(progress.nextIndex - 1, log.snapshotIndex);
		const prevLogTerm = log.termAt(prevLogIndex);
		if (prevLogTerm === undefined) return;
		const {bytes, count} = bytesMax === 0 ? nothing : log.pack(prevLogIndex + 1, bytesMax);
		const {token: readToken} = reads;
		outbox.emit({
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

	#beginTransfer(peer: NodeId, progress: Progress): void {
		const {currentSnapshot} = this.#context.replicated;
		progress.becomeSnapshot(currentSnapshot);
		this.#context.outbox.report({type: 'snapshotSending', to: peer, index: currentSnapshot.lastIncludedIndex});
		this.#sendChunk(peer, progress, {snapshot: currentSnapshot, offset: 0});
	}

	#sendChunk(peer: NodeId, progress: Progress, {snapshot, offset}: OutgoingSnapshot): void {
		const {term, limits, clock, replicated, reads, outbox} = this.#context;
		const current = replicated.currentSnapshot;
		// A newer snapshot has replaced the one that was on its way, and its file is gone: begin anew.
		const isSame = current.lastIncludedIndex === snapshot.lastIncludedIndex;
		const outgoing = {snapshot: current, offset: isSame ? offset : 0};
		const {token: readToken} = reads;
		progress.outgoing = outgoing;
		progress.lastSent = clock.now;
		progress.readTokenSent = readToken;
		outbox.emit({
			type: 'sendSnapshot',
			to: peer,
			message: {type: 'installSnapshot', term, snapshot: current, offset: outgoing.offset, readToken},
			bytesMax: limits.snapshotChunkBytes,
		});
	}
}
