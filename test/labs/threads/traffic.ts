import type {RouterCounters} from '../../../actors/network/router.js';
import type {Traffic} from '../harness.js';

/** The router counts payloads only. The numbers around them, 6 of 8 bytes at most each way, are set at 64 a message. */
const headerBytes = 64;

/** In the lab a call has a reply; most of ours do, so each request counts two headers. */
export function trafficOf({requests, bytes}: Readonly<RouterCounters>): Traffic {
	return {requests, bytes: bytes + requests * 2 * headerBytes};
}
