/** What the lab's rows do with a key/value cluster: clerks whose operations are counted and recorded, and judged. */
import assert from 'node:assert/strict';
import type {LabMode} from '../../../src/faults/fault-plan.js';
import {check} from '../../../src/linearizability/check.js';
import {explainViolation} from '../../../src/linearizability/explain.js';
import {kvModel} from '../../../src/linearizability/models/kv-model.js';
import {partition} from '../../../src/linearizability/partition.js';
import {Recorder} from '../../../src/linearizability/recorder.js';
import type {KvClerk, KvCluster, LabWorld, Traffic} from '../harness.js';

/** Of what a row's servers may keep for Raft; later years of the lab allow 8. */
const stateBytesPerMaxRaftState = 2;

export class KvTester {
	readonly world: LabWorld;
	readonly servers: readonly number[];
	readonly #cluster: KvCluster;
	readonly #maxRaftState: number | undefined;
	readonly #recorder: Recorder;
	/** A clerk is recorded. */
	#isRecorded = false;
	#clerkCount = 0;
	#operations = 0;

	constructor(
		world: LabWorld,
		cluster: KvCluster,
		{servers, maxRaftState}: {readonly servers: number; readonly maxRaftState: number | undefined},
	) {
		this.world = world;
		this.servers = Array.from({length: servers}, (_, server) => server);
		this.#cluster = cluster;
		this.#maxRaftState = maxRaftState;
		this.#recorder = new Recorder(() => world.now() * 1e6);
	}

	/** Operations that clerks have completed. */
	get operations(): number {
		return this.#operations;
	}

	/**
	 * A new client. Without `record` its operations are not judged by the checker: they need not be where each key
	 * has one client only, and each of its reads is compared with what that client has written.
	 */
	clerk({servers, record = true}: {readonly servers?: readonly number[]; readonly record?: boolean} = {}): LabClerk {
		const clerk = this.#cluster.clerk();
		if (servers !== undefined) clerk.connectTo(servers);
		const process = `clerk ${this.#clerkCount++}`;
		this.#isRecorded ||= record;
		return new LabClerk(clerk, process, record ? this.#recorder : undefined, () => this.#operations++);
	}

	partition(...groups: readonly (readonly number[])[]): void {
		this.#cluster.partition(groups);
	}

	connectAll(): void {
		this.#cluster.connectAll();
	}

	setMode(mode: LabMode, on: boolean): void {
		this.#cluster.setMode(mode, on);
	}

	/** The leader, or server 0 while there is none. */
	async leader(): Promise<number> {
		return (await this.#cluster.leader()) ?? 0;
	}

	async shutdownAll(): Promise<void> {
		await Promise.all(this.servers.map(server => this.#cluster.shutdown(server)));
	}

	async startAll(): Promise<void> {
		await Promise.all(this.servers.map(server => this.#cluster.start(server)));
	}

	traffic(): Traffic {
		return this.#cluster.traffic();
	}

	/** What servers keep is within the lab's limits: the log is cut, and only where that is wanted. */
	async checkSizes({snapshotBytesMax = Infinity}: {readonly snapshotBytesMax?: number} = {}): Promise<void> {
		const sizes = await this.#cluster.sizes();
		const stateBytesMax = stateBytesPerMaxRaftState * (this.#maxRaftState ?? Infinity);
		const largest = this.#maxRaftState === undefined ? 0 : snapshotBytesMax;
		for (const [server, {state, snapshot}] of sizes.entries()) {
			assert(state <= stateBytesMax, `server ${server} keeps ${state} bytes of log, more than ${stateBytesMax}`);
			assert(snapshot <= largest, `server ${server} keeps ${snapshot} bytes of snapshot, more than ${largest}`);
		}
	}

	/**
	 * No time limit and no benefit of doubt, where the lab takes what it cannot decide within 1 s for right. A row that has
	 * recorded clerks has to have answers, too; one that records none has judged each read itself.
	 */
	checkLinearizable(): void {
		if (!this.#isRecorded) return;
		const history = this.#recorder.history();
		const model = kvModel('kv');
		const {verdict, keys} = check(history, {model});
		if (verdict === 'ok') return;
		const key = keys.find(result => result.verdict === 'violation')?.key;
		const operations = key === undefined ? undefined : partition(history, model).get(key);
		assert(operations !== undefined, `the history is not known to be linearizable: ${verdict}`);
		const {anomaly, core} = explainViolation(operations, {model});
		const lines = core.map(({operation}) => JSON.stringify(operation));
		assert.fail(`the history of key '${key}' is not linearizable: ${anomaly.detail}\n${lines.join('\n')}`);
	}
}

export class LabClerk {
	readonly #clerk: KvClerk;
	readonly #process: string;
	readonly #recorder: Recorder | undefined;
	readonly #completed: () => void;

	constructor(clerk: KvClerk, process: string, recorder: Recorder | undefined, completed: () => void) {
		this.#clerk = clerk;
		this.#process = process;
		this.#recorder = recorder;
		this.#completed = completed;
	}

	/** An absent key reads as the empty string, as in the lab. */
	async get(key: string): Promise<string> {
		this.#recorder?.invoke(this.#process, {type: 'get', key});
		const {value, version} = await this.#clerk.get(key);
		this.#recorder?.complete(this.#process, {type: 'value', value, version});
		this.#completed();
		return value ?? '';
	}

	async put(key: string, value: string): Promise<void> {
		this.#recorder?.invoke(this.#process, {type: 'put', key, value});
		const version = await this.#clerk.put(key, value);
		this.#recorder?.complete(this.#process, {type: 'written', version});
		this.#completed();
	}

	async append(key: string, value: string): Promise<void> {
		this.#recorder?.invoke(this.#process, {type: 'append', key, value});
		const version = await this.#clerk.append(key, value);
		this.#recorder?.complete(this.#process, {type: 'written', version});
		this.#completed();
	}

	/** Get, and the value has to be this. */
	async check(key: string, expected: string): Promise<void> {
		const value = await this.get(key);
		assert(value === expected, `Get('${key}') gave '${value}', expected '${expected}'`);
	}

	/** From here on only these servers and it reach each other. */
	connectTo(servers: readonly number[]): void {
		this.#clerk.connectTo(servers);
	}

	close(): void {
		this.#clerk.close();
	}
}
