/** Whose a file is: each file of a node names its cluster and its node, so that a file of another is never taken for its own. */
import {viewOf} from './bytes.js';

/** A node of a cluster. */
export interface Identity {
	/** 32 hexadecimal digits, drawn at random when the cluster was made. */
	readonly clusterId: string;
	readonly node: number;
}

/** For a log that belongs to no cluster: a test's, or a simulated one. */
export const noIdentity: Identity = {clusterId: '0'.repeat(32), node: 0};

/** 16 bytes of cluster id, and the node as a u32. */
export const identityBytes = 20;
const clusterIdBytes = 16;

export function encodeIdentity(target: Uint8Array, offset: number, {clusterId, node}: Identity): void {
	for (let at = 0; at < clusterIdBytes; at++) {
		target[offset + at] = Number.parseInt(clusterId.slice(at * 2, at * 2 + 2), 16);
	}
	viewOf(target).setUint32(offset + clusterIdBytes, node, true);
}

export function decodeIdentity(bytes: Uint8Array, offset: number): Identity {
	let clusterId = '';
	for (let at = 0; at < clusterIdBytes; at++) clusterId += (bytes[offset + at] ?? 0).toString(16).padStart(2, '0');
	return {clusterId, node: viewOf(bytes).getUint32(offset + clusterIdBytes, true)};
}

export const isSameIdentity = (one: Identity, other: Identity): boolean =>
	one.clusterId === other.clusterId && one.node === other.node;

export const nameOfOwner = ({clusterId, node}: Identity): string => `node ${node} of cluster ${clusterId.slice(0, 8)}`;
