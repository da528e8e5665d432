/** Looks at what a client of ours keeps in etcd, and meddles with it: over the members themselves, past every proxy. */
import type {ExecutionContext} from 'ava';
import {Endpoints} from '../../actors/engines/etcd/endpoints.js';
import {type Method, methods} from '../../actors/engines/etcd/rpc/messages.js';
import {
	type Decoded,
	type Draft,
	type Fields,
	count,
	flag,
	id,
	repeated,
} from '../../actors/engines/etcd/rpc/protobuf.js';
import type {EtcdCluster} from './etcd-cluster.js';

export class Administrator {
	readonly #endpoints: Endpoints;

	constructor(t: ExecutionContext, {addresses}: EtcdCluster) {
		this.#endpoints = new Endpoints({addresses, secureContext: undefined, credentials: undefined});
		t.teardown(() => this.#endpoints.close());
	}

	/** Of the clients whose keys are under this prefix. */
	async sessionKeys(prefix: string): Promise<readonly Uint8Array[]> {
		const {kvs} = await this.#call(methods.range, rangeOf(prefix));
		return kvs.map(({key}) => key);
	}

	/** As when their leases run out. */
	async endSessions(prefix: string): Promise<void> {
		await this.#call(methods.txn, {success: [{delete: rangeOf(prefix)}]});
	}

	async overwrite(key: Uint8Array, value: string): Promise<void> {
		await this.#call(methods.txn, {success: [{put: {key, value: Buffer.from(value), ignoreLease: true}}]});
	}

	/** As somebody else ends it. */
	async revoke(lease: bigint | number): Promise<void> {
		await this.#call(methods.leaseRevoke, {id: Number(lease)});
	}

	/** All that there are. */
	async leaseCount(): Promise<number> {
		return (await this.#call(leases, {})).leases.length;
	}

	/** Those of keys that begin with this. */
	async leasesUnder(prefix: string): Promise<ReadonlySet<bigint>> {
		const rangeEnd = Buffer.from(`${prefix.slice(0, -1)}0`);
		const {kvs} = await this.#call(methods.range, {key: Buffer.from(prefix), rangeEnd});
		return new Set(kvs.map(({lease}) => lease));
	}

	/** Whether this member, as far as it knows. */
	async hasLeader(member: number): Promise<boolean> {
		const status = (await this.#endpoints.statuses(2000))[member];
		return status !== undefined && status.leader !== 0n;
	}

	/** Until it is answered; the limit of the test is its deadline. */
	async #call<Request extends Fields, Reply extends Fields>(
		method: Method<Request, Reply>,
		request: Draft<Request>,
	): Promise<Decoded<Reply>> {
		for (;;) {
			const answer = await this.#endpoints.call(method, request, {timeoutMs: 2000});
			if (answer.type === 'answered') return answer.value;
		}
	}
}

const compaction = {
	path: '/etcdserverpb.KV/Compact',
	request: {revision: count(1), physical: flag(2)},
	reply: {},
	isLinearizable: false,
} as const;

/** From now on etcd knows nothing of what was before this revision. */
export async function compact({addresses}: EtcdCluster, revision: number): Promise<void> {
	const endpoints = new Endpoints({addresses, secureContext: undefined, credentials: undefined});
	for (;;) {
		const answer = await endpoints.call(compaction, {revision, physical: true}, {timeoutMs: 2000});
		// Of a repeat etcd says that it is done.
		if (answer.type === 'answered' || answer.type === 'refused') break;
	}
	endpoints.close();
}

const leases = {
	path: '/etcdserverpb.Lease/LeaseLeases',
	request: {},
	reply: {leases: repeated(2, {id: id(1)})},
	isLinearizable: false,
} as const;

const rangeOf = (prefix: string) => ({
	key: Buffer.from(`${prefix}/sessions/`),
	rangeEnd: Buffer.from(`${prefix}/sessions0`),
});
