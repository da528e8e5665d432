/** How much time leases have left, as etcd's leader says. */
import type {Deadline} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import type {CallFailure} from './call-failure.js';
import type {Endpoints} from './endpoints.js';
import {methods} from './rpc/messages.js';

export type LeaseTimes =
	/** Without those that the member that was asked does not know: they are over, or it has not heard of them yet. */
	{readonly type: 'told'; readonly deadlines: ReadonlyMap<bigint, Deadline>} | CallFailure;

/** Unix ms by this machine's clock, for etcd tells whole seconds that are left. One attempt. */
export async function timesOf(
	endpoints: Endpoints,
	leases: ReadonlySet<bigint>,
	timeoutMs: Milliseconds,
): Promise<LeaseTimes> {
	const deadlines = new Map<bigint, Deadline>();
	const failures = await Promise.all(
		[...leases].map(async (id): Promise<CallFailure | undefined> => {
			const answer = await endpoints.call(methods.leaseTimeToLive, {id}, {timeoutMs});
			if (answer.type !== 'answered') return answer;
			const {ttl, grantedTtl} = answer.value;
			if (grantedTtl > 0) deadlines.set(id, Date.now() + Math.max(0, ttl) * 1000);
			return undefined;
		}),
	);
	return failures.find(failure => failure !== undefined) ?? {type: 'told', deadlines};
}
