/** `threadraft/actors`: the actors of one thread. They need nothing else of this package. */
export type {Actor, ActorContext, ActorFactory, SpawnOptions} from './actor.js';
export type {ReplyTo} from './ask.js';
export {type Clock, systemClock} from './clock.js';
export {ThreadraftError} from '../../src/base/errors.js';
export * from './errors.js';
export type {DeadLetterReason, SystemEvent, SystemListener} from './events.js';
export type {Restart, StopReason} from './lifecycle.js';
export type {MailboxOptions} from './mailbox.js';
export type {ActorRef, AskOptions} from './ref.js';
export {type Decision, type Strategy, Supervision, type SupervisionOptions} from './supervision.js';
export {ActorSystem, type ActorSystemOptions} from './system.js';
export type {Timers} from './timers.js';
