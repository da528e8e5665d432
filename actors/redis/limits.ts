import {defaultKvLimits} from '../../src/kv/limits.js';
import {processMemoryBytes} from '../process-memory.js';

/** What one gateway, one connection and one request may take up at most. */
export interface RedisLimits {
	/** Bytes of one argument; beyond it the request is read to its end and answered with an error. */
	readonly bulkBytesMax: number;
	/** Bytes of all arguments of one request together; beyond it the same. */
	readonly requestBytesMax: number;
	/** Arguments of one request, its name included; beyond it the same. */
	readonly requestPartsMax: number;
	/** Bytes of a key; beyond it an error reply. */
	readonly keyBytesMax: number;
	/** Bytes of a value; beyond it an error reply. Give it the service's own limit. */
	readonly valueBytesMax: number;
	/** Requests of one connection that are taken in before the first of them is answered. */
	readonly pendingCommandsMax: number;
	/** Bytes of such requests; the one that passes the limit is still taken in. */
	readonly pendingBytesMax: number;
	/** Bytes of replies that a client has not read, beyond which its next requests wait, as long as there is room for those. */
	readonly unreadRepliesPauseBytes: number;
	/** Bytes of requests that wait because replies are not read. Beyond it they are carried out, for replies that wait. */
	readonly waitingRequestsBytesMax: number;
	/** Bytes of replies that a client has not read, beyond which it is dropped. */
	readonly unreadRepliesBytesMax: number;
	/** A client that leaves more than `unreadRepliesPauseBytes` unread and neither reads nor sends for so long is dropped, ms. */
	readonly unreadRepliesTimeoutMs: number;
	/** Bytes of messages that a subscriber has not read, beyond which it is dropped. */
	readonly unreadMessagesBytesMax: number;
	/** A subscriber that leaves more bytes of messages unread for `slowMessagesMs` is dropped. */
	readonly slowMessagesBytesMax: number;
	/** How long a subscriber may leave more than `slowMessagesBytesMax` unread, ms. */
	readonly slowMessagesMs: number;
	/** Bytes of requests, replies, messages and subscriptions of all connections; beyond it the connection with the most is dropped. */
	readonly clientsBytesMax: number;
	/** Connections at once; one more is told so and closed. */
	readonly clientsMax: number;
}

const mebibyte = 1024 * 1024;

/** What a client may send and hold: see `RedisLimits` for each. */
export const defaultRedisLimits: RedisLimits = {
	bulkBytesMax: 16 * mebibyte,
	requestBytesMax: 32 * mebibyte,
	requestPartsMax: mebibyte,
	keyBytesMax: 65_536,
	valueBytesMax: defaultKvLimits.valueBytesMax,
	pendingCommandsMax: 1024,
	pendingBytesMax: 8 * mebibyte,
	unreadRepliesPauseBytes: mebibyte,
	waitingRequestsBytesMax: 64 * mebibyte,
	unreadRepliesBytesMax: 256 * mebibyte,
	unreadRepliesTimeoutMs: 60_000,
	// These three as in Redis (client-output-buffer-limit pubsub).
	unreadMessagesBytesMax: 32 * mebibyte,
	slowMessagesBytesMax: 8 * mebibyte,
	slowMessagesMs: 60_000,
	clientsBytesMax: Math.max(64 * mebibyte, Math.floor(processMemoryBytes() / 8)),
	clientsMax: 10_000,
};
