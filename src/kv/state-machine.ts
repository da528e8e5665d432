/**
 * The replicated state machine: what each entry of the log does. Deterministic: replicas that applied the same entries
 * are equal, whether by applying or by way of a snapshot.
 */
import {assert, unreachable} from '../base/errors.js';
import {type LogEntry, type LogIndex, type Milliseconds} from '../raft/types.js';
import {decodeCommand} from './command-codec.js';
import {execute, read} from './operations.js';
import {SessionTable, defaultSessionLimits, type Session, type SessionLimits} from './sessions.js';
import {SnapshotReader, SnapshotWriter} from './snapshot.js';
import {stateHash} from './state-hash.js';
import {Store} from './store.js';
import type {Codec} from '../base/codec.js';
import type {Command, NumberedOperation, Outcome, ReadOperation, Result, Version} from './types.js';

/** Part of what the replicas agree on: give all of them the same, or they diverge. */
export interface StateMachineLimits extends SessionLimits {
	/** Bytes of a value, also of what `append` makes of it. @default 1048576 (1 MiB) */
	readonly valueBytesMax: number;
}

export const defaultStateMachineLimits: StateMachineLimits = {...defaultSessionLimits, valueBytesMax: 2 ** 20};

type Operations = Extract<Command, {type: 'operations'}>;

/** Of what no key feels: nobody waits for it. */
const nothing: Outcome = {type: 'batch', results: []};
const outOfMemory: Result = {type: 'invalid', reason: 'outOfMemory', version: 0};
const malformed: Outcome = {type: 'invalid', reason: 'malformed', version: 0};

export class KvStateMachine {
	readonly #codec: Codec;
	readonly #limits: StateMachineLimits;
	#store = new Store();
	#sessions: SessionTable;
	#appliedIndex: LogIndex = 0;
	/** See `Version`. */
	#revision: Version = 0;
	#snapshot: SnapshotWriter | undefined;

	constructor(codec: Codec, limits: Partial<StateMachineLimits> = {}) {
		this.#codec = codec;
		this.#limits = {...defaultStateMachineLimits, ...limits};
		this.#sessions = new SessionTable(this.#limits);
	}

	/** The state includes all entries up to here. */
	get appliedIndex(): LogIndex {
		return this.#appliedIndex;
	}

	/** The last that was made: what the next operation makes is greater. */
	get revision(): Version {
		return this.#revision;
	}

	/** See `Command`, `clock`. */
	get logTime(): Milliseconds {
		return this.#sessions.logTime;
	}

	get keyCount(): number {
		return this.#store.size;
	}

	/** Bytes that keys and values take in memory, about: what a limit of memory is held against. */
	get storeBytes(): number {
		return this.#store.bytes;
	}

	get sessionCount(): number {
		return this.#sessions.size;
	}

	/** See `Store.copiedBytes`: how much work snapshots added to `apply` so far. Begins again with a restored state. */
	get copiedBytes(): number {
		return this.#store.copiedBytes;
	}

	/**
	 * Applies the next entry: an outcome for each of its operations; `undefined` for one that is not the service's. `known`:
	 * what it carries, if that was decoded before.
	 */
	apply(entry: LogEntry, known?: Command): readonly Outcome[] | undefined {
		assert(entry.index === this.#appliedIndex + 1, 'entries are applied in order, each once');
		this.#appliedIndex = entry.index;
		const command = entry.type === 'command' ? (known ?? decodeCommand(this.#codec, entry.command)) : undefined;
		if (command?.type === 'operations') return this.#runAll(command);
		this.#revision += 1;
		if (entry.type !== 'command') return undefined;
		return [command === undefined ? malformed : this.#run(command)];
	}

	/** The state's answer as of `appliedIndex`. Its value is a view, valid until the next entry is applied. */
	read(operation: ReadOperation): Result {
		return read(this.#store, operation);
	}

	/** The kept results if all of these are repeats: what applying them again would give. */
	resultsOf({session: id, operations}: Operations): readonly Result[] | undefined {
		const kept = this.#sessions.get(id)?.results;
		const results: Result[] = [];
		for (const {sequence} of operations) {
			const result = kept?.get(sequence);
			if (result === undefined) return undefined;
			results.push(result);
		}
		return results;
	}

	/**
	 * Freezes the state as it is now and hands out a writer of it; `apply` goes on. Takes constant time, but for a list of
	 * references to the sessions. Abandons the snapshot before, if that is not complete.
	 */
	beginSnapshot(chunkBytes: number): SnapshotWriter {
		this.#snapshot?.abandon();
		const store = this.#store;
		const state = {
			index: this.#appliedIndex,
			revision: this.#revision,
			logTime: this.#sessions.logTime,
			store: store.freeze(),
			sessions: this.#sessions.freeze(),
		};
		this.#snapshot = new SnapshotWriter(this.#codec, state, chunkBytes, () => store.thaw());
		return this.#snapshot;
	}

	/** Reads a snapshot beside the living state; `restore` takes it over. */
	beginRestore(): SnapshotReader {
		return new SnapshotReader(this.#codec, this.#limits);
	}

	/**
	 * Replaces the state by that of a snapshot, which must be complete. On an error the state stays what it was.
	 *
	 * @throws {SnapshotFormatError}
	 */
	restore(reader: SnapshotReader): void {
		const {index, revision, store, sessions} = reader.finish();
		this.#snapshot?.abandon();
		this.#store = store;
		this.#sessions = sessions;
		this.#appliedIndex = index;
		this.#revision = revision;
	}

	/** See `stateHash`: equal for replicas at the same index. Costs a pass over the whole state. */
	stateHash(): string {
		return stateHash(this.#codec, this.#revision, this.#store, this.#sessions);
	}

	#run(command: Exclude<Command, Operations>): Outcome {
		switch (command.type) {
			case 'openSession':
				this.#sessions.close(command.closes);
				this.#sessions.open(this.#revision);
				return {type: 'sessionOpened', session: this.#revision, timeoutMs: this.#limits.sessionTimeoutMs};
			case 'closeSession':
				this.#sessions.close(command.session);
				return nothing;
			case 'clock':
				this.#sessions.advance(command.logTime);
				return nothing;
			default:
				return unreachable(command);
		}
	}

	#runAll({session: id, acknowledged, after, operations}: Operations): readonly Outcome[] {
		const session = this.#sessions.use(id, acknowledged);
		const outcomes: Outcome[] = [];
		let before = after;
		for (const numbered of operations) {
			// Also for what is not run: a revision is a place in the log, whatever becomes of it.
			this.#revision += 1;
			outcomes.push(session === undefined ? {type: 'sessionExpired'} : this.#runOnce(session, before, numbered));
			before = numbered.sequence;
		}
		return outcomes;
	}

	/**
	 * Exactly once, and in the order of the session: the check is made here, where the log's order is final (dissertation
	 * §6.3). `before`: the write that has to run first.
	 */
	#runOnce(session: Session, before: number, {sequence, operation}: NumberedOperation): Outcome {
		const known = session.results.get(sequence);
		if (known !== undefined) return known;
		// A later one has run: the client gave this one up before it asked for that.
		if (sequence <= session.acknowledged || sequence <= session.lastSequence) return {type: 'alreadyAcknowledged'};
		if (before > session.lastSequence && before > session.acknowledged) return {type: 'outOfOrder'};
		if (this.#sessions.isFull(session)) return {type: 'sessionFull'};
		const {valueBytesMax} = this.#limits;
		const execution = {store: this.#store, version: this.#revision, valueBytesMax};
		const result = operation.type === 'refuse' ? outOfMemory : execute(execution, operation);
		this.#sessions.keep(session, sequence, result);
		return result;
	}
}
