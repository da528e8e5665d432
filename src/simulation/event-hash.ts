/**
 * Puts an event into the hash of a trace: what `TraceHash.payload` makes of it, field by field in the order of its making. The most
 * frequent kinds are spelled out here, because to walk through the fields of any object takes several times as long.
 */
import type {AppendEntries, AppendEntriesReply, RaftMessage} from '../raft/types.js';
import type {SimulationEvent} from './events.js';
import type {TraceHash} from './trace-hash.js';

export function hashEvent(hash: TraceHash, event: SimulationEvent): void {
	switch (event.type) {
		case 'message':
			hash.text(event.type);
			hash.number(event.from);
			hash.number(event.node);
			return hashMessage(hash, event.message);
		case 'disk':
			hash.text(event.type);
			hash.number(event.node);
			hash.number(event.life);
			return hash.payload(event.callback);
		case 'turn':
			hash.text(event.type);
			hash.number(event.node);
			return hash.number(event.life);
		case 'timer':
			hash.text(event.type);
			hash.number(event.node);
			hash.number(event.life);
			return hash.number(event.timer);
		default:
			return hash.payload(event);
	}
}

function hashMessage(hash: TraceHash, message: RaftMessage): void {
	if (message.type === 'appendEntries') hashAppend(hash, message);
	else if (message.type === 'appendEntriesReply') hashReply(hash, message);
	else hash.payload(message);
}

function hashAppend(hash: TraceHash, message: AppendEntries): void {
	hash.text(message.type);
	hash.number(message.term);
	hash.number(message.prevLogIndex);
	hash.number(message.prevLogTerm);
	hash.bytes(message.entries);
	hash.number(message.leaderCommit);
	hash.number(message.readToken);
}

function hashReply(hash: TraceHash, message: AppendEntriesReply): void {
	hash.text(message.type);
	hash.number(message.term);
	hash.payload(message.success);
	hash.number(message.readToken);
	hash.number(message.matchIndex);
	hash.number(message.prevLogIndex);
	hash.payload(message.conflictTerm);
	hash.number(message.conflictIndex);
}
