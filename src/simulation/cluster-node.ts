/** What faults and judges see of a node of the cluster, whatever it serves. */
import type {NodeService} from './node-context.js';
import type {SimulatedNode} from './simulated-node.js';

export type ClusterNode = Pick<
	SimulatedNode<NodeService>,
	| 'id'
	| 'disk'
	| 'watchedDisk'
	| 'clock'
	| 'disturbedAt'
	| 'life'
	| 'isUp'
	| 'isDamaged'
	| 'isCorrupt'
	| 'doom'
	| 'pausedUntil'
	| 'slowness'
	| 'timerSkewMs'
	| 'status'
	| 'snapshotBytes'
	| 'start'
	| 'crash'
	| 'clockChanged'
>;
