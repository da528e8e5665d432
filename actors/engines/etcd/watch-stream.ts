/**
 * Changes as etcd's Watch tells them. A watch is one stream from one member. When that is gone, or silent, another stream from
 * another member goes on behind the last revision that was told.
 *
 *     read (is it still our cluster? at which revision?) ──▶ stream from the last revision that was told ──▶ revisions
 *       ▲                                                        │
 *       └────────────── lost: the next member ───────────────────┘
 */
import {unreachable} from '../../../src/base/errors.js';
import type {Key, Version} from '../../../src/kv/types.js';
import {ClerkClosedError, OperationAbortedError} from '../../../src/service/errors.js';
import {bytesOfKey} from '../../text.js';
import {CompactedError, type WatchedChange, type WatchedRevision} from '../../watch.js';
import {backOff} from './backoff.js';
import type {CallFailure} from './call-failure.js';
import type {Endpoints, OpenStream} from './endpoints.js';
import {EngineRefusedError, EngineReplacedError} from './errors.js';
import type {Keyspace} from './keyspace.js';
import type {EtcdLimits} from './limits.js';
import {eventType, type KeyEvent, methods, type WatchReply} from './rpc/messages.js';
import {untilAborted} from './until-aborted.js';

export interface WatchSource {
	readonly endpoints: Endpoints;
	readonly keyspace: Keyspace;
	readonly limits: EtcdLimits;
	/** Aborted when the client is closed. */
	readonly closed: AbortSignal;
}

export interface WatchAsked {
	readonly prefix: Key;
	/** Told is what comes after this revision; `undefined`: what comes from now on. */
	readonly after: Version | undefined;
	readonly signal: AbortSignal;
}

type WatchStream = OpenStream<(typeof methods.watch)['request'], (typeof methods.watch)['reply']>;

/** Never ends by itself. Rejects as `KeyValueClient.watch` says. */
export async function* watchStream(source: WatchSource, asked: WatchAsked): AsyncGenerator<WatchedRevision, void> {
	const {limits, closed} = source;
	const ended = AbortSignal.any([asked.signal, closed]);
	const telling = new Telling(source, asked.prefix, asked.after);
	for (let failures = 0; ; failures = telling.isForward ? 1 : failures + 1) {
		if (failures > 0) await backOff(failures, limits, ended);
		try {
			yield* telling.tellUntilLost(ended);
		} catch (error) {
			if (!ended.aborted) throw error;
		}
		if (closed.aborted) throw new ClerkClosedError('notExecuted');
		if (ended.aborted) throw new OperationAbortedError('notExecuted', asked.signal.reason);
	}
}

/** So often in a row a watch has to be denied before it is given up. */
const denialsMax = 2;

/** What has been told, over one stream after the other. */
class Telling {
	/** The last stream has told something. */
	isForward = false;
	/** In a row. */
	#denials = 0;
	readonly #source: WatchSource;
	readonly #prefix: Key;
	/** Of all up to this revision there is nothing to be told any more. */
	#told: Version | undefined;
	/** Of a revision that may not be complete yet. */
	#changes: WatchedChange[] = [];
	#revision: Version = 0;

	constructor(source: WatchSource, prefix: Key, after: Version | undefined) {
		this.#source = source;
		this.#prefix = prefix;
		this.#told = after;
	}

	/** Returns when the stream is lost, or is to be given up for another one. */
	async *tellUntilLost(ended: AbortSignal): AsyncGenerator<WatchedRevision, void> {
		this.isForward = false;
		this.#changes = [];
		const {endpoints, keyspace, limits} = this.#source;
		const timeoutMs = limits.attemptTimeoutMs;
		const request = {key: keyspace.sessionKey(0)};
		const read = await untilAborted(endpoints.call(methods.range, request, {timeoutMs}), ended);
		if (read.type !== 'answered') {
			refuse(read);
			return;
		}
		const told = (this.#told ??= read.value.header?.revision ?? 0);
		const stream = await untilAborted(endpoints.open(methods.watch, timeoutMs), ended, late => {
			if (late.type === 'opened') late.close();
		});
		if (stream.type !== 'opened') {
			refuse(stream);
			return;
		}
		const close = (): void => stream.close();
		ended.addEventListener('abort', close);
		try {
			// One earlier than is wanted: etcd takes a first revision up to which it has compacted, and leaves out what was deleted
			// at it (etcd-io/etcd#18089; seen with 3.4.23).
			const from = Math.max(1, told);
			stream.send({
				create: {...keyspace.rangeOf(this.#prefix), startRevision: from, progressNotify: true, fragment: true},
			});
			for await (const reply of this.#replies(stream, ended)) yield* this.#revisionsOf(reply);
		} finally {
			ended.removeEventListener('abort', close);
			stream.close();
		}
	}

	/** Ends with the stream, or when nothing has come for a while and its member does not answer a ping. */
	async *#replies(stream: WatchStream, ended: AbortSignal): AsyncGenerator<WatchReply, void> {
		const {attemptTimeoutMs} = this.#source.limits;
		for (;;) {
			const heard = await stream.next(attemptTimeoutMs);
			if (heard.type === 'message') {
				yield heard.value;
				if (heard.value.canceled) return;
			} else if (heard.type !== 'silence') {
				stream.abandon();
				refuse(heard);
				return;
			} else if (!(await untilAborted(stream.isAnswered(attemptTimeoutMs), ended))) {
				stream.abandon();
				return;
			}
		}
	}

	*#revisionsOf(reply: WatchReply): Generator<WatchedRevision, void> {
		const {compactRevision, canceled, cancelReason, events, fragment} = reply;
		const told = this.#told ?? 0;
		if (!canceled) this.#denials = 0;
		if (compactRevision > 0) throw new CompactedError(told + 1, compactRevision + 1);
		if (canceled && /permission denied/.test(cancelReason)) {
			// A member that does not know our token says so, too; before the next stream it is asked for another one.
			this.#denials += 1;
			if (this.#denials < denialsMax) return;
			throw new EngineRefusedError(cancelReason, 'grant its role reading of what it watches', 'notExecuted');
		}
		for (const event of events) {
			const revision = event.kv?.modRevision ?? 0;
			if (revision <= told) continue;
			if (revision !== this.#revision) yield* this.#complete();
			this.#revision = revision;
			this.#changes.push(this.#changeOf(event));
		}
		// A large answer comes in several messages, and the next one may go on with the same revision.
		if (!fragment) yield* this.#complete();
		if (isProgress(reply)) this.#told = Math.max(told, reply.header?.revision ?? 0);
	}

	*#complete(): Generator<WatchedRevision, void> {
		if (this.#changes.length === 0) return;
		const [revision, changes] = [this.#revision, this.#changes];
		this.#changes = [];
		this.#told = revision;
		this.isForward = true;
		this.#source.endpoints.noteRevision(revision);
		yield {revision, changes};
	}

	#changeOf({type, kv}: KeyEvent): WatchedChange {
		const key = bytesOfKey(this.#source.keyspace.userKeyOf(kv?.key ?? noBytes) ?? '');
		if (type === eventType.delete) return {type: 'delete', key};
		// What came is a view of the whole message.
		return {type: 'put', key, value: new Uint8Array(kv?.value ?? noBytes), version: kv?.modRevision ?? 0};
	}
}

const noBytes = new Uint8Array(0);

/** That all up to its revision has been told, which etcd says from time to time of a watch that is up to date. */
const isProgress = ({created, canceled, fragment, events}: WatchReply): boolean =>
	!created && !canceled && !fragment && events.length === 0;

/** Throws what no other member can put right. */
function refuse(failure: CallFailure): void {
	switch (failure.type) {
		case 'lost':
		case 'leaseGone':
			return;
		case 'replaced':
			throw new EngineReplacedError(failure.reason, 'notExecuted');
		case 'refused':
			throw new EngineRefusedError(failure.reason, failure.remedy, 'notExecuted');
		case 'tooLarge':
			throw new EngineRefusedError(failure.reason, 'watch a longer prefix', 'notExecuted');
		default:
			unreachable(failure);
	}
}
