/**
 * Judges a run of a user's machine. What the operations mean, nobody but the machine knows. So a reference applies the log, in
 * order and without ever restarting, and every answer must be the reference's:
 *
 * - a write runs once, and its client is told the reference's result at the place of its one run in the log, which is behind all
 *   that was committed when it was asked for;
 * - a read is answered from a state that the reference had between the read's call and its return.
 *
 * Together these are one order of all operations that agrees with real time: the history is linearizable, without a search.
 *
 *     log ──▶ model of sessions ──▶ reference                   (which writes run, what they give)
 *                    │       └────▶ restarting state            (the same, from its own snapshots)
 *                    └───────── == witness of the service       (the same, by the code that replicas run)
 */
import type {Verdict} from '../../linearizability/key-result.js';
import type {LogEntry} from '../../raft/types.js';
import {copyOfPlain, hashOfPlain, textOfPlain} from '../../base/plain-data.js';
import type {MachineTypes, Place, StateMachine} from '../../service/machine.js';
import type {ReplicatedState} from '../../service/replicated-state.js';
import type {Command, Outcome} from '../../service/types.js';
import {ServiceModel, type LogPlace} from '../service-model.js';
import type {ClientOperation, JudgeTools, SubjectJudge} from '../subject.js';
import {WriteJudge} from '../write-judge.js';
import type {MachineSettings} from './machine-settings.js';
import {carried, machineWords} from './machine-words.js';
import {RestartingState} from './restarting-state.js';
import type {Traced, TracedWrite} from './traced-machine.js';

/** Kinds of what a run of a machine can meet. */
export const machineCoverageKinds = [
	'machine: write run',
	'machine: read answered',
	'machine: restart from its own snapshot',
] as const;

export interface MachineJudgeOptions<T extends MachineTypes>
	extends JudgeTools, Pick<MachineSettings<T>, 'machine' | 'invariant'> {}

/** What a write gives. */
interface Answer<T extends MachineTypes> {
	readonly result: T['result'];
	readonly effects: readonly unknown[];
}

/** A read that waits for its answer. */
interface OpenRead<T extends MachineTypes> {
	readonly read: T['read'];
	/** Digests of the reference's answers since it was asked. */
	readonly answers: Set<string>;
}

/** The restarting state restarts after so many writes. */
const restartEvery = 8;

/** Sessions and numbers by the model; what a write does, by `execute`. */
class MachineModel<T extends MachineTypes> extends ServiceModel<Traced<T>> {
	readonly #execute: (write: T['write'], place: LogPlace) => T['result'];
	readonly #weigh: (result: T['result']) => number;

	constructor(options: MachineJudgeOptions<T>, execute: (write: T['write'], place: LogPlace) => T['result']) {
		super(options.limits);
		this.#execute = execute;
		this.#weigh = result => options.machine.words.bytesOfResult(result);
	}

	protected override run({write}: TracedWrite<T>, place: LogPlace): T['result'] {
		return this.#execute(write, place);
	}

	protected override weightOf(result: T['result']): number {
		return this.#weigh(result);
	}
}

export class MachineJudge<T extends MachineTypes> implements SubjectJudge<Traced<T>> {
	readonly #options: MachineJudgeOptions<T>;
	readonly #writes: WriteJudge<Traced<T>>;
	readonly #model: MachineModel<T>;
	readonly #reference: StateMachine<T>;
	readonly #restarting: RestartingState<T>;
	/** By id of the operation. */
	readonly #openReads = new Map<number, OpenRead<T>>();
	#writesRun = 0;
	/** Of the write that ran last; `undefined`: none. */
	#difference: string | undefined;

	constructor(options: MachineJudgeOptions<T>) {
		this.#options = options;
		const {codec, machine, report} = options;
		this.#writes = new WriteJudge(machineWords(codec, machine.words), report);
		this.#reference = machine.create();
		this.#restarting = new RestartingState(codec, machine);
		this.#model = new MachineModel(options, (write, place) => this.#run(write, place));
	}

	/** All that is committed. */
	get floor(): number {
		return this.#model.revision;
	}

	// ----------------------------------------------------------------------------------------------- the log

	committed(
		entry: LogEntry,
		command: Command<Traced<T>> | undefined,
		outcomes: readonly Outcome<Traced<T>>[] | undefined,
		witness: ReplicatedState<Traced<T>>,
	): void {
		if (command?.type !== 'writes') {
			this.#model.other(command);
			if (witness.revision === this.#model.revision && witness.logTime === this.#model.sessions.logTime) return;
			return this.#options.report('meaning', `after index ${entry.index} the service has another revision or log time`);
		}
		// The witness threw, and that is reported.
		if (outcomes === undefined) return;
		this.#guarded(() => {
			for (const [place, run] of this.#model.writes(command, entry).entries()) {
				const {write, revision, outcome, isRun} = run;
				this.#compareOutcomes(run.write, outcomes[place], outcome, isRun);
				// Behind the other comparison: where both differ, the snapshot is not to blame.
				if (this.#difference !== undefined) this.#options.report('machineSnapshot', this.#difference);
				this.#difference = undefined;
				if (!isRun) this.#options.coverage.notRun(run);
				else if (write === undefined) this.#options.coverage.ranOutOfMemory();
				else if (outcome.type === 'result') this.#ran(write, outcome.result, revision);
			}
			for (const open of this.#openReads.values()) this.#answer(open);
		});
	}

	compare(entry: LogEntry, witness: ReplicatedState<Traced<T>>): void {
		const {report} = this.#options;
		this.#guarded(() => {
			const hash = this.#reference.hash();
			if (witness.machine.hash() !== hash) {
				report('machineDeterminism', `two states that applied the log up to index ${entry.index} are not equal`);
			}
			for (const open of this.#openReads.values()) this.#answer(open);
			if (this.#reference.hash() !== hash) report('machineDeterminism', 'a read changes the state');
		});
		const {size} = this.#model.sessions;
		if (witness.sessionCount === size) return;
		report('meaning', `after index ${entry.index} the service has ${witness.sessionCount} sessions, not ${size}`);
	}

	/** Replicas are compared by their hashes. */
	restored(): void {}

	/** Runs a write on the reference and on the state that restarts. */
	#run(write: T['write'], place: LogPlace): T['result'] {
		const {report} = this.#options;
		const one: unknown[] = [];
		const other: unknown[] = [];
		const result = copyOfPlain(this.#reference.apply(write, this.#placeOf(place, one)));
		const restarted = this.#restarting.apply(write, this.#placeOf(place, other));
		this.#difference = this.#differenceOf(write, place, {result, effects: one}, {result: restarted, effects: other});
		const parsed = carried(this.#options.codec, this.#options.machine.words, result);
		if (parsed === undefined) report('noRefusal', `the machine does not parse its own result ${textOfPlain(result)}`);
		return result;
	}

	/** What the state that restarts gives differently; `undefined`: nothing. */
	#differenceOf(write: T['write'], {index}: LogPlace, right: Answer<T>, given: Answer<T>): string | undefined {
		if (hashOfPlain(right) === hashOfPlain(given)) return undefined;
		const what = `${textOfPlain(write)} at index ${index} gives ${textOfPlain(right)}`;
		return `${what}, and ${textOfPlain(given)} to a state that restarted ${this.#restarting.restarts} times`;
	}

	#placeOf({index, term}: LogPlace, emitted: unknown[]): Place<T> {
		const {revision, sessions} = this.#model;
		return {index, term, revision, logTime: sessions.logTime, emit: effect => void emitted.push(effect)};
	}

	#ran(write: TracedWrite<T>, result: T['result'], revision: number): void {
		const {report, coverage, invariant} = this.#options;
		coverage.count('machine: write run');
		this.#writes.ran(write, result, revision);
		const wrong = invariant?.(this.#reference);
		if (wrong !== undefined)
			report('machineInvariant', `${wrong}, after ${textOfPlain(write.write)} at revision ${revision}`);
		this.#writesRun += 1;
		if (this.#writesRun % restartEvery > 0) return;
		coverage.count('machine: restart from its own snapshot');
		const lost = this.#restarting.restart();
		if (lost !== undefined) report('machineSnapshot', `${lost}, at revision ${revision}`);
	}

	#compareOutcomes(
		write: TracedWrite<T> | undefined,
		given: Outcome<Traced<T>> | undefined,
		right: Outcome<Traced<T>>,
		isRun: boolean,
	): void {
		const {report} = this.#options;
		if (given?.type === 'result' && right.type === 'result') {
			if (hashOfPlain(given.result) === hashOfPlain(right.result)) return;
			const who = isRun ? 'another state with the same log' : 'its client when that asks again';
			const told = `${textOfPlain(write?.write)} gives ${textOfPlain(right.result)}, and ${textOfPlain(given.result)} to ${who}`;
			return report('machineDeterminism', told);
		}
		if (given?.type === right.type) return;
		report('meaning', `${textOfPlain(write?.write)} gives ${textOfPlain(given)}, where ${textOfPlain(right)} is right`);
	}

	/** The machine is a user's: what it throws is a finding, not the end of the simulator. */
	#guarded(action: () => void): void {
		try {
			action();
		} catch (error) {
			this.#options.report('noCrash', `the machine or its invariant throws ${String(error)}`);
		}
	}

	// ------------------------------------------------------------------------------------------- the clients

	asked({id, operation}: ClientOperation<Traced<T>>): void {
		if (operation.type === 'write') return;
		const open = {read: operation.read, answers: new Set<string>()};
		this.#openReads.set(id, open);
		this.#guarded(() => this.#answer(open));
	}

	answered(asked: ClientOperation<Traced<T>>, result: T['result']): void {
		const {operation} = asked;
		const open = this.#settle(asked);
		if (operation.type === 'write') return void this.#writes.answered(asked, operation.write, result);
		this.#options.coverage.count('machine: read answered');
		this.#guarded(() => this.#compareReads(operation.read));
		if (open === undefined || open.answers.has(hashOfPlain(result))) return;
		const told = `read ${textOfPlain(operation.read)} was answered with ${textOfPlain(result)}`;
		const detail = `${told}, which no state between its call and its return gives`;
		this.#options.report(
			'linearizable',
			`${detail}: now it is ${textOfPlain(this.#reference.read(operation.read, this.#model.revision))}`,
		);
	}

	/** The reference and the state that restarts are at the same place of the log. */
	#compareReads(read: T['read']): void {
		const result = this.#reference.read(read, this.#model.revision);
		const restarted = this.#restarting.read(read, this.#model.revision);
		if (hashOfPlain(result) === hashOfPlain(restarted)) return;
		const who = `a state that restarted ${this.#restarting.restarts} times`;
		this.#options.report(
			'machineSnapshot',
			`read ${textOfPlain(read)} gives ${textOfPlain(result)}, and ${textOfPlain(restarted)} to ${who}`,
		);
	}

	denied(asked: ClientOperation<Traced<T>>): void {
		this.#settle(asked);
		if (asked.operation.type === 'write') this.#writes.denied(asked, asked.operation.write);
	}

	lost(asked: ClientOperation<Traced<T>>): void {
		this.#settle(asked);
	}

	abandoned({id}: ClientOperation<Traced<T>>): void {
		this.#openReads.delete(id);
	}

	#settle(asked: ClientOperation<Traced<T>>): OpenRead<T> | undefined {
		this.#writes.settled(asked);
		const open = this.#openReads.get(asked.id);
		this.#openReads.delete(asked.id);
		return open;
	}

	#answer({read, answers}: OpenRead<T>): void {
		const {codec, machine} = this.#options;
		answers.add(hashOfPlain(carried(codec, machine.words, this.#reference.read(read, this.#model.revision))));
	}

	cover(): void {
		this.#options.coverage.ofSessions(this.#model.sessions);
	}

	/** Each answer was judged by its place in the log. */
	verdict(): Verdict {
		return 'ok';
	}
}
