/**
 * A node and its cluster both count the node's starts, each in a file of its own. A part of the data that was put back
 * from an older copy counts less than the other, so it is recognised.
 *
 * One start is three durable writes: the cluster's file says that it begins, the node's file counts it, the cluster's
 * file confirms it. Only then does the node take part. So a crash between them explains a node that is at the confirmed
 * number or one further, and nothing that the node would have to remember was said in between.
 *
 *     cluster's file    4        4, starting    4, starting    5
 *     node's file       4        4              5              5
 *
 * What this cannot see: a copy of a node's directory that was made while the node ran, and that is put back after the
 * same life of it ended in a crash. After a close it can: only the node's newest file says that the log was closed.
 */
import {StorageCorruptError, foreignFile, staleFile} from './errors.js';
import {isSameIdentity, type Identity} from './identity.js';
import {nodeFileName, type NodeFile} from './node-file.js';

/** As seen from the node's directory. */
const clusterFile = '../cluster.json';

/** What the cluster's file says of a node that is about to start. */
export interface ExpectedStart {
	/** Confirmed starts. 0: it never took part, so its directory may be empty. */
	readonly starts: number;
	/** One more was begun, and not confirmed. */
	readonly isStarting: boolean;
	/** The last confirmed life ended with a close. */
	readonly isClosed: boolean;
	/** It has run, but only under the version before, which counted nothing: its log must be there. */
	readonly isOlder: boolean;
}

/** The number of this start. Throws where the files are another's, older than they should be, or gone. */
export function checkStart(
	file: NodeFile | undefined,
	identity: Identity,
	expected: ExpectedStart | undefined,
): number {
	if (file !== undefined && !isSameIdentity(file.identity, identity)) {
		throw foreignFile(nodeFileName, file.identity, identity);
	}
	const found = file?.starts ?? 0;
	if (expected === undefined) return found + 1;
	const {starts, isStarting, isClosed} = expected;
	const next = starts + 1;
	if (isStarting && found === next) return next;
	if (found === 0 && starts > 0) {
		const site = {file: nodeFileName, offset: 0, lastGoodIndex: 0};
		throw new StorageCorruptError(
			`the node's own file is missing, and the node has been started ${starts} times`,
			site,
		);
	}
	if (found < starts) {
		throw staleFile(
			nodeFileName,
			`the node's files are of its start ${found}, and the cluster's file knows start ${starts}`,
		);
	}
	if (found > starts) {
		throw staleFile(
			clusterFile,
			`the cluster's file knows the node's start ${starts}, and the node's are of start ${found}`,
		);
	}
	if (isClosed && file?.isClosed === false) {
		throw staleFile(nodeFileName, `the node's files are older than the end of its start ${found}`);
	}
	return next;
}
