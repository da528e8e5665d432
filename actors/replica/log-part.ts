/** A part of a node's log for people to look at, bounded: it comes through a port, from a thread that has other work. */
import type {LogEntry, LogIndex} from '../../src/raft/types.js';
import type {LogPart, LogRange, ReplicaStatus} from './protocol.js';

/** Bytes of commands in one answer: about 10 ms of a thread's time. Of what is beyond only the length is told. */
const commandBytesMax = 4 * 2 ** 20;

export interface LogHolder {
	status(): ReplicaStatus;
	/** Those of `[from, to)` that the snapshot does not hold. */
	entries(from: LogIndex, to: LogIndex): readonly LogEntry[];
}

export function logPart(holder: LogHolder, {from, to, countMax}: LogRange): LogPart {
	const status = holder.status();
	const {lastIndex, snapshotIndex} = status;
	const end = Math.min(to ?? lastIndex, lastIndex) + 1;
	const begin = Math.max(from ?? end - countMax, snapshotIndex + 1);
	let room = commandBytesMax;
	const entries = holder.entries(begin, Math.min(end, begin + countMax)).map(({index, term, type, command}) => {
		room -= command.length;
		// A copy: the whole block behind a view would travel along.
		return {index, term, type, bytes: command.length, command: room < 0 ? undefined : command.slice()};
	});
	return {status, entries};
}
