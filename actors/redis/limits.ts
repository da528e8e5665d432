import {defaultStateMachineLimits} from '../../src/kv/state-machine.js';

/** What one gateway, one connection and one request may take up at most. */
export interface RedisLimits {
	/** Bytes of one part of a request; beyond it Redis' protocol error, and the connection is closed. */
	readonly bulkBytesMax: number;
	/** Bytes of all parts of one request together; beyond it a protocol error. */
	readonly requestBytesMax: number;
	/** Parts of one request; beyond it a protocol error. */
	readonly requestPartsMax: number;
	/** Bytes of a key; beyond it an error reply. */
	readonly keyBytesMax: number;
	/** Bytes of a value; beyond it an error reply. Give it the service's own limit. */
	readonly valueBytesMax: number;
	/** Requests of one connection that are taken in before the first of them is answered. The rest waits in the socket. */
	readonly pendingCommandsMax: number;
	/** Bytes of such requests; the one that passes the limit is still taken in. */
	readonly pendingBytesMax: number;
	/** Bytes of replies that a client has not read yet, beyond which it is not served until it has read them all. */
	readonly outputBytesMax: number;
	/** Connections at once; one more is told so and closed. */
	readonly clientsMax: number;
}

const mebibyte = 1024 * 1024;

export const defaultRedisLimits: RedisLimits = {
	bulkBytesMax: 16 * mebibyte,
	requestBytesMax: 32 * mebibyte,
	requestPartsMax: 65_536,
	keyBytesMax: 65_536,
	valueBytesMax: defaultStateMachineLimits.valueBytesMax,
	pendingCommandsMax: 1024,
	pendingBytesMax: 8 * mebibyte,
	outputBytesMax: mebibyte,
	clientsMax: 10_000,
};
