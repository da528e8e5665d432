/**
 * The simulated network of MIT 6.5840's labs (labrpc), number by number, for one-way messages.
 *
 * A lab call is one request and one reply; here each is a message of its own, and the sender says which of the two it
 * is. A call to a live server so succeeds with probability 0.9 x 0.9 on an unreliable network, as in the lab.
 */
import type {Random} from '../base/random.js';

/** Whether a message asks or answers: the lab treats the two ways of a call differently. */
export type MessageKind = 'request' | 'reply';

/** The three ways in which the lab's tests make the network bad. */
export type LabMode = 'unreliable' | 'longReordering' | 'longDelays';

/** Of 1000, on each way. */
const LOST_OF_1000 = 100;
const SHORT_DELAY_MAX_MS = 26;
/** Of 900. */
const LONG_REORDERED_OF_900 = 600;
const LONG_REORDERING_MIN_MS = 200;
const LONG_REORDERING_SPREAD_MS = 1999;
const LOSS_NOTICE_MAX_MS = 99;
const LONG_LOSS_NOTICE_MAX_MS = 6999;

/** `unreliable`: a request comes 0 to 26 ms late; 10 % of requests and 10 % of replies are lost. `undefined`: lost. */
export function unreliableDelayMs(kind: MessageKind, random: Random): number | undefined {
	const delayMs = kind === 'request' ? random.integer(0, SHORT_DELAY_MAX_MS) : 0;
	return random.integer(0, 999) < LOST_OF_1000 ? undefined : delayMs;
}

/** `longReordering`: two of three replies come 200 to 2199 ms late, the short times more often than the long. */
export function longReorderingDelayMs(kind: MessageKind, random: Random): number {
	if (kind === 'request') return 0;
	if (random.integer(0, 899) >= LONG_REORDERED_OF_900) return 0;
	return LONG_REORDERING_MIN_MS + random.integer(0, random.integer(0, LONG_REORDERING_SPREAD_MS));
}

/**
 * How late a lab caller learns that its request was lost or went over a cut link; `longDelays` stretches it. The lab says
 * the same of a dead server; our router refuses at once, as a machine does whose process is gone.
 */
export function lossNoticeMs(longDelays: boolean, random: Random): number {
	return random.integer(0, longDelays ? LONG_LOSS_NOTICE_MAX_MS : LOSS_NOTICE_MAX_MS);
}
