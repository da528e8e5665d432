/** A client with a bug, for the tour: what it has read once it takes for true for ever. */
import type {Operation, Result} from '../../src/kv/types.js';
import {KeyValueClient} from '../key-value-client.js';

export class CachingClient extends KeyValueClient {
	readonly #client: KeyValueClient;
	readonly #cache = new Map<string, Result>();

	constructor(client: KeyValueClient) {
		super();
		this.#client = client;
	}

	async execute(operation: Operation): Promise<Result> {
		if (operation.type !== 'get') return this.#client.execute(operation);
		// The planted bug: nobody asks the cluster whether that is still so.
		const result = this.#cache.get(operation.key) ?? (await this.#client.execute(operation));
		this.#cache.set(operation.key, result);
		return result;
	}

	async close(): Promise<void> {
		await this.#client.close();
	}
}
