/** What the threads of the skeleton say to each other: our message path's shapes, and none of Raft's content. */
import type {MessagePort} from 'node:worker_threads';
import type {Durability} from '../system.js';

/** Client to leader. */
export type SkeletonRequest =
	/** Once: where the replies to batches go. */
	| {readonly type: 'hello'; readonly to: 0; readonly replies: MessagePort}
	/** Operations of one turn, encoded at the edge. */
	| {
			readonly type: 'batch';
			readonly to: 0;
			readonly id: number;
			readonly kind: 'write' | 'read';
			readonly count: number;
			readonly operations: Uint8Array;
	  }
	/** One operation a message; `port` with the first use of a channel. */
	| {
			readonly type: 'single';
			readonly to: 0;
			readonly id: number;
			readonly kind: 'write' | 'read';
			readonly channel: number;
			readonly port: MessagePort | undefined;
			readonly key: string;
			readonly value: Uint8Array | undefined;
	  };

/** Between nodes. */
export type SkeletonMessage =
	| {readonly type: 'append'; readonly to: number; readonly round: number; readonly entries: Uint8Array}
	| {readonly type: 'appendReply'; readonly to: 0; readonly from: number; readonly round: number}
	/** The leader's question behind a linearizable read: am I still? */
	| {readonly type: 'confirm'; readonly to: number; readonly round: number}
	| {readonly type: 'confirmReply'; readonly to: 0; readonly from: number; readonly round: number};

export type SkeletonEnvelope = SkeletonRequest | SkeletonMessage;

/** On any port to or from the router: one, or all of a turn. */
export type SkeletonPost = SkeletonEnvelope | readonly SkeletonEnvelope[];

/** Into a reply port; `values` are as many bytes as the values read would be. */
export interface SkeletonReply {
	readonly id: number;
	readonly values: Uint8Array | undefined;
}

export interface SkeletonNodeData {
	readonly id: number;
	readonly nodes: number;
	readonly router: MessagePort;
	readonly durability: Durability;
	readonly directory: string;
}
