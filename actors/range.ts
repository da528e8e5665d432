/** All keys that begin with a prefix, read part by part. */
import {OperationAbortedError} from '../src/service/errors.js';
import type {ReadOperation, Result, ScanPosition, Version} from '../src/kv/types.js';
import {expectResult} from './clerk/results.js';
import type {Data} from './data.js';
import type {Executor, OperationOptions} from './executor.js';
import {bytesOfKey, keyOf} from './text.js';

/** What goes along with a range that is read. */
export interface RangeOptions extends OperationOptions {
	/** Only keys that begin with this; text is UTF-8. @default all keys */
	readonly prefix?: Data | undefined;
}

/** A key of a range. */
export interface RangeEntry {
	/** Bytes of its own, as the value is. */
	readonly key: Uint8Array;
	readonly value: Uint8Array;
	/** The revision of the key's last change. */
	readonly version: Version;
}

/** What one read of a range has found. */
export interface RangePart {
	/** Everything in `entries` is as it was at this revision. No part has an earlier one than the part before it. */
	readonly revision: Version;
	/** In no order that says anything; may be empty. About 1 MiB at most, and one more value. */
	readonly entries: readonly RangeEntry[];
}

/** As many as the service takes. */
const lookedAtMax = 16_384;

/** See `KeyValueClient.range`. The next part is asked for when the caller wants it. */
export async function* rangeOf(
	client: Executor,
	{prefix = '', signal}: RangeOptions,
): AsyncGenerator<RangePart, void, undefined> {
	const begins = keyOf(prefix, 'prefix');
	let from: ScanPosition | undefined = 0;
	while (from !== undefined) {
		if (signal?.aborted === true) throw new OperationAbortedError('notExecuted', signal.reason);
		const operation: ReadOperation = {type: 'scan', from, prefix: begins, lookedAtMax, hasValues: true};
		const result: Result = await client.execute(operation, {signal});
		const {revision, keys, versions, values, next} = expectResult(result, 'keys');
		const entries = keys.map((key, place) => ({
			key: bytesOfKey(key),
			value: values?.[place] ?? new Uint8Array(0),
			version: versions[place] ?? 0,
		}));
		yield {revision, entries};
		from = next;
	}
}
