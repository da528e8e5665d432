import type {Writable} from 'node:stream';
import {formatGeneral} from '../../src/lua/numbers.js';

/** Version of the Redis serialization protocol that a client asked for by HELLO. */
export type ProtocolVersion = 2 | 3;

/** A place in what is collected. */
export interface ReplyMark {
	readonly chunkCount: number;
	readonly text: string;
	readonly chunksBytes: number;
}

/** A value up to this size is copied among the text around it; a larger one is handed to the socket as it is. */
const copiedBytesMax = 1024;

/**
 * Collects replies, to be written to the socket in one go: a write per reply would be a system call per reply.
 * Texts are byte strings (a character a byte).
 */
export class ReplyWriter {
	/** How to write what RESP2 has no type for. */
	protocol: ProtocolVersion = 2;
	/** What precedes the open text. */
	#chunks: (string | Uint8Array)[] = [];
	#text = '';
	#chunksBytes = 0;
	readonly #errorReplied: () => void;

	/** `errorReplied`: called for each error reply. */
	constructor(errorReplied: () => void = () => undefined) {
		this.#errorReplied = errorReplied;
	}

	/** Bytes collected and not written. */
	get length(): number {
		return this.#chunksBytes + this.#text.length;
	}

	/** A status such as OK; no line breaks. */
	status(text: string): void {
		this.#text += `+${text}\r\n`;
	}

	/** One line, as Redis has it: a word in capitals for machines, then a sentence. */
	error(text: string): void {
		this.#errorReplied();
		this.#text += `-${text.replaceAll(/[\r\n]/g, ' ')}\r\n`;
	}

	integer(value: number | bigint): void {
		this.#text += `:${value}\r\n`;
	}

	bulk(text: string): void {
		this.#text += `$${text.length}\r\n${text}\r\n`;
	}

	/** A value, or null. */
	value(value: Uint8Array | undefined): void {
		if (value === undefined) {
			this.null();
			return;
		}
		this.#text += `$${value.length}\r\n`;
		if (value.length <= copiedBytesMax) {
			this.#text += Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
		} else {
			this.#chunks.push(this.#text, value);
			this.#chunksBytes += this.#text.length + value.length;
			this.#text = '';
		}
		this.#text += '\r\n';
	}

	/** RESP2 has no such type: 1, or null. */
	boolean(value: boolean): void {
		if (this.protocol === 3) this.#text += value ? '#t\r\n' : '#f\r\n';
		else if (value) this.integer(1);
		else this.null();
	}

	/** RESP2 has no such type: its text. */
	double(value: number): void {
		const text = formatGeneral(value, 17);
		if (this.protocol === 3) this.#text += `,${text}\r\n`;
		else this.bulk(text);
	}

	null(): void {
		this.#text += this.protocol === 3 ? '_\r\n' : '$-1\r\n';
	}

	/** Null in the place of an array. */
	nullArray(): void {
		this.#text += this.protocol === 3 ? '_\r\n' : '*-1\r\n';
	}

	/** Text for people to read. */
	verbatim(text: string): void {
		if (this.protocol === 2) this.bulk(text);
		else this.#text += `=${text.length + 4}\r\ntxt:${text}\r\n`;
	}

	/** The items follow. */
	array(length: number): void {
		this.#text += `*${length}\r\n`;
	}

	/** The items follow. */
	set(size: number): void {
		this.#text += this.protocol === 3 ? `~${size}\r\n` : `*${size}\r\n`;
	}

	/** The keys follow, each with its value behind it. */
	map(size: number): void {
		this.#text += this.protocol === 3 ? `%${size}\r\n` : `*${2 * size}\r\n`;
	}

	/** What was not asked for; the items follow. RESP2 has an array for it. */
	push(length: number): void {
		this.#text += this.protocol === 3 ? `>${length}\r\n` : `*${length}\r\n`;
	}

	/** Gives all that was collected to another, and forgets it. */
	moveTo(other: ReplyWriter): void {
		other.#chunks.push(other.#text);
		for (const chunk of this.#chunks) other.#chunks.push(chunk);
		other.#chunksBytes += other.#text.length + this.#chunksBytes;
		other.#text = this.#text;
		this.#forget();
	}

	/** Where it stands, for `takeBack`. */
	mark(): ReplyMark {
		return {chunkCount: this.#chunks.length, text: this.#text, chunksBytes: this.#chunksBytes};
	}

	/** Forgets what was collected since the mark; nothing may have been flushed since. */
	takeBack({chunkCount, text, chunksBytes}: ReplyMark): void {
		this.#chunks.length = chunkCount;
		this.#text = text;
		this.#chunksBytes = chunksBytes;
	}

	/** Writes what was collected, and forgets it. */
	flush(output: Writable): void {
		if (this.length === 0) return;
		// Mostly there is nothing else: then corking would be half of the way to the socket.
		if (this.#chunks.length === 0) {
			const text = this.#text;
			this.#text = '';
			output.write(text, 'latin1');
			return;
		}
		output.cork();
		for (const chunk of this.#chunks) {
			if (typeof chunk === 'string') output.write(chunk, 'latin1');
			else output.write(chunk);
		}
		if (this.#text.length > 0) output.write(this.#text, 'latin1');
		output.uncork();
		this.#forget();
	}

	#forget(): void {
		this.#chunks = [];
		this.#chunksBytes = 0;
		this.#text = '';
	}
}
