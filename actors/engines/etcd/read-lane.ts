/** Reads: those that begin in one turn are one read-only transaction, which etcd answers linearizably at one revision. */
import {ClerkClosedError} from '../../../src/kv/errors.js';
import type {ReadOperation} from '../../../src/kv/types.js';
import {backOff} from './backoff.js';
import type {CallFailure} from './call-failure.js';
import type {Endpoints} from './endpoints.js';
import {EngineRefusedError} from './errors.js';
import type {Keyspace} from './keyspace.js';
import {keysMax, type EtcdLimits} from './limits.js';
import type {PendingOperation} from './pending-operation.js';
import {firstOf} from './transactions.js';

type PendingRead = PendingOperation<ReadOperation>;

export class ReadLane {
	readonly #endpoints: Endpoints;
	readonly #keyspace: Keyspace;
	readonly #limits: EtcdLimits;
	readonly #closed = new AbortController();
	/** Begun in this turn. */
	#begun: PendingRead[] = [];
	readonly #underWay = new Set<PendingRead>();

	constructor(endpoints: Endpoints, keyspace: Keyspace, limits: EtcdLimits) {
		this.#endpoints = endpoints;
		this.#keyspace = keyspace;
		this.#limits = limits;
	}

	submit(read: PendingRead): void {
		if (this.#begun.length === 0) setImmediate(() => this.#flush());
		this.#begun.push(read);
		this.#underWay.add(read);
	}

	close(): void {
		this.#closed.abort();
		for (const read of this.#underWay) read.fail(new ClerkClosedError('notExecuted'));
		this.#underWay.clear();
	}

	#flush(): void {
		const reads = this.#begun;
		this.#begun = [];
		for (let offset = 0; offset < reads.length; offset += keysMax) {
			void this.#carryOut(reads.slice(offset, offset + keysMax));
		}
	}

	async #carryOut(reads: readonly PendingRead[]): Promise<void> {
		let waiting = reads;
		for (let failures = 1; ; failures++) {
			waiting = waiting.filter(read => !read.isSettled);
			if (waiting.length === 0 || this.#closed.signal.aborted) break;
			if (await this.#attempt(waiting)) break;
			await backOff(failures, this.#limits, this.#closed.signal);
		}
		for (const read of reads) this.#underWay.delete(read);
	}

	/** Whether that was the last one needed. */
	async #attempt(reads: readonly PendingRead[]): Promise<boolean> {
		for (const read of reads) read.attempts++;
		const success = reads.map(({operation}) => ({request_range: {key: this.#keyspace.keyOf(operation.key)}}));
		const answer = await this.#endpoints.call(
			(client, options) => client.kv.txn({success}, options),
			this.#limits.attemptTimeoutMs,
		);
		if (answer.type !== 'answered') return fail(reads, answer);
		for (const [offset, read] of reads.entries()) {
			const response = answer.value.responses[offset];
			const entry = response && firstOf(response);
			// A Buffer of gRPC's is a view of a larger one.
			const value = entry && new Uint8Array(entry.value);
			if (!read.isSettled) read.complete({type: 'value', value, version: Number(entry?.mod_revision ?? 0)});
		}
		return true;
	}
}

/** Whether there is nothing more to try. */
function fail(reads: readonly PendingRead[], failure: CallFailure): boolean {
	for (const read of reads) {
		if (read.isSettled) continue;
		if (failure.type === 'lost') read.lastReply = failure.lastReply;
		else read.fail(new EngineRefusedError(failure.reason, 'notExecuted'));
	}
	return failure.type !== 'lost';
}
