/** One storage under trial: its calls, each with a deadline, and what is wrong with their answers. */
import {crc32} from 'node:zlib';
import type {LogEntry, Milliseconds, PersistentState, SnapshotMeta, WriteBatch} from '../../raft/types.js';
import type {Done, RaftStorage} from '../storage.js';

/** A place that one check opens storages in, one after the other. Each check gets a place of its own, which is empty. */
export interface StoragePlace {
	/** A storage on what the place holds. The storage before was closed, or ended by `crash`. */
	open(): RaftStorage;
	/**
	 * Ends the storage at once, as a power cut does: what was not durable may be gone, and nothing is called back afterwards.
	 * Without it, nothing is tried that needs a crash.
	 */
	crash?(): void;
	/** Has the next write fail that the storage makes to whatever it keeps its data on. Without it, no failed write is tried. */
	failNextWrite?(): void;
	/** Lets time pass until something has happened, or a little. @default one turn of the event loop */
	settle?(): Promise<void>;
	/** The place is not needed any more. Its storage is closed, unless it does not answer. */
	remove?(): void | Promise<void>;
}

/** What passes while a storage is waited for. */
export interface Pace {
	readonly now: () => Milliseconds;
	readonly turn: () => Promise<void>;
	/** A call that is not answered after so long is never answered. */
	readonly timeoutMs: Milliseconds;
}

/** What a storage does against its contract, in words. */
export class Finding extends Error {}

/** A call that is answered by callback. */
interface Call {
	readonly what: string;
	readonly answers: (Error | undefined)[];
}

const shownMax = 300;
const shown = (text: string): string => (text.length > shownMax ? `${text.slice(0, shownMax)}...` : text);

const entryText = ({index, term, type, command}: LogEntry): string =>
	`${index}/${term}/${type}/${command.length} bytes/${crc32(command)}`;

export const snapshotText = (snapshot: SnapshotMeta | undefined): string => {
	if (snapshot === undefined) return 'no snapshot';
	const {lastIncludedIndex, lastIncludedTerm, configuration} = snapshot;
	return `${lastIncludedIndex}/${lastIncludedTerm} of ${configuration.voters.join()} and ${configuration.learners.join()}`;
};

/** Equal for equal states. */
export const stateText = ({hardState, snapshot, entries}: PersistentState): string =>
	`term ${hardState.currentTerm}, vote ${hardState.votedFor ?? 'none'}, ${snapshotText(snapshot)}, ${entries.map(entryText).join(' ')}`;

/** The state after a batch, as the contract has it. */
export function stateAfter(state: PersistentState, batch: WriteBatch): PersistentState {
	const snapshot = batch.snapshot ?? state.snapshot;
	const from = snapshot?.lastIncludedIndex ?? 0;
	const to = batch.truncateFrom ?? Infinity;
	const kept = state.entries.filter(({index}) => index > from && index < to);
	return {hardState: batch.hardState ?? state.hardState, snapshot, entries: [...kept, ...batch.entries]};
}

export class Trial {
	readonly place: StoragePlace;
	readonly #pace: Pace;
	readonly #calls: Call[] = [];
	#storage: RaftStorage | undefined;
	/** A call was not answered: more of them need not be waited for. */
	#isStuck = false;
	/** By what was done inside of a callback. */
	#thrown: {readonly error: unknown} | undefined;

	constructor(place: StoragePlace, pace: Pace) {
		this.place = place;
		this.#pace = pace;
	}

	/** The storage that is open. */
	get storage(): RaftStorage {
		if (this.#storage === undefined) throw new Error('a trial opens a storage before it uses it');
		return this.#storage;
	}

	/** Opens a storage, and loads it. */
	open(): PersistentState {
		this.#storage = this.place.open();
		return this.#storage.load();
	}

	/** Closes the storage, opens another one on the same place, and loads that. */
	async reopen(): Promise<PersistentState> {
		await this.close();
		return this.open();
	}

	async close(): Promise<Error | undefined> {
		const {storage} = this;
		this.#storage = undefined;
		return this.call('close', done => storage.close(done));
	}

	crash(): void {
		this.#storage = undefined;
		this.place.crash?.();
		// Nobody is told anything of a storage that has ended.
		this.#calls.length = 0;
	}

	/** A callback that is noted. */
	done(what: string, then: Done = () => undefined): Done {
		const call: Call = {what, answers: []};
		this.#calls.push(call);
		return error => {
			call.answers.push(error);
			if (call.answers.length > 1) return;
			try {
				then(error);
			} catch (thrown) {
				// Not into the storage, whose doing it may be, but to whoever waits.
				this.#thrown ??= {error: thrown};
			}
		};
	}

	async call(what: string, start: (done: Done) => void): Promise<Error | undefined> {
		let answer: {readonly error: Error | undefined} | undefined;
		start(this.done(what, error => (answer = {error})));
		await this.until(what, () => answer !== undefined);
		return answer?.error;
	}

	/** Hands over these batches together, and waits until all are acknowledged. */
	async write(...batches: readonly WriteBatch[]): Promise<void> {
		const {storage} = this;
		const errors = await Promise.all(batches.map(one => this.call('write', done => storage.write(one, done))));
		const failure = errors.find(error => error !== undefined);
		if (failure !== undefined) throw new Finding(`a write failed: ${failure.message}`);
	}

	/** Takes and finishes a snapshot of these chunks; no batch names it yet. */
	async writeSnapshot(meta: SnapshotMeta, chunks: readonly Uint8Array[]): Promise<void> {
		const writer = this.storage.createSnapshot(meta);
		const ends: (Error | undefined)[] = [];
		for (const chunk of chunks) ends.push(await this.call("a snapshot's write", done => writer.write(chunk, done)));
		ends.push(await this.call("a snapshot's finish", done => writer.finish(done)));
		const failure = ends.find(error => error !== undefined);
		if (failure !== undefined) throw new Finding(`a snapshot failed: ${failure.message}`);
	}

	/** The bytes of the current snapshot; `undefined` where there is none. */
	readSnapshot(): Uint8Array | undefined {
		const reader = this.storage.openSnapshot();
		if (reader === undefined) return undefined;
		const bytes = reader.read(0, reader.size);
		reader.close();
		return bytes;
	}

	async settle(): Promise<void> {
		await (this.place.settle?.() ?? this.#pace.turn());
	}

	async until(what: string, isThere: () => boolean): Promise<void> {
		const {now, timeoutMs} = this.#pace;
		const deadline = now() + timeoutMs;
		while (!isThere()) {
			if (this.#thrown !== undefined) throw this.#thrown.error;
			if (now() >= deadline) {
				this.#isStuck = true;
				throw new Finding(`${what} is not answered within ${timeoutMs} ms`);
			}
			await this.settle();
		}
	}

	/** Compares what was found with what the contract promises. */
	is(what: string, found: unknown, wanted: unknown): void {
		const [one, other] = [JSON.stringify(found) ?? 'undefined', JSON.stringify(wanted) ?? 'undefined'];
		if (one !== other) throw new Finding(`${what}: found ${shown(one)} where ${shown(other)} is right`);
	}

	isState(what: string, found: PersistentState, wanted: PersistentState): void {
		this.is(what, stateText(found), stateText(wanted));
	}

	isText(what: string, found: Uint8Array | undefined, wanted: string | undefined): void {
		this.is(what, found === undefined ? undefined : new TextDecoder().decode(found), wanted);
	}

	/** Must throw before it changes anything. */
	throws(what: string, action: () => void): Error {
		try {
			action();
		} catch (error) {
			return error instanceof Error ? error : new Error(String(error));
		}
		throw new Finding(`${what} is taken`);
	}

	/** Ends the trial: closes what is open. Throws a `Finding` where a callback was called twice. */
	async end(): Promise<void> {
		if (this.#storage !== undefined && !this.#isStuck) await this.close();
		await this.settle();
		for (const {what, answers} of this.#calls) {
			if (answers.length > 1) throw new Finding(`${what} is answered ${answers.length} times`);
		}
	}
}
