/** What the actors of a replica's threads have in common: how they are started, and how they and their thread end. */
import {assert} from '../../src/base/errors.js';
import type {ServiceOutput} from '../../src/raft/types.js';
import type {Machine} from '../../src/service/machine.js';
import type {ActorContext} from '../runtime/actor.js';
import type {ActorRef} from '../runtime/ref.js';
import {ActorSystem} from '../runtime/system.js';
import type {EffectFeed} from './effect-feed.js';
import {KvActor, type KvActorOptions} from './kv-actor.js';
import type {KvActorMessage, ReplicaOptions} from './protocol.js';
import type {ThreadPace} from './thread-conditions.js';
import {tellSupervisor} from './thread-control.js';

export const spawnOptions = {
	// So many only wait when something is very wrong; then the node fails, because its actors may not miss a message.
	mailbox: {capacity: 1_000_000},
	// A node that failed is started again by the supervisor, thread and all, from its storage.
	supervision: {strategy: 'escalate'},
} as const;

/** An actor that fails takes its system along, and the system its thread: the supervisor then starts the node anew. */
export function startSystem(name: string, {clock, defer}: ThreadPace): ActorSystem {
	const system = new ActorSystem({name, clock, defer});
	system.observe(event => {
		// It would be heard by nobody else: the system goes on with its end.
		if (event.type === 'endFailed') dieOf(event.error);
	});
	void system.terminated.then(reason => (reason.type === 'failed' ? dieOf(reason.error) : undefined));
	return system;
}

export interface ServerParts {
	readonly options: ReplicaOptions;
	readonly machine: Machine;
	readonly effects: EffectFeed;
	readonly raft: (output: ServiceOutput) => void;
	readonly pace: ThreadPace;
	readonly stages: KvActorOptions['stages'];
	/** Is given the actor, each time that it is made. */
	readonly made: (actor: KvActor) => void;
}

export function spawnKv(system: ActorSystem, {options, pace, made, ...parts}: ServerParts): ActorRef<KvActorMessage> {
	const create = (context: ActorContext<KvActorMessage>): KvActor => {
		const actor = new KvActor({
			replica: options,
			now: pace.clock.now,
			wallNow: () => Date.now(),
			...parts,
			event: told => tellSupervisor({type: 'nodeEvent', event: told}),
			context,
		});
		made(actor);
		return actor;
	};
	return system.spawn(create, {...spawnOptions, name: 'kv'});
}

/** Between a node and its service no message may be missed: a gap in the apply stream would be a diverged replica. */
export function mustTell<M>(ref: ActorRef<M> | undefined, message: M): void {
	assert(ref?.tell(message) === true, 'a node and its service hear everything of each other');
}

/** Ends this thread with an error that the supervisor sees as the thread's own. */
export function dieOf(error: unknown): void {
	setImmediate(() => {
		throw error;
	});
}
