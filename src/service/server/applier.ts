/**
 * One replica's state as its node drives it: applying, handing out snapshots, taking one in. Everything that can take
 * long is done in slices, so that whoever shares the thread (the node's own heartbeats first of all) gets its turn.
 */
import {assert} from '../../base/errors.js';
import type {LogEntry, LogIndex, ServiceInput, ServiceOutput} from '../../raft/types.js';
import type {SnapshotDecoder, SnapshotEncoder} from '../snapshot.js';
import type {ReplicatedState} from '../replicated-state.js';
import type {MachineTypes} from '../machine.js';
import type {Command, Outcome} from '../types.js';

/** How much a server does at a time, before it looks at what else has come. */
export interface SliceLimits {
	/** Operations applied in one slice, fewer when they are large; an entry is applied whole. @default 256 */
	readonly sliceOperationsMax: number;
	/** Bytes of entries applied, or of a snapshot taken in, by one slice. @default 262144 (256 KiB) */
	readonly sliceBytesMax: number;
	/** Bytes of a snapshot's chunk: the work of one slice while a snapshot is taken. @default 65536 (64 KiB) */
	readonly snapshotChunkBytes: number;
}

/** Copying this much of the store for a snapshot takes about as long as applying one operation. */
const copiedBytesPerOperation = 16 * 1024;

type Sliced = 'apply' | 'takeSnapshot' | 'installSnapshot' | 'installChunk';
/** What is taken in slices, in the order in which it came. */
export type SlicedInput = Extract<ServiceInput, {type: Sliced}>;

interface Wiring<T extends MachineTypes> {
	readonly state: ReplicatedState<T>;
	readonly send: (output: ServiceOutput) => void;
	/** What this entry carries, if that is known already. */
	readonly commandOf: (entry: LogEntry) => Command<T> | undefined;
	/** Told of each entry, in order; `undefined` for one that is not the service's. */
	readonly applied: (entry: LogEntry, outcomes: readonly Outcome<T>[] | undefined) => void;
	readonly limits: SliceLimits;
}

export class Applier<T extends MachineTypes> {
	readonly #state: ReplicatedState<T>;
	readonly #send: (output: ServiceOutput) => void;
	readonly #commandOf: (entry: LogEntry) => Command<T> | undefined;
	readonly #applied: (entry: LogEntry, outcomes: readonly Outcome<T>[] | undefined) => void;
	readonly #limits: SliceLimits;
	/** Entries of the current `apply` input that are done. */
	#offset = 0;
	#writer: SnapshotEncoder<T> | undefined;
	/** The node has stored the chunk before, and waits for the next. */
	#isChunkWanted = false;
	/** The snapshot that is being taken in, and its index. */
	#reader: SnapshotDecoder<T> | undefined;
	#installIndex: LogIndex = 0;
	/** The current `installChunk` is in the reader's buffer. */
	#isChunkPushed = false;

	constructor({state, send, commandOf, applied, limits}: Wiring<T>) {
		this.#state = state;
		this.#send = send;
		this.#commandOf = commandOf;
		this.#applied = applied;
		this.#limits = limits;
	}

	/** A chunk of a snapshot is to be made: call `makeChunk`. */
	get isChunkWanted(): boolean {
		return this.#isChunkWanted;
	}

	/** Does one slice of this input's work; `true` once the input is done with. */
	slice(input: SlicedInput): boolean {
		switch (input.type) {
			case 'apply':
				return this.#apply(input.entries);
			case 'takeSnapshot':
				this.#takeSnapshot();
				return true;
			case 'installSnapshot':
				this.#install(input.snapshot.lastIncludedIndex);
				return true;
			case 'installChunk':
				return this.#takeChunk(input.index, input.data, input.done);
			default:
				return input satisfies never;
		}
	}

	/** The node stored the last chunk of the snapshot at this index. */
	chunkStored(index: LogIndex): void {
		if (this.#writer?.index === index) this.#isChunkWanted = true;
	}

	makeChunk(): void {
		const writer = this.#writer;
		if (writer === undefined || !this.#isChunkWanted) return;
		this.#isChunkWanted = false;
		const {data, done} = writer.nextChunk();
		if (done) this.#writer = undefined;
		this.#send({type: 'snapshotChunk', index: writer.index, data, done});
	}

	abandonSnapshot(): void {
		this.#writer?.abandon();
		this.#writer = undefined;
		this.#isChunkWanted = false;
	}

	#apply(entries: readonly LogEntry[]): boolean {
		assert(this.#reader === undefined, 'nothing is applied while a snapshot is being installed');
		const {sliceOperationsMax, sliceBytesMax} = this.#limits;
		const bytesPerOperation = sliceBytesMax / sliceOperationsMax;
		let cost = 0;
		for (const entry of entries.slice(this.#offset, this.#offset + sliceOperationsMax)) {
			const copiedBefore = this.#state.machine.copiedBytes;
			const outcomes = this.#state.apply(entry, this.#commandOf(entry));
			this.#offset += 1;
			this.#applied(entry, outcomes);
			const copied = this.#state.machine.copiedBytes - copiedBefore;
			cost += (outcomes?.length ?? 1) + entry.command.length / bytesPerOperation + copied / copiedBytesPerOperation;
			if (cost >= sliceOperationsMax) break;
		}
		this.#send({type: 'applied', index: this.#state.appliedIndex});
		if (this.#offset < entries.length) return false;
		this.#offset = 0;
		return true;
	}

	#takeSnapshot(): void {
		assert(this.#reader === undefined, 'no snapshot is taken while one is being installed');
		this.#writer = this.#state.beginSnapshot(this.#limits.snapshotChunkBytes);
		this.#isChunkWanted = true;
	}

	#install(index: LogIndex): void {
		// "A snapshot only moves a node forward": entries that were applied, and perhaps answered, must not be undone.
		assert(index >= this.#state.appliedIndex, 'an installed snapshot is not older than the state');
		this.abandonSnapshot();
		this.#reader = this.#state.beginRestore();
		this.#installIndex = index;
		this.#isChunkPushed = false;
	}

	#takeChunk(index: LogIndex, data: Uint8Array, done: boolean): boolean {
		const reader = this.#reader;
		assert(reader !== undefined && index === this.#installIndex, 'a chunk belongs to the snapshot being installed');
		if (!this.#isChunkPushed) reader.push(data);
		this.#isChunkPushed = true;
		for (let bytes = 0, frame = 1; frame > 0; bytes += frame) {
			if (bytes >= this.#limits.sliceBytesMax) return false;
			frame = reader.step();
		}
		this.#isChunkPushed = false;
		if (done) this.#restore(reader);
		this.#send({type: 'installChunkLoaded', index});
		if (done) this.#send({type: 'applied', index});
		return true;
	}

	#restore(reader: SnapshotDecoder<T>): void {
		this.#state.restore(reader);
		this.#reader = undefined;
		assert(this.#state.appliedIndex === this.#installIndex, "a snapshot's state is that of its index");
	}
}
