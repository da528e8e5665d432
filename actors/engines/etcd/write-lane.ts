/**
 * Writes, in the order in which they were begun, exactly once each. One transaction at a time, which carries out as many
 * of those that wait as it can:
 *
 *     queue ──▶ candidates ──▶ read what must be known ──▶ plan ──▶ transaction ──▶ results
 *       ▲                                                   ▲           │
 *       │                                                   └─ conflict ┤  (it has read what there is)
 *       └── no answer: the session's record tells, at the next attempt ─┘
 *
 * While an attempt is in doubt, the operations of it stay where they are at the head of the queue and their sequence stays
 * the same; what etcd then has under this sequence says how many of them were carried out, and with which results.
 */
import {
	ClerkClosedError,
	type OperationError,
	SessionExpiredError,
	ValueTooLargeError,
} from '../../../src/service/errors.js';
import type {Result, Version, WriteOperation} from '../../../src/kv/types.js';
import {assert} from '../../../src/base/errors.js';
import {backOff} from './backoff.js';
import type {CallFailure} from './call-failure.js';
import type {CallAnswer, Endpoints} from './endpoints.js';
import {DeadlineLeases} from './deadline-leases.js';
import {EngineRefusedError, EngineReplacedError} from './errors.js';
import type {Keyspace} from './keyspace.js';
import {keysMax, type EtcdLimits} from './limits.js';
import type {PendingOperation} from './pending-operation.js';
import {timesOf} from './lease-times.js';
import {methods, type TxnReply, type TxnRequest} from './rpc/messages.js';
import {settleVersion, tryDecodeRecord} from './session-record.js';
import {EtcdSession} from './session.js';
import {deletedOf, observationOf, type Observation, readRequest, revisionOf, writeRequest} from './transactions.js';
import {
	candidates,
	emptyPlan,
	keysToRead,
	knownAfter,
	leasesToTell,
	planWrites,
	timesOfOperations,
	type Known,
	type WritePlan,
} from './write-plan.js';

type PendingWrite = PendingOperation<WriteOperation>;

/** Whether the lane has come forward: if not, it waits before it tries again. */
type Progress = 'forward' | 'stuck';

const nothingKnown: Known = new Map();

export class WriteLane {
	readonly #endpoints: Endpoints;
	readonly #keyspace: Keyspace;
	readonly #limits: EtcdLimits;
	readonly #closed = new AbortController();
	#queue: PendingWrite[] = [];
	/** So many at the head of the queue may have been carried out under the session's sequence. */
	#inDoubt = 0;
	/** An attempt of operations that nobody waits for any more may still take effect, until the session is written next. */
	#lingers = false;
	readonly #deadlines: DeadlineLeases;
	#session: EtcdSession | undefined;
	/** Of keys: as they were when we last wrote them, or when a condition failed. May be out of date; then a condition fails. */
	#known: Known = nothingKnown;
	/** How many operations may travel together: fewer after each conflict, so that a long transaction cannot starve. */
	#countMax: number = keysMax;
	#isRunning = false;

	constructor(endpoints: Endpoints, keyspace: Keyspace, limits: EtcdLimits) {
		this.#endpoints = endpoints;
		this.#keyspace = keyspace;
		this.#limits = limits;
		this.#deadlines = new DeadlineLeases(endpoints, limits);
	}

	submit(write: PendingWrite): void {
		this.#queue.push(write);
		if (this.#isRunning) return;
		this.#isRunning = true;
		// What else is begun in this turn travels with it.
		setImmediate(() => void this.#run());
	}

	/** Settles everything, and ends the session as far as etcd can be reached. */
	async close(): Promise<void> {
		this.#closed.abort();
		for (const write of this.#queue) if (!write.isSettled) write.fail(new ClerkClosedError(write.outcome));
		this.#queue = [];
		await this.#session?.revoke();
	}

	async #run(): Promise<void> {
		let failures = 0;
		while (this.#hasWork()) {
			const progress = await this.#step();
			failures = progress === 'forward' ? 0 : failures + 1;
			if (failures > 0) await backOff(failures, this.#limits, this.#closed.signal);
		}
		this.#isRunning = false;
	}

	/** Drops what nobody waits for any more; but of an attempt in doubt nothing while anybody waits for any of it. */
	#hasWork(): boolean {
		if (this.#closed.signal.aborted) return false;
		const inDoubt = this.#queue.slice(0, this.#inDoubt);
		if (inDoubt.length > 0 && inDoubt.every(write => write.isSettled)) this.#abandon();
		const kept = this.#inDoubt;
		this.#queue = this.#queue.filter((write, offset) => offset < kept || !write.isSettled);
		return this.#queue.length > 0;
	}

	async #step(): Promise<Progress> {
		const session = await this.#openSession();
		if (session === undefined) return 'stuck';
		if (this.#inDoubt === 0 && !session.isFresh) return this.#refresh(session);
		const waiting = this.#queue.slice(0, this.#countMax).map(write => write.operation);
		const operations = candidates(waiting, this.#limits.requestBytesMax);
		const keys = keysToRead(operations, this.#limits.valueBytesMax);
		const isKnown = session.revision !== undefined && [...keys].every(key => this.#known.has(key));
		if (!isKnown) return this.#readAndWrite(session, operations, [...keys]);
		const plan = await this.#plan(operations, this.#known);
		if (this.#closed.signal.aborted) return 'forward';
		if ('type' in plan) return this.#failed(plan, 'all');
		if (plan.changes.size > 0 || plan.clears || this.#mayRunLater) return this.#write(session, plan);
		// It would change nothing, if what we know is still so: that takes a look, and no transaction.
		return this.#readAndWrite(session, operations, [...keys]);
	}

	/** An attempt that was begun before may take effect, if no transaction of this session comes first. */
	get #mayRunLater(): boolean {
		return this.#inDoubt > 0 || this.#lingers;
	}

	/** Before the first attempt of a write, so that a session that has ended meanwhile leaves nothing in doubt. */
	async #refresh(session: EtcdSession): Promise<Progress> {
		const renewal = await session.renew();
		if (renewal.type === 'alive') return 'forward';
		if (renewal.type !== 'gone') return this.#failed(renewal, 'all');
		this.#expire(session);
		return 'forward';
	}

	async #readAndWrite(
		session: EtcdSession,
		operations: readonly WriteOperation[],
		keys: readonly string[],
	): Promise<Progress> {
		const answer = await this.#transact(readRequest(session.key, this.#keyspace, keys), operations.length);
		if (this.#closed.signal.aborted) return 'forward';
		if (answer.type !== 'answered') return this.#failed(answer, operations.length);
		const observation = observationOf(answer.value, keys);
		const isResolved = await this.#learn(session, observation);
		if (isResolved) return 'forward';
		const plan = await this.#plan(operations, observation.known);
		if (this.#closed.signal.aborted) return 'forward';
		if ('type' in plan) return this.#failed(plan, 'all');
		const isRead = plan.changes.size === 0 && !plan.clears;
		if (!isRead || this.#mayRunLater) return this.#write(session, plan);
		// Nothing that was begun before can happen later: what was read is the answer.
		this.#settle(plan.results, observation.revision);
		return 'forward';
	}

	async #write(session: EtcdSession, plan: WritePlan): Promise<Progress> {
		// While it was read what they need, one of them may have been given up as not executed: then it must not run.
		if (this.#queue.slice(0, plan.count).some(write => write.isSettled && !write.mayHaveRun)) return 'forward';
		if (plan.byteLength > this.#limits.requestBytesMax) return this.#writeTooLarge(session, plan);
		const {key, revision, sequence} = session;
		assert(revision !== undefined, 'what a transaction compares with was read or written before');
		const inDoubtBefore = this.#inDoubt;
		this.#doubt(Math.max(inDoubtBefore, plan.count));
		const request = writeRequest({key, revision, sequence}, this.#keyspace, plan);
		const answer = await this.#transact(request, plan.count);
		if (this.#closed.signal.aborted) return 'forward';
		if (answer.type !== 'answered') {
			if ('mayHaveRun' in answer && answer.mayHaveRun) session.revision = undefined;
			else this.#doubt(inDoubtBefore);
			return this.#failed(answer, plan.count);
		}
		if (answer.value.succeeded) {
			this.#succeeded(session, plan, answer.value);
			return 'forward';
		}
		this.#doubt(inDoubtBefore);
		this.#countMax = Math.max(1, Math.floor(plan.count / 2));
		const isResolved = await this.#learn(session, observationOf(answer.value, [...plan.conditions.keys()]));
		return isResolved ? 'forward' : 'stuck';
	}

	/** The first operation does not fit. Was it in doubt, then an attempt of it when the key was still smaller may be on its way. */
	async #writeTooLarge(session: EtcdSession, {byteLength}: WritePlan): Promise<Progress> {
		if (this.#inDoubt > 0) return this.#write(session, emptyPlan);
		return this.#reject(1, write => new ValueTooLargeError(write.outcome, byteLength, this.#limits.requestBytesMax));
	}

	#succeeded(session: EtcdSession, plan: WritePlan, response: TxnReply): void {
		const revision = revisionOf(response);
		session.advance(revision);
		this.#lingers = false;
		this.#known = knownAfter(plan, revision);
		this.#countMax = keysMax;
		this.#settle(
			plan.clears ? [{type: 'cleared', count: deletedOf(response), version: revision}] : plan.results,
			revision,
		);
	}

	/** Takes over what was read. True when that decided about operations at the head of the queue. */
	async #learn(session: EtcdSession, {session: entry, known}: Observation): Promise<boolean> {
		if (entry === undefined) {
			this.#expire(session);
			return true;
		}
		const revision = entry.modRevision;
		const record = tryDecodeRecord(entry.value);
		// Somebody else writes where our sessions are: what this one has done nobody can tell.
		if (record === undefined) {
			this.#expire(session);
			return true;
		}
		const {sequence, results} = record;
		if (this.#inDoubt > 0 && sequence === session.sequence) return this.#recover(session, revision, results);
		session.revision = revision;
		this.#known = known;
		return false;
	}

	/** An attempt whose answer was lost has taken effect. */
	async #recover(session: EtcdSession, revision: Version, results: readonly Result[]): Promise<boolean> {
		const recovered: Result[] = [];
		for (const result of results) {
			const count = result.type === 'cleared' ? await this.#keyCountBefore(revision) : undefined;
			if (result.type === 'cleared' && count === undefined) return false;
			recovered.push(count === undefined ? result : {type: 'cleared', count, version: revision});
		}
		this.#known = nothingKnown;
		session.advance(revision);
		this.#lingers = false;
		this.#settle(recovered, revision);
		return true;
	}

	/** How many keys a clear at this revision found; the past does not change. */
	async #keyCountBefore(revision: Version): Promise<number | undefined> {
		const request = {...this.#keyspace.range, countOnly: true, revision: revision - 1};
		const answer = await this.#endpoints.call(methods.range, request, {timeoutMs: this.#limits.attemptTimeoutMs});
		return answer.type === 'answered' ? answer.value.count : undefined;
	}

	async #openSession(): Promise<EtcdSession | undefined> {
		if (this.#session !== undefined) return this.#session;
		const opened = await EtcdSession.open(this.#endpoints, this.#keyspace, this.#limits);
		if (opened.type !== 'opened') {
			this.#failed(opened, 'all');
			return undefined;
		}
		if (this.#closed.signal.aborted) {
			await opened.session.revoke();
			return undefined;
		}
		this.#session = opened.session;
		return this.#session;
	}

	/** Nothing under this session can succeed any more; what it has done nobody can tell. */
	#expire(session: EtcdSession): void {
		session.stop();
		this.#session = undefined;
		this.#known = nothingKnown;
		this.#reject(this.#inDoubt, () => new SessionExpiredError(session.id));
		this.#lingers = false;
	}

	/** Nobody waits for the attempts in doubt. One may still take effect, but none after the next transaction. */
	#abandon(): void {
		this.#queue.splice(0, this.#inDoubt);
		this.#inDoubt = 0;
		this.#lingers = true;
		this.#session?.advance(undefined);
	}

	async #plan(operations: readonly WriteOperation[], known: Known): Promise<WritePlan | CallFailure> {
		const {valueBytesMax, requestBytesMax} = this.#limits;
		const granted = await this.#deadlines.leasesFor(timesOfOperations(operations));
		if (granted.type !== 'granted') return granted;
		const told = await this.#tellTimes(operations, known);
		if ('type' in told) return told;
		return planWrites(operations, told, {
			valueBytesMax,
			requestBytesMax,
			keyOverheadBytes: this.#keyspace.overheadBytes,
			deadlines: granted.leases,
		});
	}

	/** With the ends of those leases that the results are to tell. */
	async #tellTimes(operations: readonly WriteOperation[], known: Known): Promise<Known | CallFailure> {
		const leases = leasesToTell(operations, known);
		if (leases.size === 0) return known;
		const times = await timesOf(this.#endpoints, leases, this.#limits.attemptTimeoutMs);
		if (times.type !== 'told') return times;
		if (times.deadlines.size < leases.size) {
			this.#known = nothingKnown;
			return {type: 'leaseGone', reason: 'a lease ended while its time was asked for'};
		}
		return new Map(
			[...known].map(([key, value]) => {
				const expiresAt = value?.lease === undefined ? undefined : times.deadlines.get(value.lease);
				return [key, value === undefined || expiresAt === undefined ? value : {...value, expiresAt}] as const;
			}),
		);
	}

	async #transact(request: TxnRequest, count: number): Promise<CallAnswer<TxnReply>> {
		for (const write of this.#queue.slice(0, count)) write.attempts++;
		return this.#endpoints.call(methods.txn, request, {timeoutMs: this.#limits.attemptTimeoutMs});
	}

	#doubt(count: number): void {
		this.#inDoubt = count;
		for (const [offset, write] of this.#queue.entries()) {
			if (offset >= count && !write.mayHaveRun) break;
			write.mayHaveRun = offset < count;
		}
	}

	/** `count`: how many operations etcd refused, if it did; `all`: it did not even come to them. */
	#failed(failure: CallFailure, count: number | 'all'): Progress {
		if (failure.type === 'leaseGone') {
			// Of a key with a deadline: a lease that is named is a condition. Another one is granted.
			this.#deadlines.forget();
			return 'stuck';
		}
		if (failure.type === 'lost') {
			for (const write of this.#queue) {
				write.lastReply = failure.lastReply;
				write.lastReason = failure.remedy === undefined ? failure.reason : `${failure.reason}: ${failure.remedy}`;
			}
			return 'stuck';
		}
		const all = this.#queue.length;
		if (failure.type === 'replaced') {
			return this.#reject(all, write => new EngineReplacedError(failure.reason, write.outcome));
		}
		const isOfOne = failure.type === 'tooLarge' || !failure.isOfAll;
		if (isOfOne && count !== 'all' && count > 1) {
			// It may be one of them, or all together: the halves will tell.
			this.#countMax = Math.floor(count / 2);
			return 'forward';
		}
		return this.#reject(count === 'all' ? all : Math.max(1, count), write =>
			failure.type === 'tooLarge'
				? new ValueTooLargeError(write.outcome, this.#limits.requestBytesMax, this.#limits.requestBytesMax)
				: new EngineRefusedError(failure.reason, failure.remedy, write.outcome),
		);
	}

	#reject(count: number, errorOf: (write: PendingWrite) => OperationError): Progress {
		if (this.#inDoubt > 0) this.#lingers = true;
		for (const write of this.#leave(Math.max(count, this.#inDoubt))) {
			if (!write.isSettled) write.fail(errorOf(write));
		}
		this.#session?.advance(undefined);
		return 'forward';
	}

	#settle(results: readonly Result[], revision: Version): void {
		for (const [offset, write] of this.#leave(results.length).entries()) {
			const result = results[offset];
			if (result !== undefined && !write.isSettled) write.complete(settleVersion(result, revision));
		}
	}

	/** Takes the first of the queue out of it; of those that stay, nothing is in doubt. */
	#leave(count: number): readonly PendingWrite[] {
		const left = this.#queue.splice(0, count);
		this.#inDoubt = 0;
		for (const write of this.#queue) {
			if (!write.mayHaveRun) break;
			write.mayHaveRun = false;
		}
		return left;
	}
}
