/** Raft servers on real threads, the real router between them. */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import {MessageChannel, Worker} from 'node:worker_threads';
import {Router} from '../../../actors/network/router.js';
import type {ReplicaOptions} from '../../../actors/replica/protocol.js';
import {newAlarmMemory} from '../../../actors/replica/thread-control.js';
import {FaultPlan, type LabMode} from '../../../src/faults/fault-plan.js';
import type {Random} from '../../../src/base/random.js';
import {type NodeId, nodeId} from '../../../src/raft/types.js';
import {unreachable} from '../../../src/base/errors.js';
import {noIdentity} from '../../../src/storage/identity.js';
import {trafficOf} from '../accounting.js';
import type {Accepted, RaftCluster, RaftClusterOptions, RaftView, Traffic} from '../harness.js';
import {labRaftLimits} from '../raft/cluster-options.js';
import {maxRaftState} from '../raft/lab-service.js';
import type {FromRaftThread, RaftThreadData, ToRaftThread} from './protocol.js';

const entry = new URL('./raft-thread.js', import.meta.url);

export class RaftThreads implements RaftCluster {
	readonly #options: RaftClusterOptions;
	readonly #random: Random;
	readonly #directory: string;
	readonly #owner = `lab-${process.pid}-${performance.now()}`;
	readonly #plan = new FaultPlan();
	readonly #router: Router;
	readonly #servers: (RaftThread | undefined)[];
	#isClosed = false;

	private constructor(options: RaftClusterOptions, random: Random, directory: string) {
		this.#options = options;
		this.#random = random;
		this.#directory = directory;
		this.#router = new Router({plan: this.#plan, random: random.fork('router'), now: () => performance.now()});
		this.#servers = Array.from({length: options.servers}, () => undefined);
	}

	static async start(options: RaftClusterOptions, random: Random): Promise<RaftThreads> {
		const threads = new RaftThreads(options, random, await mkdtemp(path.join(tmpdir(), 'threadraft-lab-')));
		await Promise.all(Array.from({length: options.servers}, (_, server) => threads.restart(server)));
		return threads;
	}

	async start(server: number, command: string): Promise<Accepted | undefined> {
		return this.#up(server)?.call(call => ({type: 'start', call, command}));
	}

	async view(server: number): Promise<RaftView | undefined> {
		return this.#up(server)?.call(call => ({type: 'view', call}));
	}

	disconnect(server: number): void {
		this.#plan.isolate(server);
	}

	connect(server: number): void {
		this.#plan.clear(`isolate node:${server}`);
	}

	setMode(mode: LabMode, on: boolean): void {
		this.#plan.setMode(mode, on);
	}

	async crash(server: number): Promise<void> {
		const thread = this.#up(server);
		this.#servers[server] = undefined;
		this.#router.detachNode(nodeId(server));
		await thread?.kill();
	}

	async restart(server: number): Promise<void> {
		if (this.#up(server) !== undefined) return;
		const {port1, port2} = new MessageChannel();
		const id = nodeId(server);
		this.#router.attachNode(id, {raft: port1, kv: port1});
		const {applied} = this.#options;
		applied.started(server);
		const thread = new RaftThread({options: this.#replicaOptions(id), router: port2}, message => {
			if (message.type === 'applied') applied.applied(server, message.firstIndex, message.entries);
			else applied.restored(server, message.index, message.commands);
		});
		this.#servers[server] = thread;
		void thread.died.then(error =>
			this.#options.died(new Error(`server ${server} ended: ${error.message}`, {cause: error})),
		);
		await thread.ready;
	}

	received(server: number): number {
		return this.#router.delivered.get(nodeId(server)) ?? 0;
	}

	traffic(): Traffic {
		return trafficOf(this.#router.counters);
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		await Promise.all(this.#servers.map(async thread => thread?.kill()));
		this.#router.close();
		await rm(this.#directory, {recursive: true, force: true});
	}

	#up(server: number): RaftThread | undefined {
		if (this.#isClosed) throw new Error('the cluster is closed');
		return this.#servers[server];
	}

	#replicaOptions(id: NodeId): ReplicaOptions {
		return {
			id,
			voters: this.#servers.map((_, server) => nodeId(server)),
			limits: labRaftLimits,
			maxRaftState: this.#options.snapshots ? maxRaftState : undefined,
			maxMemoryBytes: Infinity,
			machine: {module: undefined, valueBytesMax: 0},
			sessionTimeoutMs: 0,
			storage: {
				directory: path.join(this.#directory, `node-${id}`),
				sync: false,
				owner: this.#owner,
				identity: noIdentity,
				expectedStart: undefined,
				faults: undefined,
			},
			seed: this.#random.uint32(),
			alarm: newAlarmMemory(),
		};
	}
}

type Delivery = Extract<FromRaftThread, {type: 'applied' | 'restored'}>;

/** One life of one server. */
class RaftThread {
	readonly ready: Promise<void>;
	/** Resolves when the thread ends and nobody has killed it. */
	readonly died: Promise<Error>;
	readonly #worker: Worker;
	readonly #calls = new Map<number, (value: never) => void>();
	#isKilled = false;
	#nextCall = 1;

	constructor(data: RaftThreadData, delivered: (delivery: Delivery) => void) {
		const worker = new Worker(entry, {name: `lab-${data.options.id}`, workerData: data, transferList: [data.router]});
		this.#worker = worker;
		this.died = new Promise(resolve => {
			worker.once('error', error => resolve(error instanceof Error ? error : new Error(String(error))));
			worker.once('exit', code => !this.#isKilled && resolve(new Error(`exit code ${code}`)));
		});
		this.ready = new Promise((resolve, reject) => {
			void this.died.then(reject);
			worker.on('message', (message: FromRaftThread) => {
				if (message.type === 'ready') resolve();
				else this.#take(message, delivered);
			});
		});
	}

	/** `undefined` when the thread is killed first. */
	async call<T>(message: (call: number) => ToRaftThread): Promise<T | undefined> {
		const call = this.#nextCall++;
		return new Promise(resolve => {
			this.#calls.set(call, resolve);
			this.#worker.postMessage(message(call));
		});
	}

	async kill(): Promise<void> {
		this.#isKilled = true;
		this.#worker.removeAllListeners('message');
		for (const resolve of this.#calls.values()) resolve(undefined as never);
		this.#calls.clear();
		await this.#worker.terminate();
	}

	#take(message: Exclude<FromRaftThread, {type: 'ready'}>, delivered: (delivery: Delivery) => void): void {
		switch (message.type) {
			case 'accepted':
				return this.#answer(message.call, message.accepted);
			case 'view':
				return this.#answer(message.call, message.view);
			case 'applied':
			case 'restored':
				return delivered(message);
			default:
				return unreachable(message);
		}
	}

	#answer(call: number, value: unknown): void {
		this.#calls.get(call)?.(value as never);
		this.#calls.delete(call);
	}
}
