/** A client whose operations are recorded, for the linearizability checker. */
import {OperationError} from '../../src/service/errors.js';
import type {KvExpected, KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import type {Recorder} from '../../src/linearizability/recorder.js';
import type {KeyValueClient} from '../key-value-client.js';
import {operationOf, outputOf} from './recorded-operation.js';

/** What became of an operation. */
export type RecordedOutcome = 'acknowledged' | 'unknown' | 'notExecuted';

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
		return this.run({type: 'get', key}, output => {
			if (output.type === 'value') seen?.(output.value);
		});
	}

	append(key: string, value: string): Promise<RecordedOutcome> {
		return this.run({type: 'append', key, value});
	}

	put(key: string, value: string): Promise<RecordedOutcome> {
		return this.run({type: 'put', key, value});
	}

	delete(key: string): Promise<RecordedOutcome> {
		return this.run({type: 'delete', key});
	}

	compareAndSet(key: string, expected: KvExpected, value: string): Promise<RecordedOutcome> {
		return this.run({type: 'compareAndSet', key, expected, value});
	}

	/** Any operation. Keys and values are bytes, one character each. `seen` is told the answer, if there was one. */
	async run(input: KvInput, seen?: (output: KvOutput) => void): Promise<RecordedOutcome> {
		const process = `${this.#name}.${this.#process}`;
		this.#recorder.invoke(process, input);
		try {
			const output = outputOf(input, await this.client.execute(operationOf(input)));
			this.#recorder.complete(process, output);
			seen?.(output);
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
