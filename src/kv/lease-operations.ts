/** What operations on leases do to a store. */
import {unreachable} from '../base/errors.js';
import {type Leases, momentAfter} from './leases.js';
import type {ChangeSink} from './changes/changes.js';
import type {LeaseOperation, LeaseRead, Result, Version} from './types.js';

type LeaseResult = Extract<Result, {type: 'lease' | 'invalid'}>;

const none = (leaseId: number, version: Version): LeaseResult => ({
	type: 'lease',
	isThere: false,
	leaseId,
	ttlMs: 0,
	expiresAt: 0,
	version,
});

interface LeaseExecution {
	/** The revision: a lease that is granted has it for its id, which no other has. */
	readonly version: Version;
	/** Unix ms, as the log says. */
	readonly now: number;
	readonly changes?: ChangeSink | undefined;
}

export function changeLease(
	leases: Leases,
	operation: LeaseOperation,
	{version: revision, now, changes}: LeaseExecution,
): LeaseResult {
	switch (operation.action) {
		case 'grant': {
			const {ttlMs} = operation;
			const expiresAt = momentAfter(now, ttlMs);
			if (!leases.grant(revision, ttlMs, expiresAt)) return {type: 'invalid', reason: 'tooManyLeases', version: 0};
			return {type: 'lease', isThere: true, leaseId: revision, ttlMs, expiresAt, version: revision};
		}
		case 'keepAlive': {
			const {leaseId} = operation;
			const expiresAt = leases.keepAlive(leaseId, now);
			const lease = leases.get(leaseId);
			if (expiresAt === undefined || lease === undefined) return none(leaseId, revision);
			return {type: 'lease', isThere: true, leaseId, ttlMs: lease.ttlMs, expiresAt, version: revision};
		}
		case 'revoke': {
			const {leaseId} = operation;
			// All keys of it are gone from here on, whenever they are deleted.
			changes?.noteAll('del', revision, leases.get(leaseId)?.keys ?? new Set());
			return {...none(leaseId, revision), isThere: leases.revoke(leaseId)} as LeaseResult;
		}
		default:
			return unreachable(operation);
	}
}

/** What is known of a lease. All its keys, in the order of their bytes, or none if it has more than were asked for. */
export function readLease(leases: Leases, {leaseId, keysMax}: LeaseRead): LeaseResult {
	const lease = leases.get(leaseId);
	if (lease === undefined) return none(leaseId, 0);
	const {ttlMs, expiresAt, keys} = lease;
	const told = keys.size <= keysMax ? [...keys].sort() : [];
	return {type: 'lease', isThere: true, leaseId, ttlMs, expiresAt, version: 0, keyCount: keys.size, keys: told};
}
