/** The console's view of a real cluster and its Redis port. */
import type {Fault} from '../../src/faults/faults.js';
import {type NodeId, nodeId} from '../../src/raft/types.js';
import {chaos, type ChaosOptions, type ChaosReport} from '../chaos/chaos.js';
import {onPresentClock} from '../chaos/cluster-faults.js';
import type {Cluster} from '../cluster/cluster.js';
import type {LeadershipTransfer} from '../cluster/leadership-transfer.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {LogOptions, NodeLog, SnapshotReport} from '../cluster/node-log.js';
import type {NamedFault} from '../cluster/faults/named-fault.js';
import {describeDamage, describeReason} from '../cluster/health.js';
import type {NodeStatus as ClusterNodeStatus} from '../cluster/node-state.js';
import type {ConsoleTarget, Health, NodeStatus} from '../console/console-target.js';
import {faultLine} from '../console/fault-line.js';
import type {RedisGateway} from '../redis/gateway.js';
import type {LoadStatistics} from '../load/load-statistics.js';
import type {LoadConnection} from '../load/load-task.js';
import type {MessageSighting, SightingOptions} from '../network/message-tap.js';
import type {ClusterRecord} from '../observe/cluster-record.js';
import {ClusterRecorder} from '../observe/cluster-recorder.js';
import {backupText} from '../recovery/report-text.js';
import {commandTimeoutMs, DataTarget} from './data-target.js';

const leaderTimeoutMs = 60_000;
const backupTimeoutMs = 60_000;

export class ClusterTarget extends DataTarget implements ConsoleTarget {
	readonly #cluster: Cluster;
	readonly #gateway: Pick<RedisGateway, 'close'>;
	readonly #companions: {close(): Promise<void>}[] = [];
	/** What happens to the cluster, from now on. */
	readonly recorder: ClusterRecorder;

	constructor(cluster: Cluster, gateway: Pick<RedisGateway, 'close'>) {
		super(() => cluster.clerk({timeoutMs: commandTimeoutMs}));
		this.#cluster = cluster;
		this.recorder = new ClusterRecorder(cluster);
		this.#gateway = gateway;
	}

	get nodeCount(): number {
		return this.#cluster.nodeIds.length;
	}

	async status(): Promise<readonly NodeStatus[]> {
		return (await this.#cluster.status()).map(rowOf);
	}

	async health(): Promise<Health> {
		const {state, leader, nodes, up, reasons} = await this.#cluster.health();
		return {state, leader, nodes, up, reasons: reasons.map(describeReason)};
	}

	async backup(file: string, signal: AbortSignal): Promise<string> {
		return backupText(await this.#cluster.backup(file, backupTimeoutMs, {signal}));
	}

	async waitForLeader(signal: AbortSignal): Promise<number> {
		return this.#cluster.waitForLeader(leaderTimeoutMs, {signal});
	}

	async log(node: number, range: LogOptions): Promise<NodeLog<KvTypes>> {
		return this.#cluster.log(nodeId(node), range);
	}

	async takeSnapshot(node: number): Promise<SnapshotReport> {
		return this.#cluster.takeSnapshot(nodeId(node));
	}

	async transferLeadership(to: number | undefined, signal: AbortSignal): Promise<LeadershipTransfer> {
		return this.#cluster.transferLeadership(to === undefined ? undefined : nodeId(to), {signal});
	}

	async kill(node: number): Promise<void> {
		await this.#cluster.kill(nodeId(node));
	}

	async restart(node: number): Promise<void> {
		await this.#cluster.restart(nodeId(node));
	}

	async inject(fault: Fault, _signal: AbortSignal, name?: string): Promise<string> {
		const {text} = await this.#cluster.inject(onPresentClock(fault), name);
		return text;
	}

	async heal(isMeant: (fault: NamedFault) => boolean): Promise<readonly string[]> {
		const names = this.#cluster.injected.filter(isMeant).map(({name}) => name);
		return (await this.#cluster.heal(names)).map(({text}) => text);
	}

	chaos(options: ChaosOptions): Promise<ChaosReport> {
		return chaos(this.#cluster, options);
	}

	async faults(): Promise<readonly string[]> {
		return this.#cluster.injected.map(faultLine);
	}

	/** Of the Redis port, and whoever else has a clerk on this thread. */
	protected others(): number {
		return this.#cluster.operations.begun - this.ownBegun;
	}

	protected loadTold({recent}: LoadStatistics): void {
		const {operations: answered, unknown, notExecuted, p50Ms, p99Ms} = recent;
		this.recorder.tell({answered, failed: unknown + notExecuted, p50Ms, p99Ms});
	}

	typed(line: string): void {
		this.recorder.command(line);
	}

	record(lastMs: number): ClusterRecord {
		return this.recorder.record({lastMs});
	}

	onMessage(listener: (sighting: MessageSighting) => void, options: SightingOptions): () => void {
		return this.#cluster.onMessage(listener, options);
	}

	override async mark(name: string): Promise<void> {
		this.recorder.mark(name);
		await super.mark(name);
	}

	protected connection(): LoadConnection {
		return {type: 'clerk', clerk: this.#cluster.clerkPort()};
	}

	/** Ends with the cluster, and before it. */
	closesToo(companion: {close(): Promise<void>}): void {
		this.#companions.push(companion);
	}

	async close(): Promise<void> {
		for (const companion of this.#companions) await companion.close();
		await this.closeClients();
		this.recorder.close();
		await this.#gateway.close();
		await this.#cluster.close();
	}
}

function rowOf(status: ClusterNodeStatus): NodeStatus {
	const row = stateOf(status);
	// That a node was killed its state says.
	const isMarked = status.faults.some(({fault}) => fault.type !== 'crash' || status.state !== 'down');
	return isMarked ? {...row, hasFault: true} : row;
}

function stateOf({id, state, replica, error, damage, faults}: ClusterNodeStatus): NodeStatus {
	const node: NodeId = id;
	if (state === 'damaged' && damage !== undefined) return {type: 'damaged', node, reason: describeDamage(id, damage)};
	if (state === 'waiting') return {type: 'waiting', node, reason: error?.message ?? ''};
	if (state !== 'up') return {type: state === 'starting' ? 'starting' : 'down', node};
	if (replica === undefined) {
		const leftMs = faults.find(({fault}) => fault.type === 'pause')?.leftMs;
		return leftMs === undefined ? {type: 'silent', node} : {type: 'paused', node, leftMs};
	}
	const {role, currentTerm, commitIndex, lastApplied, logBytes, snapshotIndex} = replica;
	return {type: 'up', node, role, currentTerm, commitIndex, lastApplied, logBytes, snapshotIndex};
}
