import type {EncodedError} from './error-codec.js';

/** {@link StopReason} as it crosses a link. */
export type EncodedStopReason =
	| {readonly type: 'stopped' | 'notFound' | 'unreachable'}
	| {readonly type: 'failed'; readonly error: EncodedError};

/**
 * What two linked systems say to each other; a port message is an array of these. `to` is the key of an actor of the
 * receiver; `ask` and `watch` are numbers that belong to the system that asked or watched.
 */
export type Frame =
	/** The first frame of all. */
	| {readonly type: 'hello'; readonly systemId: string}
	| {readonly type: 'tell'; readonly to: string; readonly message: unknown; readonly ask: number | undefined}
	| {readonly type: 'reply'; readonly ask: number; readonly answer: unknown}
	/** The callee answered with an error of its own. */
	| {readonly type: 'askRejected'; readonly ask: number; readonly error: EncodedError}
	/** The runtime knows that no answer will come. */
	| {readonly type: 'askFailed'; readonly ask: number; readonly error: EncodedError}
	/** The asker does not wait any more. */
	| {readonly type: 'askEnded'; readonly ask: number}
	| {readonly type: 'watch'; readonly watch: number; readonly to: string}
	| {readonly type: 'unwatch'; readonly watch: number}
	| {readonly type: 'terminated'; readonly watch: number; readonly reason: EncodedStopReason}
	| {readonly type: 'stop'; readonly to: string}
	/** So many more `tell` frames have been taken out of the port. */
	| {readonly type: 'acknowledge'; readonly tells: number};
