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

export function replicaOptions(
	options: ResolvedClusterOptions,
	directory: DataDirectory,
	owner: string,
	diskFaults: ReadonlyMap<NodeId, SharedDiskFaults>,
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
			faults: diskFaults.get(id)?.memory,
		},
		seed: 0,
	}));
}
