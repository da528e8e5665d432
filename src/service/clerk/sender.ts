/**
 * Turns what waits into requests, as many as may be in flight. Writes go in the order in which they were submitted: each
 * request names the write before it. Each write gets its number when it is first sent under a session.
 */
import type {Queue} from '../../base/queue.js';
import type {Milliseconds} from '../../raft/types.js';
import type {CommandCodec} from '../command-codec.js';
import {SessionExpiredError} from '../errors.js';
import type {MachineTypes} from '../machine.js';
import type {Attempts} from './attempts.js';
import type {ClientSession} from './client-session.js';
import type {ClerkLimits} from './limits.js';
import type {SessionInUse} from './session-in-use.js';
import {isSettled, numberedWriteOf, readOf, type Task} from './task.js';
import type {UnsettledTasks} from './unsettled-tasks.js';
import type {WaitingTasks} from './waiting-tasks.js';

export interface SenderOptions<T extends MachineTypes, Caller> {
	readonly commands: CommandCodec<T>;
	readonly limits: ClerkLimits;
	readonly inUse: SessionInUse;
	readonly waiting: WaitingTasks<T, Caller>;
	readonly unsettled: UnsettledTasks<T, Caller>;
	readonly attempts: Attempts<T, Caller>;
}

export class Sender<T extends MachineTypes, Caller> {
	readonly #commands: CommandCodec<T>;
	readonly #limits: ClerkLimits;
	readonly #inUse: SessionInUse;
	readonly #waiting: WaitingTasks<T, Caller>;
	readonly #unsettled: UnsettledTasks<T, Caller>;
	readonly #attempts: Attempts<T, Caller>;
	#gathersUntil: Milliseconds = Infinity;

	constructor({commands, limits, inUse, waiting, unsettled, attempts}: SenderOptions<T, Caller>) {
		this.#commands = commands;
		this.#limits = limits;
		this.#inUse = inUse;
		this.#waiting = waiting;
		this.#unsettled = unsettled;
		this.#attempts = attempts;
	}

	/** When to send again, if nothing happens before, what waits for more to travel with; Infinity: nothing does. */
	get gathersUntil(): Milliseconds {
		return this.#gathersUntil;
	}

	/** Sends what can be sent. */
	send(now: Milliseconds): void {
		this.#gathersUntil = Infinity;
		this.#waiting.sortRetries();
		this.#sendReads(now);
		this.#sendWrites(now);
	}

	#sendReads(now: Milliseconds): void {
		const retries = this.#waiting.takeRetries('read');
		while (this.#attempts.hasRoom) {
			if (retries.length === 0 && this.#gathers(now, this.#waiting.reads)) break;
			const tasks = this.#takeBatch(retries, this.#waiting.reads);
			if (tasks.length === 0) break;
			const reads = tasks.map(task => readOf(task));
			this.#attempts.begin(now, 'read', tasks, {type: 'read', reads: this.#commands.encodeReads(reads)});
		}
		this.#waiting.putBack(retries);
	}

	#sendWrites(now: Milliseconds): void {
		if (this.#inUse.session?.isToBeReplaced(now) === true) this.#inUse.end(this.#inUse.session);
		const {session} = this.#inUse;
		if (session === undefined) {
			this.#openSession(now);
			return;
		}
		// What comes back of it is to be numbered anew, in its place before all that was submitted later.
		if (this.#inUse.isChanging && this.#attempts.hasFormerSessionOf(session)) return;
		this.#inUse.changed();
		const retries = this.#waiting.takeRetries('write');
		while (this.#attempts.hasRoom) {
			if (retries.length === 0 && this.#gathers(now, this.#waiting.writes)) break;
			if (retries.first !== undefined && this.#attempts.hasEarlierThan(retries.first)) break;
			const tasks = this.#takeBatch(retries, this.#waiting.writes, session);
			if (tasks.length === 0) break;
			this.#attempts.begin(now, 'write', tasks, {type: 'write', command: this.#commandOf(session, tasks)});
		}
		this.#waiting.putBack(retries);
	}

	/** Whether these wait for more to travel with: an answer that is on its way will bring some. */
	#gathers(now: Milliseconds, fresh: Queue<Task<T, Caller>>): boolean {
		const {gathersUntil} = this.#attempts;
		if (now >= gathersUntil || fresh.length === 0 || this.#fillsRequest(fresh)) return false;
		this.#gathersUntil = Math.min(this.#gathersUntil, gathersUntil);
		return true;
	}

	#fillsRequest(fresh: Queue<Task<T, Caller>>): boolean {
		const {batchOperationsMax, batchBytesMax} = this.#limits;
		if (fresh.length >= batchOperationsMax) return true;
		let bytes = 0;
		for (let offset = 0; offset < fresh.length; offset += 1) {
			bytes += fresh.at(offset)?.byteLength ?? 0;
			if (bytes >= batchBytesMax) return true;
		}
		return false;
	}

	#commandOf(session: ClientSession, tasks: readonly Task<T, Caller>[]): Uint8Array {
		const writes = tasks.map(task => numberedWriteOf(task));
		const {id, acknowledged} = session;
		const after = session.before(writes[0]?.sequence ?? 0);
		return this.#commands.encodeCommand({type: 'writes', session: id, acknowledged, after, writes});
	}

	/** Sessions are opened by the first write, through the log like everything else. */
	#openSession(now: Milliseconds): void {
		if (!this.#waiting.hasWrites || this.#attempts.isOpeningSession || !this.#attempts.hasRoom) return;
		const command = this.#commands.encodeCommand({type: 'openSession', closes: this.#inUse.endedId});
		this.#attempts.begin(now, 'openSession', [], {type: 'write', command});
	}

	/** The next batch: what is to be repeated first, in order; `session`: for writes. */
	#takeBatch(
		retries: Queue<Task<T, Caller>>,
		fresh: Queue<Task<T, Caller>>,
		session?: ClientSession,
	): readonly Task<T, Caller>[] {
		const {batchOperationsMax, batchBytesMax, windowMax} = this.#limits;
		const tasks: Task<T, Caller>[] = [];
		let bytes = 0;
		while (tasks.length < batchOperationsMax) {
			const queue = retries.length > 0 ? retries : fresh;
			const task = queue.first;
			if (task === undefined) break;
			if (!isSettled(task)) {
				const isFull = bytes + task.byteLength > batchBytesMax || task.isAlone;
				if (tasks.length > 0 && isFull) break;
				if (session !== undefined && task.identity?.session !== session) {
					if (session.span >= windowMax) break;
					if (!this.#identify(task, session)) {
						queue.shift();
						continue;
					}
				}
				// Within a request each follows on the one before it: what is between them must not be overtaken.
				if (session !== undefined && tasks.length > 0 && !isNext(session, tasks.at(-1), task)) break;
				tasks.push(task);
				bytes += task.byteLength;
			}
			queue.shift();
			if (task.isAlone && tasks.length > 0) break;
		}
		return tasks;
	}

	/**
	 * Gives a write its number in this session; `false` when that must not be: under a session that expired it may have
	 * run, and nobody remembers. Under a new number it would run twice.
	 */
	#identify(task: Task<T, Caller>, session: ClientSession): boolean {
		const {identity} = task;
		if (identity !== undefined && task.mayHaveRun) {
			this.#unsettled.fail(task, new SessionExpiredError(identity.session.id));
			return false;
		}
		task.identity = {session, sequence: session.nextSequence()};
		return true;
	}
}

type Sequenced = Pick<Task<MachineTypes, unknown>, 'identity'>;

/** Whether no write that still waits for its answer is between these. */
function isNext(session: ClientSession, one: Sequenced | undefined, other: Sequenced): boolean {
	return other.identity !== undefined && session.before(other.identity.sequence) === one?.identity?.sequence;
}
