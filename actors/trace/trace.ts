/**
 * The format of a trace: what happened to a cluster, step by step. One JSON value a line; the first is the header. The live
 * page of a real cluster is told the same lines. Nothing here runs. docs/web.md explains it to those who write or read one.
 */

/** A reader refuses a newer one. */
export const traceVersion = 1;

export interface TraceHeader {
	readonly type: 'header';
	readonly format: 'threadraft-trace';
	readonly version: typeof traceVersion;
	/** `simulation`: times are virtual. `cluster`: they count from the start of the cluster. */
	readonly source: 'simulation' | 'cluster';
	/** One line, for people. */
	readonly title: string;
	readonly nodeCount: number;
	/** What to type to have the same happen again. */
	readonly command?: string;
}

/**
 * `paused`: it stands still. `silent`: its thread runs and does not answer. `starting`: it reads its log. `waiting`: it
 * failed, and is tried again. `damaged`: its files are, and it stays down.
 */
export type NodeLife = 'up' | 'down' | 'paused' | 'silent' | 'starting' | 'waiting' | 'damaged';

/** A node after a step. A node that goes down keeps the values of its last life. */
export interface NodeView {
	readonly life: NodeLife;
	readonly role: string;
	readonly term: number;
	readonly commitIndex: number;
	readonly appliedIndex: number;
	readonly lastIndex: number;
	readonly snapshotIndex: number;
	/** The terms of its newest entries, as runs in order: first index, term. Empty where nobody knows them. */
	readonly log: readonly (readonly [index: number, term: number])[];
}

/** A message that a node sent. */
export interface SentMessage {
	/** Of this trace, from 1. */
	readonly id: number;
	readonly from: number;
	readonly to: number;
	/** As in the paper: `requestVote`, `appendEntriesReply`, ... */
	readonly kind: string;
	/** One line, for people. */
	readonly text: string;
	/** How often it arrives, by steps of type `arrived`; 0: it is lost. `sampled`: no step tells of its arrival. */
	readonly arrivals: number | 'sampled';
}

/** The pairs that are cut: a message from the first node of a pair to the second is lost. */
export type Cut = readonly [from: number, to: number];

/** What was measured of the work of clients in the time before a step. */
export interface LoadView {
	/** Answers a second, or entries committed a second where no client is measured. */
	readonly perSecond: number;
	/** Of all answers; `undefined` where none came, or nobody measures. */
	readonly p50Ms?: number;
	readonly p99Ms?: number;
	readonly errorsPerSecond?: number;
}

/** What any step may tell beside what it is. Only what changed is told. */
interface StepBase {
	/** Milliseconds; never less than before. */
	readonly at: number;
	/** Nodes that have changed, by number: each a whole {@link NodeView}. */
	readonly nodes?: Readonly<Record<string, NodeView>>;
	readonly sent?: readonly SentMessage[];
	/** All faults that are set now, a line each. */
	readonly faults?: readonly string[];
	/** All cuts that there are now. */
	readonly cuts?: readonly Cut[];
	readonly load?: LoadView;
}

/** `news`: what happened by itself. `trouble`: it should not happen. `fault`: it was done on purpose. */
export type Tone = 'news' | 'trouble' | 'fault';

/** What a step is. */
export type StepKind =
	| {readonly type: 'sample'}
	/** A message comes in; `id`: of one that was sent. */
	| {readonly type: 'arrived'; readonly id: number}
	/** Something inside a node: a timer, its disk, a turn. */
	| {readonly type: 'inside'; readonly node: number; readonly text: string}
	/** A client asks or is answered. `node`: where the request comes in. */
	| {readonly type: 'client'; readonly client: number; readonly node?: number; readonly text: string}
	/** What belongs on the timeline. */
	| {readonly type: 'event'; readonly node?: number; readonly tone: Tone; readonly kind: string; readonly text: string}
	/** A line of the console and its answer. */
	| {readonly type: 'command'; readonly line: string; readonly answer: string; readonly isFailed: boolean}
	/** The last one. */
	| {readonly type: 'end'; readonly text: string; readonly violation?: BrokenInvariant};

export type TraceStep = StepBase & StepKind;

/** What the judges of a simulation found. */
interface BrokenInvariant {
	readonly invariant: string;
	/** What must hold. */
	readonly rule: string;
	/** What was found instead. */
	readonly detail: string;
}

export type TraceLine = TraceHeader | TraceStep;
