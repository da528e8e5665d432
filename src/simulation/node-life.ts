/** A simulated node between a start and the next crash: what it is made of, and what its service does in a turn. */
import type {RaftDriver} from '../raft/driver.js';
import type {RaftNode} from '../raft/raft-node.js';
import type {ServiceInput, ServiceOutput} from '../raft/types.js';
import type {LifeJudge} from './life-judge.js';
import type {NodeService} from './node-context.js';
import type {WatchedStorage} from './watched-storage.js';

/** What lives from a start to the next crash. */
export interface Life<Service> {
	readonly raft: RaftNode;
	readonly driver: RaftDriver;
	readonly service: Service;
	readonly storage: WatchedStorage;
	/** From the node to its service, and back: each takes the other's words at its next turn. */
	readonly toService: ServiceInput[];
	readonly toRaft: ServiceOutput[];
	readonly judge: LifeJudge;
	/** A turn is to come. */
	isTurnDue: boolean;
	hasFailed: boolean;
}

export const serviceDeadline = ({service}: Life<NodeService>): number => service.nextDeadline?.() ?? Infinity;

/** `true`: there is more to do. */
export function sliceOfService({service, toService}: Life<NodeService>): boolean {
	if (toService.length > 0) for (const input of toService.splice(0)) service.handle(input);
	const isMore = service.slice();
	return service.flush() || isMore;
}
