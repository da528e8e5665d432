/** Connections that were ended because of what they hold in memory: counted for INFO, told to those who listen and to the operator. */

/** `evicted`: all together held too much. `unreadReplies`: this one left too much unread, or for too long. */
export type DropCause = 'evicted' | 'unreadReplies';

/** The Redis port has ended connections because of what they hold in memory. */
export interface ClientsDropped {
	readonly type: 'clientsDropped';
	readonly cause: DropCause;
	/** Address and port of the client that was dropped last. */
	readonly address: string;
	/** Why that one, in words. */
	readonly reason: string;
	/** That one, and those since such an event was last told. */
	readonly count: number;
}

export interface DroppedClientsOptions {
	/** Is told a line for the operator. */
	readonly notice: (text: string) => void;
	readonly event: (event: ClientsDropped) => void;
	/** Monotonic ms. */
	readonly now: () => number;
}

/** A client that floods the port must not flood the log. */
const noticeIntervalMs = 60_000;
const eventIntervalMs = 1000;

export class DroppedClients {
	readonly counts: Record<DropCause, number> = {evicted: 0, unreadReplies: 0};
	readonly #options: DroppedClientsOptions;
	readonly #notices: Pace;
	readonly #events: Pace;

	constructor(options: DroppedClientsOptions) {
		this.#options = options;
		this.#notices = new Pace(noticeIntervalMs);
		this.#events = new Pace(eventIntervalMs);
	}

	add(cause: DropCause, address: string, reason: string): void {
		this.counts[cause]++;
		const {notice, event, now} = this.#options;
		const time = now();
		const noticed = this.#notices.count(time);
		const told = this.#events.count(time);
		if (noticed > 0) {
			const others = noticed === 1 ? '' : ` (and ${noticed - 1} more since the last such line)`;
			notice(`the Redis client ${address} is dropped: ${reason}${others}`);
		}
		if (told > 0) event({type: 'clientsDropped', cause, address, reason, count: told});
	}
}

/** Lets something be told so often and no oftener, and then how often it happened. */
class Pace {
	readonly #intervalMs: number;
	#toldMs = -Infinity;
	#untold = 0;

	constructor(intervalMs: number) {
		this.#intervalMs = intervalMs;
	}

	/** It has happened once more. So often since it was last told; 0: it is not to be told now. */
	count(nowMs: number): number {
		this.#untold += 1;
		if (nowMs - this.#toldMs < this.#intervalMs) return 0;
		const count = this.#untold;
		this.#toldMs = nowMs;
		this.#untold = 0;
		return count;
	}
}
