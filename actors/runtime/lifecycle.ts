/** Why an actor is no more. */
export type StopReason =
	/** It stopped itself, or its parent, its system or someone with a reference stopped it. */
	| {readonly type: 'stopped'}
	/** It threw, and its supervision did not restart it (any more). */
	| {readonly type: 'failed'; readonly error: unknown};

/** What an actor failed with, which may be anything that can be thrown; its next incarnation starts after `delayMs`. */
export interface Restart {
	readonly error: unknown;
	readonly delayMs: number;
}

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

/** What an incarnation is torn down for. */
export type Ending = {readonly type: 'stop'; readonly reason: StopReason} | ({readonly type: 'restart'} & Restart);

/** The control half of the system lane. All changes of state come through here, so that none interrupts another. */
export type Control<Child> =
	| {readonly type: 'begin'}
	| {readonly type: 'settled'; readonly call: Suspended; readonly failure: Failure | undefined}
	| {readonly type: 'deadline'; readonly call: Suspended}
	/** Outside of a call: at the end of a slice. `of` is the incarnation. */
	| ({readonly type: 'failed'; readonly of: object} & Failure)
	| {readonly type: 'stop'; readonly reason: StopReason}
	| (Ending & {readonly type: 'restart'})
	| ({readonly type: 'childFailed'; readonly child: Child} & Failure)
	| {readonly type: 'childStopped'; readonly child: Child};
