/** Changes of keys as they come, asked for one after the other, each from where the last answer ended. */
import {ThreadraftError} from '../src/base/errors.js';
import {isCount} from '../src/base/plain.js';
import {typeOfEvent} from '../src/kv/changes/change-event.js';
import type {Change, ChangesRead, KeepChanges, Key, Result, Version} from '../src/kv/types.js';
import {OperationAbortedError, SessionExpiredError, TimeoutError} from '../src/service/errors.js';
import {InvalidOperationError} from './clerk/results.js';
import type {Data} from './data.js';
import type {Executor, OperationOptions} from './executor.js';
import {OptionError} from './options/option-error.js';
import {bytesOfKey, keyOf} from './text.js';

/** What is watched, and from when. */
export interface WatchOptions extends OperationOptions {
	/** Only keys that begin with this; text is UTF-8. @default all keys */
	readonly prefix?: Data | undefined;
	/** The first revision whose changes are told, from 1. @default the next one after the watch has begun, with the first change that is asked for */
	readonly from?: Version | undefined;
}

/** What became of a key, or of all. Keys and values are bytes of their own. */
export type WatchedChange =
	| {
			readonly type: 'put';
			readonly key: Uint8Array;
			readonly value: Uint8Array;
			/** The key's version: the revision of the change. */
			readonly version: Version;
	  }
	| {readonly type: 'delete'; readonly key: Uint8Array}
	/** The key's deadline, or that of its lease, was over. */
	| {readonly type: 'expire'; readonly key: Uint8Array}
	/** All keys are gone, whatever they begin with. */
	| {readonly type: 'clear'};

/** All changes of one revision: of one write, transaction or script, or all that expired at the same time. */
export interface WatchedRevision {
	readonly revision: Version;
	/** In the order in which they were made; at least one. */
	readonly changes: readonly WatchedChange[];
}

/** The changes that were asked for are so old that they are not kept any more. */
export class CompactedError extends ThreadraftError {
	override readonly name = 'CompactedError';
	readonly code = 'ERR_COMPACTED';
	/** The first revision whose changes were asked for. */
	readonly from: Version;
	/** The first revision whose changes were kept. */
	readonly firstRevision: Version;

	constructor(from: Version, firstRevision: Version) {
		super(
			`The changes from revision ${from} on are not kept any more, only those from ${firstRevision} on: read the keys anew (range), and watch from the revision of the first part plus 1.`,
		);
		this.from = from;
		this.firstRevision = firstRevision;
	}
}

/** How long a server waits for a change before it says that there is none. */
const waitMs = 2000;
/** After so long the cluster is told again that somebody watches: it keeps changes for ten minutes. */
const keepEveryMs = 120_000;

/** When the cluster is to be told that somebody watches. */
export class Keeping {
	#toldAtMs = -Infinity;

	/** Whether it is time; the caller tells it then. */
	isDue(): boolean {
		return performance.now() - this.#toldAtMs >= keepEveryMs;
	}

	told(): void {
		this.#toldAtMs = performance.now();
	}
}

/** See `KeyValueClient.watch`. */
export const watchOf = (client: Executor, options: WatchOptions): Told =>
	watchBy((prefix, after, signal) => tell(client, prefix, after, signal), options);

/** The same of a client that is told in another way. `tellUntil`: changes of keys with this prefix after this revision, or from now on. */
export function watchBy(
	tellUntil: (prefix: Key, after: Version | undefined, signal: AbortSignal) => Told,
	{prefix = '', from, signal}: WatchOptions,
): Told {
	const begins = keyOf(prefix, 'prefix');
	if (from !== undefined && (!isCount(from) || from === 0))
		throw OptionError.value('from', 'a revision, a whole number from 1 on', from);
	return new Watch(signal, either => tellUntil(begins, from === undefined ? undefined : from - 1, either));
}

type Told = AsyncGenerator<WatchedRevision, void, undefined>;

/** A generator alone would end with the next change only, as its `return` waits for the `next` before it: this one ends its request. */
class Watch implements Told {
	readonly #ended = new AbortController();
	readonly #told: Told;

	constructor(signal: AbortSignal | undefined, tellUntil: (signal: AbortSignal) => Told) {
		const ended = this.#ended.signal;
		this.#told = tellUntil(signal === undefined ? ended : AbortSignal.any([signal, ended]));
	}

	async next(): Promise<IteratorResult<WatchedRevision, void>> {
		try {
			return await this.#told.next();
		} catch (error) {
			if (this.#ended.signal.aborted) return {done: true, value: undefined};
			throw error;
		}
	}

	async return(): Promise<IteratorResult<WatchedRevision, void>> {
		this.#ended.abort();
		return this.#told.return();
	}

	async throw(error: unknown): Promise<IteratorResult<WatchedRevision, void>> {
		this.#ended.abort();
		return this.#told.throw(error);
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.return();
	}
}

async function* tell(
	client: Executor,
	prefix: Key,
	since: Version | undefined,
	signal: AbortSignal,
): AsyncGenerator<WatchedRevision, void, undefined> {
	let after = since;
	const keeping = new Keeping();
	for (;;) {
		if (keeping.isDue()) {
			const {revision} = await changesOf(client, {type: 'keepChanges'}, signal);
			keeping.told();
			after ??= revision;
		}
		const result = await changesOf(client, {type: 'changes', after, prefix, waitMs}, signal);
		if (result.type === 'compacted') throw new CompactedError((after ?? 0) + 1, result.revision + 1);
		yield* revisionsOf(result.changes);
		after = result.revision;
	}
}

/** A cluster without a leader answers when it has one again. */
async function changesOf(
	client: Executor,
	operation: ChangesRead | KeepChanges,
	signal: AbortSignal | undefined,
): Promise<Extract<Result, {type: 'changes' | 'compacted'}>> {
	for (;;) {
		if (signal?.aborted === true) throw new OperationAbortedError('notExecuted', signal.reason);
		try {
			const result = await client.execute(operation, {signal});
			if (result.type === 'changes' || result.type === 'compacted') return result;
			if (result.type === 'invalid') throw new InvalidOperationError(result.reason);
			throw new TypeError(`a 'changes' was expected, not a '${result.type}'`);
		} catch (error) {
			// To ask for the same twice does no harm.
			if (!(error instanceof TimeoutError || error instanceof SessionExpiredError)) throw error;
		}
	}
}

function* revisionsOf(changes: readonly Change[]): Generator<WatchedRevision, void, undefined> {
	for (let first = 0; first < changes.length;) {
		const {revision} = changes[first] as Change;
		let end = first;
		while (changes[end]?.revision === revision) end += 1;
		yield {revision, changes: changes.slice(first, end).map(change => watched(change))};
		first = end;
	}
}

function watched({event, revision, key, value}: Change): WatchedChange {
	const type = typeOfEvent(event);
	if (type === 'clear') return {type};
	const bytes = bytesOfKey(key);
	return type === 'put' ? {type, key: bytes, value, version: revision} : {type, key: bytes};
}
