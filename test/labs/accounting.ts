/** What the lab's numbers are on our side, in one place for all bodies of the harness. */
import type {Traffic} from './harness.js';

/** Beside the log a server keeps term, vote, and the snapshot's index and term, 8 bytes each. */
export const hardStateBytes = 32;

/** Payloads are counted as they are. The numbers around them, 6 of 8 bytes at most each way, are set at 64 a message. */
const headerBytes = 64;

/** In the lab a call has a reply; most of ours do, so each request counts two headers. */
export function trafficOf({requests, bytes}: Traffic): Traffic {
	return {requests, bytes: bytes + requests * 2 * headerBytes};
}
