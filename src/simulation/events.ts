/** Everything that happens in a simulated cluster is one of these, at a moment of virtual time. */
import type {FaultEvent} from '../faults/faults.js';
import type {ServiceReply, ServiceRequest} from '../service/types.js';
import type {RaftMessage} from '../raft/types.js';

/** `life`: of a node or client; what was meant for an earlier life is nothing to a later one. */
export type SimulationEvent =
	| {readonly type: 'message'; readonly from: number; readonly node: number; readonly message: RaftMessage}
	/** The node is told that a peer's life has ended, be that true or not. */
	| {readonly type: 'peerDown'; readonly node: number; readonly peer: number}
	/** The node is told that nobody leads. */
	| {readonly type: 'noLeader'; readonly node: number}
	/** Somebody tells nodes of an end that there was not. */
	| {readonly type: 'falseNotice'}
	| {
			readonly type: 'request';
			readonly client: number;
			readonly clientLife: number;
			readonly node: number;
			readonly requestId: number;
			readonly request: ServiceRequest;
	  }
	| {
			readonly type: 'reply';
			readonly from: number;
			readonly client: number;
			readonly clientLife: number;
			readonly requestId: number;
			readonly reply: ServiceReply;
	  }
	/** The link to a server has broken, and the client has noticed. */
	| {readonly type: 'lost'; readonly client: number; readonly clientLife: number; readonly requestId: number}
	/** A client waits for this answer no more, and the server has noticed. */
	| {
			readonly type: 'cancel';
			readonly client: number;
			readonly clientLife: number;
			readonly node: number;
			readonly requestId: number;
	  }
	| {readonly type: 'disk'; readonly node: number; readonly life: number; readonly callback: () => void}
	| {readonly type: 'timer'; readonly node: number; readonly life: number; readonly timer: number}
	| {readonly type: 'turn'; readonly node: number; readonly life: number}
	| {readonly type: 'restart'; readonly node: number; readonly life: number}
	| {readonly type: 'crashAgain'; readonly node: number; readonly life: number}
	| {readonly type: 'clientTimer'; readonly client: number; readonly clientLife: number; readonly timer: number}
	/** A slot of a client has thought enough, and asks for something. */
	| {readonly type: 'submit'; readonly client: number; readonly clientLife: number; readonly slot: number}
	| {readonly type: 'fault'; readonly fault: FaultEvent}
	/** Somebody wants another node to lead: this one, or the best of the others. */
	| {readonly type: 'transfer'; readonly to: number | undefined}
	/** The simulator looks whether the phase is over. */
	| {readonly type: 'look'}
	/** The simulator looks whether the cluster serves while faults last. */
	| {readonly type: 'watch'};

export type Schedule = (delayMs: number, event: SimulationEvent) => void;

/** The node where it happens; -1: it happens to none. */
export const nodeOf = (event: SimulationEvent): number => (event as {readonly node?: number}).node ?? -1;
