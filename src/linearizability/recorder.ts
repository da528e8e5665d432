import {writeJsonLines} from './formats/write-json-lines.js';
import {HistoryBuilder} from './history.js';
import type {KvHistory, KvInput, KvOutput} from './kv-operation.js';
import type {KvModelName} from './models/kv-model.js';

/** Records what live clients do. Each method stamps the time itself: call `invoke` before the request leaves, the others after the answer is there. */
export class Recorder {
	readonly #builder = new HistoryBuilder<KvInput, KvOutput>();
	readonly #now: () => number;

	/** `now`: a clock that never goes back, in ns, one for all clients. */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** `process` names one client that waits for each answer; a pipelining client is one process for each request in flight. */
	invoke(process: string, input: KvInput): void {
		this.#builder.invoke(process, input, this.#now());
	}

	/** The answer is there. */
	complete(process: string, output: KvOutput): void {
		this.#builder.complete(process, output, this.#now());
	}

	/** Timed out, or the connection broke: it may have been run, or may yet be. */
	loseTrack(process: string): void {
		this.#builder.loseTrack(process);
	}

	/** Certainly not run. */
	discard(process: string): void {
		this.#builder.discard(process);
	}

	/** So far; what is still open has an unknown outcome. */
	history(): KvHistory {
		return this.#builder.build();
	}

	/** The history in our own format, a line each, without line ends. */
	jsonLines(model: KvModelName = 'kv'): Iterable<string> {
		return writeJsonLines(this.history(), {model, initial: undefined});
	}
}
