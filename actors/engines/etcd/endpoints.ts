/** The members of an etcd cluster, one connection each. All calls go to one of them until it fails, then to the next. */
import type {Etcd3, IOptions, IStatusResponse} from 'etcd3';
import type {Milliseconds} from '../../../src/raft/types.js';
import {type CallFailure, failureOf} from './call-failure.js';

export type CallAnswer<T> = {readonly type: 'answered'; readonly value: T} | CallFailure;

/** `deadline`: in ms of the epoch, as gRPC wants it. */
export type Call<T> = (client: Etcd3, options: {readonly deadline: number}) => Promise<T>;

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/** No retries and no circuit breaker: who calls knows what may be repeated. */
const noPolicy = {
	execute: <T>(run: (context: {readonly signal: AbortSignal}) => T | PromiseLike<T>) =>
		Promise.resolve(run({signal: new AbortController().signal})),
} as Policy;

const grpcOptions = {
	// A member that comes back is found within a second; the default waits for up to two minutes.
	'grpc.initial_reconnect_backoff_ms': 100,
	'grpc.max_reconnect_backoff_ms': 1000,
	// A connection that died without a word is noticed. etcd closes those that ask more often than every 5 s.
	'grpc.keepalive_time_ms': 10_000,
	'grpc.keepalive_timeout_ms': 5000,
	// A transaction may read as many values as it may name keys.
	'grpc.max_receive_message_length': -1,
	// Two clients of one member do not wait for each other's reconnects.
	'grpc.use_local_subchannel_pool': 1,
};

export class Endpoints {
	readonly addresses: readonly string[];
	readonly #clients: readonly Etcd3[];
	#current: number;

	private constructor(addresses: readonly string[], clients: readonly Etcd3[]) {
		this.addresses = addresses;
		this.#clients = clients;
		this.#current = Math.floor(Math.random() * addresses.length);
	}

	/** Connections are made when they are needed. */
	static async open(addresses: readonly string[]): Promise<Endpoints> {
		// Loads gRPC, which takes a good part of a second: only who uses this engine pays for it.
		const {Etcd3} = await import('etcd3');
		const faultHandling = {global: noPolicy, host: () => noPolicy};
		const clients = addresses.map(hosts => new Etcd3({hosts, grpcOptions, faultHandling}));
		return new Endpoints(addresses, clients);
	}

	/** One attempt, at the member that is current. */
	async call<T>(call: Call<T>, timeoutMs: Milliseconds): Promise<CallAnswer<T>> {
		const asked = this.#current;
		const answer = await this.#callAt(asked, call, timeoutMs);
		// Of many calls that fail at once, only one moves on.
		if (answer.type === 'lost' && this.#current === asked) this.#current = (asked + 1) % this.#clients.length;
		return answer;
	}

	/** What each member says of itself, in the order of the addresses; `undefined` for one that does not answer. */
	async statuses(timeoutMs: Milliseconds): Promise<readonly (IStatusResponse | undefined)[]> {
		const answers = await Promise.all(
			this.#clients.map((_, member) =>
				this.#callAt(member, (client, options) => client.maintenance.status(options), timeoutMs),
			),
		);
		return answers.map(answer => (answer.type === 'answered' ? answer.value : undefined));
	}

	close(): void {
		for (const client of this.#clients) client.close();
	}

	async #callAt<T>(member: number, call: Call<T>, timeoutMs: Milliseconds): Promise<CallAnswer<T>> {
		const client = this.#clients[member];
		if (client === undefined) throw new RangeError(`there is no member ${member}`);
		try {
			return {type: 'answered', value: await call(client, {deadline: Date.now() + timeoutMs})};
		} catch (error) {
			return failureOf(error);
		}
	}
}
