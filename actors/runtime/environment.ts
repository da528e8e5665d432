import type {Clock} from './clock.js';
import type {Dispatcher} from './dispatcher.js';
import type {Events} from './events.js';

/** What all actors of one system share. It knows none of them. */
export interface Environment {
	readonly clock: Clock;
	/** In `[0, 1)`. */
	readonly random: () => number;
	readonly events: Events;
	readonly dispatcher: Dispatcher;
	/** A number that no other actor of this system has. */
	nextUid(): number;
}
