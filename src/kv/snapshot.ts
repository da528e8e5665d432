/**
 * A snapshot of the service's state: a stream of frames. Chunks, in which the stream travels and rests, are cut anywhere.
 *
 *     stream   := header | keys ... | (session | results ...) ... | end
 *     frame    := length of body, u32 little endian | body, an array encoded by the Codec
 *     header   := [3 (format version), applied index, revision, log time, number of keys, number of sessions]
 *     keys     := [2, key, value, version, key, value, version, ...]
 *     session  := [3, id, last active, acknowledged, last sequence]     in their order of use, the longest silent first
 *     results  := [4, sequence, result, sequence, result, ...]     of the session before it
 *     end      := [5]
 */
import type {NumberMap} from '../base/number-map.js';
import type {LogIndex} from '../raft/types.js';
import {SnapshotFormatError} from './errors.js';
import {parseResult, plainOfOutcome} from './outcome-codec.js';
import {isBytes, isCount, type Plain} from '../base/plain.js';
import {isKey} from './key.js';
import {SessionTable, bytesOfResult, type Session, type SessionLimits} from './sessions.js';
import {Store, type FrozenStore} from './store.js';
import type {Codec} from '../base/codec.js';
import type {Result, Version} from './types.js';

const formatVersion = 3;
/** Its sessions have no last sequence: it is found from what they hold. */
const earlierVersion = 2;
const keysFrame = 2;
const sessionFrame = 3;
const resultsFrame = 4;
const endFrame = 5;
const lengthBytes = 4;

/** What one key costs in a frame beside its bytes, at most. */
const keyOverheadBytes = 24;

/** The state at one index, held for a snapshot while the living state goes on. */
export interface FrozenState {
	readonly index: LogIndex;
	readonly revision: Version;
	readonly logTime: number;
	readonly store: FrozenStore;
	readonly sessions: readonly Session[];
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + lengthBytes + frame.length, 0));
	const view = new DataView(bytes.buffer);
	let offset = 0;
	for (const frame of frames) {
		view.setUint32(offset, frame.length, true);
		bytes.set(frame, offset + lengthBytes);
		offset += lengthBytes + frame.length;
	}
	return bytes;
}

function* keyFrames({store}: FrozenState, bytesMax: number): Generator<unknown[]> {
	let frame: unknown[] = [keysFrame];
	let bytes = 0;
	for (const [key, {value, version}] of store) {
		frame.push(key, value, version);
		bytes += key.length + value.length + keyOverheadBytes;
		if (bytes < bytesMax) continue;
		yield frame;
		frame = [keysFrame];
		bytes = 0;
	}
	if (frame.length > 1) yield frame;
}

function* resultFrames(results: NumberMap<Result>, bytesMax: number): Generator<unknown[]> {
	let frame: unknown[] = [resultsFrame];
	let bytes = 0;
	for (const [sequence, result] of results) {
		frame.push(sequence, plainOfOutcome(result));
		bytes += bytesOfResult(result);
		if (bytes < bytesMax) continue;
		yield frame;
		frame = [resultsFrame];
		bytes = 0;
	}
	if (frame.length > 1) yield frame;
}

function* framesOf(state: FrozenState, bytesMax: number): Generator<unknown[]> {
	const {index, revision, logTime, store, sessions} = state;
	yield [formatVersion, index, revision, logTime, store.size, sessions.length];
	yield* keyFrames(state, bytesMax);
	for (const {id, lastActive, acknowledged, lastSequence, results} of sessions) {
		yield [sessionFrame, id, lastActive, acknowledged, lastSequence];
		yield* resultFrames(results, bytesMax);
	}
	yield [endFrame];
}

/** Encodes a frozen state piece by piece. Each piece costs time in proportion to its bytes, never to the state's. */
export class SnapshotWriter {
	/** The state includes all entries up to here. */
	readonly index: LogIndex;
	readonly #codec: Codec;
	readonly #frames: Iterator<unknown[]>;
	readonly #chunkBytes: number;
	readonly #release: () => void;
	#isOver = false;

	constructor(codec: Codec, state: FrozenState, chunkBytes: number, release: () => void) {
		this.index = state.index;
		this.#codec = codec;
		this.#frames = framesOf(state, chunkBytes);
		this.#chunkBytes = chunkBytes;
		this.#release = release;
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
		this.#release();
	}
}

/** Bytes in, cut anywhere; frames out. */
class FrameBuffer {
	#parts: Uint8Array[] = [];
	#buffered = 0;
	/** Of the frame whose length is already taken out. */
	#bodyBytes: number | undefined;

	get isEmpty(): boolean {
		return this.#buffered === 0 && this.#bodyBytes === undefined;
	}

	push(data: Uint8Array): void {
		if (data.length > 0) this.#parts.push(data);
		this.#buffered += data.length;
	}

	/** The next frame's body, `undefined` while it is not complete. */
	next(): Uint8Array | undefined {
		if (this.#bodyBytes === undefined) {
			const length = this.#take(lengthBytes);
			if (length === undefined) return undefined;
			this.#bodyBytes = new DataView(length.buffer, length.byteOffset, lengthBytes).getUint32(0, true);
		}
		const body = this.#take(this.#bodyBytes);
		if (body !== undefined) this.#bodyBytes = undefined;
		return body;
	}

	#take(length: number): Uint8Array | undefined {
		if (this.#buffered < length) return undefined;
		this.#buffered -= length;
		const first = this.#parts[0];
		if (first !== undefined && first.length > length) {
			this.#parts[0] = first.subarray(length);
			return first.subarray(0, length);
		}
		const taken = new Uint8Array(length);
		let filled = 0;
		while (filled < length) {
			const part = this.#parts.shift();
			if (part === undefined) break;
			const wanted = part.subarray(0, length - filled);
			taken.set(wanted, filled);
			filled += wanted.length;
			if (wanted.length < part.length) this.#parts.unshift(part.subarray(wanted.length));
		}
		return taken;
	}
}

interface Header {
	readonly index: LogIndex;
	readonly revision: Version;
	readonly logTime: number;
	readonly keyCount: number;
	readonly sessionCount: number;
}

/** A state as a snapshot brings it. */
export interface Restored {
	readonly index: LogIndex;
	readonly revision: Version;
	readonly store: Store;
	readonly sessions: SessionTable;
}

/** Builds a state beside the living one from a snapshot's chunks; it counts for nothing until `finish`. */
export class SnapshotReader {
	readonly #codec: Codec;
	readonly #buffer = new FrameBuffer();
	readonly #store = new Store();
	readonly #sessions: SessionTable;
	#header: Header | undefined;
	#session: Session | undefined;
	#hasEnded = false;

	constructor(codec: Codec, limits: SessionLimits) {
		this.#codec = codec;
		this.#sessions = new SessionTable(limits);
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
		else this.#takeFrame(frame);
		return lengthBytes + body.length;
	}

	/**
	 * The state, complete and verified.
	 *
	 * @throws {SnapshotFormatError}
	 */
	finish(): Restored {
		while (this.step() > 0);
		const header = this.#header;
		if (header === undefined || !this.#hasEnded || !this.#buffer.isEmpty) {
			throw new SnapshotFormatError('its end is missing');
		}
		if (this.#store.size !== header.keyCount || this.#sessions.size !== header.sessionCount) {
			const found = `${this.#store.size} keys and ${this.#sessions.size} sessions`;
			const announced = `${header.keyCount} and ${header.sessionCount}`;
			throw new SnapshotFormatError(`${found} where its header says ${announced}`);
		}
		const {index, revision} = header;
		return {index, revision, store: this.#store, sessions: this.#sessions};
	}

	#decode(body: Uint8Array): Plain {
		try {
			const frame = this.#codec.decodeView(body);
			// Results are kept as they are decoded: a view would keep the whole chunk. Of other frames all is copied anyway.
			if (Array.isArray(frame)) return (frame[0] === resultsFrame ? this.#codec.decode(body) : frame) as Plain;
		} catch {
			// Told below, in the words of this format.
		}
		throw new SnapshotFormatError(`a frame of ${body.length} bytes is not valid`);
	}

	#takeHeader([version, index, revision, logTime, keyCount, sessionCount]: Plain): void {
		if (version !== formatVersion && version !== earlierVersion)
			throw new SnapshotFormatError(`its format is not version ${formatVersion}`);
		const isPlace = isCount(index) && isCount(revision) && isCount(logTime);
		if (!isPlace || !isCount(keyCount) || !isCount(sessionCount)) {
			throw new SnapshotFormatError('its header is not valid');
		}
		this.#header = {index, revision, logTime, keyCount, sessionCount};
		this.#sessions.restoreLogTime(logTime);
	}

	#takeFrame(frame: Plain): void {
		switch (frame[0]) {
			case keysFrame:
				return this.#takeKeys(frame);
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

	#takeKeys(frame: Plain): void {
		for (let offset = 1; offset < frame.length; offset += 3) {
			const key = frame[offset];
			const value = frame[offset + 1];
			const version = frame[offset + 2];
			if (!isKey(key) || !isBytes(value) || !isCount(version)) {
				throw new SnapshotFormatError('a key is not valid');
			}
			this.#store.set(key, value, version);
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
			const result = Array.isArray(plain) ? parseResult(plain as Plain) : undefined;
			if (this.#session === undefined || !isCount(sequence) || result === undefined) {
				throw new SnapshotFormatError('a result is not valid');
			}
			this.#sessions.keep(this.#session, sequence, result);
		}
	}
}
