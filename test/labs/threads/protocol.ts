/** What a test and its Raft threads say to each other; nothing here runs. */
import type {MessagePort} from 'node:worker_threads';
import type {ReplicaOptions} from '../../../actors/replica/protocol.js';
import type {Accepted, RaftView} from '../harness.js';
import type {AppliedEntry} from '../raft/apply-judge.js';

/** Given to the thread at its start. */
export interface RaftThreadData {
	readonly options: ReplicaOptions;
	/** To the router. */
	readonly router: MessagePort;
}

export type ToRaftThread =
	| {readonly type: 'start'; readonly call: number; readonly command: string}
	| {readonly type: 'view'; readonly call: number};

export type FromRaftThread =
	/** The node has read its log and takes part. */
	| {readonly type: 'ready'}
	| {readonly type: 'accepted'; readonly call: number; readonly accepted: Accepted | undefined}
	| {readonly type: 'view'; readonly call: number; readonly view: RaftView | undefined}
	| {readonly type: 'applied'; readonly firstIndex: number; readonly entries: readonly AppliedEntry[]}
	| {readonly type: 'restored'; readonly index: number; readonly commands: readonly string[]};
