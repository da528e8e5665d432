/** Judges a run of keys and values: by a model that was written apart from the machine, and by the history that clients saw. */
import {defaultKvLimits, type KvLimits} from '../../kv/limits.js';
import type {Key, Operation, Result, Version} from '../../kv/types.js';
import type {KvTypes} from '../../kv/words.js';
import type {Verdict} from '../../linearizability/key-result.js';
import type {LogEntry} from '../../raft/types.js';
import type {ReplicatedState} from '../../service/replicated-state.js';
import type {Command, Outcome} from '../../service/types.js';
import type {Coverage} from '../coverage.js';
import type {ModelRun} from '../service-model.js';
import type {ClientOperation, JudgeTools, SubjectJudge} from '../subject.js';
import type {Report} from '../violation.js';
import {AnswerJudge, type KvAsked} from './answer-judge.js';
import {coverRun} from './kv-coverage.js';
import {KvModel} from './kv-model.js';
import {judgeHistory, KvRecording} from './kv-recording.js';
import {describe, isAlike, plain} from './operation-text.js';

export interface KvJudgeOptions extends JudgeTools {
	readonly machineLimits: Partial<KvLimits>;
	/** Whether the checker has words for all operations of the run that concern its keys. */
	readonly isRecorded: boolean;
}

export class KvJudge implements SubjectJudge<KvTypes> {
	readonly #report: Report;
	readonly #coverage: Coverage;
	readonly #isRecorded: boolean;
	readonly #answers: AnswerJudge;
	readonly #model: KvModel;
	readonly #recording: KvRecording;

	constructor({limits, machineLimits, now, report, coverage, isRecorded}: KvJudgeOptions) {
		this.#report = report;
		this.#coverage = coverage;
		this.#isRecorded = isRecorded;
		this.#answers = new AnswerJudge(report, coverage);
		this.#recording = new KvRecording(now);
		this.#model = new KvModel(
			{...limits, ...defaultKvLimits, ...machineLimits},
			(key, value, revision, isExchange) => this.#answers.changed(key, value, revision, isExchange),
			(key, revision) => this.#expired(key, revision),
		);
	}

	get floor(): number {
		return this.#answers.floor;
	}

	// ----------------------------------------------------------------------------------------------- the log

	committed(
		entry: LogEntry,
		command: Command<KvTypes> | undefined,
		outcomes: readonly Outcome<KvTypes>[] | undefined,
		witness: ReplicatedState<KvTypes>,
	): void {
		if (command?.type !== 'writes') {
			this.#model.other(command);
			this.#answers.reached(this.#model.revision);
			const {revision, wallTime, sessions} = this.#model;
			const isSame = witness.revision === revision && witness.wallTime === wallTime;
			if (!isSame || witness.logTime !== sessions.logTime) this.#differs(entry, 'revision or time');
			return;
		}
		const runs = this.#model.writes(command, entry);
		this.#answers.reached(this.#model.revision);
		for (const [place, run] of runs.entries()) {
			this.#noteRun(run);
			if (isAlike(outcomes?.[place], run.outcome)) continue;
			const what = run.write === undefined ? 'a refusal for want of memory' : describe(run.write);
			const told = `${what} at revision ${run.revision} gives`;
			const given = JSON.stringify(outcomes?.[place], plain);
			this.#report('meaning', `${told} ${given}, where ${JSON.stringify(run.outcome, plain)} is right`);
		}
	}

	compare(entry: LogEntry, witness: ReplicatedState<KvTypes>): void {
		const {keys, sessions} = this.#model;
		const {machine} = witness;
		if (machine.itemCount !== keys.size) this.#differs(entry, `number of keys, ${machine.itemCount},`);
		if (witness.sessionCount !== sessions.size) this.#differs(entry, `number of sessions, ${witness.sessionCount},`);
		for (const [key, held] of keys) {
			const {value, version} = held;
			const right = {type: 'value', value, version, expiresAt: this.#model.deadlineOf(held)};
			if (isAlike(witness.read({type: 'get', key}), right)) continue;
			this.#differs(entry, `value or version of ${key}`);
		}
		for (const leaseId of this.#model.leases.keys()) {
			const read = {type: 'getLease', leaseId, keysMax: 1000} as const;
			if (!isAlike(witness.read(read), this.#model.leaseTold(read))) this.#differs(entry, `lease ${leaseId}`);
		}
	}

	restored(node: number, state: ReplicatedState<KvTypes>): void {
		const {revision} = state;
		for (const [key, made] of this.#answers.versionsAt(revision)) {
			const found = state.read({type: 'get', key});
			const version = found.type === 'value' ? found.version : -1;
			if (version === made) continue;
			const detail = `node ${node} has loaded version ${version} of key ${key}`;
			this.#report('sameState', `${detail}, where the log up to ${revision} makes ${made}`);
		}
	}

	#noteRun(run: ModelRun<KvTypes>): void {
		const {write, revision, outcome, isRun} = run;
		const coverage = this.#coverage;
		if (!isRun) return coverage.notRun(run);
		if (write === undefined) coverage.ranOutOfMemory();
		else if (outcome.type === 'result') coverRun(coverage, write, outcome.result);
		if (this.#model.keys.size >= 1000) coverage.count('state of a thousand keys');
		if (write !== undefined && outcome.type === 'result') this.#answers.ran(write, outcome.result, revision);
	}

	#expired(key: Key, revision: Version): void {
		this.#coverage.count('key gone at its deadline');
		this.#answers.changed(key, undefined, revision);
		if (this.#isRecorded) this.#recording.expired(key, revision);
	}

	#differs(entry: LogEntry, what: string): void {
		this.#report('meaning', `after index ${entry.index} the state machine has another ${what} than the model`);
	}

	// ------------------------------------------------------------------------------------------- the clients

	asked(asked: ClientOperation<KvTypes>): void {
		// The checker has no word for the end of all keys: what is asked beside it is judged by the log alone.
		if (this.#isRecorded && !asked.isProbe) this.#recording.invoke(asked, operationOf(asked));
	}

	answered(asked: ClientOperation<KvTypes>, result: Result): void {
		this.#answers.answered(kvAsked(asked), result);
		this.#recording.complete(asked, result);
	}

	denied(asked: ClientOperation<KvTypes>): void {
		this.#answers.denied(kvAsked(asked));
		this.#recording.discard(asked);
	}

	lost(asked: ClientOperation<KvTypes>): void {
		this.#answers.settled(kvAsked(asked));
		this.#recording.loseTrack(asked);
	}

	abandoned(asked: ClientOperation<KvTypes>): void {
		this.#recording.loseTrack(asked);
	}

	cover(): void {
		this.#coverage.ofSessions(this.#model.sessions);
	}

	verdict(onProgress: (() => void) | undefined): Verdict {
		const history = this.#recording.history(write => this.#answers.resultOfWrite(write));
		return judgeHistory(history, onProgress);
	}
}

const operationOf = ({operation}: ClientOperation<KvTypes>): Operation =>
	operation.type === 'write' ? operation.write : operation.read;

const kvAsked = (asked: ClientOperation<KvTypes>): KvAsked => {
	const {id, clerk, floor} = asked;
	return {id, clerk, floor, operation: operationOf(asked)};
};
