/**
 * What a run is about: the state machine that the cluster replicates, what clients ask of it, and what the answers must be.
 * All the rest of the simulator (network, disks, clocks, faults, nodes, clerks, sessions, the judges of logs and of
 * liveness) is the same for every machine.
 *
 *     client ──▶ source: draws the next operation ──▶ clerk ──▶ servers, each with the machine
 *        └─────▶ judge: told what was asked, what the log says, what was answered
 *
 * There are two. The one of keys and values (`kv/`) knows what every operation means, by a model that shares no code with
 * the machine, so it judges the machine as well. The one of a user's machine (`machine/`) knows no meaning. It takes
 * the machine at its word, once: a reference applies the log in order, never restarts, and every answer of every replica
 * must be the reference's. What the machine must keep to, whatever it means, it checks beside that: the same log gives the
 * same results, a snapshot gives the same state back, and the user's invariant holds after every write.
 *
 * Both name each write by a token that no other write has. So a write is known again whatever number its clerk gives it, and
 * that it runs once is judged without a word of the code that makes it so.
 */
import type {Random} from '../base/random.js';
import type {Codec} from '../base/codec.js';
import type {LogEntry} from '../raft/types.js';
import type {Machine, MachineTypes} from '../service/machine.js';
import type {ReplicatedState} from '../service/replicated-state.js';
import type {ServerLimits} from '../service/server/limits.js';
import type {Command, Outcome} from '../service/types.js';
import type {Verdict} from '../linearizability/key-result.js';
import type {Coverage} from './coverage.js';
import type {Report} from './violation.js';

/** What a client asks for: as the clerk takes it, but never a barrier. */
export type Operation<T extends MachineTypes> =
	| {readonly type: 'write'; readonly write: T['write']}
	| {readonly type: 'read'; readonly read: T['read']};

/** Which of the operations may be drawn. */
export type Wanted = 'any' | 'reads' | 'writes';

/** What one client asks for. */
export interface OperationSource<T extends MachineTypes> {
	/** `count`: which of this client's operations it is, from 1. */
	next(count: number, wanted: Wanted): Operation<T>;
	/** Takes note of an answer. */
	learn(operation: Operation<T>, result: T['result']): void;
	/** Operations that must succeed when nothing is wrong; `count`: of the next one. */
	probes(count: number): readonly Operation<T>[];
}

/** An operation of a client, on its way. */
export interface ClientOperation<T extends MachineTypes> {
	/** Rising for each clerk. */
	readonly id: number;
	readonly operation: Operation<T>;
	/** The clerk that was asked, by a name unlike any other's. */
	readonly clerk: string;
	/** Who waits for the answer: a process has one operation in flight. */
	readonly process: string;
	/** The simulator asks for it, to see whether the cluster serves. */
	readonly isProbe: boolean;
	/** `SubjectJudge.floor` when this was invoked: its answer cannot be older. */
	readonly floor: number;
}

/** Judges what the log does to the machine, and what clients are told of it. */
export interface SubjectJudge<T extends MachineTypes> {
	/** The highest revision that an operation invoked now must know of. */
	readonly floor: number;

	/** An entry is committed, in the order of the log; a witness that never restarts gave these outcomes, and is this state now. */
	committed(
		entry: LogEntry,
		command: Command<T> | undefined,
		outcomes: readonly Outcome<T>[] | undefined,
		witness: ReplicatedState<T>,
	): void;
	/** Compares the witness's whole state with what the log makes. */
	compare(entry: LogEntry, witness: ReplicatedState<T>): void;
	/** A replica has loaded a snapshot, and has its state or a later one. */
	restored(node: number, state: ReplicatedState<T>): void;

	/** A client asks, at this moment. */
	asked(asked: ClientOperation<T>): void;
	/** It has been told that its operation is done. */
	answered(asked: ClientOperation<T>, result: T['result']): void;
	/** It has been told that its operation was not run, and never will be. */
	denied(asked: ClientOperation<T>): void;
	/** It has been told that nobody knows what became of its operation. */
	lost(asked: ClientOperation<T>): void;
	/** It has died, and will never be told. */
	abandoned(asked: ClientOperation<T>): void;

	/** What the run has shown, when it is over. */
	cover(): void;
	/** Whether all answers fit one order of the operations, as far as that was not judged before. */
	verdict(onProgress: (() => void) | undefined): Verdict;
}

/** What a judge is given. */
export interface JudgeTools {
	readonly codec: Codec;
	readonly limits: ServerLimits;
	/** Virtual ms. */
	readonly now: () => number;
	readonly report: Report;
	readonly coverage: Coverage;
}

/** How operations are told apart and told to people. */
export interface OperationWords<T extends MachineTypes> {
	/** What tells a write from all others; `undefined` for those that are all alike. */
	readonly tokenOf: (write: T['write']) => string | undefined;
	readonly describe: (operation: T['write'] | T['read']) => string;
	readonly isSameWrite: (one: T['write'], other: T['write']) => boolean;
	readonly isSameResult: (one: T['result'], other: T['result']) => boolean;
	/** The revision that a result names; `undefined`: none. */
	readonly revisionIn: (result: T['result']) => number | undefined;
	/** Anything, in a few words. */
	readonly show: (value: unknown) => string;
}

export interface Subject<T extends MachineTypes> {
	readonly machine: Machine<T>;
	readonly words: OperationWords<T>;
	/** Kinds of operation that its judge counts: see `Coverage`. */
	readonly coverageKinds: readonly string[];
	/** A command that is committed and changes nothing but the revision: what a judge asks for that wants to see a commit. */
	readonly idle: Command<T>;
	/** A replica's state is hashed when its index is a multiple of this. */
	readonly hashEvery: number;
	/** The whole state is compared when the index is a multiple of this. */
	readonly compareEvery: number;
	/** `client`: the number of the client. */
	newSource(client: number, random: Random): OperationSource<T>;
	newJudge(tools: JudgeTools): SubjectJudge<T>;
}
