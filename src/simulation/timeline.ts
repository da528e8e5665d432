/** The last events of a run, one fixed-width line each. Lines are made only when somebody wants to read them. */
import {describeFaultEvent} from '../faults/faults.js';
import type {RaftMessage, RequestVote} from '../raft/types.js';
import type {SimulationEvent} from './events.js';

/** A node as it was after an event. */
export interface NodeGlimpse {
	readonly role: string;
	readonly term: number;
	readonly commitIndex: number;
	readonly lastIndex: number;
}

/** Reused over and over: a run has millions of events, and mostly nobody asks for them. */
class Entry {
	atMs = 0;
	event: SimulationEvent | string = '';
	role = '';
	term = 0;
	commitIndex = 0;
	lastIndex = 0;
}

export class Timeline {
	readonly #entries: readonly Entry[];
	#next = 0;

	constructor(length: number) {
		this.#entries = Array.from({length}, () => new Entry());
	}

	/** `glimpse` is only looked at now. */
	add(atMs: number, event: SimulationEvent | string, glimpse: NodeGlimpse | undefined): void {
		const entry = this.#entries[this.#next] as Entry;
		this.#next = (this.#next + 1) % this.#entries.length;
		entry.atMs = atMs;
		entry.event = event;
		entry.role = glimpse?.role ?? '';
		entry.term = glimpse?.term ?? 0;
		entry.commitIndex = glimpse?.commitIndex ?? 0;
		entry.lastIndex = glimpse?.lastIndex ?? 0;
	}

	lines(): readonly string[] {
		const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
		return [header, ...inOrder.filter(({event}) => event !== '').map(lineOf)];
	}
}

const header =
	'time ms      node  event                                                             role      term  commit/last';

function lineOf({atMs, event, role, term, commitIndex, lastIndex}: Entry): string {
	const [node, what] = typeof event === 'string' ? ['', event] : describeEvent(event);
	const after = role === '' ? '' : `${role.padEnd(12)} ${String(term).padStart(4)}  ${commitIndex}/${lastIndex}`;
	const text = what.length > 64 ? `${what.slice(0, 62)}..` : what;
	return `${atMs.toFixed(3).padStart(11)}  ${node.padEnd(5)} ${text.padEnd(64)}  ${after}`.trimEnd();
}

/** Where it happens, as `n` or `c` and a number, and what it is. */
export function describeEvent(event: SimulationEvent): readonly [node: string, what: string] {
	switch (event.type) {
		case 'message':
			return [`n${event.node}`, `<- n${event.from} ${describeMessage(event.message)}`];
		case 'peerDown':
			return [`n${event.node}`, `is told that n${event.peer} has ended`];
		case 'noLeader':
			return [`n${event.node}`, 'is told that nobody leads'];
		case 'falseNotice':
			return ['', 'an end that there was not is told'];
		case 'request':
			return [`n${event.node}`, `<- c${event.client} request ${event.requestId} (${event.request.type})`];
		case 'reply': {
			const {reply} = event;
			const hint = 'leaderId' in reply ? `, leader ${reply.leaderId}` : '';
			return [`c${event.client}`, `<- n${event.from} reply ${event.requestId}: ${reply.type}${hint}`];
		}
		case 'lost':
			return [`c${event.client}`, `request ${event.requestId} lost`];
		case 'cancel':
			return [`n${event.node}`, `<- c${event.client} cancels request ${event.requestId}`];
		case 'disk':
			return [`n${event.node}`, 'disk done'];
		case 'timer':
			return [`n${event.node}`, 'timer'];
		case 'turn':
			return [`n${event.node}`, 'turn'];
		case 'restart':
			return [`n${event.node}`, 'starts'];
		case 'crashAgain':
			return [`n${event.node}`, 'crashes again'];
		case 'clientTimer':
			return [`c${event.client}`, 'timer'];
		case 'submit':
			return [`c${event.client}`, `slot ${event.slot} asks`];
		case 'fault':
			return ['', describeFaultEvent(event.fault)];
		case 'transfer':
			return ['', `somebody wants node ${event.to ?? 'other than the leader'} to lead`];
		case 'look':
		case 'watch':
			return ['', 'the simulator looks'];
		default:
			return event satisfies never;
	}
}

function voteName({preVote, isTransfer}: RequestVote): string {
	if (preVote) return 'preVote';
	return isTransfer ? 'vote of a transfer' : 'vote';
}

/** The message with what matters of it. */
export function describeMessage(message: RaftMessage): string {
	const {type, term} = message;
	switch (message.type) {
		case 'requestVote':
			return `${voteName(message)} T${term} last ${message.lastLogIndex}@${message.lastLogTerm}`;
		case 'requestVoteReply':
			return `${message.preVote ? 'preVote' : 'vote'} T${term} ${message.voteGranted ? 'granted' : 'refused'}`;
		case 'appendEntries': {
			const {prevLogIndex, prevLogTerm, entries, leaderCommit, readToken} = message;
			return `append T${term} after ${prevLogIndex}@${prevLogTerm} ${entries.length} B c${leaderCommit} r${readToken}`;
		}
		case 'appendEntriesReply': {
			const {success, matchIndex, conflictIndex, conflictTerm, readToken} = message;
			const how = success ? `match ${matchIndex}` : `conflict ${conflictIndex}@${conflictTerm}`;
			return `appended T${term} ${how} r${readToken}`;
		}
		case 'installSnapshot':
			return `snapshot T${term} ${message.snapshot.lastIncludedIndex} from ${message.offset}${message.done ? ' end' : ''}`;
		case 'installSnapshotReply':
			return `snapshot T${term} ${message.lastIncludedIndex} ${message.installed ? 'installed' : `has ${message.offset}`}`;
		case 'readIndex':
			return `readIndex T${term} #${message.readId}`;
		case 'readIndexReply':
			return `readIndex T${term} #${message.readId} at ${message.readIndex}`;
		case 'timeoutNow':
			return `timeoutNow T${term} last ${message.lastLogIndex}`;
		default:
			return type;
	}
}
