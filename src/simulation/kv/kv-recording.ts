/** The history of a run of keys and values, in the words of the checker. */
import type {Expected, Key, Operation, Part, Result, Version, WriteOperation} from '../../kv/types.js';
import type {KvTypes} from '../../kv/words.js';
import {check} from '../../linearizability/check.js';
import type {Verdict} from '../../linearizability/key-result.js';
import {assert} from '../../base/errors.js';
import {invalidReasons} from '../../linearizability/kv-operation.js';
import type {
	KvExpected,
	KvHistory,
	KvInput,
	KvOperation,
	KvOutput,
	KvPart,
	KvResult,
} from '../../linearizability/kv-operation.js';
import {kvModel} from '../../linearizability/models/kv-model.js';
import {Recorder} from '../../linearizability/recorder.js';
import type {ClientOperation} from '../subject.js';
import {nameOfScript, transactionOfScript} from './known-scripts.js';
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

	/**
	 * The log says that the key is gone, as its time is over, at a revision of its own. Of a client that would be a deletion that found
	 * something there: so the checker judges it, and need know nothing of time.
	 */
	expired(key: Key, version: Version): void {
		if (!isRecorded(key)) return;
		this.#recorder.invoke('expiry', {type: 'delete', key});
		this.#recorder.complete('expiry', {type: 'deleted', existed: true, version});
	}

	discard({process}: Asked): void {
		if (this.#open.delete(process)) this.#recorder.discard(process);
	}

	loseTrack({process}: Asked): void {
		if (this.#open.delete(process)) this.#recorder.loseTrack(process);
	}

	/**
	 * What the clients saw. Where a client never learned what became of its write, the log knows (`resultOf`): that spares
	 * the checker the search, and can hide nothing, because it only adds to what must be explained.
	 */
	history(resultOf: (write: WriteOperation) => Result | undefined): KvHistory {
		const returned = this.#nowNs();
		return this.#recorder.history().flatMap((operation): KvOperation[] => {
			const write = operation.output === undefined ? namedBy(operation.input) : undefined;
			if (write === undefined) return [operation];
			const result = resultOf(write);
			// What was not run, or was refused, changed nothing: there is nothing to explain.
			if (result?.type !== 'written' && result?.type !== 'transaction' && result?.type !== 'scripted') return [];
			const output = outputOf(result);
			return output === undefined ? [] : [{...operation, return: returned, output}];
		});
	}
}

/** A write with the name that this operation has (see `tokenOf`); `undefined` where it has none. */
function namedBy(input: KvInput): WriteOperation | undefined {
	const last = input.type === 'transaction' ? input.operations.at(-1) : input;
	if (last === undefined || !('value' in last)) return undefined;
	return {type: 'put', key: last.key, value: bytesOfText(last.value)};
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

const isRecorded = (key: Key): boolean => key.startsWith('k');

/** `undefined`: the checker does not know such an operation. Its key is then of a sort of its own. */
function inputOf(operation: Operation): KvInput | undefined {
	if (operation.type === 'transaction') {
		const {compares, operations, otherwise = []} = operation;
		const inputs = partsOf(operations);
		const others = partsOf(otherwise);
		if (inputs === undefined || others === undefined) return undefined;
		const asked = compares.flatMap(({key, expected, isNegated}) =>
			'absentSince' in expected ? [] : [{key, expected: textOfExpected(expected), isNegated}],
		);
		if (asked.length < compares.length) return undefined;
		return {type: 'transaction', compares: asked, operations: inputs, otherwise: others};
	}
	// One that swaps is in the checker's words a transaction; the others are on keys that it does not know, or change nothing.
	if (operation.type === 'script')
		return nameOfScript(operation) === 'swap' ? inputOf(transactionOfScript(operation)) : undefined;
	return 'key' in operation ? partOf(operation) : undefined;
}

function partsOf(operations: readonly Part[]): readonly KvPart[] | undefined {
	const parts = operations.flatMap(operation => partOf(operation) ?? []);
	return parts.length === operations.length ? parts : undefined;
}

function textOfExpected(expected: Expected): KvExpected {
	if ('version' in expected) return expected;
	return {value: expected.value === undefined ? undefined : textOf(expected.value)};
}

function partOf(operation: Part): KvPart | undefined {
	if (!('key' in operation) || !isRecorded(operation.key)) return undefined;
	const {key} = operation;
	switch (operation.type) {
		case 'get':
		case 'delete':
			return {type: operation.type, key};
		case 'put':
		case 'append':
			return {type: operation.type, key, value: textOf(operation.value)};
		case 'compareAndSet': {
			const expected = textOfExpected(operation.expected);
			return {type: 'compareAndSet', key, expected, value: textOf(operation.value)};
		}
		case 'increment':
		case 'expire':
			return undefined;
		default:
			return operation satisfies never;
	}
}

/** `undefined`: nothing has happened. */
function outputOf(result: Result): KvOutput | undefined {
	if (result.type === 'scripted') {
		const {reply, version} = result;
		const results: readonly KvResult[] = reply === 1n ? [{type: 'written', version}] : [];
		return {type: 'transaction', isCommitted: reply === 1n, revision: version, results};
	}
	if (result.type !== 'transaction') return resultOf(result);
	const {isCommitted, revision, results} = result;
	return {type: 'transaction', isCommitted, revision, results: results.map(partResultOf)};
}

function partResultOf(result: Result): KvResult {
	if (result.type === 'invalid') {
		const {version} = result;
		const reason = invalidReasons.find(each => each === result.reason);
		assert(reason !== undefined, 'no other reason comes out of what is drawn here');
		return {type: 'invalid', reason, version};
	}
	const told = resultOf(result);
	assert(told !== undefined, 'parts of a transaction are of kinds that the checker knows');
	return told;
}

function resultOf(result: Result): KvResult | undefined {
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
