/** etcd as an `Executor`, through its npm client: the same loop drives it as drives our clerk. */
import {Etcd3} from 'etcd3';
import type {Executor} from '../../actors/executor.js';
import type {Operation, Result} from '../../src/kv/types.js';

export class EtcdClient implements Executor {
	readonly #etcd: Etcd3;
	readonly #attemptTimeoutMs: number | undefined;

	/** Each call goes to one of the hosts, drawn by the client, as is its way. */
	constructor(hosts: readonly string[], {attemptTimeoutMs}: {readonly attemptTimeoutMs?: number} = {}) {
		this.#etcd = new Etcd3({hosts: [...hosts]});
		this.#attemptTimeoutMs = attemptTimeoutMs;
	}

	/**
	 * With an `attemptTimeoutMs` it rejects after that long. A server that has passed a request on to a leader which then
	 * died answers only after 7 s; and a gRPC deadline would make the client shun the hosts that are well.
	 */
	async execute(operation: Operation): Promise<Result> {
		if (this.#attemptTimeoutMs === undefined) return this.#call(operation);
		let timer: NodeJS.Timeout | undefined;
		const timeout = new Promise<never>((_, reject) => {
			timer = setTimeout(() => reject(new Error('no answer from etcd')), this.#attemptTimeoutMs);
		});
		try {
			return await Promise.race([this.#call(operation), timeout]);
		} finally {
			clearTimeout(timer);
		}
	}

	async #call(operation: Operation): Promise<Result> {
		switch (operation.type) {
			case 'put': {
				const {header} = await this.#etcd.put(operation.key).value(Buffer.from(operation.value));
				return {type: 'written', version: Number(header.revision), length: operation.value.length};
			}
			case 'get': {
				// Linearizable: `serializable` would be the weaker one.
				const value = await this.#etcd.get(operation.key).buffer();
				return {type: 'value', value: value ?? undefined, version: 0};
			}
			default:
				throw new TypeError(`the bench does not ask etcd for '${operation.type}'`);
		}
	}

	async status(): Promise<{readonly memberId: string; readonly leader: string; readonly term: number}> {
		const {header, leader} = await this.#etcd.maintenance.status();
		return {memberId: header.member_id, leader, term: Number(header.raft_term)};
	}

	close(): void {
		this.#etcd.close();
	}
}
