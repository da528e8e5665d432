/** The requests that we send to etcd, and what is read out of its answers. */
import type {Key, Version} from '../../../src/kv/types.js';
import type {Keyspace} from './keyspace.js';
import {
	type Compare,
	compareTarget,
	type KeyValue,
	type RequestOp,
	type ResponseOp,
	type TxnReply,
	type TxnRequest,
} from './rpc/messages.js';
import {encodeRecord} from './session-record.js';
import type {KnownValue, PlannedValue, WritePlan} from './write-plan.js';

/** What etcd holds, all at one revision. */
export interface Observation {
	/** Of the whole store when it was read. */
	readonly revision: Version;
	/** The session's own key; `undefined`: it has expired. */
	readonly session: KeyValue | undefined;
	readonly known: Map<Key, KnownValue | undefined>;
}

const readOf = (key: Buffer): RequestOp => ({range: {key}});

/** Reads the session and these keys, linearizably: `serializable` is not set. */
export function readRequest(sessionKey: Buffer, keyspace: Keyspace, keys: readonly Key[]): TxnRequest {
	return {success: [readOf(sessionKey), ...keys.map(key => readOf(keyspace.keyOf(key)))]};
}

/**
 * Carries out a plan if the session was not used since `sessionRevision` and all conditions hold; otherwise reads what
 * there is. A repeat of it finds the session used, so it cannot take effect twice.
 */
export function writeRequest(
	session: {readonly key: Buffer; readonly revision: Version; readonly sequence: number},
	keyspace: Keyspace,
	plan: WritePlan,
): TxnRequest {
	const record = encodeRecord({sequence: session.sequence, results: plan.results});
	const changes = [...plan.changes].map(([key, planned]) => changeOf(keyspace.keyOf(key), planned));
	if (plan.clears) changes.push({delete: keyspace.range});
	return {
		compare: [
			isAt(session.key, session.revision),
			...[...plan.conditions].map(([key, version]) => isAt(keyspace.keyOf(key), version)),
		],
		success: [{put: {key: session.key, value: record, ignoreLease: true}}, ...changes],
		failure: readRequest(session.key, keyspace, [...plan.conditions.keys()]).success ?? [],
	};
}

function changeOf(key: Buffer, planned: PlannedValue | undefined): RequestOp {
	if (planned === undefined) return {delete: {key}};
	const {value, lease, keepsLease} = planned;
	if (keepsLease) return {put: {key, value, ignoreLease: true}};
	return {put: lease === undefined ? {key, value} : {key, value, lease: Number(lease)}};
}

/** Makes a key under a lease, once: a copy of this that comes late must not wipe out what is there since. */
export function claimRequest(key: Buffer, value: Uint8Array, lease: number): TxnRequest {
	return {
		compare: [{key, target: compareTarget.createRevision, createRevision: 0}],
		success: [{put: {key, value, lease}}],
	};
}

/** Makes the session's key. */
export function openRequest(key: Buffer, lease: number): TxnRequest {
	return claimRequest(key, encodeRecord({sequence: 0, results: []}), lease);
}

export const revisionOf = (response: TxnReply): Version => response.header?.revision ?? 0;

/** Of a read, or of a write that found something else; `keys` as they were given. */
export function observationOf(response: TxnReply, keys: readonly Key[]): Observation {
	const [session, ...rest] = response.responses.map(firstOf);
	const known = new Map(keys.map((key, offset) => [key, storedOf(rest[offset])]));
	return {revision: revisionOf(response), session, known};
}

/** Of a `clear` that was carried out: how many keys there were. */
export function deletedOf(response: TxnReply): number {
	return response.responses.at(-1)?.delete?.deleted ?? 0;
}

function storedOf(entry: KeyValue | undefined): KnownValue | undefined {
	if (entry === undefined) return undefined;
	const known = {value: new Uint8Array(entry.value), version: entry.modRevision};
	return entry.lease === 0n ? known : {...known, lease: entry.lease};
}

export const firstOf = (response: ResponseOp): KeyValue | undefined => response.range?.kvs[0];

/** A version of 0: it is absent. */
function isAt(key: Buffer, version: Version): Compare {
	return {key, target: compareTarget.modRevision, modRevision: version};
}
