/** From a cluster's options to those of its nodes, and the directory that they keep their logs in. */
import {type NodeId, nodeId} from '../../src/raft/types.js';
import type {SharedDiskFaults} from '../../src/storage/faulty-disk.js';
import type {ReplicaOptions} from '../replica/protocol.js';
import {DataDirectory} from './data-directory.js';
import type {ResolvedClusterOptions} from './options.js';

export async function openDirectory(
	{directory, nodes, replayLimits}: ResolvedClusterOptions,
	machine: string,
	owner: string,
): Promise<DataDirectory> {
	const limits = machine === 'kv' ? replayLimits : {...replayLimits, machine};
	// Without a directory the logs still are files, because a thread that is killed takes its memory with it; they are
	// never forced to a disk, and are gone with the cluster.
	return directory === undefined
		? DataDirectory.temporary(nodes, owner, limits)
		: DataDirectory.open(directory, nodes, owner, limits);
}

/** Memory that the cluster's thread shares with one node's threads, through all its lives. */
export interface SharedWithNode {
	readonly diskFaults: SharedDiskFaults;
	/** Ends a pause. */
	readonly alarm: SharedArrayBuffer;
}

export function replicaOptions(
	options: ResolvedClusterOptions,
	directory: DataDirectory,
	owner: string,
	sharedWith: (id: NodeId) => SharedWithNode,
): readonly ReplicaOptions[] {
	const voters = Array.from({length: options.nodes}, (_, id) => nodeId(id));
	return voters.map(id => ({
		id,
		voters,
		limits: options.limits,
		maxRaftState: options.maxRaftState,
		machine: {module: options.machine, valueBytesMax: directory.limits.valueBytesMax},
		maxMemoryBytes: options.maxMemoryBytes,
		sessionTimeoutMs: directory.limits.sessionTimeoutMs,
		storage: {
			directory: directory.nodeDirectory(id),
			sync: directory.isDurable,
			owner,
			identity: directory.identityOf(id),
			expectedStart: undefined,
			faults: sharedWith(id).diskFaults.memory,
		},
		seed: 0,
		alarm: sharedWith(id).alarm,
	}));
}
