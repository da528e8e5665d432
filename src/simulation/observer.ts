/** Somebody who watches a run: told of all that happens, in order. Nothing here runs. */
import type {FaultPlan} from '../faults/fault-plan.js';
import type {RaftStatus} from '../raft/raft-node.js';
import type {SimulationEvent} from './events.js';
import type {LogImage} from './log-image.js';

/** A node as an onlooker sees it. */
export interface ObservedNode {
	readonly id: number;
	/** Found damage, and stays down until somebody repairs its disk. */
	readonly isCorrupt: boolean;
	/** Stands still until then, virtual ms. */
	readonly pausedUntil: number;
	/** `undefined` while it is down. */
	readonly status: RaftStatus | undefined;
	readonly service: {readonly appliedIndex: number} | undefined;
}

/** What can be looked at during a run. An onlooker changes nothing of it: the run must stay the same. */
export interface ObservedCluster {
	readonly nodes: readonly ObservedNode[];
	readonly plan: FaultPlan;
	/** The terms of a node's log, as it handed them to its disk. */
	logOf(node: number): LogImage;
}

type MessageEvent = Extract<SimulationEvent, {type: 'message'}>;

/** Must not throw: it is called from inside the run. */
export interface SimulationObserver {
	/** Before anything happens. */
	begins(cluster: ObservedCluster): void;
	/** A node sends. The same object is told to `took` each time that the message arrives, `arrivals` times unless the network repeats it later. */
	sent(event: MessageEvent, arrivals: number): void;
	/** An event has been taken in, with all that came of it at once. */
	took(atMs: number, event: SimulationEvent): void;
	/** The run goes on to its next phase: after the storm all faults end. */
	entered(atMs: number, phase: string): void;
}
