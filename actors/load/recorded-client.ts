/** A client whose operations are recorded, for the linearizability checker. */
import {OperationError} from '../../src/kv/errors.js';
import type {KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import type {Recorder} from '../../src/linearizability/recorder.js';
import type {Data, KeyValueClient} from '../key-value-client.js';
import {keyOf} from '../text.js';

/** What became of an operation. */
export type RecordedOutcome = 'acknowledged' | 'unknown' | 'notExecuted';

const text = (bytes: Uint8Array | undefined): string | undefined =>
	bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

export class RecordedClient {
	readonly client: KeyValueClient;
	readonly #recorder: Recorder;
	readonly #name: string;
	/** A new process after each operation of unknown outcome, which never ends. */
	#process = 0;

	constructor(client: KeyValueClient, recorder: Recorder, name: string) {
		this.client = client;
		this.#recorder = recorder;
		this.#name = name;
	}

	/** `seen` is told what was read, if there was an answer. */
	get(key: string, seen?: (value: string | undefined) => void): Promise<RecordedOutcome> {
		return this.#record({type: 'get', key}, async () => {
			const entry = await this.client.get(key);
			const value = text(entry?.value);
			seen?.(value);
			return {type: 'value', value, version: entry?.version ?? 0};
		});
	}

	append(key: string, value: string): Promise<RecordedOutcome> {
		return this.#record({type: 'append', key, value}, async () => {
			const {version} = await this.client.append(key, value);
			return {type: 'written', version};
		});
	}

	put(key: string, value: string): Promise<RecordedOutcome> {
		return this.#record({type: 'put', key, value}, async () => {
			const {version} = await this.client.put(key, value);
			return {type: 'written', version};
		});
	}

	delete(key: string): Promise<RecordedOutcome> {
		return this.#record({type: 'delete', key}, async () => {
			const result = await this.client.execute({type: 'delete', key: keyOf(key)});
			if (result.type !== 'deleted') throw new TypeError(result.type);
			return result;
		});
	}

	compareAndSet(key: string, expected: {readonly value: string | undefined}, value: Data): Promise<RecordedOutcome> {
		return this.#record({type: 'compareAndSet', key, expected, value: String(value)}, async () => {
			const result = await this.client.compareAndSet(key, expected, value);
			if (result.type === 'written') return result;
			return {type: 'conditionFailed', observed: {value: text(result.value)}, version: result.version};
		});
	}

	async #record(input: KvInput, run: () => Promise<KvOutput>): Promise<RecordedOutcome> {
		const process = `${this.#name}.${this.#process}`;
		this.#recorder.invoke(process, input);
		try {
			this.#recorder.complete(process, await run());
			return 'acknowledged';
		} catch (error) {
			if (!(error instanceof OperationError)) throw error;
			if (error.outcome === 'notExecuted') this.#recorder.discard(process);
			else this.#recorder.loseTrack(process);
			this.#process++;
			return error.outcome;
		}
	}
}
