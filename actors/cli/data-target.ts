/** The part of a console's target that is the same for every engine: reads and writes by its client, and the load. */
import {randomInt} from 'node:crypto';
import type {CompareAndSetResult} from '../console/console-target.js';
import type {KeyValueClient} from '../key-value-client.js';
import {BackgroundLoad} from '../load/background-load.js';
import type {LoadConnection, LoadResult} from '../load/load-task.js';

export abstract class DataTarget {
	readonly #client: KeyValueClient;
	readonly #load = new BackgroundLoad();

	constructor(client: KeyValueClient) {
		this.#client = client;
	}

	async put(key: Uint8Array, value: Uint8Array): Promise<void> {
		await this.#client.put(key, value);
	}

	async append(key: Uint8Array, value: Uint8Array): Promise<void> {
		await this.#client.append(key, value);
	}

	async get(key: Uint8Array): Promise<Uint8Array | undefined> {
		return (await this.#client.get(key))?.value;
	}

	async delete(key: Uint8Array): Promise<boolean> {
		return this.#client.delete(key);
	}

	async compareAndSet(key: Uint8Array, expected: Uint8Array, value: Uint8Array): Promise<CompareAndSetResult> {
		const result = await this.#client.compareAndSet(key, {value: expected}, value);
		return result.type === 'written' ? {type: 'written'} : {type: 'conditionFailed', value: result.value};
	}

	async startLoad(clients: number): Promise<void> {
		await this.#load.start(() => Array.from({length: clients}, () => this.connection()), randomInt(2 ** 32));
	}

	async stopLoad(file: string | undefined): Promise<LoadResult> {
		return this.#load.stop(file);
	}

	/** How one more client reaches the cluster from another thread. */
	protected abstract connection(): LoadConnection;

	protected async closeLoad(): Promise<void> {
		await this.#load.close();
	}
}
