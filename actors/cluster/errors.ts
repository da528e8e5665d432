import {OperationError} from '../../src/service/errors.js';
import {ThreadraftError} from '../../src/base/errors.js';

/** A thread of the cluster cannot begin, did not answer the supervisor in time, or died before it could. */
export class ThreadError extends ThreadraftError {
	override readonly name = 'ThreadError';
	readonly code: 'ERR_THREAD_DIED' | 'ERR_THREAD_TIMEOUT' | 'ERR_THREAD_ENTRY_MISSING';

	constructor(code: ThreadError['code'], message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

/** The cluster is closed, or the node is not in the state that the call needs. */
export class ClusterStateError extends ThreadraftError {
	override readonly name = 'ClusterStateError';
	readonly code = 'ERR_CLUSTER_STATE';
}

export const closedError = (): ClusterStateError => new ClusterStateError('the cluster is closed: start a new one');

/** Too few nodes can start for the cluster to serve. */
export class NodesFailedError extends ThreadraftError {
	override readonly name = 'NodesFailedError';
	readonly code = 'ERR_NODES_FAILED';
	/** One for each node that cannot start; the first is the cause too. */
	readonly errors: readonly Error[];

	constructor(errors: readonly Error[], nodes: number) {
		const reasons = errors.map(({message}) => message).join('; ');
		const needed = Math.floor(nodes / 2) + 1;
		const message =
			`${errors.length} of ${nodes} nodes cannot start, and ${needed} are needed: ${reasons}. ` +
			'"threadraft inspect DIR" tells what each node holds; where no majority can be repaired, "threadraft backup DIR FILE" and ' +
			'"threadraft restore FILE --dir NEW" begin a new cluster with what is left';
		super(message, {cause: errors[0]});
		this.errors = errors;
	}
}

/** So few nodes are up that an operation could not be carried out: it was not begun. */
export class ClusterUnavailableError extends OperationError {
	override readonly name = 'ClusterUnavailableError';
	readonly code: 'ERR_CLUSTER_DOWN' | 'ERR_CLUSTER_LOADING';

	constructor(availability: 'down' | 'loading') {
		super(
			availability === 'down'
				? 'The cluster is down: no majority of its nodes is up.'
				: 'The cluster is loading: its nodes read their logs.',
			'notExecuted',
		);
		this.code = availability === 'down' ? 'ERR_CLUSTER_DOWN' : 'ERR_CLUSTER_LOADING';
	}
}

/** In one line: the code, where the message does not begin with it, and the message. */
export function describeError(error: Error): string {
	const {code} = error as {readonly code?: unknown};
	const message = error.message || error.name;
	return typeof code !== 'string' || message.startsWith(code) ? message : `${message} (${code})`;
}
