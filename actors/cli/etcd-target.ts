/** The console's view of an etcd cluster: its data and its state; its faults are not ours to make. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {ConsoleTarget, Health, NodeStatus} from '../console/console-target.js';
import {CommandRefusedError} from '../console/errors.js';
import type {EtcdClerk, EtcdMember} from '../engines/etcd/etcd-clerk.js';
import type {EngineSecurity} from '../engines/etcd/security.js';
import type {KeyValueClient} from '../key-value-client.js';
import type {RedisGateway} from '../redis/gateway.js';
import type {LoadConnection} from '../load/load-task.js';
import {DataTarget} from './data-target.js';

/** Between looks for a leader. */
const pollMs = 100;

/** How another client of the same cluster connects. */
export interface EngineConnection {
	readonly url: string;
	readonly security: EngineSecurity;
}

export interface EtcdTargetOptions {
	/** For the clients of a load, on threads of their own. */
	readonly connection: EngineConnection;
	/** Asked for the members. */
	readonly clerk: EtcdClerk;
	/** As `DataTarget` wants it. */
	readonly openClient: () => Promise<KeyValueClient>;
	readonly gateway: RedisGateway;
	/** Closes all clients that the target has not opened. */
	readonly closeClerks: () => Promise<void>;
}

export class EtcdTarget extends DataTarget implements ConsoleTarget {
	readonly #clerk: EtcdClerk;
	readonly #gateway: RedisGateway;
	readonly #closeClerks: () => Promise<void>;
	readonly #connection: EngineConnection;

	constructor({connection, clerk, openClient, gateway, closeClerks}: EtcdTargetOptions) {
		super(openClient);
		this.#connection = connection;
		this.#clerk = clerk;
		this.#gateway = gateway;
		this.#closeClerks = closeClerks;
	}

	/** The members whose addresses were given. */
	get nodeCount(): number {
		return this.#clerk.addresses.length;
	}

	async status(): Promise<readonly NodeStatus[]> {
		return (await this.#clerk.members()).map(rowOf);
	}

	async health(): Promise<Health> {
		const members = await this.#clerk.members();
		const up = members.filter(({type}) => type === 'up').length;
		const found = members.findIndex(member => member.type === 'up' && member.isLeader);
		const leader = found === -1 ? undefined : found;
		const silent = members.flatMap((member, node) =>
			member.type === 'up' ? [] : [`node ${node} does not answer at ${member.address}`],
		);
		const reasons = leader === undefined ? ['no member that answers leads', ...silent] : silent;
		const state = leader === undefined ? 'down' : reasons.length === 0 ? 'serving' : 'degraded';
		return {state, leader, nodes: members.length, up, reasons};
	}

	async waitForLeader(signal: AbortSignal): Promise<number> {
		for (;;) {
			const members = await this.#clerk.members();
			const leader = members.findIndex(member => member.type === 'up' && member.isLeader);
			if (leader !== -1) return leader;
			await sleep(pollMs, undefined, {signal});
		}
	}

	backup(): Promise<never> {
		return Promise.reject(new CommandRefusedError('etcd makes its own backups: use "etcdctl snapshot save"'));
	}

	log(): Promise<never> {
		return Promise.reject(new CommandRefusedError("etcd's log is not shown here: start without --engine to see one"));
	}

	takeSnapshot(): Promise<never> {
		return Promise.reject(
			new CommandRefusedError('etcd takes its snapshots by itself: use "etcdctl snapshot save" for a copy'),
		);
	}

	transferLeadership(): Promise<never> {
		return Promise.reject(
			new CommandRefusedError('etcd moves its leader with a tool of its own: use "etcdctl move-leader"'),
		);
	}

	readonly kill = refuse;
	readonly restart = refuse;
	readonly inject = refuse;
	readonly chaos = refuse;
	readonly heal = refuse;

	async faults(): Promise<readonly string[]> {
		return [];
	}

	/** Other clients of etcd are not seen. */
	protected others(): undefined {
		return undefined;
	}

	protected loadTold(): void {}

	typed(): void {}

	record(): never {
		throw new CommandRefusedError("etcd's life is not recorded here: start without --engine for a timeline");
	}

	onMessage(): never {
		throw new CommandRefusedError("etcd's messages do not pass by here: start without --engine to trace them");
	}

	protected connection(): LoadConnection {
		return {type: 'etcd', ...this.#connection};
	}

	async close(): Promise<void> {
		await this.closeClients();
		await this.#gateway.close();
		await this.#closeClerks();
	}
}

function refuse(): Promise<never> {
	return Promise.reject(
		new CommandRefusedError("etcd's nodes and network are not ours to break: start without --engine for that"),
	);
}

function rowOf(member: EtcdMember, node: number): NodeStatus {
	if (member.type === 'down') return {type: 'down', node};
	const {isLeader, currentTerm, commitIndex, lastApplied} = member;
	return {
		type: 'up',
		node,
		role: isLeader ? 'leader' : 'follower',
		currentTerm,
		commitIndex,
		lastApplied,
		logBytes: undefined,
		snapshotIndex: undefined,
	};
}
