/** The part of a console's target that is the same for every engine: reads and writes by its client. */
import type {CompareAndSetResult} from '../console/console-target.js';
import type {KeyValueClient} from '../key-value-client.js';

export abstract class DataTarget {
	readonly #client: KeyValueClient;

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
}
