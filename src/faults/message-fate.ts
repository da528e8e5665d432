/** What one fault does to one message. */
import {unreachable} from '../base/errors.js';
import {sample} from './distribution.js';
import {longReorderingDelayMs, unreliableDelayMs, type MessageKind} from './lab-network.js';
import type {NetworkFault} from './network-fault.js';
import type {Random} from '../base/random.js';

export interface MessageInFlight {
	readonly kind: MessageKind;
	/** When it is sent. */
	readonly nowMs: number;
	/** Its size; counts on throttled links only. */
	readonly bytes: number;
}

export type Fate =
	| {readonly type: 'lost'}
	/** `copyDelayMs`: how long after the message a second one of it comes; `undefined`: there is none. */
	| {readonly type: 'delivered'; readonly delayMs: number; readonly copyDelayMs: number | undefined};

/** When a throttled link will have sent all that is queued on it; the one thing about a link that has a memory. */
export interface LinkQueue {
	busyUntilMs: number;
}

const LOST: Fate = {type: 'lost'};
const UNTOUCHED: Fate = {type: 'delivered', delayMs: 0, copyDelayMs: undefined};
const delayed = (delayMs: number): Fate => ({type: 'delivered', delayMs, copyDelayMs: undefined});

/** `queue` is that of this fault on this link. Cuts, partitions and isolations lose everything given here. */
export function fateUnder(fault: NetworkFault, message: MessageInFlight, queue: LinkQueue, random: Random): Fate {
	switch (fault.type) {
		case 'loss':
			return random.chance(fault.probability) ? LOST : UNTOUCHED;
		case 'delay':
			return delayed(sample(fault.delay, random));
		case 'duplicate':
			if (!random.chance(fault.probability)) return UNTOUCHED;
			return {type: 'delivered', delayMs: 0, copyDelayMs: sample(fault.copyDelay, random)};
		case 'reorder':
			return random.chance(fault.probability) ? delayed(sample(fault.delay, random)) : UNTOUCHED;
		case 'throttle':
			return fateInQueue(fault, message, queue);
		case 'clog':
			return delayed(Math.max(0, fault.untilMs - message.nowMs));
		case 'flapping':
			return message.nowMs % (fault.downMs + fault.upMs) < fault.downMs ? LOST : UNTOUCHED;
		case 'unreliable': {
			const delayMs = unreliableDelayMs(message.kind, random);
			return delayMs === undefined ? LOST : delayed(delayMs);
		}
		case 'longReordering':
			return delayed(longReorderingDelayMs(message.kind, random));
		case 'longDelays':
			return UNTOUCHED;
		case 'cut':
		case 'partition':
		case 'isolate':
			return LOST;
		default:
			return unreachable(fault);
	}
}

/** First in, first out: the message leaves when all before it, and it itself, have been sent. */
function fateInQueue(fault: NetworkFault & {type: 'throttle'}, message: MessageInFlight, queue: LinkQueue): Fate {
	const waitMs = Math.max(0, queue.busyUntilMs - message.nowMs);
	const queuedBytes = (waitMs * fault.bytesPerSecond) / 1000;
	// An empty queue takes a message of any size: a link that never lets one through would be a cut.
	if (queuedBytes > 0 && queuedBytes + message.bytes > fault.queueBytesMax) return LOST;
	const delayMs = waitMs + (message.bytes / fault.bytesPerSecond) * 1000;
	queue.busyUntilMs = message.nowMs + delayMs;
	return delayed(delayMs);
}
