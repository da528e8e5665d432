/** What a leader sends, taken in by a follower: entries (§5.3) and snapshots in chunks (§7). */
import {acknowledgeAppend, answerChunk, refuseAppend} from './answers.js';
import {unpackEntries} from './codec.js';
import type {Outbox} from './outbox.js';
import type {ReplicatedLog} from './replicated-log.js';
import type {Roles} from './roles.js';
import {SnapshotReceiver} from './snapshot-receiver.js';
import type {CurrentTerm} from './term-and-vote.js';
import type {AppendEntries, InstallSnapshot, LogIndex, NodeId, SnapshotMeta, Term} from './types.js';

export interface FollowerContext {
	readonly termAndVote: CurrentTerm;
	readonly replicated: ReplicatedLog;
	readonly roles: Pick<Roles, 'leaderHeard'>;
	readonly outbox: Outbox;
}

export class Follower {
	readonly #context: FollowerContext;
	readonly #receiver: SnapshotReceiver;

	constructor(context: FollowerContext) {
		this.#context = context;
		this.#receiver = new SnapshotReceiver(effect => context.outbox.emit(effect));
	}

	/** A newer term has begun: only the leader that began to send a snapshot could go on with it. */
	termChanged(): void {
		this.#receiver.drop();
	}

	/** `false` when no correct leader can have sent it. */
	handleAppendEntries(from: NodeId, message: AppendEntries): boolean {
		const {replicated, roles, outbox} = this.#context;
		const entries = unpackEntries(message.entries, message.prevLogIndex + 1);
		if (entries === undefined || !replicated.isPossibleAppend(entries, message)) return false;
		roles.leaderHeard(from, message);
		if (!replicated.hasEntry(message.prevLogIndex, message.prevLogTerm)) {
			outbox.sendOnceHardStateDurable(from, refuseAppend(message, this.#conflictAt(message.prevLogIndex)));
			return true;
		}
		const isChanged = replicated.takeEntries(entries);
		// Never beyond what this message verified: the rest of this log may not be the leader's (§5.3, rule 5 of figure 2).
		const verifiedIndex = message.prevLogIndex + entries.length;
		replicated.commitTo(Math.min(message.leaderCommit, verifiedIndex));
		this.#receiver.dropUpTo(replicated.commitIndex);
		// What waits for the disk is acknowledged when it is there; what brings nothing new is answered at once.
		const matchIndex = isChanged ? verifiedIndex : Math.min(verifiedIndex, replicated.durability.durableIndex);
		const reply = acknowledgeAppend(message, matchIndex);
		if (isChanged) outbox.sendOnceAllDurable(from, reply);
		else outbox.sendOnceHardStateDurable(from, reply);
		return true;
	}

	/** `false` when no correct leader can have sent it. */
	handleInstallSnapshot(from: NodeId, message: InstallSnapshot): boolean {
		const {replicated, roles, outbox} = this.#context;
		if (!replicated.isPossibleSnapshot(message.snapshot)) return false;
		roles.leaderHeard(from, message);
		// Committed already: it could only take the service back (and the index counts for nothing new).
		if (message.snapshot.lastIncludedIndex <= replicated.commitIndex) {
			this.#receiver.drop();
			outbox.sendOnceAllDurable(from, answerChunk(message, {offset: message.offset, installed: true}));
			return true;
		}
		const reply = this.#receiver.take(from, message);
		if (reply !== undefined) outbox.sendOnceHardStateDurable(from, reply);
		return true;
	}

	/** Storage has a chunk. */
	snapshotChunkStored(snapshot: SnapshotMeta, offset: number): void {
		const {termAndVote, replicated, outbox} = this.#context;
		const stored = this.#receiver.stored(snapshot, offset);
		if (stored === undefined) return;
		const {from, reply} = stored;
		if (!termAndVote.isCurrent(reply.term)) return this.#receiver.drop();
		if (reply.installed) {
			if (snapshot.lastIncludedIndex > replicated.commitIndex) this.#install(snapshot);
			outbox.sendOnceAllDurable(from, reply);
		} else {
			outbox.sendOnceHardStateDurable(from, reply);
		}
	}

	#install(snapshot: SnapshotMeta): void {
		this.#context.replicated.install(snapshot);
		this.#context.outbox.emit({type: 'installSnapshot', snapshot});
		this.#context.outbox.report({type: 'snapshotInstalled', index: snapshot.lastIncludedIndex});
	}

	/** What keeps this log from going on after `prevLogIndex`. */
	#conflictAt(prevLogIndex: LogIndex): {readonly conflictTerm: Term | undefined; readonly conflictIndex: LogIndex} {
		const {log} = this.#context.replicated;
		const conflictTerm = log.termAt(prevLogIndex);
		const conflictIndex = conflictTerm === undefined ? log.lastIndex + 1 : log.firstIndexOfRun(prevLogIndex);
		return {conflictTerm, conflictIndex};
	}
}
