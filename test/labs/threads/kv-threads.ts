/** The whole service on real threads, through its public face: `Cluster` and `Clerk`. */
import {Cluster, type Clerk} from '../../../actors/index.js';
import {textOf} from '../../../actors/text.js';
import type {LabMode} from '../../../src/faults/fault-plan.js';
import {nodeId} from '../../../src/raft/types.js';
import {hardStateBytes, trafficOf} from '../accounting.js';
import type {KvClerk, KvCluster, KvClusterOptions, ServerSizes, Traffic} from '../harness.js';
import {clerkTimeoutMs, connectClerk, limitsFor} from '../kv/cluster-options.js';

const statusRounds = 10;

export class KvThreads implements KvCluster {
	readonly #cluster: Cluster;

	private constructor(cluster: Cluster, died: (error: Error) => void) {
		this.#cluster = cluster;
		cluster.on('event', event => {
			if (event.type !== 'nodeRestarting' && event.type !== 'nodeDamaged') return;
			died(new Error(`server ${event.id} ended: ${event.error.message}`, {cause: event.error}));
		});
	}

	/** `directory`: on the disk, with every write synced; without it in files that are never synced. */
	static async start(
		{servers: nodes, maxRaftState, died}: KvClusterOptions,
		{
			seed,
			directory,
			kvThread,
		}: {readonly seed: number; readonly directory: string | undefined; readonly kvThread: boolean},
	): Promise<KvThreads> {
		const limits = limitsFor(maxRaftState);
		const options = {nodes, maxRaftState, seed, limits, kvThread};
		return new KvThreads(await Cluster.start(directory === undefined ? options : {...options, directory}), died);
	}

	clerk(): KvClerk {
		return new ThreadClerk(this.#cluster, this.#cluster.clerk({timeoutMs: clerkTimeoutMs}));
	}

	partition(groups: readonly (readonly number[])[]): void {
		this.#cluster.faults.partition(groups);
	}

	connectAll(): void {
		this.#cluster.faults.clear('partition');
	}

	setMode(mode: LabMode, on: boolean): void {
		this.#cluster.faults.setMode(mode, on);
	}

	async leader(): Promise<number | undefined> {
		return this.#cluster.leader();
	}

	async shutdown(server: number): Promise<void> {
		await this.#cluster.kill(nodeId(server));
	}

	async start(server: number): Promise<void> {
		await this.#cluster.restart(nodeId(server));
	}

	async sizes(): Promise<readonly ServerSizes[]> {
		const sizes = new Map<number, ServerSizes>();
		// A status waits half a second for a server, and on a machine with other work that can be too short.
		for (let round = 0; round < statusRounds && sizes.size < this.#cluster.nodeIds.length; round++) {
			for (const {id, replica} of await this.#cluster.status()) {
				if (replica === undefined || sizes.has(id)) continue;
				sizes.set(id, {state: replica.logBytes + hardStateBytes, snapshot: replica.snapshotBytes});
			}
		}
		return this.#cluster.nodeIds.map(id => {
			const size = sizes.get(id);
			if (size === undefined) throw new Error(`server ${id} does not tell its sizes`);
			return size;
		});
	}

	traffic(): Traffic {
		return trafficOf(this.#cluster.traffic);
	}

	async close(): Promise<void> {
		await this.#cluster.close();
	}
}

class ThreadClerk implements KvClerk {
	readonly #cluster: Cluster;
	readonly #clerk: Clerk;

	constructor(cluster: Cluster, clerk: Clerk) {
		this.#cluster = cluster;
		this.#clerk = clerk;
	}

	async get(key: string): Promise<{readonly value: string | undefined; readonly version: number}> {
		const entry = await this.#clerk.get(key);
		return entry === undefined ? {value: undefined, version: 0} : {...entry, value: textOf(entry.value)};
	}

	async put(key: string, value: string): Promise<number> {
		return (await this.#clerk.put(key, value)).version;
	}

	async append(key: string, value: string): Promise<number> {
		return (await this.#clerk.append(key, value)).version;
	}

	connectTo(servers: readonly number[]): void {
		const {faults, nodeIds: nodes} = this.#cluster;
		connectClerk(faults, this.#clerk.endpoint, {servers, nodes});
	}

	close(): void {
		this.#clerk.close();
	}
}
