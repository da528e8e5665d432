/** What the key/value clusters of all bodies of the harness have in common. */
import {type Endpoint, nodeEndpoint} from '../../../src/faults/endpoint.js';
import type {FaultPlan} from '../../../src/faults/fault-plan.js';
import type {RaftLimits} from '../../../src/raft/options.js';

/** A lab clerk tries until it succeeds; this is longer than any row may take. */
export const clerkTimeoutMs = 180_000;

/**
 * A thread that has had no processor for a while takes everything that is on its way to it in one go, before it can apply
 * and cut anything. The lab's limit is twice `maxRaftState`, so what is on its way has to fit beside a full log.
 */
export function limitsFor(maxRaftState: number | undefined): Partial<RaftLimits> {
	if (maxRaftState === undefined) return {};
	// Two messages: the window is looked at before the last one is sent.
	const bytes = Math.floor(maxRaftState * 0.4);
	return {appendBytesMax: bytes, inflightBytesMax: bytes};
}

/** From here on the clerk and these servers reach each other, and no others. */
export function connectClerk(
	faults: FaultPlan,
	clerk: Endpoint,
	{servers, nodes}: {readonly servers: readonly number[]; readonly nodes: readonly number[]},
): void {
	const others = nodes.filter(node => !servers.includes(node)).map(nodeEndpoint);
	for (const [id, from, to] of [
		[`${clerk} sends`, clerk, others],
		[`${clerk} hears`, others, clerk],
	] as const) {
		if (others.length === 0) faults.clear(id);
		else faults.set(id, {type: 'cut', links: {from, to}});
	}
}
