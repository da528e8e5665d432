/**
 * A client of an etcd cluster that does what a `Clerk` does with ours, with the same results and errors: for those who
 * have outgrown one machine. Versions are etcd's revisions.
 *
 *     execute ──▶ ReadLane  ──┐
 *            ├──▶ LeaseLane ──┤
 *            └──▶ WriteLane ──┴▶ Endpoints ──▶ a connection to each member (rpc/connection.ts)
 *                   └─ Session: a key under a lease, written by each transaction
 */
import {bytesOfOperation} from '../../../src/kv/operation-bytes.js';
import {
	ClerkClosedError,
	OperationAbortedError,
	type OperationError,
	OverloadedError,
	ValueTooLargeError,
} from '../../../src/service/errors.js';
import type {LeaseRead, NamedOperation, Operation, Result} from '../../../src/kv/types.js';
import type {OperationOptions} from '../../executor.js';
import {KeyValueClient} from '../../key-value-client.js';
import {checkCallOptions, rangeOptionNames, watchOptionNames} from '../../options/call-options.js';
import {checkOperation} from '../../options/check-operation.js';
import type {RangeOptions, RangePart} from '../../range.js';
import {keyOf} from '../../text.js';
import {watchBy, type WatchedRevision, type WatchOptions} from '../../watch.js';
import {backOff} from './backoff.js';
import {Endpoints} from './endpoints.js';
import {parseEngineUrl} from './engine-url.js';
import {BatchTooLargeError, EngineAccessError, EngineUnreachableError, UnsupportedOperationError} from './errors.js';
import {Keyspace} from './keyspace.js';
import {LeaseLane} from './lease-lane.js';
import {defaultEtcdLimits, keysMax, type EtcdLimits} from './limits.js';
import {PendingOperation} from './pending-operation.js';
import {rangeStream, type RangeSource} from './range-stream.js';
import {ReadLane} from './read-lane.js';
import {methods} from './rpc/messages.js';
import {credentialsOf, type EngineTls, secureContextOf} from './security.js';
import {unsupportedIn} from './unsupported.js';
import {watchStream} from './watch-stream.js';
import {WriteLane} from './write-lane.js';
import {keysOf} from './write-plan.js';

/** How a client of etcd asks, and who it says it is. All of it can be left out. */
export interface EtcdClerkOptions {
	/** How long an operation may take, in ms, before it rejects with a `TimeoutError`. @default 10000 */
	readonly timeoutMs?: number;
	/** How long to look for the cluster at first, in ms. @default 5000 */
	readonly connectTimeoutMs?: number;
	readonly limits?: Partial<EtcdLimits>;
	/** Of the user in the URL. */
	readonly password?: string | undefined;
	/** For `etcds://`. */
	readonly tls?: EngineTls | undefined;
}

/** One member of the etcd cluster, as it answered or did not. */
export type EtcdMember =
	| {readonly type: 'down'; readonly address: string}
	| {
			readonly type: 'up';
			readonly address: string;
			readonly isLeader: boolean;
			readonly currentTerm: number;
			readonly commitIndex: number;
			readonly lastApplied: number;
	  };

const defaultTimeoutMs = 10_000;
const defaultConnectTimeoutMs = 5000;
/** So often it has to be certificates before nothing else is awaited: a member that is just starting may look alike once. */
const attemptsPerMember = 2;
/** A member that takes longer to tell its state is as good as down. */
const statusTimeoutMs = 1000;

export class EtcdClerk extends KeyValueClient {
	readonly #endpoints: Endpoints;
	readonly #keyspace: Keyspace;
	readonly #limits: EtcdLimits;
	readonly #timeoutMs: number;
	readonly #reads: ReadLane;
	readonly #writes: WriteLane;
	readonly #leases: LeaseLane;
	readonly #closed = new AbortController();
	/** What streams are made of. */
	readonly #source: RangeSource;
	#waiting = 0;
	#waitingBytes = 0;
	#closing: Promise<void> | undefined;

	private constructor(endpoints: Endpoints, prefix: string, options: EtcdClerkOptions) {
		super();
		this.#endpoints = endpoints;
		this.#keyspace = new Keyspace(prefix);
		this.#limits = {...defaultEtcdLimits, ...options.limits};
		this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
		this.#reads = new ReadLane(this.#endpoints, this.#keyspace, this.#limits);
		this.#writes = new WriteLane(this.#endpoints, this.#keyspace, this.#limits);
		this.#leases = new LeaseLane(this.#endpoints, this.#keyspace, this.#limits);
		this.#source = {
			endpoints,
			keyspace: this.#keyspace,
			limits: this.#limits,
			timeoutMs: this.#timeoutMs,
			closed: this.#closed.signal,
		};
	}

	/**
	 * `url`: `etcd://user@host:port,host:port/prefix`, or `etcds://` for TLS. Resolves when a majority of the cluster has
	 * answered; rejects with an `EngineUrlError`, an `EngineAccessError` or an `EngineUnreachableError`.
	 */
	static async connect(url: string, options: EtcdClerkOptions = {}): Promise<EtcdClerk> {
		const address = parseEngineUrl(url);
		const secureContext = secureContextOf(address, options.tls);
		const credentials = credentialsOf(address, options.password);
		const endpoints = new Endpoints({addresses: address.addresses, secureContext, credentials});
		const clerk = new EtcdClerk(endpoints, address.prefix, options);
		const failure = await clerk.#probe(options.connectTimeoutMs ?? defaultConnectTimeoutMs);
		if (failure === undefined) return clerk;
		await clerk.close();
		throw failure;
	}

	/** The members that it knows, `host:port`. */
	get addresses(): readonly string[] {
		return this.#endpoints.addresses;
	}

	/** All its keys in etcd begin with this and a slash. */
	get prefix(): string {
		return this.#keyspace.prefix;
	}

	async execute(operation: Operation, {signal}: OperationOptions = {}): Promise<Result> {
		if (signal?.aborted === true) throw new OperationAbortedError('notExecuted', signal.reason);
		checkOperation(operation);
		if (operation.type === 'changes' || operation.type === 'keepChanges') throw new UnsupportedOperationError('watch');
		if (operation.type === 'scan' || operation.type === 'count') throw new UnsupportedOperationError('scan');
		const byteLength = bytesOfOperation(operation);
		const refusal = this.#refusalOf(operation, byteLength);
		if (refusal !== undefined) throw refusal;
		this.#waiting++;
		this.#waitingBytes += byteLength;
		try {
			return await this.#submit(operation, signal);
		} finally {
			this.#waiting--;
			this.#waitingBytes -= byteLength;
		}
	}

	/** As of every client; but what is expired or cleared is told as deleted, for etcd makes no difference. */
	override watch(options: WatchOptions = {}): AsyncGenerator<WatchedRevision, void, undefined> {
		checkCallOptions(options, watchOptionNames);
		return watchBy((prefix, after, signal) => watchStream(this.#source, {prefix, after, signal}), options);
	}

	/**
	 * As of every client; but in the order of the keys, and all parts as they were when the first was read, unless etcd has
	 * compacted that meanwhile.
	 */
	override range(options: RangeOptions = {}): AsyncGenerator<RangePart, void, undefined> {
		checkCallOptions(options, rangeOptionNames);
		return rangeStream(this.#source, keyOf(options.prefix ?? '', 'prefix'), options.signal);
	}

	/** What each member says of itself, in the order of the addresses. */
	async members(): Promise<readonly EtcdMember[]> {
		const statuses = await this.#endpoints.statuses(statusTimeoutMs);
		return statuses.map((status, member): EtcdMember => {
			const address = this.addresses[member] ?? '';
			if (status === undefined) return {type: 'down', address};
			return {
				type: 'up',
				address,
				isLeader: status.leader === status.header?.memberId,
				currentTerm: status.raftTerm,
				commitIndex: status.raftIndex,
				lastApplied: status.raftAppliedIndex,
			};
		});
	}

	/** Resolves when the connections are closed, within an attempt's time. */
	override close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		this.#closed.abort();
		this.#reads.close();
		this.#leases.close();
		await this.#writes.close();
		this.#endpoints.close();
	}

	async #submit(operation: NamedOperation | LeaseRead, signal: AbortSignal | undefined): Promise<Result> {
		if (operation.type === 'get') {
			const read = new PendingOperation(operation, this.#timeoutMs, signal);
			this.#reads.submit(read);
			return read.result;
		}
		if (operation.type === 'lease' || operation.type === 'getLease') {
			const asked = new PendingOperation(operation, this.#timeoutMs, signal);
			this.#leases.submit(asked);
			return asked.result;
		}
		const write = new PendingOperation(operation, this.#timeoutMs, signal);
		this.#writes.submit(write);
		return write.result;
	}

	#refusalOf(operation: NamedOperation | LeaseRead, byteLength: number): OperationError | undefined {
		if (this.#closing !== undefined) return new ClerkClosedError('notExecuted');
		const {requestBytesMax, operationsMax, operationBytesMax} = this.#limits;
		if (byteLength > requestBytesMax) return new ValueTooLargeError('notExecuted', byteLength, requestBytesMax);
		const isFull = this.#waiting >= operationsMax || this.#waitingBytes + byteLength > operationBytesMax;
		if (isFull) return new OverloadedError(this.#waiting);
		if (operation.type === 'getLease') return undefined;
		const unsupported = unsupportedIn(operation);
		if (unsupported !== undefined) return new UnsupportedOperationError(unsupported);
		if (operation.type !== 'batch' && operation.type !== 'transaction') return undefined;
		const keyCount = keysOf(operation).size;
		return keyCount > keysMax ? new BatchTooLargeError(keyCount, keysMax) : undefined;
	}

	/** A linearizable read, which takes a majority. Gives the last failure if none succeeds in time. */
	async #probe(timeoutMs: number): Promise<EngineUnreachableError | EngineAccessError | undefined> {
		const deadline = performance.now() + timeoutMs;
		let reason = 'no answer';
		/** Members in a row whose certificates, or ours, are of no use. */
		let barred = 0;
		for (let failures = 1; ; failures++) {
			const remainingMs = deadline - performance.now();
			if (remainingMs <= 0) return new EngineUnreachableError(this.addresses, timeoutMs, reason);
			const answer = await this.#endpoints.call(
				methods.range,
				{key: this.#keyspace.sessionKey(0)},
				{timeoutMs: Math.min(remainingMs, this.#limits.attemptTimeoutMs)},
			);
			if (answer.type === 'answered') return undefined;
			reason = answer.reason;
			const remedy = 'remedy' in answer ? answer.remedy : undefined;
			barred = remedy === undefined ? 0 : barred + 1;
			const isFinal = answer.type === 'refused' || barred >= attemptsPerMember * this.addresses.length;
			if (remedy !== undefined && isFinal) {
				return new EngineAccessError(`etcd at ${this.addresses.join(', ')} lets nobody in (${reason})`, remedy);
			}
			await backOff(failures, this.#limits, new AbortController().signal);
		}
	}
}
