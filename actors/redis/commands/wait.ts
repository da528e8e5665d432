/** WAIT: how many replicas hold what this connection has written. */
import type {ClusterInfo} from '../client-state.js';
import {parseInt64} from '../int64.js';
import {type RedisCommand, notAnInteger, partAt, type Plan, refuse} from './command.js';

/** A write is answered when a majority of the nodes holds it: so many beside the leader. More may; nobody waits for them. */
function replicasThatHold({raft: {nodes}}: ClusterInfo): number {
	return typeof nodes === 'number' ? Math.floor(nodes / 2) : 0;
}

function planWait(parts: readonly Buffer[]): Plan {
	const timeoutMs = parseInt64(partAt(parts, 2));
	if (parseInt64(partAt(parts, 1)) === undefined) return refuse(notAnInteger);
	if (timeoutMs === undefined) return refuse('ERR timeout is not an integer or out of range');
	if (timeoutMs < 0n) return refuse('ERR timeout is negative');
	return {
		type: 'report',
		countsKeys: false,
		reply: (out, _clientState, cluster) => out.integer(replicasThatHold(cluster)),
	};
}

export const waitCommand: RedisCommand = {
	name: 'wait',
	arity: 3,
	flags: ['noscript'],
	summary: 'Tell how many replicas hold what this connection has written: at once, since a write waits for a majority',
	since: '3.0.0',
	group: 'generic',
	plan: planWait,
};
