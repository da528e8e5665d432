/**
 * Judges the service by what the log says. A witness applies what is committed, never restarts and never sees a snapshot: by
 * its hash the replicas are compared. What its answers must be, the judge of the subject knows.
 */
import type {Codec} from '../base/codec.js';
import type {LogEntry, LogIndex} from '../raft/types.js';
import type {MachineTypes} from '../service/machine.js';
import {ReplicatedState} from '../service/replicated-state.js';
import {defaultServerLimits, type ServerLimits} from '../service/server/limits.js';
import type {Command, Outcome} from '../service/types.js';
import type {Coverage} from './coverage.js';
import type {Report} from './violation.js';
import type {Subject, SubjectJudge} from './subject.js';

/** What the clerks of a run promise of their requests. */
export interface RequestLimits {
	readonly batchOperationsMax: number;
	/** Sequences between the oldest unanswered write of a session and its newest. */
	readonly windowMax: number;
	readonly entryBytesMax: number;
}

export interface ServiceJudgeOptions<T extends MachineTypes> {
	readonly codec: Codec;
	readonly subject: Subject<T>;
	readonly limits: Partial<ServerLimits>;
	readonly requests: RequestLimits;
	readonly now: () => number;
	readonly report: Report;
	readonly coverage: Coverage;
}

export class ServiceJudge<T extends MachineTypes> {
	readonly answers: SubjectJudge<T>;
	readonly #options: ServiceJudgeOptions<T>;
	readonly #limits: ServerLimits;
	readonly #witness: ReplicatedState<T>;
	/** By index of the log. */
	readonly #hashes = new Map<LogIndex, string>();
	/** All that is committed, with the command that it carries; `#log[i]` is at index `i + 1`. */
	readonly #log: {readonly entry: LogEntry; readonly command: Command<T> | undefined}[] = [];
	/** Follows the witness at a distance, to where somebody has taken a snapshot. */
	readonly #follower: ReplicatedState<T>;
	#commands = 0;

	constructor(options: ServiceJudgeOptions<T>) {
		this.#options = options;
		const {codec, subject, now, report, coverage} = options;
		this.#limits = {...defaultServerLimits, ...options.limits};
		const state = {codec, machine: subject.machine, limits: this.#limits};
		this.#witness = new ReplicatedState(state);
		this.#follower = new ReplicatedState(state);
		this.answers = subject.newJudge({codec, limits: this.#limits, now, report, coverage});
	}

	get appliedIndex(): LogIndex {
		return this.#witness.appliedIndex;
	}

	/** Commands that were ever committed. */
	get commands(): number {
		return this.#commands;
	}

	get #report(): Report {
		return this.#options.report;
	}

	// ----------------------------------------------------------------------------------------------- the log

	/** Entries in the order of the log, each when it is committed for the first time. */
	committed(entry: LogEntry): void {
		const command = entry.type === 'command' ? this.#witness.commands.decodeCommand(entry.command) : undefined;
		this.#log.push({entry, command});
		if (entry.type === 'command') this.#commands += 1;
		if (command !== undefined) this.#judgeSize(entry, command);
		const {hashEvery, compareEvery} = this.#options.subject;
		const outcomes = this.#apply(this.#witness, entry, command);
		this.answers.committed(entry, command, outcomes, this.#witness);
		if (entry.index % hashEvery === 0) this.#hashes.set(entry.index, this.#witness.stateHash());
		if (entry.index % compareEvery === 0) this.answers.compare(entry, this.#witness);
	}

	/** A machine that throws would stop every replica. */
	#apply(
		state: ReplicatedState<T>,
		entry: LogEntry,
		command: Command<T> | undefined,
	): readonly Outcome<T>[] | undefined {
		try {
			return state.apply(entry, command);
		} catch (error) {
			this.#report('noCrash', `the machine throws ${String(error)} when it applies index ${entry.index}`);
			return undefined;
		}
	}

	/** What servers and clerks were told to keep to. */
	#judgeSize({index, command: bytes}: LogEntry, command: Command<T>): void {
		const {commandBytesMax, requestOperationsMax} = this.#limits;
		const {entryBytesMax, batchOperationsMax, windowMax} = this.#options.requests;
		const bytesMax = Math.min(commandBytesMax, entryBytesMax);
		if (bytes.length > bytesMax) this.#exceeds(index, `${bytes.length} bytes`, bytesMax);
		if (command.type !== 'writes') return;
		const {writes, acknowledged} = command;
		const operationsMax = Math.min(requestOperationsMax, batchOperationsMax);
		if (writes.length > operationsMax) this.#exceeds(index, `${writes.length} operations`, operationsMax);
		const span = Math.max(...writes.map(({sequence}) => sequence)) - acknowledged;
		if (span > windowMax) this.#exceeds(index, `a window of ${span} operations`, windowMax);
	}

	#exceeds(index: LogIndex, what: string, most: number): void {
		this.#report('bounded', `the command at index ${index} has ${what}, and ${most} are allowed`);
	}

	// ------------------------------------------------------------------------------------------- the replicas

	/** A replica has applied up to its present index. */
	applied(node: number, state: ReplicatedState<T>): void {
		const index = state.appliedIndex;
		if (index > this.#witness.appliedIndex) {
			this.#report('stateMachineSafety', `node ${node} applied index ${index}, which is not committed`);
			return;
		}
		if (index % this.#options.subject.hashEvery === 0) this.#compareHash(node, state, this.#hashes.get(index));
	}

	/** A replica begins to store a snapshot of its state at this index: whoever loads it must have what the log makes. */
	snapshotBegun(index: LogIndex): void {
		if (this.#hashes.has(index) || index < this.#follower.appliedIndex) return;
		while (this.#follower.appliedIndex < index) {
			const next = this.#log[this.#follower.appliedIndex];
			if (next === undefined) return;
			this.#apply(this.#follower, next.entry, next.command);
		}
		this.#hashes.set(index, this.#follower.stateHash());
	}

	/** A replica has loaded a snapshot, and has its state or a later one. */
	restored(node: number, state: ReplicatedState<T>): void {
		this.#compareHash(node, state, this.#hashes.get(state.appliedIndex));
		this.answers.restored(node, state);
	}

	/** To be asked at the end, when a replica has applied everything. */
	compareAll(node: number, state: ReplicatedState<T>): void {
		if (state.appliedIndex !== this.#witness.appliedIndex) return;
		this.#compareHash(node, state, this.#witness.stateHash());
		this.answers.compare((this.#log.at(-1) as {entry: LogEntry}).entry, this.#witness);
	}

	#compareHash(node: number, state: ReplicatedState<T>, expected: string | undefined): void {
		if (expected === undefined || state.stateHash() === expected) return;
		this.#report('sameState', `node ${node} has another state at index ${state.appliedIndex} than the log makes`);
	}
}
