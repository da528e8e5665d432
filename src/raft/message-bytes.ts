import type {RaftMessage} from './types.js';

/** Bytes that a message would take on a wire, about: entries and snapshots as they are, and something for the rest. */
export function bytesOnWire(message: RaftMessage): number {
	if (message.type === 'appendEntries') return 64 + message.entries.length;
	return message.type === 'installSnapshot' ? 64 + message.data.length : 32;
}
