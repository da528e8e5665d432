import {RaftError} from '../../src/raft/errors.js';

/** A thread of the cluster did not answer the supervisor in time, or died before it could. */
export class ThreadError extends RaftError {
	override readonly name = 'ThreadError';
	readonly code: 'ERR_THREAD_DIED' | 'ERR_THREAD_TIMEOUT';

	constructor(code: ThreadError['code'], message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

/** The cluster is closed, or the node is not in the state that the call needs. */
export class ClusterStateError extends RaftError {
	override readonly name = 'ClusterStateError';
	readonly code = 'ERR_CLUSTER_STATE';
}
