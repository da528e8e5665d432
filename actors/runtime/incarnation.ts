import type {Actor, ActorContext, ActorFactory, SpawnOptions, StopReason, Transfer} from './actor.js';
import type {ReplyTo} from './address.js';
import type {ActorCell} from './cell.js';
import {ActorStoppedError} from './errors.js';
import type {ActorRef} from './ref.js';
import type {Runtime} from './runtime.js';
import type {ActorSystem} from './system.js';
import {ActorTimers, type Timers} from './timers.js';

interface Watch {
	cancel: () => void;
}

/** One life of an actor between two restarts: its instance, and what that has set up. All of it ends together. */
export class Incarnation implements ActorContext<unknown> {
	/** Undefined until the factory has returned. */
	instance: Actor<unknown> | undefined;
	readonly #cell: ActorCell;
	readonly #runtime: Runtime;
	readonly #timers: ActorTimers<unknown>;
	/** By address. Identity tells a watch from a later one on the same actor. */
	readonly #watches = new Map<string, Watch>();
	#hasEnded = false;

	constructor(cell: ActorCell, runtime: Runtime) {
		this.#cell = cell;
		this.#runtime = runtime;
		this.#timers = new ActorTimers(
			runtime.clock,
			notice => cell.notify(notice),
			() => this.#assertLive(),
		);
	}

	get self(): ActorRef<unknown> {
		return this.#cell.ref;
	}

	get system(): ActorSystem {
		return this.#runtime.system;
	}

	get timers(): Timers<unknown> {
		return this.#timers;
	}

	spawn<C>(factory: ActorFactory<C>, options: SpawnOptions = {}): ActorRef<C> {
		this.#assertLive();
		return this.#cell.spawn(factory, options);
	}

	watch(target: ActorRef<never>, notice: (reason: StopReason) => unknown): void {
		this.#assertLive();
		this.unwatch(target);
		const {address} = target;
		const watch: Watch = {cancel: () => undefined};
		this.#watches.set(address, watch);
		const open = (reason: StopReason) => {
			if (this.#watches.get(address) !== watch) return undefined;
			this.#watches.delete(address);
			return {message: notice(reason)};
		};
		watch.cancel = this.#runtime.endpoint(address).watch(reason => this.#cell.notify({open: () => open(reason)}));
	}

	unwatch({address}: ActorRef<never>): void {
		this.#watches.get(address)?.cancel();
		this.#watches.delete(address);
	}

	stop(child?: ActorRef<never>): void {
		if (child === undefined) this.#cell.stop();
		else this.#cell.stopChild(child);
	}

	atSliceEnd(callback: () => void): void {
		this.#runtime.dispatcher.flushLater(callback);
	}

	reply<R>(to: ReplyTo<R>, answer: R, transfer: Transfer = []): void {
		this.#runtime.reply(to, answer, transfer);
	}

	reject<R>(to: ReplyTo<R>, error: Error): void {
		this.#runtime.reject(to, error);
	}

	end(): void {
		this.#hasEnded = true;
		this.#timers.cancelAll();
		for (const watch of this.#watches.values()) watch.cancel();
		this.#watches.clear();
	}

	#assertLive(): void {
		if (this.#hasEnded) throw new ActorStoppedError(this.#cell.ref.address);
	}
}
