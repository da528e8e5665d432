/** The clients that a cluster has on its own thread: makes them, counts them, and closes what is left of them. */
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import type {NodeId} from '../../src/raft/types.js';
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import {Clerk} from '../clerk/clerk.js';
import type {ClerkOptions} from '../clerk/clerk-host.js';
import {MachineClerk} from '../clerk/machine-clerk.js';
import type {Router} from '../network/router.js';
import {closedError, ClusterStateError, ClusterUnavailableError} from './errors.js';
import type {Availability} from './health.js';

/** What the cluster has to know of a client. */
interface Client {
	readonly pendingCount: number;
	close(): void;
}

export interface ClusterClientsOptions<T extends MachineTypes> {
	readonly router: Router;
	readonly nodes: readonly NodeId[];
	/** Only its name and its words: the state is the replicas'. */
	readonly machine: Pick<Machine<T>, 'name' | 'words'>;
	readonly availability: () => Availability;
}

export class ClusterClients<T extends MachineTypes> {
	readonly #options: ClusterClientsOptions<T>;
	readonly #clients = new Set<Client>();
	#isClosed = false;

	constructor(options: ClusterClientsOptions<T>) {
		this.#options = options;
	}

	/** How many of them are open. */
	get count(): number {
		return this.#clients.size;
	}

	/** Their operations that are not settled. */
	get operationsPending(): number {
		let pending = 0;
		for (const {pendingCount} of this.#clients) pending += pendingCount;
		return pending;
	}

	/** See `Cluster.clerk`. */
	clerk(options: ClerkOptions): Clerk {
		const {router, nodes, machine} = this.#options;
		if (machine.name !== 'kv') {
			throw new ClusterStateError(
				`the cluster runs the machine '${machine.name}', which has no keys: use machineClerk()`,
			);
		}
		return this.#open(options, (own, refusal) => Clerk.local(router, nodes, own, refusal));
	}

	/** See `Cluster.machineClerk`. */
	machineClerk(options: ClerkOptions): MachineClerk<T> {
		const {router, nodes, machine} = this.#options;
		const target = {words: machine.words, servers: nodes};
		return this.#open(options, (own, refusal) => MachineClerk.local(router, target, own, refusal));
	}

	/** See `Cluster.clerkPort`. */
	port(): {readonly port: MessagePort; readonly client: number; readonly servers: readonly NodeId[]} {
		const {router, nodes} = this.#options;
		const {port1, port2} = new MessageChannel();
		return {port: port2, client: router.attachClientPort(port1), servers: nodes};
	}

	/** Resolves when this node, as a leader, has answered a read: it has then applied all that was acknowledged before. */
	async readAsLeader(id: NodeId, timeoutMs: number, signal?: AbortSignal): Promise<void> {
		const {router, machine} = this.#options;
		const clerk = MachineClerk.local(router, {words: machine.words, servers: [id]}, {timeoutMs});
		try {
			await clerk.barrier({signal});
		} finally {
			clerk.close();
		}
	}

	/** Settles all that waits. There are no new clients from here on. */
	close(): void {
		this.#isClosed = true;
		for (const client of this.#clients) client.close();
	}

	#open<C extends Client>(
		options: ClerkOptions,
		make: (options: ClerkOptions, refusal: (() => Error | undefined) | undefined) => C,
	): C {
		if (this.#isClosed) throw closedError();
		const closed = (): void => {
			this.#clients.delete(client);
			options.closed?.();
		};
		const refusal = options.refuseWhileDown === true ? () => this.#refusal() : undefined;
		const client = make({...options, closed}, refusal);
		this.#clients.add(client);
		return client;
	}

	#refusal(): ClusterUnavailableError | undefined {
		const availability = this.#options.availability();
		return availability === 'serving' ? undefined : new ClusterUnavailableError(availability);
	}
}
