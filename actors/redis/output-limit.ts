import type {RedisLimits} from './limits.js';

/** How much one connection may leave unread: as Redis' `client-output-buffer-limit`, more for replies than for messages. */
export class OutputLimit {
	readonly #limits: RedisLimits;
	/** Since when it has left more messages unread than it may for long, monotonic ms. */
	#slowSinceMs: number | undefined;

	constructor(limits: RedisLimits) {
		this.#limits = limits;
	}

	/** Why it must go, if it must. `nowMs`: monotonic. */
	excessOf(unreadBytes: number, isListening: boolean, nowMs: () => number): string | undefined {
		if (!isListening) {
			const {unreadRepliesBytesMax} = this.#limits;
			this.#slowSinceMs = undefined;
			return unreadBytes > unreadRepliesBytesMax
				? `it left more than ${unreadRepliesBytesMax} bytes of replies unread`
				: undefined;
		}
		const {unreadMessagesBytesMax, slowMessagesBytesMax, slowMessagesMs} = this.#limits;
		if (unreadBytes > unreadMessagesBytesMax)
			return `it left more than ${unreadMessagesBytesMax} bytes of messages unread`;
		if (unreadBytes <= slowMessagesBytesMax) {
			this.#slowSinceMs = undefined;
			return undefined;
		}
		const now = nowMs();
		this.#slowSinceMs ??= now;
		return now - this.#slowSinceMs > slowMessagesMs
			? `it left more than ${slowMessagesBytesMax} bytes of messages unread for ${slowMessagesMs / 1000} s`
			: undefined;
	}
}
