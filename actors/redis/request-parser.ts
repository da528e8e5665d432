import {splitInlineRequest} from './inline-request.js';
import type {RedisLimits} from './limits.js';
import {PartialBulk} from './partial-bulk.js';

export type Request =
	/** `parts`: the command's name and arguments, never empty; views, to be copied by who keeps them. `bytes`: all of them. */
	| {readonly type: 'request'; readonly parts: readonly Buffer[]; readonly bytes: number}
	/** The client does not speak the protocol, in Redis' words. Nothing that follows can be understood. */
	| {readonly type: 'violation'; readonly reason: string};

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const dollar = 0x24;
const asterisk = 0x2a;
const minus = 0x2d;
const digitZero = 0x30;

/** Redis' PROTO_INLINE_MAX_SIZE. */
const inlineBytesMax = 64 * 1024;
/** More digits than any length within the limits has. */
const lengthDigitsMax = 10;

/**
 * Reads requests, as Redis does (networking.c, processMultibulkBuffer and processInlineBuffer), from a stream that may be cut anywhere:
 *
 *     *2 CRLF $3 CRLF GET CRLF $3 CRLF key CRLF      or      GET key CRLF
 *
 * The caller pulls, so that it can leave requests unread while it is busy. Own code, because the parsers on npm read
 * replies: they know neither inline requests nor limits, and redis-parser preallocates whatever array length a peer names.
 */
export class RequestParser {
	readonly #limits: RedisLimits;
	#chunk: Buffer = Buffer.alloc(0);
	/** Everything of the chunk before it is consumed. */
	#offset = 0;
	/** What is there of the request being read, and how many parts it lacks. */
	#parts: Buffer[] = [];
	#partsMissing = 0;
	#requestBytes = 0;
	/** Of the part being read, once its header was read. */
	#bulkLength: number | undefined;
	/** The part being read, when it arrives in several chunks. */
	#partialBulk: PartialBulk | undefined;

	constructor(limits: RedisLimits) {
		this.#limits = limits;
	}

	/** Bytes that were pushed and not consumed. */
	get unreadBytes(): number {
		return this.#chunk.length - this.#offset;
	}

	/** The chunk must not change afterwards. */
	push(chunk: Buffer): void {
		this.#chunk = this.unreadBytes === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#offset), chunk]);
		this.#offset = 0;
	}

	/** The next request, or `undefined` when more bytes are needed. Not to be called again after a violation. */
	next(): Request | undefined {
		if (this.#partsMissing > 0) return this.#readBulks();
		while (this.unreadBytes > 0) {
			const request = this.#chunk[this.#offset] === asterisk ? this.#readMultibulk() : this.#readInline();
			// Empty requests have no reply: redis-cli --pipe sends one to end a line that was left open.
			if (request === undefined || request.type === 'violation' || request.parts.length > 0) return request;
		}
		return undefined;
	}

	#readMultibulk(): Request | undefined {
		const count = this.#readLength();
		if (count === 'incomplete') return undefined;
		if (count === 'invalid' || count > this.#limits.requestPartsMax) return violation('invalid multibulk length');
		this.#partsMissing = Math.max(count, 0);
		return this.#readBulks();
	}

	#readBulks(): Request | undefined {
		while (this.#partsMissing > 0) {
			if (this.#bulkLength === undefined) {
				const refused = this.#readBulkHeader();
				if (refused !== undefined) return refused;
			}
			if (this.#bulkLength === undefined) return undefined;
			const bulk = this.#readBulk(this.#bulkLength);
			if (bulk === undefined) return undefined;
			this.#bulkLength = undefined;
			this.#parts.push(bulk);
			this.#partsMissing--;
		}
		const request = {type: 'request', parts: this.#parts, bytes: this.#requestBytes} as const;
		this.#parts = [];
		this.#requestBytes = 0;
		return request;
	}

	/** Sets the bulk's length, when its header is complete. */
	#readBulkHeader(): Request | undefined {
		const type = this.#chunk[this.#offset];
		if (type === undefined) return undefined;
		if (type !== dollar) return violation(`expected '$', got '${String.fromCharCode(type)}'`);
		const length = this.#readLength();
		if (length === 'incomplete') return undefined;
		if (length === 'invalid' || length < 0 || length > this.#limits.bulkBytesMax)
			return violation('invalid bulk length');
		this.#requestBytes += length;
		if (this.#requestBytes > this.#limits.requestBytesMax)
			return violation(`request of more than ${this.#limits.requestBytesMax} bytes`);
		this.#bulkLength = length;
		return undefined;
	}

	#readBulk(length: number): Buffer | undefined {
		const end = this.#offset + length;
		// Like Redis, what stands in the place of the final CR LF is not looked at.
		if (this.#partialBulk === undefined && end + 2 <= this.#chunk.length) {
			const bulk = this.#chunk.subarray(this.#offset, end);
			this.#offset = end + 2;
			return bulk;
		}
		this.#partialBulk ??= new PartialBulk(length + 2);
		this.#offset += this.#partialBulk.fill(this.#chunk, this.#offset);
		if (!this.#partialBulk.complete) return undefined;
		const bulk = this.#partialBulk.bytes.subarray(0, length);
		this.#partialBulk = undefined;
		return bulk;
	}

	/** The canonical decimal number between the type byte at the offset and CR LF; moves past them unless incomplete. */
	#readLength(): number | 'incomplete' | 'invalid' {
		const chunk = this.#chunk;
		const first = this.#offset + (chunk[this.#offset + 1] === minus ? 2 : 1);
		let value = 0;
		let at = first;
		for (; ; at++) {
			const byte = chunk[at];
			if (byte === undefined) return 'incomplete';
			if (byte === carriageReturn) break;
			const digit = byte - digitZero;
			const leadingZero = at > first && value === 0;
			if (digit < 0 || digit > 9 || leadingZero || at - first >= lengthDigitsMax) return 'invalid';
			value = value * 10 + digit;
		}
		const negative = first - this.#offset === 2;
		if (at === first || (negative && value === 0)) return 'invalid';
		if (at + 1 >= chunk.length) return 'incomplete';
		this.#offset = at + 2;
		return negative ? -value : value;
	}

	#readInline(): Request | undefined {
		const end = this.#chunk.indexOf(lineFeed, this.#offset);
		const length = (end === -1 ? this.#chunk.length : end) - this.#offset;
		if (length > inlineBytesMax) return violation('too big inline request');
		if (end === -1) return undefined;
		const cut = this.#chunk[end - 1] === carriageReturn && length > 0 ? 1 : 0;
		const parts = splitInlineRequest(this.#chunk.subarray(this.#offset, end - cut));
		this.#offset = end + 1;
		return parts === undefined ? violation('unbalanced quotes in request') : {type: 'request', parts, bytes: length};
	}
}

function violation(reason: string): Request {
	return {type: 'violation', reason: `Protocol error: ${reason}`};
}
