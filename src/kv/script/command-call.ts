/** One command that a script calls. */
import {int64OfText, isInt64} from '../../base/int64.js';
import {keyInDatabase} from '../database-name.js';
import type {Execution} from '../execution.js';
import {execute} from '../operations.js';
import {editOf} from '../edits/edit-words.js';
import type {
	ByteString,
	DatabaseNumber,
	Edit,
	EditName,
	Expiry,
	Key,
	NamedOperation,
	Result,
	ScriptReply,
	Value,
} from '../types.js';
import {bytesOf, textOf} from './bytes.js';

/** An answer that is an error: `redis.call` throws it, `redis.pcall` returns it. */
export class CommandError extends Error {}

const notAnInteger = 'ERR value is not an integer or out of range';
export const syntaxError = 'ERR syntax error';
export const ok: ScriptReply = {type: 'status', text: 'OK'};

/** How a command gives a time. */
export interface TimeForm {
	readonly unitMs: 1n | 1000n;
	readonly isAbsolute: boolean;
}

const int64Max = 2n ** 63n - 1n;

/** The database that a script has selected. */
export interface Selection {
	database: DatabaseNumber;
}

export class CommandCall {
	/** In lower case. */
	readonly name: string;
	readonly words: readonly ByteString[];
	/** Holds for the calls behind this one. */
	readonly selection: Selection;
	readonly #execution: Execution;

	constructor(words: readonly ByteString[], execution: Execution, selection: Selection) {
		this.words = words;
		this.selection = selection;
		this.name = (words[0] ?? '').toLowerCase();
		this.#execution = execution;
	}

	/** Unix ms, as the log says: it does not go on while a script runs. */
	get now(): number {
		return this.#execution.now;
	}

	/** The name is word 0. */
	word(place: number): ByteString {
		return this.words[place] ?? '';
	}

	/** The word as a key of the database that is selected. */
	key(place: number): Key {
		return keyInDatabase(this.selection.database, this.word(place));
	}

	value(place: number): Value {
		return bytesOf(this.word(place));
	}

	integer(place: number): bigint {
		const number = int64OfText(this.word(place));
		if (number === undefined) throw new CommandError(notAnInteger);
		return number;
	}

	run(operation: NamedOperation): Result {
		const result = execute(this.#execution, operation);
		if (result.type === 'invalid') throw new CommandError(this.#textOf(result.reason));
		return result;
	}

	/** The words of this call. */
	edit(name: Exclude<EditName, 'copy' | 'move'>): ScriptReply {
		return this.runEdit(
			editOf(
				name,
				this.words.length,
				place => this.key(place),
				place => this.value(place),
			),
		);
	}

	runEdit(edit: Edit): ScriptReply {
		const result = this.run({type: 'edit', ...edit});
		const reply = result.type === 'scripted' ? result.reply : undefined;
		if (typeof reply === 'object' && reply.type === 'error') throw new CommandError(reply.text);
		return reply;
	}

	get(key: Key): {readonly text: ByteString | undefined; readonly expiresAt: number | undefined} {
		const stored = this.#execution.store.get(key);
		return {text: stored && textOf(stored.value), expiresAt: stored?.expiresAt};
	}

	/** `isPositive`: as SET and its kin want it. */
	expiry(place: number, {unitMs, isAbsolute}: TimeForm, isPositive: boolean): Expiry {
		const time = this.integer(place);
		const ms = time * unitMs;
		const isPast = isPositive && time <= 0n;
		if (isPast || !isInt64(ms) || (!isAbsolute && ms > int64Max - BigInt(this.now)))
			throw new CommandError(`ERR invalid expire time in '${this.name}' command`);
		const bounded = ms < 0n ? 0 : Math.min(Number(ms), Number.MAX_SAFE_INTEGER);
		return isAbsolute ? {expiresAt: bounded} : {ttlMs: bounded};
	}

	#textOf(reason: Extract<Result, {type: 'invalid'}>['reason']): string {
		switch (reason) {
			case 'notANumber':
				return notAnInteger;
			case 'numberOverflow':
				return 'ERR increment or decrement would overflow';
			case 'valueTooLarge':
				return `ERR value exceeds the limit of ${this.#execution.valueBytesMax} bytes`;
			default:
				return `ERR the command cannot be carried out in a script (${reason})`;
		}
	}
}
