import type {MessagePort} from 'node:worker_threads';
import type {Address, ReplyTo} from '../../../actors/runtime/index.js';

/** What the tests give to `worker.ts`. */
export interface WorkerData {
	readonly port: MessagePort;
	readonly name: string;
}

export interface Echo {
	readonly value: unknown;
	readonly replyTo: ReplyTo<unknown>;
}

/** To `/mortal`. */
export type MortalMessage =
	| {readonly type: 'silent'; readonly replyTo: ReplyTo<never>}
	| {readonly type: 'crash'}
	| {readonly type: 'reject'; readonly replyTo: ReplyTo<never>}
	| {readonly type: 'uncloneable'; readonly replyTo: ReplyTo<unknown>}
	| {readonly type: 'stop'}
	| {readonly type: 'exit'}
	| {readonly type: 'throwUncaught'}
	| {readonly type: 'stopSystem'};

/** To `/sink`, which spends `busyUs` on it. */
export type SinkMessage =
	| {readonly type: 'work'; readonly busyUs: number}
	| {readonly type: 'report'; readonly replyTo: ReplyTo<SinkReport>};

export interface SinkReport {
	readonly worked: number;
	/** Ticks of a 10 ms interval of the thread, and how far apart they were at most. */
	readonly ticks: number;
	readonly worstGapMs: number;
	/** How long the ticks were counted. */
	readonly durationMs: number;
}

/** To `/relay`: watches an actor of any thread, and tells of its end. */
export interface Relay {
	readonly target: Address<never>;
	readonly report: Address<string>;
}
