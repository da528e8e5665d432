/** Ranges as etcd reads them: in the order of the keys, all parts as they were when the first was read. */
import type {Key, Version} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import {
	ClerkClosedError,
	type LastReply,
	OperationAbortedError,
	TimeoutError,
	ValueTooLargeError,
} from '../../../src/service/errors.js';
import type {RangeEntry, RangePart} from '../../range.js';
import {bytesOfKey} from '../../text.js';
import {backOff} from './backoff.js';
import type {Endpoints} from './endpoints.js';
import {EngineRefusedError, EngineReplacedError} from './errors.js';
import type {Keyspace} from './keyspace.js';
import type {EtcdLimits} from './limits.js';
import {type KeyValue, methods, type RangeReply, type RangeRequest} from './rpc/messages.js';
import {untilAborted} from './until-aborted.js';

export interface RangeSource {
	readonly endpoints: Endpoints;
	readonly keyspace: Keyspace;
	readonly limits: EtcdLimits;
	/** Of each part. */
	readonly timeoutMs: Milliseconds;
	/** Aborted when the client is closed. */
	readonly closed: AbortSignal;
}

/** Keys of one part, and bytes of the answer; where these are too many, there are fewer keys. */
const keysMax = 1024;
const replyBytesMax = 4 * 2 ** 20;

/** What became of an attempt: an answer, or what is to be changed before the next one. */
type Attempt = RangeReply | 'fewer' | 'anew' | {readonly lastReply: LastReply; readonly reason: string};

/** The next part is asked for when the caller wants it. */
export async function* rangeStream(
	source: RangeSource,
	prefix: Key,
	signal: AbortSignal | undefined,
): AsyncGenerator<RangePart, void, undefined> {
	const {keyspace, closed} = source;
	const ended = signal === undefined ? closed : AbortSignal.any([signal, closed]);
	let rest: RangeRequest | undefined = {...keyspace.rangeOf(prefix), limit: keysMax};
	while (rest !== undefined) {
		if (closed.aborted) throw new ClerkClosedError('notExecuted');
		if (signal?.aborted === true) throw new OperationAbortedError('notExecuted', signal.reason);
		try {
			const {request, reply} = await readPart(source, rest, ended);
			const now = reply.header?.revision ?? 0;
			const revision: Version = isFixed(request) ? (request.revision ?? now) : now;
			rest = reply.more ? {...request, key: after(reply.kvs.at(-1)), revision} : undefined;
			yield {revision, entries: reply.kvs.map(entry => entryOf(keyspace, entry))};
		} catch (error) {
			if (!ended.aborted) throw error;
		}
	}
}

/** Until it is answered; `request`: as it was answered. */
async function readPart(
	{endpoints, limits, timeoutMs}: RangeSource,
	asked: RangeRequest,
	ended: AbortSignal,
): Promise<{readonly request: RangeRequest; readonly reply: RangeReply}> {
	const deadline = performance.now() + timeoutMs;
	let {limit = keysMax, revision = 0} = asked;
	let failures = 0;
	for (let attempts = 1; ; attempts++) {
		const request = {...asked, limit, revision};
		const attempt = await untilAborted(tryPart(endpoints, request, limits), ended);
		if (attempt === 'fewer') limit = Math.ceil(limit / 2);
		else if (attempt === 'anew') revision = 0;
		else if (!('reason' in attempt)) return {request, reply: attempt};
		else {
			if (performance.now() >= deadline) {
				const error = new TimeoutError('notExecuted', attempts, attempt.lastReply);
				error.cause = new Error(attempt.reason);
				throw error;
			}
			await backOff(++failures, limits, ended);
		}
	}
}

async function tryPart(endpoints: Endpoints, request: RangeRequest, limits: EtcdLimits): Promise<Attempt> {
	const answer = await endpoints.call(methods.range, request, {timeoutMs: limits.attemptTimeoutMs, replyBytesMax});
	switch (answer.type) {
		case 'answered':
			return answer.value;
		case 'lost':
		case 'leaseGone':
			return {lastReply: answer.type === 'lost' ? answer.lastReply : 'lost', reason: answer.reason};
		case 'tooLarge':
			if ((request.limit ?? keysMax) > 1) return 'fewer';
			throw new ValueTooLargeError('notExecuted', replyBytesMax, replyBytesMax);
		case 'refused':
			// etcd does not know any more how it was: the parts that follow are later ones.
			if (/has been compacted/.test(answer.reason) && isFixed(request)) return 'anew';
			throw new EngineRefusedError(answer.reason, answer.remedy, 'notExecuted');
		case 'replaced':
			throw new EngineReplacedError(answer.reason, 'notExecuted');
		default:
			return answer satisfies never;
	}
}

const isFixed = ({revision = 0}: RangeRequest): boolean => revision > 0;

/** The first key that may come behind it. */
const after = (last: KeyValue | undefined): Uint8Array => Buffer.concat([last?.key ?? new Uint8Array(0), Buffer.of(0)]);

/** In arrays of their own: what came is a view of the whole answer. */
function entryOf(keyspace: Keyspace, {key, value, modRevision}: KeyValue): RangeEntry {
	return {
		key: bytesOfKey(keyspace.userKeyOf(key) ?? ''),
		value: new Uint8Array(value),
		version: modRevision,
	};
}
