/**
 * What the threads of a replica run: the raft node actor, and the KV server actor beside it or on a thread of its own.
 *
 *      router port ──▶ ┌───────────┐  ServiceInput  ┌─────────┐ ──▶ reply ports
 *                      │ RaftActor │ ─────────────▶ │ KvActor │
 *      router port ◀── └───────────┘ ◀───────────── └─────────┘ ◀── router port
 *                            │       ServiceOutput
 *                         storage
 */
import type {MessagePort} from 'node:worker_threads';
import {Random} from '../../src/base/random.js';
import {assert, unreachable} from '../../src/base/errors.js';
import type {TransferOutcome} from '../../src/raft/transfer-outcome.js';
import type {NodeId, ServiceInput, ServiceOutput} from '../../src/raft/types.js';
import type {CutTail} from '../../src/storage/recovery.js';
import type {RaftStorage} from '../../src/storage/storage.js';
import type {Machine} from '../../src/service/machine.js';
import type {RaftMetrics, ServerMetrics, ThreadAnswer} from '../metrics/cluster-metrics.js';
import {ObservedStorage} from '../metrics/observed-storage.js';
import {RaftMeter} from '../metrics/raft-meter.js';
import type {CommitStages} from '../metrics/commit-stages.js';
import {ThreadMeter} from '../metrics/thread-meter.js';
import type {TimedDisk} from '../metrics/timed-disk.js';
import {BatchedPort} from '../network/batched-port.js';
import type {Envelope} from '../network/envelope.js';
import {routerPort} from '../network/router-port.js';
import type {ActorRef} from '../runtime/ref.js';
import type {ActorSystem} from '../runtime/system.js';
import {Beginning} from './beginning.js';
import {EffectFeed} from './effect-feed.js';
import type {KvActor} from './kv-actor.js';
import {machineOf} from './machine-reference.js';
import {closeLog, type LoadedLog, loadLog} from './loaded-log.js';
import {logPart} from './log-part.js';
import type {
	KvActorMessage,
	KvThreadData,
	LogPart,
	LogRange,
	RaftActorMessage,
	ReplicaOptions,
	ReplicaStatus,
	ReplicaThreadData,
} from './protocol.js';
import {RaftActor} from './raft-actor.js';
import {dieOf, mustTell, type ServerParts, spawnKv, spawnOptions, startSystem} from './thread-actors.js';
import {ThreadPace} from './thread-conditions.js';
import {trueNow} from './true-now.js';
import {afterAnswer, Alarm, exposeControl, sayLastWords, settle, tellSupervisor} from './thread-control.js';

/** The raft node's thread: starts, stops and is asked through its control port. */
export function hostReplica(data: ReplicaThreadData): void {
	let log: LoadedLog | undefined;
	let machine: Machine | undefined;
	let host: RaftHost | undefined;
	const effects = new EffectFeed(tellSupervisor);
	const handles = handlesOf(data.options);
	const {pace} = handles;
	const thread = new ThreadMeter(`replica-${data.options.id}`);
	hostThread(data.control, handles, {
		load: async () => {
			machine = data.service === undefined ? await machineOf(data.options.machine) : undefined;
			log = loadLog(data.options.storage);
			return log.cutTail;
		},
		start: () => {
			assert(log !== undefined, 'a node reads its log before it takes part');
			host = new RaftHost(data, log, {machine, effects, thread, pace});
			return host.begun;
		},
		status: () => host?.status(),
		logPart: range => host?.logPart(range),
		metrics: () => ({thread: thread.read(), raft: host?.metrics(), server: host?.serverMetrics()}),
		takeSnapshot: index => host?.takeSnapshot(index),
		transferLeadership: async to => host?.transferLeadership(to) ?? doesNotLead,
		tellEffects: after => effects.listen(after),
		stop: async () => {
			if (host !== undefined) return host.stop();
			if (log !== undefined) await closeLog(log.storage);
		},
	});
}

/** Of a thread whose node does not take part, and of one without a node. */
const doesNotLead: TransferOutcome = {type: 'refused', reason: 'notLeader', leaderId: undefined};

/** The thread of a KV server that does not share its node's. */
export function hostKvServer(data: KvThreadData): void {
	let host: KvHost | undefined;
	const effects = new EffectFeed(tellSupervisor);
	const handles = handlesOf(data.options);
	const {pace} = handles;
	const thread = new ThreadMeter(`kv-${data.options.id}`);
	hostThread(data.control, handles, {
		load: () => undefined,
		start: async () => {
			host = new KvHost(data, {machine: await machineOf(data.options.machine), effects, pace});
			return host.begun;
		},
		status: () => undefined,
		logPart: () => undefined,
		metrics: () => ({thread: thread.read(), raft: undefined, server: host?.metrics()}),
		takeSnapshot: () => undefined,
		transferLeadership: async () => doesNotLead,
		tellEffects: after => effects.listen(after),
		stop: async () => host?.stop(),
	});
}

interface Hosted {
	load(): CutTail | undefined | Promise<CutTail | undefined>;
	start(): void | Promise<void>;
	status(): ReplicaStatus | undefined;
	logPart(range: LogRange): LogPart | undefined;
	metrics(): ThreadAnswer;
	takeSnapshot(index: number): void;
	transferLeadership(to: NodeId | undefined): Promise<TransferOutcome>;
	tellEffects(after: number | undefined): number;
	stop(): Promise<void>;
}

/** What can be done to a thread from outside. */
interface Handles {
	readonly alarm: Alarm;
	readonly pace: ThreadPace;
}

function handlesOf(options: ReplicaOptions): Handles {
	const alarm = new Alarm(options.alarm);
	return {alarm, pace: new ThreadPace(ms => alarm.blockFor(ms))};
}

function hostThread(control: MessagePort, {alarm, pace}: Handles, hosted: Hosted): void {
	sayLastWords();
	exposeControl(
		{
			load: () => settle(() => hosted.load()),
			start: () => settle(() => hosted.start()),
			status: () => settle(() => hosted.status()),
			logPart: range => settle(() => hosted.logPart(range)),
			metrics: () => settle(() => hosted.metrics()),
			takeSnapshot: index => settle(() => hosted.takeSnapshot(index)),
			transferLeadership: to => settle(() => hosted.transferLeadership(to)),
			tellEffects: after => settle(() => hosted.tellEffects(after)),
			pause: (ms, clockStops) =>
				settle(() => {
					const {rings} = alarm;
					afterAnswer(() => {
						const startedAt = pace.clock.now();
						alarm.blockFor(ms, rings);
						if (clockStops) pace.clock.forget(startedAt);
					});
				}),
			setConditions: conditions => settle(() => pace.set(conditions)),
			leapClock: byMs => settle(() => pace.clock.leap(byMs)),
			resumeClock: () => settle(() => pace.clock.resume()),
			stop: async () => {
				const stopped = await settle(() => hosted.stop());
				// The answer must be out before its port closes; then nothing is left that holds the thread.
				setImmediate(() => control.close());
				return stopped;
			},
		},
		control,
	);
}

/** What a node's thread has beside its log. */
interface HostParts {
	/** `undefined`: the KV server has a thread of its own. */
	readonly machine: Machine | undefined;
	readonly effects: EffectFeed;
	readonly thread: ThreadMeter;
	readonly pace: ThreadPace;
}

interface Receivers {
	readonly raft: ActorRef<RaftActorMessage>;
	/** `undefined`: it is on another thread, and has a port of its own. */
	readonly kv: ActorRef<KvActorMessage> | undefined;
	readonly stages: CommitStages;
}

/** What comes from the router. It may be lost in a full mailbox, as anywhere on its way. */
function handOut(envelope: Envelope, {raft, kv, stages}: Receivers): void {
	switch (envelope.type) {
		case 'raft':
			return void raft.tell({type: 'message', from: envelope.from, message: envelope.message});
		case 'peerDown':
		case 'noLeader':
			return void raft.tell(envelope);
		case 'request':
			if (envelope.request.type === 'write') stages.arrived(envelope);
			return void kv?.tell({type: 'request', envelope});
		default:
			return unreachable(envelope);
	}
}

class RaftHost {
	readonly #beginning = new Beginning();
	readonly #system: ActorSystem;
	readonly #storage: RaftStorage;
	readonly #router: BatchedPort<Envelope>;
	readonly #service: BatchedPort<ServiceInput, ServiceOutput> | undefined;
	readonly #disk: TimedDisk;
	readonly #meter: RaftMeter;
	#raft: RaftActor | undefined;
	#server: KvActor | undefined;
	/** Its actors end one after the other: what one says to the other then is not heard, and need not be. */
	#isStopping = false;

	constructor(
		{options, router, service}: ReplicaThreadData,
		{storage, state, disk}: LoadedLog,
		{machine, effects, thread, pace}: HostParts,
	) {
		const {id} = options;
		const seesRequests = machine !== undefined;
		const meter = new RaftMeter({now: trueNow, isWatched: () => thread.isWatched, seesRequests});
		const {stages} = meter;
		this.#meter = meter;
		this.#disk = disk;
		this.#storage = new ObservedStorage(storage, index => stages.durable(index));
		this.#system = startSystem(`replica-${id}`, pace);
		const toService = (input: ServiceInput): void => {
			if (this.#isStopping) return;
			meter.told(input);
			if (this.#service === undefined) mustTell(kv, {type: 'service', input});
			else this.#service.send(input);
		};
		const raft: ActorRef<RaftActorMessage> = this.#system.spawn(
			context =>
				this.#made(
					new RaftActor({
						replica: options,
						storage: this.#storage,
						state,
						random: Random.fromSeed(options.seed),
						now: pace.clock.now,
						send: (to, message) => {
							meter.sent(to, message);
							this.#router.send({type: 'raft', from: id, to, message});
						},
						sent: () => this.#router.flush(),
						service: toService,
						event: event => {
							meter.event(event);
							tellSupervisor({type: 'nodeEvent', event});
						},
						failed: dieOf,
						context,
					}),
				),
			{...spawnOptions, name: 'raft'},
		);
		const toRaft = (output: ServiceOutput): void => {
			if (this.#isStopping) return;
			meter.heard(output);
			mustTell(raft, {type: 'service', output});
		};
		const kv =
			machine === undefined
				? undefined
				: spawnKv(this.#system, {
						options,
						machine,
						effects,
						pace,
						raft: toRaft,
						stages,
						made: actor => (this.#server = actor),
					});
		this.#service = service === undefined ? undefined : new BatchedPort(service, {receive: toRaft});
		this.#router = routerPort(router, envelope => handOut(envelope, {raft, kv, stages}));
	}

	/** Resolves when the node takes part: from then on it has a status, and timers on the clock of its thread. */
	get begun(): Promise<void> {
		return this.#beginning.begun;
	}

	status(): ReplicaStatus | undefined {
		return this.#raft?.status();
	}

	logPart(range: LogRange): LogPart | undefined {
		return this.#raft === undefined ? undefined : logPart(this.#raft, range);
	}

	metrics(): RaftMetrics | undefined {
		const status = this.#raft?.status();
		if (status === undefined) return undefined;
		const {lastApplied, snapshotBytes, ...raftStatus} = status;
		return {status: raftStatus, lastApplied, snapshotBytes, disk: this.#disk.metrics, ...this.#meter.counts};
	}

	/** Of the server on this thread. */
	serverMetrics(): ServerMetrics | undefined {
		return this.#server?.metrics();
	}

	takeSnapshot(index: number): void {
		this.#raft?.takeSnapshot(index);
	}

	#made(raft: RaftActor): RaftActor {
		this.#raft = raft;
		this.#beginning.begin();
		return raft;
	}

	/** `undefined`: the node does not take part yet. */
	transferLeadership(to: NodeId | undefined): Promise<TransferOutcome> | undefined {
		return this.#raft?.transferLeadership(to);
	}

	/** Waiters are told, then what was written becomes durable, then the directory is let go. */
	async stop(): Promise<void> {
		this.#isStopping = true;
		await this.#system.stop();
		const failure = await closeLog(this.#storage);
		this.#service?.close();
		this.#router.close();
		if (failure !== undefined) throw failure;
	}
}

class KvHost {
	readonly #beginning = new Beginning();
	readonly #system: ActorSystem;
	readonly #router: BatchedPort<Envelope>;
	readonly #service: BatchedPort<ServiceOutput, ServiceInput>;
	#server: KvActor | undefined;
	#isStopping = false;

	constructor({options, router, service}: KvThreadData, served: Pick<ServerParts, 'machine' | 'effects' | 'pace'>) {
		this.#system = startSystem(`kv-${options.id}`, served.pace);
		const raft = (output: ServiceOutput): void => this.#service.send(output);
		const made = (actor: KvActor): void => {
			this.#server = actor;
			this.#beginning.begin();
		};
		const kv = spawnKv(this.#system, {options, ...served, raft, stages: undefined, made});
		this.#service = new BatchedPort(service, {
			receive: input => {
				if (!this.#isStopping) mustTell(kv, {type: 'service', input});
			},
		});
		this.#router = routerPort(router, envelope => {
			if (envelope.type === 'request') kv.tell({type: 'request', envelope});
		});
	}

	/** Resolves when the server is there. */
	get begun(): Promise<void> {
		return this.#beginning.begun;
	}

	metrics(): ServerMetrics | undefined {
		return this.#server?.metrics();
	}

	async stop(): Promise<void> {
		this.#isStopping = true;
		await this.#system.stop();
		this.#service.close();
		this.#router.close();
	}
}
