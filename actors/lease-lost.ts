import {ThreadraftError} from '../src/base/errors.js';
import type {LeaseId} from '../src/kv/types.js';

/** The lease is over: its time has passed, it was revoked, or it can no longer be known that it is there. */
export class LeaseLostError extends ThreadraftError {
	override readonly name = 'LeaseLostError';
	readonly code = 'ERR_LEASE_LOST';
	readonly leaseId: LeaseId;

	constructor(leaseId: LeaseId, why: string, options?: ErrorOptions) {
		super(`Lease ${leaseId} is lost (${why}): stop what it protects, and grant a new one.`, options);
		this.leaseId = leaseId;
	}
}
