/** One node of the cluster as the supervisor holds it: its thread, or its two threads, and what they are connected to. */
import {MessageChannel} from 'node:worker_threads';
import type {TransferOutcome} from '../../src/raft/transfer-outcome.js';
import type {NodeId} from '../../src/raft/types.js';
import type {CutTail} from '../../src/storage/recovery.js';
import type {ClusterEvent} from './cluster-event.js';
import type {NodeMetrics} from '../metrics/cluster-metrics.js';
import type {Router} from '../network/router.js';
import type {
	KvThreadData,
	LogPart,
	LogRange,
	ReplicaOptions,
	ReplicaStatus,
	ReplicaThreadData,
	ThreadControl,
} from '../replica/protocol.js';
import type {ThreadConditions} from '../replica/thread-conditions.js';
import {ControlledThread, deathOf, type ThreadExit} from './controlled-thread.js';
import {ThreadError} from './errors.js';
import type {EffectBatch} from '../replica/protocol.js';
import type {ResolvedThreadEntries} from './thread-entries.js';

/** Reading a log of several hundred MB takes seconds; longer than this nobody waits. */
const startTimeoutMs = 60_000;
const stopTimeoutMs = 5000;

/** What the replicas of a cluster share. */
export interface ReplicaSurroundings {
	readonly router: Router;
	/** Where the threads begin. */
	readonly entries: ResolvedThreadEntries;
	readonly effects: EffectSink;
	/** Is told what becomes of a node's threads, and of it as a member of the group. */
	readonly event: (event: ClusterEvent) => void;
}

/** The receiver of the effects of a replica's machine. */
export interface EffectSink {
	/** Whether anybody listens. */
	readonly isHeard: boolean;
	/** Nothing up to this revision is wanted. */
	readonly through: number;
	/** The replica tells all effects of writes beyond this revision. */
	joined(replica: object, told: number): void;
	take(replica: object, batch: EffectBatch): void;
	left(replica: object): void;
}

export class Replica {
	/** Settles when any of the threads has ended by itself or was killed; the others are ended too. */
	readonly exited: Promise<ThreadExit>;
	readonly #raft: ControlledThread;
	readonly #kv: ControlledThread | undefined;
	readonly #effects: EffectSink;
	#isStopping = false;

	private constructor(raft: ControlledThread, kv: ControlledThread | undefined, effects: EffectSink) {
		this.#raft = raft;
		this.#kv = kv;
		this.#effects = effects;
		(kv ?? raft).effects = batch => effects.take(this, batch);
		this.exited = this.#firstExit();
	}

	/**
	 * Starts the threads, and resolves when the node has read its log and takes part. `loaded` is called in between, and
	 * the node takes part only when that has resolved. Rejects with what kept it from that.
	 */
	static async start(
		options: ReplicaOptions,
		{router, entries, effects, event}: ReplicaSurroundings,
		loaded: (cut: CutTail | undefined) => Promise<void>,
	): Promise<Replica> {
		const raftRouter = new MessageChannel();
		const {kvServer} = entries;
		const kvRouter = kvServer === undefined ? undefined : new MessageChannel();
		const service = kvServer === undefined ? undefined : new MessageChannel();
		const kv =
			kvServer === undefined || kvRouter === undefined || service === undefined
				? undefined
				: spawn(`kv-${options.id}`, kvServer, control => ({
						options,
						router: kvRouter.port2,
						control,
						service: service.port2,
					}));
		const raft = spawn(`replica-${options.id}`, entries.replica, control => ({
			options,
			router: raftRouter.port2,
			control,
			service: service?.port1,
		}));
		const {id} = options;
		for (const thread of kv === undefined ? [raft] : [raft, kv]) {
			thread.nodeEvent = told => event({...told, id});
			event({type: 'threadStarted', id, thread: thread.name});
			void thread.exited.then(exit => event({type: 'threadEnded', id, ...exit}));
		}
		const replica = new Replica(raft, kv, effects);
		router.attachNode(id, {raft: raftRouter.port1, kv: kvRouter?.port1 ?? raftRouter.port1});
		try {
			await loaded(await raft.call('load', [], startTimeoutMs));
			// Before it applies anything.
			if (effects.isHeard) await replica.tellEffects(effects.through, startTimeoutMs);
			await kv?.call('start', [], startTimeoutMs);
			await raft.call('start', [], startTimeoutMs);
			return replica;
		} catch (error) {
			await replica.kill();
			const isDeath = error instanceof ThreadError && error.code === 'ERR_THREAD_DIED';
			// The thread that died first says why; the other was ended for that.
			throw isDeath ? deathOf(await replica.exited, 'start') : error;
		}
	}

	async status(timeoutMs: number): Promise<ReplicaStatus | undefined> {
		return this.#raft.call('status', [], timeoutMs);
	}

	/** Entries of its log; `undefined` before it takes part. */
	async logPart(range: LogRange, timeoutMs: number): Promise<LogPart | undefined> {
		return this.#raft.call('logPart', [range], timeoutMs);
	}

	/** What its threads have counted; of one that does not answer in time, or has ended, nothing. Never rejects. */
	async metrics(timeoutMs: number): Promise<Omit<NodeMetrics, 'id' | 'starts'>> {
		const threads = this.#kv === undefined ? [this.#raft] : [this.#raft, this.#kv];
		const asked = threads.map(thread => thread.call('metrics', [], timeoutMs).catch(() => undefined));
		const answers = (await Promise.all(asked)).filter(answer => answer !== undefined);
		return {
			isUp: answers.length === threads.length,
			raft: answers.find(({raft}) => raft !== undefined)?.raft,
			server: answers.find(({server}) => server !== undefined)?.server,
			threads: answers.map(({thread}) => thread),
		};
	}

	/** Has the node take a snapshot that includes this index. Resolves when it has heard that. */
	async takeSnapshot(index: number, timeoutMs: number): Promise<void> {
		await this.#raft.call('takeSnapshot', [index], timeoutMs);
	}

	/** Hands its place over, if it leads. Resolves with what became of that. */
	async transferLeadership(to: NodeId | undefined, timeoutMs: number): Promise<TransferOutcome> {
		return this.#raft.call('transferLeadership', [to], timeoutMs);
	}

	/** Has it tell its machine's effects beyond this revision, or none. Resolves with what is told: see `ThreadControl`. */
	async tellEffects(after: number | undefined, timeoutMs: number): Promise<number> {
		const told = await (this.#kv ?? this.#raft).call('tellEffects', [after], timeoutMs);
		if (after === undefined) this.#effects.left(this);
		else this.#effects.joined(this, told);
		return told;
	}

	/** Blocks the event loop of the node's raft thread; `clockStops`: its clock stands still as well. Resolves when that begins. */
	async pause(ms: number, clockStops: boolean): Promise<void> {
		await this.#raft.call('pause', [ms, clockStops], startTimeoutMs);
	}

	/** What is wrong with its threads from now on. A thread that is busy or paused hears of it when it goes on. */
	async setConditions(conditions: ThreadConditions): Promise<void> {
		await this.#ofAllThreads('setConditions', [conditions]);
	}

	/** Its clock leaps: see `ThreadControl`. */
	async leapClock(byMs: number): Promise<void> {
		await this.#ofAllThreads('leapClock', [byMs]);
	}

	/** Its clock goes on, if it stands still. */
	async resumeClock(): Promise<void> {
		await this.#ofAllThreads('resumeClock', []);
	}

	async kill(): Promise<void> {
		await Promise.all([this.#raft.kill(), this.#kv?.kill()]);
	}

	/** Resolves with what went wrong, when all threads have ended in any case. */
	async stop(): Promise<readonly Error[]> {
		this.#isStopping = true;
		// The KV server first: it tells its waiters, and needs nobody for that.
		const failures = [await this.#kv?.stop(stopTimeoutMs), await this.#raft.stop(stopTimeoutMs)];
		return failures.filter(failure => failure !== undefined);
	}

	async #ofAllThreads<K extends 'setConditions' | 'leapClock' | 'resumeClock'>(
		method: K,
		args: Parameters<ThreadControl[K]>,
	): Promise<void> {
		const threads = [this.#raft, ...(this.#kv === undefined ? [] : [this.#kv])];
		await Promise.all(threads.map(thread => thread.call(method, args, startTimeoutMs)));
	}

	async #firstExit(): Promise<ThreadExit> {
		const exit = await Promise.race([this.#raft.exited, ...(this.#kv === undefined ? [] : [this.#kv.exited])]);
		// While the replica stops, its threads end one after the other, each when it has finished.
		if (!this.#isStopping) await this.kill();
		this.#effects.left(this);
		return exit;
	}
}

function spawn(
	name: string,
	entry: URL,
	dataOf: (control: ReplicaThreadData['control']) => ReplicaThreadData | KvThreadData,
): ControlledThread {
	const {port1, port2} = new MessageChannel();
	const data = dataOf(port2);
	const ports = [data.control, data.router, data.service].filter(port => port !== undefined);
	return new ControlledThread(name, entry, data, port1, ports);
}
