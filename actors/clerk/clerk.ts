/**
 * A client of the cluster (the lab's clerk): finds the leader, retries under the same session and sequence until the
 * deadline, and tells how each operation ended. Operations begun in the same turn travel in one request.
 */
import type {Endpoint} from '../../src/faults/endpoint.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {kvWords, serviceOperation, type KvTypes} from '../../src/kv/words.js';
import type {NodeId} from '../../src/raft/types.js';
import type {OperationOptions, OperationWaiter} from '../executor.js';
import {KeyValueClient} from '../key-value-client.js';
import type {Router} from '../network/router.js';
import {checkOperation} from '../options/check-operation.js';
import {
	ClerkHost,
	type ClerkConnection,
	type ClerkOptions,
	type ConnectNetwork,
	localNetwork,
	remoteNetwork,
} from './clerk-host.js';

/** The client of a key/value cluster. */
export class Clerk extends KeyValueClient {
	readonly #host: ClerkHost<KvTypes>;

	private constructor(
		connect: ConnectNetwork,
		servers: readonly NodeId[],
		options: ClerkOptions,
		refusal?: () => Error | undefined,
	) {
		super();
		this.#host = new ClerkHost({words: kvWords, connect, servers, options, refusal});
	}

	/**
	 * On the router's own thread. `refusal`: the error of an operation that is not to be begun now. Throws an `OptionError`.
	 *
	 * @internal
	 */
	static local(
		router: Router,
		servers: readonly NodeId[],
		options: ClerkOptions = {},
		refusal?: () => Error | undefined,
	): Clerk {
		return new Clerk(localNetwork(router), servers, options, refusal);
	}

	/** On another thread, with what `Cluster.clerkPort` gave. */
	static connect(connection: ClerkConnection, options: ClerkOptions = {}): Clerk {
		return new Clerk(remoteNetwork(connection), connection.servers, options);
	}

	/** Operations that are not settled. */
	get pendingCount(): number {
		return this.#host.pendingCount;
	}

	/** Its name in a fault plan. */
	get endpoint(): Endpoint {
		return this.#host.endpoint;
	}

	execute(operation: Operation, {signal}: OperationOptions = {}): Promise<Result> {
		try {
			checkOperation(operation);
		} catch (error) {
			return Promise.reject(error);
		}
		return this.#host.ask(serviceOperation(operation), signal);
	}

	/** As `execute`, for callers with so many operations that a promise for each would show. */
	begin(operation: Operation, waiter: OperationWaiter): void {
		try {
			checkOperation(operation);
		} catch (error) {
			queueMicrotask(() => waiter.reject(error));
			return;
		}
		this.#host.begin(serviceOperation(operation), waiter);
	}

	/** Settles everything that waits (`ClerkClosedError`) and closes all ports. Idempotent. */
	close(): void {
		this.#host.close();
	}
}
