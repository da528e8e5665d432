/** What etcd cannot do, or not exactly. */
import {databaseOf} from '../../../src/kv/database-name.js';
import type {NamedOperation, Operation, Part} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import type {Unsupported} from './errors.js';
import {keysOf, partsOf} from './write-plan.js';

/** etcd counts whole seconds: a shorter time would become a multiple of what it is to be. */
const ttlMsMin = 1000;
/** etcd's own bound, in seconds. */
const ttlSecondsMax = 9_000_000_000;

const isTtl = (ttlMs: Milliseconds): boolean => ttlMs >= ttlMsMin && ttlMs <= ttlSecondsMax * 1000;

/** What of this operation is to be refused. */
export function unsupportedIn(operation: NamedOperation): Unsupported | undefined {
	if (operation.type === 'lease') return operation.action === 'grant' && !isTtl(operation.ttlMs) ? 'ttl' : undefined;
	if ([...keysOf(operation)].some(key => databaseOf(key) > 0)) return 'database';
	for (const part of partsOf(operation)) {
		const unsupported = unsupportedPart(part);
		if (unsupported !== undefined) return unsupported;
		if (part.type === 'clear' && operation.type !== 'clear') return 'clear';
	}
	return undefined;
}

function unsupportedPart(part: Part | Operation): Unsupported | undefined {
	if (part.type === 'script') return 'script';
	if (part.type === 'edit' && part.name === 'swapdb') return 'database';
	if (part.type === 'clear' && part.database !== 'all' && (part.database ?? 0) > 0) return 'database';
	if (part.type !== 'put' && part.type !== 'expire') return undefined;
	if (part.type === 'expire' && part.order !== undefined) return 'order';
	const {expiry} = part;
	if (typeof expiry !== 'object' || 'leaseId' in expiry) return undefined;
	if ('expiresAt' in expiry) return 'expiresAt';
	// One of 0 is over at once.
	return expiry.ttlMs === 0 || isTtl(expiry.ttlMs) ? undefined : 'ttl';
}
