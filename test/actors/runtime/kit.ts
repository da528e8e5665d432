import type {ExecutionContext} from 'ava';
import {
	type Actor,
	type ActorContext,
	ActorSystem,
	type ActorSystemOptions,
	type DeadLetterReason,
	type SystemEvent,
} from '../../../actors/runtime/index.js';
import {ManualClock} from './manual-clock.js';

/** A system on virtual time, with everything it reports. */
export function manualSystem(options: Partial<ActorSystemOptions> = {}) {
	const clock = new ManualClock();
	const system = new ActorSystem({name: 'test', clock, defer: clock.defer, random: () => 0.5, ...options});
	const events: SystemEvent[] = [];
	system.observe(event => events.push(event));
	return {clock, system, events};
}

/** A system on real time, stopped when the test ends. */
export function realSystem(t: ExecutionContext, options: Partial<ActorSystemOptions> = {}): ActorSystem {
	const system = new ActorSystem({name: 'main', ...options});
	t.teardown(() => system.stop());
	return system;
}

/** An actor out of a function. */
export const behaviour =
	<M>(receive: (message: M, context: ActorContext<M>) => void | Promise<void>) =>
	(): Actor<M> => ({receive});

/** A promise with its handles outside. */
export function deferred<T = void>() {
	let resolve: (value: T) => void = () => undefined;
	const promise = new Promise<T>(done => {
		resolve = done;
	});
	return {promise, resolve};
}

export const ofType = <T extends SystemEvent['type']>(events: readonly SystemEvent[], type: T) =>
	events.filter((event): event is SystemEvent & {readonly type: T} => event.type === type);

/** How many messages were dead letters for this reason. */
export const deadLetters = (events: readonly SystemEvent[], reason: DeadLetterReason): number =>
	ofType(events, 'deadLetter').filter(event => event.reason === reason).length;
