/** The history of a run of keys and values, in the words of the checker. */
import type {Operation, Result} from '../../kv/types.js';
import type {KvTypes} from '../../kv/words.js';
import {check} from '../../linearizability/check.js';
import type {Verdict} from '../../linearizability/key-result.js';
import type {KvHistory, KvInput, KvOutput} from '../../linearizability/kv-operation.js';
import {kvModel} from '../../linearizability/models/kv-model.js';
import {Recorder} from '../../linearizability/recorder.js';
import type {ClientOperation} from '../subject.js';
import {bytesOfText, textOf} from './operation-text.js';

/** Of at most 16,384 model steps of one key each, and 256 MiB: a history of one run needs a small part of it. */
const checkSlicesMax = 100;
const checkBytesMax = 2 ** 28;

type Asked = Pick<ClientOperation<KvTypes>, 'process'>;

export class KvRecording {
	readonly #recorder: Recorder;
	readonly #nowNs: () => number;
	/** Processes whose operation is in the history. */
	readonly #open = new Set<string>();

	/** `now`: virtual ms. */
	constructor(now: () => number) {
		this.#nowNs = () => Math.round(now() * 1e6);
		this.#recorder = new Recorder(this.#nowNs);
	}

	invoke({process}: Asked, operation: Operation): void {
		const input = inputOf(operation);
		if (input === undefined) return;
		this.#open.add(process);
		this.#recorder.invoke(process, input);
	}

	complete({process}: Asked, result: Result): void {
		if (!this.#open.delete(process)) return;
		const output = outputOf(result);
		if (output === undefined) this.#recorder.discard(process);
		else this.#recorder.complete(process, output);
	}

	discard({process}: Asked): void {
		if (this.#open.delete(process)) this.#recorder.discard(process);
	}

	loseTrack({process}: Asked): void {
		if (this.#open.delete(process)) this.#recorder.loseTrack(process);
	}

	/**
	 * What the clients saw. Where a client never learned what became of its write, the log knows (`revisionOf`): that spares
	 * the checker the search, and can hide nothing, because it only adds to what must be explained.
	 */
	history(revisionOf: (key: string, value: Uint8Array) => number | undefined): KvHistory {
		const returned = this.#nowNs();
		return this.#recorder.history().flatMap(operation => {
			if (operation.output !== undefined || !('value' in operation.input)) return [operation];
			const {key, value} = operation.input;
			const version = revisionOf(key, bytesOfText(value));
			return version === undefined ? [] : [{...operation, return: returned, output: {type: 'written', version}}];
		});
	}
}

/** Bounded by steps and not by a clock, so that the verdict is the same everywhere. */
export function judgeHistory(history: KvHistory, onProgress: (() => void) | undefined): Verdict {
	// With a clear among the operations nothing is recorded for the checker: each answer was judged by its place in the log.
	if (history.length === 0) return 'ok';
	let slices = 0;
	const isCancelled = (): boolean => {
		slices += 1;
		onProgress?.();
		return slices > checkSlicesMax;
	};
	return check(history, {model: kvModel('kv'), memoryBytesMax: checkBytesMax, isCancelled}).verdict;
}

/** `undefined`: the checker does not know such an operation. Its key is then of a sort of its own. */
function inputOf(operation: Operation): KvInput | undefined {
	if (!('key' in operation) || !operation.key.startsWith('k')) return undefined;
	const {key} = operation;
	switch (operation.type) {
		case 'get':
		case 'delete':
			return {type: operation.type, key};
		case 'put':
		case 'append':
			return {type: operation.type, key, value: textOf(operation.value)};
		case 'compareAndSet': {
			const {expected} = operation;
			if ('version' in expected) return {type: 'compareAndSet', key, expected, value: textOf(operation.value)};
			const value = expected.value === undefined ? undefined : textOf(expected.value);
			return {type: 'compareAndSet', key, expected: {value}, value: textOf(operation.value)};
		}
		case 'increment':
			return undefined;
		default:
			return operation satisfies never;
	}
}

/** `undefined`: nothing has happened. */
function outputOf(result: Result): KvOutput | undefined {
	switch (result.type) {
		case 'value': {
			const value = result.value === undefined ? undefined : textOf(result.value);
			return {type: 'value', value, version: result.version};
		}
		case 'written':
			return {type: 'written', version: result.version};
		case 'deleted':
			return {type: 'deleted', existed: result.existed, version: result.version};
		case 'conditionFailed': {
			const value = result.value === undefined ? undefined : textOf(result.value);
			return {type: 'conditionFailed', observed: {value}, version: result.version};
		}
		default:
			return undefined;
	}
}
