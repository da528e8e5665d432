/** SLOWLOG: the commands that took longest to be answered, the last of them first. */
import {secretsIn} from './monitors.js';

/** Of one command; Redis keeps as many. */
const shownPartsMax = 32;
const shownBytesMax = 128;
/** So many entries take some ten megabytes at most. */
export const slowLogLengthMax = 10_000;

export interface SlowCommand {
	readonly id: number;
	/** Unix seconds. */
	readonly time: number;
	readonly microseconds: number;
	/** Shortened, one byte a character. */
	readonly words: readonly string[];
	readonly address: string;
	/** As set by CLIENT SETNAME. */
	readonly name: string;
}

export class SlowLog {
	/** What takes longer is kept; 0: all; -1: nothing. */
	slowerThanMicroseconds = -1;
	#lengthMax = 128;
	#nextId = 0;
	/** The last comes first. */
	#commands: SlowCommand[] = [];

	get isOn(): boolean {
		return this.slowerThanMicroseconds >= 0 && this.#lengthMax > 0;
	}

	get length(): number {
		return this.#commands.length;
	}

	get lengthMax(): number {
		return this.#lengthMax;
	}

	set lengthMax(lengthMax: number) {
		this.#lengthMax = lengthMax;
		this.#commands.length = Math.min(this.#commands.length, lengthMax);
	}

	note(command: Omit<SlowCommand, 'id'>): void {
		if (!this.isOn || command.microseconds <= this.slowerThanMicroseconds) return;
		this.#commands.unshift({...command, id: this.#nextId++});
		this.#commands.length = Math.min(this.#commands.length, this.#lengthMax);
	}

	/** The last so many. */
	last(count: number): readonly SlowCommand[] {
		return this.#commands.slice(0, count);
	}

	reset(): void {
		this.#commands = [];
	}
}

/** A request as it is kept: none of the bytes is that of the socket. */
export function shownWords(parts: readonly Buffer[]): readonly string[] {
	const secrets = secretsIn(parts[0]?.toString('latin1').toLowerCase() ?? '', parts);
	const isTooLong = parts.length > shownPartsMax;
	const count = isTooLong ? shownPartsMax - 1 : parts.length;
	const words = parts.slice(0, count).map((part, at) => (secrets.has(at) ? '(redacted)' : wordOf(part)));
	return isTooLong ? words.concat(`... (${parts.length - count} more arguments)`) : words;
}

function wordOf(part: Buffer): string {
	const more = part.length - shownBytesMax;
	const shown = part.toString('latin1', 0, shownBytesMax);
	return more > 0 ? `${shown}... (${more} more bytes)` : shown;
}
