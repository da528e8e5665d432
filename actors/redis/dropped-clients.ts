/** Connections that were ended because of what they hold in memory: counted for INFO, and told to the operator. */

/** `evicted`: all together held too much. `unreadReplies`: this one left too much unread, or for too long. */
export type DropCause = 'evicted' | 'unreadReplies';

/** Whoever floods the port shall not flood the log. */
const noticeIntervalMs = 60_000;

export class DroppedClients {
	readonly counts: Record<DropCause, number> = {evicted: 0, unreadReplies: 0};
	readonly #notice: (text: string) => void;
	readonly #now: () => number;
	#toldMs = -Infinity;
	/** Dropped since then, and not told. */
	#untold = 0;

	constructor(notice: (text: string) => void, now: () => number) {
		this.#notice = notice;
		this.#now = now;
	}

	add(cause: DropCause, address: string, reason: string): void {
		this.counts[cause]++;
		const now = this.#now();
		if (now - this.#toldMs < noticeIntervalMs) {
			this.#untold++;
			return;
		}
		const others = this.#untold === 0 ? '' : ` (and ${this.#untold} more since the last such line)`;
		this.#notice(`the Redis client ${address} is dropped: ${reason}${others}`);
		this.#toldMs = now;
		this.#untold = 0;
	}
}
