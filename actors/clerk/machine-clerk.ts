/** A client of a cluster that runs a state machine of the user's own. */
import type {Endpoint} from '../../src/faults/endpoint.js';
import type {NodeId} from '../../src/raft/types.js';
import type {MachineTypes, Words} from '../../src/service/machine.js';
import {barrier} from '../../src/service/types.js';
import type {OperationOptions} from '../executor.js';
import type {Router} from '../network/router.js';
import {ClerkHost, type ClerkConnection, type ClerkOptions, localNetwork, remoteNetwork} from './clerk-host.js';

/** Writes and reads of the machine's own types. Finds the leader, and retries until the deadline; see `Cluster.machineClerk`. */
export class MachineClerk<T extends MachineTypes> implements AsyncDisposable {
	readonly #host: ClerkHost<T>;

	private constructor(host: ClerkHost<T>) {
		this.#host = host;
	}

	/**
	 * On the router's own thread. Throws an `OptionError`.
	 *
	 * @internal
	 */
	static local<T extends MachineTypes>(
		router: Router,
		{words, servers}: {readonly words: Words<T>; readonly servers: readonly NodeId[]},
		options: ClerkOptions = {},
		refusal?: () => Error | undefined,
	): MachineClerk<T> {
		return new MachineClerk(new ClerkHost({words, connect: localNetwork(router), servers, options, refusal}));
	}

	/** On another thread, with what `Cluster.clerkPort` gave and the words of the machine that the cluster runs. */
	static connect<T extends MachineTypes>(
		connection: ClerkConnection,
		words: Words<T>,
		options: ClerkOptions = {},
	): MachineClerk<T> {
		const {servers} = connection;
		return new MachineClerk(new ClerkHost({words, connect: remoteNetwork(connection), servers, options}));
	}

	/** Operations that are not settled. */
	get pendingCount(): number {
		return this.#host.pendingCount;
	}

	/** Its name in a fault plan. */
	get endpoint(): Endpoint {
		return this.#host.endpoint;
	}

	/**
	 * Runs a write exactly once. Writes take effect in the order in which they are given. Rejects with an `OperationError`,
	 * whose `outcome` tells whether it may have taken effect.
	 */
	write(write: T['write'], {signal}: OperationOptions = {}): Promise<T['result']> {
		return this.#host.ask({type: 'write', write}, signal);
	}

	/** Answers from a state that holds every write that was acknowledged before the call. Rejects with an `OperationError`. */
	read(read: T['read'], {signal}: OperationOptions = {}): Promise<T['result']> {
		return this.#host.ask({type: 'read', read}, signal);
	}

	/** Resolves when the cluster has shown that every write that was acknowledged before the call is in what it reads. Rejects with an `OperationError`. */
	async barrier({signal}: OperationOptions = {}): Promise<void> {
		await this.#host.ask({type: 'read', read: barrier}, signal);
	}

	/** Settles everything that waits (`ClerkClosedError`) and closes all ports. Idempotent. */
	close(): void {
		this.#host.close();
	}

	/** See `close`. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.close();
	}
}
