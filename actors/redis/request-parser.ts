import {assert} from '../../src/base/errors.js';
import {Queue} from '../../src/base/queue.js';
import {splitInlineRequest} from './inline-request.js';
import type {RedisLimits} from './limits.js';
import {LengthLine} from './length-line.js';
import {RequestPieces} from './request-pieces.js';

export type Request =
	/** `parts`: the command's name and arguments, never empty; views, to be copied by who keeps them. `bytes`: all of them. */
	| {readonly type: 'request'; readonly parts: readonly Buffer[]; readonly bytes: number}
	/** More than the limits allow. It was read to its end and thrown away: what follows can be understood. */
	| {readonly type: 'tooLarge'; readonly reason: string}
	/** The client does not speak the protocol, in Redis' words. Nothing that follows can be understood. */
	| {readonly type: 'violation'; readonly reason: string};

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const dollar = 0x24;
const asterisk = 0x2a;

/** Redis' PROTO_INLINE_MAX_SIZE. */
const inlineBytesMax = 64 * 1024;
/** What Redis takes of a client that has not given the password. */
const strangerPartsMax = 10;
const strangerBulkBytesMax = 16_384;
/** What Redis takes at most: beyond it the connection ends there too. */
const redisPartsMax = 2 ** 31 - 1;
const redisBulkBytesMax = 512 * 2 ** 20;
/** What a chunk takes besides its bytes. */
const chunkOverheadBytes = 128;

const empty = Buffer.alloc(0);

/** Not in Node's shared pool, of which a small copy would keep a whole block. */
function copyOf(bytes: Buffer): Buffer {
	const copy = Buffer.allocUnsafeSlow(bytes.length);
	bytes.copy(copy);
	return copy;
}

/** A request that arrives in several chunks, as far as it is known. */
interface Partial {
	readonly pieces: RequestPieces;
	/** `undefined` until the line that tells is there. */
	partsMissing: number | undefined;
	/** Bytes of the part being read, CR LF included, that are still to come. */
	skip: number;
	/** Of all parts so far. */
	requestBytes: number;
	/** Why it is thrown away instead of kept. */
	tooLarge: string | undefined;
}

/**
 * Reads requests, as Redis does (networking.c, processMultibulkBuffer and processInlineBuffer), from a stream that may be cut anywhere:
 *
 *     *2 CRLF $3 CRLF GET CRLF $3 CRLF key CRLF      or      GET key CRLF
 *
 * A request within one chunk is taken apart at once. Of one that is cut only the bytes are kept, and where it ends is
 * looked for in passing: its parts become objects when it is whole, so an unfinished request takes what was sent of it and
 * no more. The caller pulls, so that it can leave requests unread while it is busy. Own code, because the parsers on npm
 * read replies: they know neither inline requests nor limits, and redis-parser preallocates whatever array length a peer names.
 */
export class RequestParser {
	readonly #limits: RedisLimits;
	readonly #isStranger: () => boolean;
	#chunk: Buffer = empty;
	/** Everything of the chunk before it is consumed. */
	#offset = 0;
	/** The chunks behind it. */
	readonly #waiting = new Queue<Buffer>();
	#waitingBytes = 0;
	#partial: Partial | undefined;
	readonly #line = new LengthLine();

	/** `isStranger`: whether the client has yet to give the password, when a request begins. */
	constructor(limits: RedisLimits, isStranger: () => boolean = () => false) {
		this.#limits = limits;
		this.#isStranger = isStranger;
	}

	/** Bytes that are held: pushed and not consumed, or of an unfinished request. */
	get heldBytes(): number {
		const partialBytes = this.#partial?.pieces.byteLength ?? 0;
		return partialBytes + this.#chunk.length - this.#offset + this.#waitingBytes;
	}

	/** The chunk must not change afterwards. */
	push(chunk: Buffer): void {
		if (this.#offset === this.#chunk.length) {
			this.#chunk = chunk;
			this.#offset = 0;
			return;
		}
		this.#waiting.push(chunk);
		this.#waitingBytes += chunk.length + chunkOverheadBytes;
	}

	/** The next request, or `undefined` when more bytes are needed. Not to be called again after a violation. */
	next(): Request | undefined {
		for (;;) {
			const request = this.#partial === undefined ? this.#readRequest() : this.#readOn(this.#partial);
			if (request !== undefined) return request;
			if (this.#takeChunk()) continue;
			this.#letGo();
			return undefined;
		}
	}

	/** What is left of the chunk must not keep all of it in memory while the client sends nothing more. */
	#letGo(): void {
		const rest = this.#chunk.subarray(this.#offset);
		if (rest.length * 2 > this.#chunk.length) return;
		this.#chunk = rest.length === 0 ? empty : copyOf(rest);
		this.#offset = 0;
	}

	/** Goes on with the next chunk. What is left of this one is little: a line that is cut. */
	#takeChunk(): boolean {
		const next = this.#waiting.first;
		if (next === undefined) return false;
		this.#waiting.shift();
		this.#waitingBytes -= next.length + chunkOverheadBytes;
		const rest = this.#chunk.subarray(this.#offset);
		this.#chunk = rest.length === 0 ? next : Buffer.concat([rest, next]);
		this.#offset = 0;
		return true;
	}

	#readRequest(): Request | undefined {
		while (this.#offset < this.#chunk.length) {
			const isMultibulk = this.#chunk[this.#offset] === asterisk;
			const request = isMultibulk ? this.#readMultibulk() : this.#readInline();
			// Empty requests have no reply: redis-cli --pipe sends one to end a line that was left open.
			if (request?.type !== 'request' || request.parts.length > 0) return request;
		}
		return undefined;
	}

	/** Most requests are whole; one that is not, or that is too large, is begun again as a partial one. */
	#readMultibulk(): Request | undefined {
		const whole = this.#readWhole(this.#chunk, this.#offset);
		if (whole !== undefined) {
			this.#offset = this.#line.end;
			return whole;
		}
		this.#partial = {
			pieces: new RequestPieces(),
			partsMissing: undefined,
			skip: 0,
			requestBytes: 0,
			tooLarge: undefined,
		};
		return this.#readOn(this.#partial);
	}

	/** Looks for the end of the partial request in this chunk. */
	#readOn(partial: Partial): Request | undefined {
		const start = this.#offset;
		const refused = this.#skipParts(partial);
		if (refused !== undefined) return refused;
		const {pieces, tooLarge} = partial;
		if (tooLarge === undefined) pieces.add(this.#chunk.subarray(start, this.#offset));
		else pieces.clear();
		if (partial.partsMissing !== 0 || partial.skip > 0) return undefined;
		this.#partial = undefined;
		if (tooLarge !== undefined) return {type: 'tooLarge', reason: tooLarge};
		const request = this.#readWhole(pieces.join(), 0);
		assert(request !== undefined, 'a request whose end was found is whole');
		return request.parts.length === 0 ? this.#readRequest() : request;
	}

	/** The request that begins at `start`, and in `#line.end` where it ends; `undefined` when it is cut, or not within the limits. */
	#readWhole(chunk: Buffer, start: number): Extract<Request, {type: 'request'}> | undefined {
		const {requestPartsMax, bulkBytesMax, requestBytesMax} = this.#limits;
		const line = this.#line;
		if (line.read(chunk, start) !== 'complete' || line.length > requestPartsMax) return undefined;
		if (line.length > strangerPartsMax && this.#isStranger()) return undefined;
		const parts: Buffer[] = [];
		let bytes = 0;
		for (let missing = line.length; missing > 0; missing--) {
			if (chunk[line.end] !== dollar || line.read(chunk, line.end) !== 'complete') return undefined;
			const {length, end} = line;
			// Like Redis, what stands in the place of the final CR LF is not looked at.
			if (length < 0 || length > bulkBytesMax || end + length + 2 > chunk.length) return undefined;
			if (length > strangerBulkBytesMax && this.#isStranger()) return undefined;
			bytes += length;
			parts.push(chunk.subarray(end, end + length));
			line.end = end + length + 2;
		}
		return bytes > requestBytesMax ? undefined : {type: 'request', parts, bytes};
	}

	/** Moves the offset over parts, up to the end of the request or of what is there of it. */
	#skipParts(partial: Partial): Request | undefined {
		for (;;) {
			const skipped = Math.min(partial.skip, this.#chunk.length - this.#offset);
			this.#offset += skipped;
			partial.skip -= skipped;
			if (partial.skip > 0 || partial.partsMissing === 0) return undefined;
			const type = this.#chunk[this.#offset];
			if (type === undefined) return undefined;
			const isFirst = partial.partsMissing === undefined;
			if (!isFirst && type !== dollar) return violation(`expected '$', got '${String.fromCharCode(type)}'`);
			const line = this.#line;
			const state = line.read(this.#chunk, this.#offset);
			if (state === 'incomplete') return undefined;
			const isAllowed = isFirst ? line.length <= redisPartsMax : line.length >= 0 && line.length <= redisBulkBytesMax;
			if (state === 'invalid' || !isAllowed)
				return violation(isFirst ? 'invalid multibulk length' : 'invalid bulk length');
			if (line.length > (isFirst ? strangerPartsMax : strangerBulkBytesMax) && this.#isStranger())
				return violation(`unauthenticated ${isFirst ? 'multibulk' : 'bulk'} length`);
			this.#offset = line.end;
			if (isFirst) this.#beginParts(partial, Math.max(line.length, 0));
			else this.#beginPart(partial, line.length);
		}
	}

	#beginParts(partial: Partial, count: number): void {
		partial.partsMissing = count;
		const {requestPartsMax} = this.#limits;
		if (count > requestPartsMax)
			partial.tooLarge = `the request has ${count} arguments, its name included, and at most ${requestPartsMax} are allowed`;
	}

	#beginPart(partial: Partial, length: number): void {
		const {bulkBytesMax, requestBytesMax} = this.#limits;
		partial.partsMissing = (partial.partsMissing ?? 0) - 1;
		partial.skip = length + 2;
		partial.requestBytes += length;
		if (length > bulkBytesMax)
			partial.tooLarge ??= `an argument has ${length} bytes, and at most ${bulkBytesMax} are allowed`;
		else if (partial.requestBytes > requestBytesMax)
			partial.tooLarge ??= `the request's arguments have more than the ${requestBytesMax} bytes that are allowed`;
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
