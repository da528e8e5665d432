/** The requests that we send to etcd, and what is read out of its answers. */
import type {ICompare, IKeyValue, IRequestOp, IResponseOp, ITxnRequest, ITxnResponse} from 'etcd3';
import type {Stored} from '../../../src/kv/shard.js';
import type {Key, Version} from '../../../src/kv/types.js';
import type {Keyspace} from './keyspace.js';
import {encodeRecord} from './session-record.js';
import type {WritePlan} from './write-plan.js';

/** What etcd holds, all at one revision. */
export interface Observation {
	/** Of the whole store when it was read. */
	readonly revision: Version;
	/** The session's own key; `undefined`: it has expired. */
	readonly session: IKeyValue | undefined;
	readonly known: Map<Key, Stored | undefined>;
}

const readOf = (key: Buffer): IRequestOp => ({request_range: {key}});

/** Reads the session and these keys, linearizably: `serializable` is not set. */
export function readRequest(sessionKey: Buffer, keyspace: Keyspace, keys: readonly Key[]): ITxnRequest {
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
): ITxnRequest {
	const record = encodeRecord({sequence: session.sequence, results: plan.results});
	const changes = [...plan.changes].map(([key, value]): IRequestOp => {
		const bytes = keyspace.keyOf(key);
		return value === undefined
			? {request_delete_range: {key: bytes}}
			: {request_put: {key: bytes, value: Buffer.from(value)}};
	});
	if (plan.clears) changes.push({request_delete_range: keyspace.range});
	return {
		compare: [
			isAt(session.key, session.revision),
			...[...plan.conditions].map(([key, version]) => isAt(keyspace.keyOf(key), version)),
		],
		success: [{request_put: {key: session.key, value: record, ignore_lease: true}}, ...changes],
		failure: readRequest(session.key, keyspace, [...plan.conditions.keys()]).success ?? [],
	};
}

/** Makes the session's key, once: a copy of this that comes late must not wipe out what the session has done since. */
export function openRequest(key: Buffer, lease: number): ITxnRequest {
	return {
		compare: [{key, target: 'Create', result: 'Equal', create_revision: 0}],
		success: [{request_put: {key, value: encodeRecord({sequence: 0, results: []}), lease}}],
	};
}

export const revisionOf = (response: ITxnResponse): Version => Number(response.header.revision);

/** Of a read, or of a write that found something else; `keys` as they were given. */
export function observationOf(response: ITxnResponse, keys: readonly Key[]): Observation {
	const [session, ...rest] = response.responses.map(firstOf);
	const known = new Map(keys.map((key, offset) => [key, storedOf(rest[offset])]));
	return {revision: revisionOf(response), session, known};
}

/** Of a `clear` that was carried out: how many keys there were. */
export function deletedOf(response: ITxnResponse): number {
	return Number(response.responses.at(-1)?.response_delete_range.deleted ?? 0);
}

function storedOf(entry: IKeyValue | undefined): Stored | undefined {
	return entry && {value: new Uint8Array(entry.value), version: Number(entry.mod_revision)};
}

export const firstOf = (response: IResponseOp): IKeyValue | undefined => response.response_range.kvs[0];

/** A version of 0: it is absent. */
function isAt(key: Buffer, version: Version): ICompare {
	return {key, target: 'Mod', result: 'Equal', mod_revision: version};
}
