/**
 * A snapshot of the service's state: a stream of frames. Chunks, in which the stream travels and rests, are cut anywhere.
 *
 *     stream   := header | state ... | (session | results ...) ... | end
 *     frame    := length of body, u32 little endian | body, an array encoded by the Codec
 *     header   := [4 (format version), applied index, revision, log time, number of items, number of sessions,
 *                  name of the machine, version of the machine's frames [, wall time, where it is not 0]]
 *     state    := [2, frame of the machine]
 *     session  := [3, id, last active, acknowledged, last sequence]     in their order of use, the longest silent first
 *     results  := [4, sequence, result, sequence, result, ...]     of the session before it
 *     end      := [5]
 *
 * Versions 2 and 3 were those of the key/value machine alone: their state frames are [2, ...frame of the machine], and the
 * sessions of version 2 have no last sequence, which is found from what they hold.
 */
import type {Codec} from '../base/codec.js';
import {isCount, type Plain} from '../base/plain.js';
import type {LogIndex} from '../raft/types.js';
import {CommandCodec} from './command-codec.js';
import {SnapshotFormatError} from './errors.js';
import {FrameBuffer, joined, lengthBytes} from './frame-buffer.js';
import type {FrozenMachine, Machine, MachineReader, MachineTypes, StateMachine} from './machine.js';
import {defaultSessionLimits, SessionTable, type Session, type SessionEnds, type SessionLimits} from './sessions.js';
import type {Kept} from './types.js';

const formatVersion = 4;
const earliestVersion = 2;
const earlierMachine = 'kv';
const stateFrame = 2;
const sessionFrame = 3;
const resultsFrame = 4;
const endFrame = 5;

/** What the snapshots of one kind of machine are written and read with. */
export interface SnapshotWords<T extends MachineTypes> {
	readonly codec: Codec;
	readonly commands: CommandCodec<T>;
	readonly machine: Machine<T>;
	readonly bytesOfKept: (kept: Kept<T>) => number;
	/** Without sessions in it. */
	readonly newSessions: () => SessionTable<T>;
	/** Of all tables that were made here. */
	readonly sessionEnds: SessionEnds;
}

const keptOverheadBytes = 32;

/** `limits`: of the sessions that are read from a snapshot. */
export function snapshotWords<T extends MachineTypes>(
	codec: Codec,
	machine: Machine<T>,
	limits: Partial<SessionLimits> = {},
): SnapshotWords<T> {
	const bytesOfKept = (kept: Kept<T>): number =>
		kept.type === 'result' ? machine.words.bytesOfResult(kept.result) : keptOverheadBytes;
	const allLimits = {...defaultSessionLimits, ...limits};
	const sessionEnds = {expired: 0, evicted: 0};
	return {
		codec,
		commands: new CommandCodec(codec, machine.words),
		machine,
		bytesOfKept,
		newSessions: () => new SessionTable(allLimits, result => machine.words.bytesOfResult(result), sessionEnds),
		sessionEnds,
	};
}

/** The state at one index, held for a snapshot while the living state goes on. */
export interface FrozenState<T extends MachineTypes> {
	readonly index: LogIndex;
	readonly revision: number;
	readonly logTime: number;
	readonly wallTime: number;
	readonly machine: FrozenMachine;
	readonly sessions: readonly Session<T>[];
}

function* resultFrames<T extends MachineTypes>(
	{commands, bytesOfKept}: SnapshotWords<T>,
	session: Session<T>,
	bytesMax: number,
): Generator<unknown[]> {
	let frame: unknown[] = [resultsFrame];
	let bytes = 0;
	for (const [sequence, kept] of session.allKept()) {
		frame.push(sequence, commands.plainOfKept(kept));
		bytes += bytesOfKept(kept);
		if (bytes < bytesMax) continue;
		yield frame;
		frame = [resultsFrame];
		bytes = 0;
	}
	if (frame.length > 1) yield frame;
}

function* framesOf<T extends MachineTypes>(
	words: SnapshotWords<T>,
	state: FrozenState<T>,
	bytesMax: number,
): Generator<unknown[]> {
	const {index, revision, logTime, wallTime, machine, sessions} = state;
	const {name, version} = words.machine;
	const header = [formatVersion, index, revision, logTime, machine.itemCount, sessions.length, name, version];
	yield wallTime === 0 ? header : [...header, wallTime];
	const frames = machine.frames(bytesMax);
	for (let next = frames.next(); next.done !== true; next = frames.next()) yield [stateFrame, next.value];
	for (const session of sessions) {
		const {id, lastActive, acknowledged, lastSequence} = session;
		yield [sessionFrame, id, lastActive, acknowledged, lastSequence];
		yield* resultFrames(words, session, bytesMax);
	}
	yield [endFrame];
}

/** Encodes a frozen state piece by piece. Each piece costs time in proportion to its bytes, never to the state's. */
export class SnapshotEncoder<T extends MachineTypes = MachineTypes> {
	/** The state includes all entries up to here. */
	readonly index: LogIndex;
	readonly #codec: Codec;
	readonly #frames: Iterator<unknown[]>;
	readonly #chunkBytes: number;
	readonly #machine: FrozenMachine;
	#isOver = false;

	constructor(words: SnapshotWords<T>, state: FrozenState<T>, chunkBytes: number) {
		this.index = state.index;
		this.#codec = words.codec;
		this.#frames = framesOf(words, state, chunkBytes);
		this.#chunkBytes = chunkBytes;
		this.#machine = state.machine;
	}

	/** About `chunkBytes`; more only where a single value is larger. */
	nextChunk(): {readonly data: Uint8Array; readonly done: boolean} {
		const frames: Uint8Array[] = [];
		let bytes = 0;
		while (bytes < this.#chunkBytes) {
			const next = this.#frames.next();
			if (next.done === true) {
				this.abandon();
				return {data: joined(frames), done: true};
			}
			const frame = this.#codec.encodeView(next.value);
			frames.push(frame);
			bytes += lengthBytes + frame.length;
		}
		return {data: joined(frames), done: false};
	}

	/** Lets go of the frozen state: no more chunks are wanted. */
	abandon(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#machine.release();
	}
}

interface Header {
	readonly format: number;
	readonly index: LogIndex;
	readonly revision: number;
	readonly logTime: number;
	readonly wallTime: number;
	readonly itemCount: number;
	readonly sessionCount: number;
}

/** A state as a snapshot brings it. */
export interface Restored<T extends MachineTypes> {
	readonly index: LogIndex;
	readonly revision: number;
	readonly wallTime: number;
	readonly machine: StateMachine<T>;
	readonly sessions: SessionTable<T>;
}

/** Builds a state beside the living one from a snapshot's chunks; it counts for nothing until `finish`. */
export class SnapshotDecoder<T extends MachineTypes = MachineTypes> {
	readonly #words: SnapshotWords<T>;
	readonly #buffer = new FrameBuffer();
	readonly #sessions: SessionTable<T>;
	#header: Header | undefined;
	#machine: MachineReader<T> | undefined;
	#session: Session<T> | undefined;
	#hasEnded = false;

	constructor(words: SnapshotWords<T>) {
		this.#words = words;
		this.#sessions = words.newSessions();
	}

	/** The next bytes of the stream. Only keeps them: `step` does the work. */
	push(data: Uint8Array): void {
		this.#buffer.push(data);
	}

	/**
	 * Takes in one frame and tells its bytes; 0 when there is no complete one.
	 *
	 * @throws {SnapshotFormatError}
	 */
	step(): number {
		const body = this.#buffer.next();
		if (body === undefined) return 0;
		if (this.#hasEnded) throw new SnapshotFormatError('something follows its end');
		const frame = this.#decode(body);
		if (this.#header === undefined) this.#takeHeader(frame);
		else this.#takeFrame(this.#header, frame);
		return lengthBytes + body.length;
	}

	/**
	 * The state, complete and verified.
	 *
	 * @throws {SnapshotFormatError}
	 */
	finish(): Restored<T> {
		while (this.step() > 0);
		const header = this.#header;
		const machine = this.#machine;
		if (header === undefined || machine === undefined || !this.#hasEnded || !this.#buffer.isEmpty) {
			throw new SnapshotFormatError('its end is missing');
		}
		if (machine.itemCount !== header.itemCount || this.#sessions.size !== header.sessionCount) {
			const found = `${machine.itemCount} items and ${this.#sessions.size} sessions`;
			const announced = `${header.itemCount} and ${header.sessionCount}`;
			throw new SnapshotFormatError(`${found} where its header says ${announced}`);
		}
		const {index, revision, wallTime} = header;
		const state = machine.finish(revision);
		if (state === undefined) throw new SnapshotFormatError('its items do not make a state');
		// What was over when the snapshot was taken is in it, as far as it was not deleted yet.
		state.timed?.advance(wallTime, revision);
		return {index, revision, wallTime, machine: state, sessions: this.#sessions};
	}

	#decode(body: Uint8Array): Plain {
		const {codec} = this.#words;
		try {
			const frame = codec.decodeView(body);
			// Results are kept as they are decoded: a view would keep the whole chunk. Of other frames all is copied anyway.
			if (Array.isArray(frame)) return (frame[0] === resultsFrame ? codec.decode(body) : frame) as Plain;
		} catch {
			// Told below, in the words of this format.
		}
		throw new SnapshotFormatError(`a frame of ${body.length} bytes is not valid`);
	}

	#takeHeader(frame: Plain): void {
		const [format, index, revision, logTime, itemCount, sessionCount] = frame;
		if (!isCount(format) || format < earliestVersion || format > formatVersion) {
			const known = `this program reads ${earliestVersion} to ${formatVersion}`;
			throw new SnapshotFormatError(`its format has version ${String(format)}, and ${known}`);
		}
		const wallTime = frame[8] ?? 0;
		const isPlace = isCount(wallTime) && isCount(index) && isCount(revision) && isCount(logTime);
		if (!isPlace || !isCount(itemCount) || !isCount(sessionCount)) {
			throw new SnapshotFormatError('its header is not valid');
		}
		this.#machine = this.#beginMachine(format < formatVersion ? [earlierMachine, 1] : frame.slice(6));
		this.#header = {format, index, revision, logTime, wallTime, itemCount, sessionCount};
		this.#sessions.restoreLogTime(logTime);
	}

	#beginMachine([name, version]: Plain): MachineReader<T> {
		const {machine} = this.#words;
		if (name !== machine.name) {
			throw new SnapshotFormatError(`it is of a machine '${String(name)}', not of '${machine.name}'`, String(name));
		}
		const reader = isCount(version) ? machine.beginRestore(version) : undefined;
		if (reader !== undefined) return reader;
		throw new SnapshotFormatError(`the machine '${machine.name}' does not read its version ${String(version)}`);
	}

	#takeFrame({format}: Header, frame: Plain): void {
		switch (frame[0]) {
			case stateFrame:
				return this.#takeState(format < formatVersion ? frame.slice(1) : frame[1]);
			case sessionFrame:
				return this.#takeSession(frame);
			case resultsFrame:
				return this.#takeResults(frame);
			case endFrame:
				this.#hasEnded = true;
				return;
			default:
				throw new SnapshotFormatError('a frame is of an unknown kind');
		}
	}

	#takeState(frame: unknown): void {
		if (!Array.isArray(frame) || this.#machine?.take(frame as Plain) !== true) {
			throw new SnapshotFormatError('a frame of its state is not valid');
		}
	}

	#takeSession([, id, lastActive, acknowledged, lastSequence = acknowledged]: Plain): void {
		if (!isCount(id) || !isCount(lastActive) || !isCount(acknowledged) || !isCount(lastSequence)) {
			throw new SnapshotFormatError('a session is not valid');
		}
		this.#session = this.#sessions.restoreSession({id, lastActive, acknowledged, lastSequence});
	}

	#takeResults(frame: Plain): void {
		for (let offset = 1; offset < frame.length; offset += 2) {
			const sequence = frame[offset];
			const plain = frame[offset + 1];
			const kept = Array.isArray(plain) ? this.#words.commands.parseKept(plain as Plain) : undefined;
			if (this.#session === undefined || !isCount(sequence) || kept === undefined) {
				throw new SnapshotFormatError('a result is not valid');
			}
			this.#sessions.keep(this.#session, sequence, kept);
		}
	}
}
