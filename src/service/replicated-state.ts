/**
 * What each entry of the log does to the sessions and to the state machine. Deterministic: replicas that applied the same
 * entries are equal, whether by applying or by way of a snapshot.
 */
import type {Codec} from '../base/codec.js';
import {assert, unreachable} from '../base/errors.js';
import {term, type LogEntry, type LogIndex, type Milliseconds, type Term} from '../raft/types.js';
import type {CommandCodec} from './command-codec.js';
import type {Machine, MachineTypes, Place, StateMachine} from './machine.js';
import {
	defaultSessionLimits,
	type Session,
	type SessionEnds,
	type SessionLimits,
	type SessionTable,
} from './sessions.js';
import {SnapshotDecoder, SnapshotEncoder, snapshotWords, type SnapshotWords} from './snapshot.js';
import {sessionsHash} from './state-hash.js';
import {type Command, type Kept, type NumberedWrite, outOfMemory, type Outcome} from './types.js';

export interface ReplicatedStateOptions<T extends MachineTypes> {
	readonly codec: Codec;
	readonly machine: Machine<T>;
	/** Part of what the replicas agree on, as the machine is: give all of them the same, or they diverge. */
	readonly limits?: Partial<SessionLimits>;
	/** Told of what writes do beside changing the state, as they are applied. @default nobody listens */
	readonly effect?: (effect: T['effect'], place: Place<T>) => void;
}

type Writes<T extends MachineTypes> = Extract<Command<T>, {type: 'writes'}>;

/** One object for all writes: a machine may look at it only while it applies one. */
class CurrentPlace<T extends MachineTypes> implements Place<T> {
	index: LogIndex = 0;
	term: Term = term(0);
	revision = 0;
	logTime: Milliseconds = 0;
	readonly emit: (effect: T['effect']) => void;

	constructor(effect: ((effect: T['effect'], place: Place<T>) => void) | undefined) {
		this.emit = effect === undefined ? () => undefined : emitted => effect(emitted, this);
	}
}

export class ReplicatedState<T extends MachineTypes = MachineTypes> {
	readonly commands: CommandCodec<T>;
	readonly #words: SnapshotWords<T>;
	readonly #limits: SessionLimits;
	readonly #place: CurrentPlace<T>;
	#machine: StateMachine<T>;
	#sessions: SessionTable<T>;
	#appliedIndex: LogIndex = 0;
	/** See `Place`. */
	#revision = 0;
	#wallTime: Milliseconds = 0;
	#snapshot: SnapshotEncoder<T> | undefined;

	constructor({codec, machine, limits = {}, effect}: ReplicatedStateOptions<T>) {
		this.#limits = {...defaultSessionLimits, ...limits};
		this.#words = snapshotWords(codec, machine, this.#limits);
		this.commands = this.#words.commands;
		this.#place = new CurrentPlace(effect);
		this.#machine = machine.create();
		this.#sessions = this.#words.newSessions();
	}

	/** The machine's state, to look at: for checks and statistics. A restored snapshot puts another in its place. */
	get machine(): StateMachine<T> {
		return this.#machine;
	}

	/** The state includes all entries up to here. */
	get appliedIndex(): LogIndex {
		return this.#appliedIndex;
	}

	/** The last that was made: what the next write makes is greater. */
	get revision(): number {
		return this.#revision;
	}

	/** See `Command`, `clock`. */
	get logTime(): Milliseconds {
		return this.#sessions.logTime;
	}

	/**
	 * The wall clock of the log, Unix ms: the latest that an entry told. It never goes back, whatever the clocks of leaders do.
	 * 0 as long as no state depended on it.
	 */
	get wallTime(): Milliseconds {
		return this.#wallTime;
	}

	get sessionCount(): number {
		return this.#sessions.size;
	}

	/** Counted by this replica, for statistics: no part of the state. */
	get sessionEnds(): SessionEnds {
		return this.#words.sessionEnds;
	}

	/**
	 * Applies the next entry: an outcome for each of its writes; `undefined` for one that is not the service's. `known`:
	 * what it carries, if that was decoded before.
	 */
	apply(entry: LogEntry, known?: Command<T>): readonly Outcome<T>[] | undefined {
		assert(entry.index === this.#appliedIndex + 1, 'entries are applied in order, each once');
		this.#appliedIndex = entry.index;
		const command = entry.type === 'command' ? (known ?? this.commands.decodeCommand(entry.command)) : undefined;
		if (command?.type === 'writes') return this.#runAll(entry, command);
		this.#revision += 1;
		if (entry.type !== 'command') return undefined;
		return [command === undefined ? {type: 'malformed'} : this.#run(command)];
	}

	/** The answer as of `appliedIndex`. Byte arrays in it are views, valid until the next entry is applied. */
	read(read: T['read']): T['result'] {
		return this.#machine.read(read, this.#revision);
	}

	/** What is kept if all of these are repeats: what applying them again would give. */
	keptOf({session: id, writes}: Writes<T>): readonly Kept<T>[] | undefined {
		const session = this.#sessions.get(id);
		const all: Kept<T>[] = [];
		for (const {sequence} of writes) {
			const kept = session?.keptOf(sequence);
			if (kept === undefined) return undefined;
			all.push(kept);
		}
		return all;
	}

	/**
	 * Freezes the state as it is now and hands out a writer of it; `apply` goes on. Takes as long as the machine's `freeze`,
	 * and a list of references to the sessions. Abandons the snapshot before, if that is not complete.
	 */
	beginSnapshot(chunkBytes: number): SnapshotEncoder<T> {
		this.#snapshot?.abandon();
		const state = {
			index: this.#appliedIndex,
			revision: this.#revision,
			logTime: this.#sessions.logTime,
			wallTime: this.#wallTime,
			machine: this.#machine.freeze(),
			sessions: this.#sessions.freeze(),
		};
		this.#snapshot = new SnapshotEncoder(this.#words, state, chunkBytes);
		return this.#snapshot;
	}

	/** Reads a snapshot beside the living state; `restore` takes it over. */
	beginRestore(): SnapshotDecoder<T> {
		return new SnapshotDecoder(this.#words);
	}

	/**
	 * Replaces the state by that of a snapshot, which must be complete. On an error the state stays what it was.
	 *
	 * @throws {SnapshotFormatError}
	 */
	restore(reader: SnapshotDecoder<T>): void {
		const {index, revision, wallTime, machine, sessions} = reader.finish();
		this.#snapshot?.abandon();
		this.#machine = machine;
		this.#sessions = sessions;
		this.#appliedIndex = index;
		this.#revision = revision;
		this.#wallTime = wallTime;
	}

	/** Equal for replicas at the same index. Costs a pass over the whole state: for tests and checks, not for use. */
	stateHash(): string {
		return this.#machine.hash() + sessionsHash(this.#words, this.#revision, this.#wallTime, this.#sessions);
	}

	#run(command: Exclude<Command<T>, Writes<T>>): Outcome<T> {
		switch (command.type) {
			case 'openSession':
				this.#sessions.close(command.closes);
				this.#sessions.open(this.#revision);
				return {type: 'sessionOpened', session: this.#revision, timeoutMs: this.#limits.sessionTimeoutMs};
			case 'closeSession':
				this.#sessions.close(command.session);
				return {type: 'done'};
			case 'clock':
				this.#sessions.advance(command.logTime);
				this.#advance(command.wallTime);
				return {type: 'done'};
			default:
				return unreachable(command);
		}
	}

	/** Another leader's clock may be behind, and any clock can be set back. */
	#advance(wallTime: Milliseconds): void {
		this.#wallTime = Math.max(this.#wallTime, wallTime);
		this.#machine.timed?.advance(this.#wallTime, this.#revision);
	}

	#runAll({index, term}: LogEntry, {session: id, acknowledged, after, writes}: Writes<T>): readonly Outcome<T>[] {
		const session = this.#sessions.use(id, acknowledged);
		this.#place.index = index;
		this.#place.term = term;
		this.#place.logTime = this.#sessions.logTime;
		const outcomes: Outcome<T>[] = [];
		let before = after;
		for (const numbered of writes) {
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
	#runOnce(session: Session<T>, before: number, {sequence, write}: NumberedWrite<T>): Outcome<T> {
		// What is beyond the last has no result: mostly there is nothing to look up.
		const known = sequence > session.lastSequence ? undefined : session.keptOf(sequence);
		if (known !== undefined) return known;
		// A later one has run: the client gave this one up before it asked for that.
		if (sequence <= session.acknowledged || sequence <= session.lastSequence) return {type: 'alreadyAcknowledged'};
		if (before > session.lastSequence && before > session.acknowledged) return {type: 'outOfOrder'};
		if (this.#sessions.isFull(session)) return {type: 'sessionFull'};
		const result = write === undefined ? outOfMemory : this.#execute(write);
		this.#sessions.keep(session, sequence, result);
		return result;
	}

	#execute(write: T['write']): Kept<T> {
		this.#place.revision = this.#revision;
		return {type: 'result', result: this.#machine.apply(write, this.#place)};
	}
}
