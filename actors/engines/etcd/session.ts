/**
 * A session: a key of its own under a lease. It holds what the session's last transaction did, and each transaction asks
 * that nobody has used it since; so of all attempts at one transaction at most one takes effect, and the next attempt
 * finds out which. When the lease runs out etcd deletes the key, and no attempt under it succeeds any more.
 */
import type {Etcd3} from 'etcd3';
import type {CallFailure} from './call-failure.js';
import type {Endpoints} from './endpoints.js';
import type {Keyspace} from './keyspace.js';
import type {EtcdLimits} from './limits.js';
import {openRequest, revisionOf} from './transactions.js';
import type {Version} from '../../../src/kv/types.js';

/** Beyond any doubt that two clients draw the same, and exact in a double. */
const idBits = 52;
/** How often a lease is renewed within its life: two renewals in a row may fail. */
const renewalsPerLife = 3;

export type OpenedSession = {readonly type: 'opened'; readonly session: Session} | CallFailure;

export class Session {
	readonly id: number;
	readonly key: Buffer;
	/** Of the transaction under way, or of the next. */
	sequence = 1;
	/** The key's mod_revision; `undefined`: to be read. */
	revision: Version | undefined;
	readonly #endpoints: Endpoints;
	readonly #timer: NodeJS.Timeout;
	readonly #timeoutMs: number;

	private constructor(id: number, key: Buffer, revision: Version, endpoints: Endpoints, limits: EtcdLimits) {
		this.id = id;
		this.key = key;
		this.revision = revision;
		this.#endpoints = endpoints;
		this.#timeoutMs = limits.attemptTimeoutMs;
		this.#timer = setInterval(() => void this.#renew(), (limits.sessionTtlS * 1000) / renewalsPerLife);
		// A program that has nothing else to do may end, and its session with it.
		this.#timer.unref();
	}

	/** One attempt. What a failed one may leave behind expires by itself: the next draws another id. */
	static async open(endpoints: Endpoints, keyspace: Keyspace, limits: EtcdLimits): Promise<OpenedSession> {
		const id = 1 + Math.floor(Math.random() * 2 ** idBits);
		const {attemptTimeoutMs, sessionTtlS} = limits;
		const granted = await endpoints.call(
			(client, options) => client.leaseClient.leaseGrant({ID: id, TTL: sessionTtlS}, options),
			attemptTimeoutMs,
		);
		if (granted.type !== 'answered') return granted;
		const key = keyspace.sessionKey(id);
		const request = openRequest(key, id);
		const made = await endpoints.call((client, options) => client.kv.txn(request, options), attemptTimeoutMs);
		if (made.type !== 'answered') return made;
		if (!made.value.succeeded) return {type: 'lost', mayHaveRun: false, lastReply: 'lost', reason: 'the id is taken'};
		return {type: 'opened', session: new Session(id, key, revisionOf(made.value), endpoints, limits)};
	}

	/** Another transaction comes next. `revision`: the key's, if that is known. */
	advance(revision: Version | undefined): void {
		this.sequence += 1;
		this.revision = revision;
	}

	/** It is renewed no more. */
	stop(): void {
		clearInterval(this.#timer);
	}

	/** Ends it now, as far as etcd can be reached. */
	async revoke(): Promise<void> {
		this.stop();
		await this.#endpoints.call(
			(client, options) => client.leaseClient.leaseRevoke({ID: this.id}, options),
			this.#timeoutMs,
		);
	}

	/** A renewal that fails is made up for by the next; if all fail, the next write finds the session expired. */
	async #renew(): Promise<void> {
		await this.#endpoints.call(async (client, options) => keepAlive(client, this.id, options), this.#timeoutMs);
	}
}

async function keepAlive(client: Etcd3, id: number, options: {readonly deadline: number}): Promise<void> {
	const stream = await client.leaseClient.leaseKeepAlive(options);
	try {
		await new Promise<void>((resolve, reject) => {
			stream.on('data', () => resolve());
			stream.on('error', reject);
			stream.on('end', () => reject(new Error('the stream ended without an answer')));
			stream.write({ID: id});
		});
	} finally {
		stream.end();
	}
}
