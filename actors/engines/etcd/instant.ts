/** How long ago something was, for what etcd counts: never too short. */
import type {Milliseconds} from '../../../src/raft/types.js';

/** By two clocks: one stands still while the machine sleeps, the other can be set back. ms. */
export interface Instant {
	readonly monotonic: Milliseconds;
	readonly wall: Milliseconds;
}

export const now = (): Instant => ({monotonic: performance.now(), wall: Date.now()});

export const elapsedMs = (since: Instant): Milliseconds =>
	Math.max(performance.now() - since.monotonic, Date.now() - since.wall);
