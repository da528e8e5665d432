/**
 * Commands, reads and outcomes as bytes. What a client or the log brings is parsed here once, and refused as a value:
 * a malformed command in the log must mean the same on every replica, and must not stop any. Writes, reads and results
 * themselves are the machine's to put into words.
 *
 *     writes       3, session, acknowledged, after - acknowledged, numbered, ...
 *                  0, session, acknowledged, numbered, ...      as they were written before there was an order: after nothing
 *     numbered     [sequence - acknowledged, ...write], or [sequence - acknowledged, 9] for one that there was no memory for
 *     openSession  1, closes
 *     closeSession 4, session
 *     clock        2, logTime [, wallTime]
 *
 *     read         as the machine says it, or 9 for a barrier, whose answer is 15
 *     outcome      the result of a write or read, or 8, session, timeout (sessionOpened) | 9 (sessionExpired) |
 *                  10 (alreadyAcknowledged) | 11 (sessionFull) | 12 (outOfOrder) | 13 (malformed) | 14 (outOfMemory) | 15 (done)
 *
 * These bytes rest in logs: a number, once given, keeps its meaning.
 */
import type {Codec} from '../base/codec.js';
import {unreachable} from '../base/errors.js';
import {isCount, parseAll, type Plain} from '../base/plain.js';
import type {MachineTypes, Words} from './machine.js';
import {
	barrier,
	type Command,
	type Kept,
	type NumberedWrite,
	type Outcome,
	type ReadOrBarrier,
	type ReadResult,
} from './types.js';

const refusedWrite = 9;
const outOfMemory = 14;
const done = 15;
const barrierRead = 9;

/** Brings the words of one machine to bytes and back. */
export class CommandCodec<T extends MachineTypes> {
	readonly words: Words<T>;
	readonly #codec: Codec;

	constructor(codec: Codec, words: Words<T>) {
		this.#codec = codec;
		this.words = words;
	}

	encodeCommand(command: Command<T>): Uint8Array {
		return this.#codec.encode(this.#plainOfCommand(command));
	}

	/** `undefined` when the bytes are not a command. Its byte arrays are views of `bytes`: who keeps one, copies it. */
	decodeCommand(bytes: Uint8Array): Command<T> | undefined {
		const plain = decodePlain(this.#codec.decodeView, bytes);
		return Array.isArray(plain) ? this.#parseCommand(plain as Plain) : undefined;
	}

	encodeReads(reads: readonly ReadOrBarrier<T>[]): Uint8Array {
		return this.#codec.encode(reads.map(read => (read === barrier ? [barrierRead] : this.words.plainOfRead(read))));
	}

	/** `undefined` when the bytes are not a list of reads. */
	decodeReads(bytes: Uint8Array): readonly ReadOrBarrier<T>[] | undefined {
		return parseAll(decodePlain(this.#codec.decodeView, bytes), (plain): ReadOrBarrier<T> | undefined =>
			plain[0] === barrierRead ? barrier : this.words.parseRead(plain),
		);
	}

	encodeOutcomes(outcomes: readonly Outcome<T>[]): Uint8Array {
		return this.#codec.encode(outcomes.map(outcome => this.#plainOfOutcome(outcome)));
	}

	/** Of reads; `barrier` is the answer to one. */
	encodeResults(results: readonly ReadResult<T>[]): Uint8Array {
		return this.#codec.encode(results.map(result => (result === barrier ? [done] : this.words.plainOfResult(result))));
	}

	/** `undefined` when the bytes are not a list of such answers. */
	decodeResults(bytes: Uint8Array): readonly ReadResult<T>[] | undefined {
		return parseAll(decodePlain(this.#codec.decode, bytes), (plain): ReadResult<T> | undefined =>
			plain[0] === done ? barrier : this.words.parseResult(plain),
		);
	}

	/** `undefined` when the bytes are not a list of outcomes. */
	decodeOutcomes(bytes: Uint8Array): readonly Outcome<T>[] | undefined {
		return parseAll(decodePlain(this.#codec.decode, bytes), plain => this.#parseOutcome(plain));
	}

	plainOfKept(kept: Kept<T>): Plain {
		return kept.type === 'result' ? this.words.plainOfResult(kept.result) : [outOfMemory];
	}

	parseKept(plain: Plain): Kept<T> | undefined {
		if (plain[0] === outOfMemory) return {type: 'outOfMemory'};
		const result = this.words.parseResult(plain);
		return result === undefined ? undefined : {type: 'result', result};
	}

	#plainOfCommand(command: Command<T>): Plain {
		switch (command.type) {
			case 'writes': {
				const {session, acknowledged, after, writes} = command;
				const plain: unknown[] = [3, session, acknowledged, after - acknowledged];
				for (const {sequence, write} of writes) {
					const words = write === undefined ? [refusedWrite] : this.words.plainOfWrite(write);
					plain.push(behind(sequence - acknowledged, words));
				}
				return plain;
			}
			case 'openSession':
				return command.closes === 0 ? [1] : [1, command.closes];
			case 'closeSession':
				return [4, command.session];
			case 'clock':
				return command.wallTime === 0 ? [2, command.logTime] : [2, command.logTime, command.wallTime];
			default:
				return unreachable(command);
		}
	}

	#parseCommand(plain: Plain): Command<T> | undefined {
		const [kind, first, acknowledged] = plain;
		if (kind === 1 && first === undefined) return {type: 'openSession', closes: 0};
		if (!isCount(first)) return undefined;
		if (kind === 1) return {type: 'openSession', closes: first};
		if (kind === 4) return {type: 'closeSession', session: first};
		if (kind === 2) return parseClock(first, plain[2]);
		if ((kind !== 0 && kind !== 3) || !isCount(acknowledged)) return undefined;
		const distance = kind === 3 ? plain[3] : 0;
		const writes = this.#parseWrites(plain, kind === 3 ? 4 : 3, acknowledged);
		if (writes === undefined || !isCount(distance)) return undefined;
		return {type: 'writes', session: first, acknowledged, after: acknowledged + distance, writes};
	}

	/** From that offset on; `undefined` when one of them is no write, or when there is none. */
	#parseWrites(plain: Plain, firstOffset: number, acknowledged: number): readonly NumberedWrite<T>[] | undefined {
		const writes: NumberedWrite<T>[] = [];
		for (let offset = firstOffset; offset < plain.length; offset += 1) {
			const numbered = plain[offset];
			if (!Array.isArray(numbered)) return undefined;
			const distance: unknown = numbered[0];
			// Nobody has seen the answer of what is only being asked.
			if (!isCount(distance) || distance === 0) return undefined;
			const isRefused = numbered[1] === refusedWrite;
			const write = isRefused ? undefined : this.words.parseWrite(numbered as Plain, 1);
			if (write === undefined && !isRefused) return undefined;
			writes.push({sequence: acknowledged + distance, write});
		}
		return writes.length === 0 ? undefined : writes;
	}

	#plainOfOutcome(outcome: Outcome<T>): Plain {
		switch (outcome.type) {
			case 'result':
			case 'outOfMemory':
				return this.plainOfKept(outcome);
			case 'sessionOpened':
				return [8, outcome.session, outcome.timeoutMs];
			case 'sessionExpired':
				return [9];
			case 'alreadyAcknowledged':
				return [10];
			case 'sessionFull':
				return [11];
			case 'outOfOrder':
				return [12];
			case 'malformed':
				return [13];
			case 'done':
				return [done];
			default:
				return unreachable(outcome);
		}
	}

	#parseOutcome(plain: Plain): Outcome<T> | undefined {
		switch (plain[0]) {
			case 8: {
				const [, session, timeoutMs] = plain;
				return isCount(session) && isCount(timeoutMs) ? {type: 'sessionOpened', session, timeoutMs} : undefined;
			}
			case 9:
				return {type: 'sessionExpired'};
			case 10:
				return {type: 'alreadyAcknowledged'};
			case 11:
				return {type: 'sessionFull'};
			case 12:
				return {type: 'outOfOrder'};
			case 13:
				return {type: 'malformed'};
			case done:
				return {type: 'done'};
			default:
				return this.parseKept(plain);
		}
	}
}

/** As a spread would make it, which goes through an iterator. */
function behind(first: number, words: Plain): Plain {
	const all = new Array<unknown>(words.length + 1);
	all[0] = first;
	for (let offset = 0; offset < words.length; offset += 1) all[offset + 1] = words[offset];
	return all;
}

const parseClock = (
	logTime: number,
	wallTime: unknown = 0,
): Extract<Command<MachineTypes>, {type: 'clock'}> | undefined =>
	isCount(wallTime) ? {type: 'clock', logTime, wallTime} : undefined;

/** The value behind the bytes, `undefined` for bytes that are none (no decoded value is `undefined` here: see `parseAll`). */
function decodePlain(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
	try {
		return decode(bytes);
	} catch {
		return undefined;
	}
}
