/** A digest of what the service itself keeps, beside the machine's state. */
import {hexOf, Lanes} from '../base/lanes.js';
import type {MachineTypes} from './machine.js';
import type {SessionTable} from './sessions.js';
import type {SnapshotWords} from './snapshot.js';

/** Equal for equal tables: sessions count in their order, which decides who is evicted. */
export function sessionsHash<T extends MachineTypes>(
	{codec, commands}: SnapshotWords<T>,
	revision: number,
	wallTime: number,
	sessions: SessionTable<T>,
): string {
	const lanes = new Lanes(2);
	lanes.number(revision);
	lanes.number(sessions.logTime);
	lanes.number(wallTime);
	for (const session of sessions) {
		const {id, lastActive, acknowledged, lastSequence} = session;
		for (const number of [id, lastActive, acknowledged, lastSequence]) lanes.number(number);
		for (const [sequence, kept] of session.allKept()) {
			lanes.number(sequence);
			lanes.bytes(codec.encode(commands.plainOfKept(kept)));
		}
	}
	return hexOf(lanes.first) + hexOf(lanes.second);
}
