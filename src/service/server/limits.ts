/** What a server takes, keeps and does at a time. */
import type {Milliseconds} from '../../raft/types.js';
import {defaultSessionLimits, type SessionLimits} from '../sessions.js';
import type {AdmissionLimits} from './admission.js';
import type {SliceLimits} from './applier.js';
import type {OpenLimits} from './open-requests.js';

/** What a server takes, keeps and does at a time, at most. */
export interface ServerLimits extends SessionLimits, AdmissionLimits, OpenLimits, SliceLimits {
	/** Bytes of results in the reply to one read request; the clerk then asks for each alone. @default 8388608 (8 MiB) */
	readonly readBytesMax: number;
	/** Bytes of answers that are prepared while a quorum is asked; the one that exceeds them is the last. @default 1048576 (1 MiB) */
	readonly preparedBytesMax: number;
	/** Reads that wait for something to tell, at once; what is asked beyond is refused. See `AwaitedState`. @default 1024 */
	readonly putOffReadsMax: number;
	/** Requests of one turn are proposed together up to this many bytes. @default 1048576 (1 MiB) */
	readonly proposalBytesMax: number;
	/** Bytes of the machine's state, as it counts them; a write that would exceed them is answered with `outOfMemory`. @default Infinity */
	readonly stateBytesMax: number;
	/** How often log time moves while there are writes, ms; more often where sessions expire soon. @default 1000 */
	readonly clockIntervalMs: Milliseconds;
}

export const defaultServerLimits: ServerLimits = {
	...defaultSessionLimits,
	pendingRequestsMax: 16_384,
	pendingBytesMax: 64 * 2 ** 20,
	sliceOperationsMax: 256,
	sliceBytesMax: 256 * 1024,
	snapshotChunkBytes: 64 * 1024,
	requestBytesMax: 4 * 2 ** 20,
	requestOperationsMax: 4096,
	commandBytesMax: 1.5 * 2 ** 20,
	readBytesMax: 8 * 2 ** 20,
	preparedBytesMax: 2 ** 20,
	putOffReadsMax: 1024,
	proposalBytesMax: 2 ** 20,
	stateBytesMax: Infinity,
	clockIntervalMs: 1000,
};
