import type {Actor, ActorContext, ActorFactory, SpawnOptions} from './actor.js';
import {Ask, type ReplyTo} from './ask.js';
import type {Clock} from './clock.js';
import {ActorStoppedError} from './errors.js';
import type {Notice} from './mailbox.js';
import type {ActorRef} from './ref.js';
import {ActorTimers, type Timers} from './timers.js';

/** What an incarnation borrows of the actor that it is a life of. */
export interface Host {
	readonly ref: ActorRef<unknown>;
	notify(notice: Notice): void;
	spawn<C>(factory: ActorFactory<C>, options: SpawnOptions): ActorRef<C>;
	/** It threw outside of a call. */
	failed(of: object, error: unknown): void;
}

/** What an incarnation borrows of the system. */
export interface IncarnationServices {
	readonly clock: Clock;
	readonly dispatcher: {flushLater(flush: () => void): void};
	readonly events: {deadLetter(reason: 'lateReply', address: string, message: unknown): void};
}

/** One life of an actor between two restarts: its instance, and what that has set up. All of it ends together. */
export class Incarnation implements ActorContext<unknown> {
	/** Undefined until the factory has returned. */
	instance: Actor<unknown> | undefined;
	readonly timers: Timers<unknown>;
	readonly #host: Host;
	readonly #services: IncarnationServices;
	readonly #timers: ActorTimers<unknown>;
	/** To be called when the slice ends. */
	#callbacks: (() => void)[] = [];
	#hasEnded = false;

	constructor(host: Host, services: IncarnationServices) {
		this.#host = host;
		this.#services = services;
		this.#timers = new ActorTimers(
			services.clock,
			notice => host.notify(notice),
			() => this.#assertLive(),
		);
		this.timers = this.#timers;
	}

	get self(): ActorRef<unknown> {
		return this.#host.ref;
	}

	spawn<C>(factory: ActorFactory<C>, options: SpawnOptions = {}): ActorRef<C> {
		this.#assertLive();
		return this.#host.spawn(factory, options);
	}

	atSliceEnd(callback: () => void): void {
		if (this.#callbacks.includes(callback)) return;
		this.#callbacks.push(callback);
		this.#services.dispatcher.flushLater(this.#endSlice);
	}

	reply<R>(to: ReplyTo<R>, answer: R): void {
		const ask = Ask.of(to);
		if (!ask.resolve(answer)) this.#services.events.deadLetter('lateReply', ask.address, answer);
	}

	reject<R>(to: ReplyTo<R>, error: Error): void {
		const ask = Ask.of(to);
		if (!ask.reject(error)) this.#services.events.deadLetter('lateReply', ask.address, error);
	}

	end(): void {
		this.#hasEnded = true;
		this.#timers.cancelAll();
	}

	/** What is asked for by one of the callbacks comes at the end of the next slice. */
	readonly #endSlice = (): void => {
		const callbacks = this.#callbacks;
		this.#callbacks = [];
		for (const callback of callbacks) {
			if (this.#hasEnded) return;
			try {
				callback();
			} catch (error) {
				return this.#host.failed(this, error);
			}
		}
	};

	#assertLive(): void {
		if (this.#hasEnded) throw new ActorStoppedError(this.#host.ref.address);
	}
}
