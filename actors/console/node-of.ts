import type {CommandContext} from './command.js';
import {CommandRefusedError} from './errors.js';
import type {NodeReference} from './node-reference.js';

/** Of two nodes that both say they lead, the one of the higher term does. Rejects with a {@link CommandRefusedError} without a leader. */
export async function nodeOf(reference: NodeReference, {target, signal}: CommandContext): Promise<number> {
	if (reference.type === 'number') return reference.node;
	const leaders = (await target.status(signal)).flatMap(status =>
		status.type === 'up' && status.role === 'leader' ? [status] : [],
	);
	const [leader] = leaders.sort((one, other) => other.currentTerm - one.currentTerm);
	if (leader === undefined) throw new CommandRefusedError('there is no leader now: wait for one with "wait leader"');
	return leader.node;
}
