/** The part of a console's target that is the same for every engine: reads and writes by its client, and the load. */
import {randomInt} from 'node:crypto';
import type {CompareAndSetResult} from '../console/console-target.js';
import type {KeyValueClient} from '../key-value-client.js';
import {BackgroundLoad} from '../load/background-load.js';
import {ClientPool} from './client-pool.js';
import type {LoadConnection, LoadResult} from '../load/load-task.js';

/** Of the console's clients, ms. The console's own deadlines, which its user sets, end an operation before. */
export const commandTimeoutMs = 3_600_000;

export abstract class DataTarget {
	readonly #clients: ClientPool;
	readonly #load = new BackgroundLoad();

	/** `open`: gives a client with `commandTimeoutMs`. */
	constructor(open: () => KeyValueClient | Promise<KeyValueClient>) {
		this.#clients = new ClientPool(open);
	}

	async put(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<void> {
		await this.#clients.use(signal, client => client.put(key, value));
	}

	async append(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<void> {
		await this.#clients.use(signal, client => client.append(key, value));
	}

	async get(key: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
		return (await this.#clients.use(signal, client => client.get(key)))?.value;
	}

	async delete(key: Uint8Array, signal: AbortSignal): Promise<boolean> {
		return this.#clients.use(signal, client => client.delete(key));
	}

	async compareAndSet(
		key: Uint8Array,
		expected: Uint8Array | undefined,
		value: Uint8Array,
		signal: AbortSignal,
	): Promise<CompareAndSetResult> {
		const result = await this.#clients.use(signal, client => client.compareAndSet(key, {value: expected}, value));
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

	protected async closeClients(): Promise<void> {
		await this.#load.close();
		await this.#clients.close();
	}
}
