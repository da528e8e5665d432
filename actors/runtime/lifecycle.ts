import type {StopReason} from './actor.js';
import type {ActorCell} from './cell.js';

/**
 * ```
 *  starting --(started)--> running --(throws)--> failed --(parent: restart)--> restarting --(backoff)--> starting
 *      `-------------------(throws)----------------^
 *  any of these --(stop)--> stopping --(call under way, children, last hook)--> stopped
 * ```
 */
export type ActorState = 'starting' | 'running' | 'failed' | 'restarting' | 'stopping' | 'stopped';

/** The calls that the runtime makes into an actor; the factory is part of `start`. */
export type Step = 'start' | 'receive' | 'restarting' | 'stopped';

/** A call into the actor that has returned a promise. */
export interface Suspended {
	readonly step: Step;
	cancelDeadline: () => void;
	hasDeadline: boolean;
}

/** What a call threw or rejected with, which may be anything, even undefined. */
export interface Failure {
	readonly error: unknown;
}

/** The control half of the system lane. All changes of state come through here, so that none interrupts another. */
export type Control =
	| {readonly type: 'begin'}
	| {readonly type: 'settled'; readonly call: Suspended; readonly failure: Failure | undefined}
	| {readonly type: 'deadline'; readonly call: Suspended}
	| {readonly type: 'stop'; readonly reason: StopReason}
	| {readonly type: 'restart'; readonly error: unknown; readonly delayMs: number}
	| {readonly type: 'childFailed'; readonly child: ActorCell; readonly error: unknown}
	| {readonly type: 'childStopped'; readonly child: ActorCell};

/** What an incarnation is torn down for. */
export type Ending =
	| {readonly type: 'stop'; readonly reason: StopReason}
	| {readonly type: 'restart'; readonly error: unknown; readonly delayMs: number};
