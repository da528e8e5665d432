/**
 * Judges the service by what the log says. Two witnesses apply what is committed, never restart and never see a snapshot: a
 * model that was written apart from the service (what do the operations mean?), and the service's own state machine, which
 * must agree with the model, and by whose hash the replicas are compared.
 */
import {defaultServerLimits, type ServerLimits} from '../service/server.js';
import {ReplicatedState} from '../service/replicated-state.js';
import type {Codec} from '../base/codec.js';
import {defaultKvLimits, kvMachine, type KvLimits} from '../kv/state-machine.js';
import type {KvTypes} from '../kv/words.js';
import type {Command, Outcome} from '../service/types.js';
import type {LogEntry, LogIndex} from '../raft/types.js';
import {AnswerJudge} from './answer-judge.js';
import type {Coverage} from './coverage.js';
import {describe, isAlike, plain} from './operation-text.js';
import {ServiceModel, type ModelRun} from './service-model.js';
import type {Report} from './violation.js';

/** A replica's state is hashed when its index is a multiple of this. */
const hashEvery = 64;
/** The whole state is compared with the model when its index is a multiple of this. */
const compareEvery = 256;

/** What the clerks of a run promise of their requests. */
export interface RequestLimits {
	readonly batchOperationsMax: number;
	/** Sequences between the oldest unanswered write of a session and its newest. */
	readonly windowMax: number;
	readonly entryBytesMax: number;
}

export interface ServiceJudgeOptions {
	readonly codec: Codec;
	readonly limits: Partial<ServerLimits>;
	readonly machine: Partial<KvLimits>;
	readonly requests: RequestLimits;
	readonly report: Report;
	readonly coverage: Coverage;
}

export class ServiceJudge {
	readonly answers: AnswerJudge;
	readonly #options: ServiceJudgeOptions;
	readonly #limits: ServerLimits;
	readonly #golden: ReplicatedState<KvTypes>;
	readonly #model: ServiceModel;
	/** By index of the log. */
	readonly #hashes = new Map<LogIndex, string>();
	/** All that is committed; `#log[i]` is at index `i + 1`. */
	readonly #log: LogEntry[] = [];
	/** Follows the golden replica at a distance, to where somebody has taken a snapshot. */
	readonly #follower: ReplicatedState<KvTypes>;
	#commands = 0;

	constructor(options: ServiceJudgeOptions) {
		this.#options = options;
		const {codec, report, coverage} = options;
		this.#limits = {...defaultServerLimits, ...options.limits};
		const state = {codec, machine: kvMachine(options.machine), limits: this.#limits};
		this.#golden = new ReplicatedState(state);
		this.#follower = new ReplicatedState(state);
		this.answers = new AnswerJudge(report, coverage);
		this.#model = new ServiceModel({...this.#limits, ...defaultKvLimits, ...options.machine}, (key, value, revision) =>
			this.answers.changed(key, value, revision),
		);
	}

	get appliedIndex(): LogIndex {
		return this.#golden.appliedIndex;
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
		this.#log.push(entry);
		const command = entry.type === 'command' ? this.#golden.commands.decodeCommand(entry.command) : undefined;
		const outcomes = this.#golden.apply(entry, command);
		if (entry.type === 'command') this.#commands += 1;
		if (command !== undefined) this.#judgeSize(entry, command);
		this.#judgeMeaning(entry, command, outcomes);
		if (entry.index % hashEvery === 0) this.#hashes.set(entry.index, this.#golden.stateHash());
		if (entry.index % compareEvery === 0) this.#compareWithModel();
	}

	#judgeMeaning(
		entry: LogEntry,
		command: Command<KvTypes> | undefined,
		outcomes: readonly Outcome<KvTypes>[] | undefined,
	): void {
		if (command?.type !== 'writes') {
			this.#model.other(command);
			if (this.#golden.revision !== this.#model.revision || this.#golden.logTime !== this.#model.sessions.logTime) {
				this.#differs(entry, 'its revision or its log time');
			}
			return;
		}
		for (const [place, run] of this.#model.writes(command).entries()) {
			this.#noteRun(run);
			if (isAlike(outcomes?.[place], run.outcome)) continue;
			const what = run.write === undefined ? 'a refusal for want of memory' : describe(run.write);
			const told = `${what} at revision ${run.revision} gives`;
			const given = JSON.stringify(outcomes?.[place], plain);
			this.#report('meaning', `${told} ${given}, where ${JSON.stringify(run.outcome, plain)} is right`);
		}
	}

	#noteRun(run: ModelRun): void {
		const {write, revision, outcome, isRun} = run;
		const {coverage} = this.#options;
		if (!isRun) return coverage.notRun(run);
		if (write === undefined) coverage.ranOutOfMemory();
		else if (outcome.type === 'result') coverage.ran(write, outcome.result);
		if (this.#model.keys.size >= 1000) coverage.count('state of a thousand keys');
		if (write !== undefined && outcome.type === 'result') this.answers.ran(write, outcome.result, revision);
	}

	/** What servers and clerks were told to keep to. */
	#judgeSize({index, command: bytes}: LogEntry, command: Command<KvTypes>): void {
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

	#differs(entry: LogEntry, what: string): void {
		this.#report('meaning', `after index ${entry.index} the state machine has another ${what} than the model`);
	}

	#compareWithModel(): void {
		const {keys, sessions} = this.#model;
		const entry = this.#log.at(-1) as LogEntry;
		const {machine} = this.#golden;
		if (machine.itemCount !== keys.size) this.#differs(entry, `number of keys, ${machine.itemCount},`);
		if (this.#golden.sessionCount !== sessions.size) {
			this.#differs(entry, `number of sessions, ${this.#golden.sessionCount},`);
		}
		for (const [key, {value, version}] of keys) {
			if (isAlike(this.#golden.read({type: 'get', key}), {type: 'value', value, version})) continue;
			this.#differs(entry, `value or version of ${key}`);
		}
	}

	// ------------------------------------------------------------------------------------------- the replicas

	/** A replica has applied up to its present index. */
	applied(node: number, state: ReplicatedState<KvTypes>): void {
		const index = state.appliedIndex;
		if (index > this.#golden.appliedIndex) {
			this.#report('stateMachineSafety', `node ${node} applied index ${index}, which is not committed`);
			return;
		}
		if (index % hashEvery === 0) this.#compareHash(node, state, this.#hashes.get(index));
	}

	/** A replica begins to store a snapshot of its state at this index: whoever loads it must have what the log makes. */
	snapshotBegun(index: LogIndex): void {
		if (this.#hashes.has(index) || index < this.#follower.appliedIndex) return;
		while (this.#follower.appliedIndex < index) {
			const entry = this.#log[this.#follower.appliedIndex];
			if (entry === undefined) return;
			this.#follower.apply(entry);
		}
		this.#hashes.set(index, this.#follower.stateHash());
	}

	/** A replica has loaded a snapshot, and has its state or a later one. */
	restored(node: number, state: ReplicatedState<KvTypes>): void {
		const {appliedIndex, revision} = state;
		this.#compareHash(node, state, this.#hashes.get(appliedIndex));
		for (const [key, made] of this.answers.versionsAt(revision)) {
			const found = state.read({type: 'get', key});
			const version = found.type === 'value' ? found.version : -1;
			if (version === made) continue;
			const detail = `node ${node} has loaded version ${version} of key ${key}`;
			this.#report('sameState', `${detail}, where the log up to ${revision} makes ${made}`);
		}
	}

	/** To be asked at the end, when a replica has applied everything. */
	compareAll(node: number, state: ReplicatedState<KvTypes>): void {
		if (state.appliedIndex !== this.#golden.appliedIndex) return;
		this.#compareHash(node, state, this.#golden.stateHash());
		this.#compareWithModel();
	}

	/** What the run has shown of sessions and of the size of the state. */
	cover(): void {
		const {coverage} = this.#options;
		const {expired, evicted, givenBack, renewed} = this.#model.sessions;
		coverage.count('session expired', expired);
		coverage.count('session evicted', evicted);
		coverage.count('session given back', givenBack);
		coverage.count('session renewed after a silence', renewed);
	}

	#compareHash(node: number, state: ReplicatedState<KvTypes>, expected: string | undefined): void {
		if (expected === undefined || state.stateHash() === expected) return;
		this.#report('sameState', `node ${node} has another state at index ${state.appliedIndex} than the log makes`);
	}
}
