import {assert, unreachable} from '../../src/base/errors.js';
import type {ActorFactory, SpawnOptions, StopReason} from './actor.js';
import {actorAddress, isActorName} from './address.js';
import type {Runnable} from './dispatcher.js';
import type {Endpoint, Envelope} from './endpoint.js';
import {ActorFailedError, ActorNameTakenError, ActorStoppedError, MailboxFullError} from './errors.js';
import {Incarnation} from './incarnation.js';
import type {ActorState, Control, Ending, Failure, Step, Suspended} from './lifecycle.js';
import {Mailbox, type Notice} from './mailbox.js';
import {ActorRef} from './ref.js';
import type {Runtime} from './runtime.js';
import {Supervision} from './supervision.js';

/** One actor's figures. */
export interface ActorMetrics {
	readonly address: string;
	readonly state: ActorState;
	/** User messages that wait. */
	readonly depth: number;
	/** How long the first of them has waited, in ms; 0 when none waits. */
	readonly headAgeMs: number;
	/** Messages and notices given to `receive`, over all incarnations. */
	readonly processed: number;
	/** Asks that it was sent and has not answered, and that somebody still waits for. */
	readonly owed: number;
	/** User messages lost because the mailbox was full. */
	readonly dropped: number;
	readonly restarts: number;
}

/** An actor as the runtime sees it, over all its incarnations: mailbox, children, and where it stands in its life. */
export class ActorCell implements Endpoint, Runnable {
	readonly path: string;
	/** The path, and a number that no other actor of this system ever has. */
	readonly key: string;
	/** Takes anything, so that it can be handed out as a ref of whatever type the factory was spawned with. */
	readonly ref: ActorRef<unknown>;
	/** See {@link Runnable}. */
	isQueued = false;
	readonly #runtime: Runtime;
	readonly #parent: ActorCell | undefined;
	readonly #factory: ActorFactory<unknown>;
	readonly #stopDeadlineMs: number;
	readonly #mailbox: Mailbox<Control>;
	readonly #supervision: Supervision;
	/** By path, in the order of their start. */
	readonly #children = new Map<string, ActorCell>();
	readonly #watchers = new Set<(reason: StopReason) => void>();
	#state: ActorState = 'starting';
	#incarnation: Incarnation | undefined;
	/** At most one call is under way; while there is one, no other is begun. */
	#call: Suspended | undefined;
	/** Set while the incarnation is torn down. */
	#ending: Ending | undefined;
	#cancelBackoff: () => void = () => undefined;
	#processed = 0;
	#dropped = 0;
	#restarts = 0;

	constructor(
		runtime: Runtime,
		parent: ActorCell | undefined,
		path: string,
		uid: number,
		factory: ActorFactory<unknown>,
		options: SpawnOptions,
	) {
		this.#runtime = runtime;
		this.#parent = parent;
		this.#factory = factory;
		this.#stopDeadlineMs = options.stopDeadlineMs ?? 1000;
		this.#mailbox = new Mailbox(options.mailbox ?? {});
		this.#supervision = new Supervision(options.supervision ?? {});
		this.path = path;
		this.key = `${path}#${uid}`;
		this.ref = new ActorRef(actorAddress(runtime.id, this.key), this, runtime.asks);
		runtime.register(this);
		this.#post({type: 'begin'});
	}

	get state(): ActorState {
		return this.#state;
	}

	metrics(): ActorMetrics {
		const head = this.#mailbox.letters.first;
		return {
			address: this.ref.address,
			state: this.#state,
			depth: this.#mailbox.letters.length,
			headAgeMs: head === undefined ? 0 : this.#runtime.clock.now() - head.enqueuedMs,
			processed: this.#processed,
			owed: this.#runtime.debts.count(this),
			dropped: this.#dropped,
			restarts: this.#restarts,
		};
	}

	// What others ask of it. None of these calls the actor: they leave something in its mailbox.

	deliver(envelope: Envelope): boolean {
		const {message, ask} = envelope;
		if (this.#state === 'stopping' || this.#state === 'stopped') {
			this.#runtime.events.deadLetter('stopped', this.ref.address, message);
			ask?.fail(new ActorStoppedError(this.ref.address));
			return false;
		}
		if (ask !== undefined) this.#runtime.debts.add(this, ask);
		const {lost, accepted} = this.#mailbox.offer(envelope, this.#runtime.clock.now());
		if (lost !== undefined) {
			this.#dropped++;
			this.#runtime.events.deadLetter('overflow', this.ref.address, lost.message);
			if (lost.ask !== undefined) {
				this.#runtime.debts.settle(lost.ask.replyTo);
				lost.ask.fail(new MailboxFullError(this.ref.address, this.#mailbox.capacity));
			}
		}
		this.#scheduleIfReady();
		return accepted || this.#mailbox.overflow === 'dropNewest';
	}

	notify(notice: Notice): void {
		this.#mailbox.notices.push(notice);
		this.#scheduleIfReady();
	}

	watch(onStopped: (reason: StopReason) => void): () => void {
		if (this.#state === 'stopped') return this.#runtime.later(() => onStopped({type: 'notFound'}));
		const watcher = (reason: StopReason) => onStopped(reason);
		this.#watchers.add(watcher);
		return () => {
			this.#watchers.delete(watcher);
		};
	}

	stop(reason: StopReason = {type: 'stopped'}): void {
		this.#post({type: 'stop', reason});
	}

	spawn<C>(factory: ActorFactory<C>, options: SpawnOptions): ActorRef<C> {
		const uid = this.#runtime.nextUid();
		const name = options.name ?? `$${uid}`;
		assert(isActorName(name), 'an actor name is not empty and has none of / # ? ~');
		const path = this.path === '/' ? `/${name}` : `${this.path}/${name}`;
		if (this.#children.has(path)) throw new ActorNameTakenError(path);
		const child = new ActorCell(this.#runtime, this, path, uid, factory, options);
		this.#children.set(path, child);
		return child.ref;
	}

	stopChild({address}: ActorRef<never>): void {
		const child = [...this.#children.values()].find(({ref}) => ref.address === address);
		assert(child !== undefined, 'an actor stops only itself and its children');
		child.stop();
	}

	/** Ends it and all below it now, whatever they are doing. */
	abandon(): void {
		for (const child of [...this.#children.values()].reverse()) child.abandon();
		if (this.#state === 'stopped') return;
		if (this.#call !== undefined) this.#abandonCall(this.#call);
		this.#incarnation?.end();
		this.#cancelBackoff();
		this.#finish({type: 'stopped'});
	}

	// Turns.

	get isReady(): boolean {
		const {control, notices, letters} = this.#mailbox;
		if (control.length > 0) return true;
		return this.#state === 'running' && this.#call === undefined && (notices.length > 0 || letters.length > 0);
	}

	turn(): void {
		const control = this.#mailbox.control.shift();
		if (control !== undefined) return this.#handle(control);
		if (!this.isReady) return;
		const notice = this.#mailbox.notices.shift();
		if (notice !== undefined) return this.#enter('receive', () => this.#receiveNotice(notice));
		const letter = this.#mailbox.letters.shift();
		if (letter === undefined) return;
		if (letter.ask !== undefined) this.#runtime.debts.markDelivered(letter.ask);
		this.#enter('receive', () => this.#receive(letter.message));
	}

	#post(control: Control): void {
		if (this.#state === 'stopped') return;
		this.#mailbox.control.push(control);
		this.#runtime.dispatcher.schedule(this);
	}

	#scheduleIfReady(): void {
		if (this.isReady) this.#runtime.dispatcher.schedule(this);
	}

	#handle(control: Control): void {
		switch (control.type) {
			case 'begin':
				return this.#begin();
			case 'settled':
				return this.#leave(control.call, control.failure);
			case 'deadline':
				return this.#deadline(control.call);
			case 'stop':
				return this.#beginStop(control.reason);
			case 'restart':
				return this.#beginRestart(control);
			case 'childFailed':
				return this.#supervise(control.child, control.error);
			case 'childStopped':
				return this.#forget(control.child);
			default:
				return unreachable(control);
		}
	}

	// Calls into the actor.

	#begin(): void {
		if (this.#state !== 'starting' && this.#state !== 'restarting') return;
		this.#state = 'starting';
		const incarnation = new Incarnation(this, this.#runtime);
		this.#incarnation = incarnation;
		this.#enter('start', () => {
			incarnation.instance = this.#factory(incarnation);
			return incarnation.instance.started?.(incarnation);
		});
	}

	#receive(message: unknown): unknown {
		const incarnation = this.#incarnation;
		assert(incarnation?.instance !== undefined, 'a running actor has an instance');
		this.#processed++;
		return incarnation.instance.receive(message, incarnation);
	}

	#receiveNotice(notice: Notice): unknown {
		const opened = notice.open();
		return opened === undefined ? undefined : this.#receive(opened.message);
	}

	/** Every call into the actor's code goes through here. What it throws now or later comes back in {@link #returned}. */
	#enter(step: Step, run: () => unknown): void {
		let result: unknown;
		try {
			result = run();
		} catch (error) {
			return this.#returned(step, {error});
		}
		if (!isPromiseLike(result)) return this.#returned(step, undefined);
		const call: Suspended = {step, cancelDeadline: () => undefined, hasDeadline: false};
		this.#call = call;
		if (this.#ending !== undefined) this.#setDeadline(call);
		result.then(
			() => this.#post({type: 'settled', call, failure: undefined}),
			(error: unknown) => this.#post({type: 'settled', call, failure: {error}}),
		);
	}

	#leave(call: Suspended, failure: Failure | undefined): void {
		if (call !== this.#call) return;
		call.cancelDeadline();
		this.#call = undefined;
		this.#returned(call.step, failure);
	}

	#returned(step: Step, failure: Failure | undefined): void {
		// Failed already, by a child that escalated while this call was under way: the parent is deciding.
		if (this.#state === 'failed') return;
		if (this.#ending === undefined || (step === 'restarting' && this.#ending.type === 'restart')) {
			if (failure !== undefined) return this.#fail(failure.error);
			if (step === 'start') this.#state = 'running';
		} else if (failure !== undefined) {
			this.#runtime.events.emit({type: 'endFailed', address: this.ref.address, error: failure.error});
		}
		if (this.#ending !== undefined) this.#continueEnding(this.#ending);
	}

	// Failure: reported to the parent's control lane, which sends back what is to be done.

	#fail(error: unknown): void {
		this.#state = 'failed';
		this.#ending = undefined;
		this.#incarnation?.end();
		this.#runtime.debts.failDelivered(this, new ActorFailedError(this.ref.address, error));
		this.#runtime.events.emit({type: 'failed', address: this.ref.address, error});
		// Nobody is above the topmost actor: its failure is the end of the system.
		if (this.#parent === undefined) this.stop({type: 'failed', error});
		else this.#parent.#post({type: 'childFailed', child: this, error});
	}

	#supervise(child: ActorCell, error: unknown): void {
		// When this actor is itself failed or ending, its teardown will stop the child.
		if (child.#state !== 'failed' || (this.#state !== 'running' && this.#state !== 'starting')) return;
		const {clock, random, events} = this.#runtime;
		const decision = child.#supervision.decide(clock.now(), random());
		switch (decision.type) {
			case 'restart':
				return child.#post({type: 'restart', error, delayMs: decision.delayMs});
			case 'stop':
				return child.stop({type: 'failed', error});
			case 'escalate':
				events.emit({type: 'escalated', address: child.ref.address, error});
				return this.#fail(error);
			default:
				return unreachable(decision);
		}
	}

	#beginRestart(restart: Ending & {readonly type: 'restart'}): void {
		if (this.#state !== 'failed') return;
		this.#state = 'restarting';
		const {error, delayMs} = restart;
		const restarts = ++this.#restarts;
		this.#runtime.events.emit({type: 'restarting', address: this.ref.address, error, restarts, delayMs});
		this.#end(restart);
	}

	#beginStop(reason: StopReason): void {
		if (this.#state === 'stopping' || this.#state === 'stopped') return;
		this.#state = 'stopping';
		this.#cancelBackoff();
		this.#incarnation?.end();
		this.#discardLetters();
		this.#end({type: 'stop', reason});
	}

	#discardLetters(): void {
		const {letters} = this.#mailbox;
		for (let letter = letters.shift(); letter !== undefined; letter = letters.shift()) {
			this.#runtime.events.deadLetter('stopped', this.ref.address, letter.message);
			if (letter.ask !== undefined) this.#runtime.debts.settle(letter.ask.replyTo);
			letter.ask?.fail(new ActorStoppedError(this.ref.address));
		}
	}

	// Teardown: the call under way, then the children from the last to the first, then the last hook.

	#end(ending: Ending): void {
		this.#ending = ending;
		this.#continueEnding(ending);
	}

	#continueEnding(ending: Ending): void {
		if (this.#call !== undefined) return this.#setDeadline(this.#call);
		const lastChild = [...this.#children.values()].at(-1);
		if (lastChild !== undefined) return lastChild.stop();
		const incarnation = this.#incarnation;
		this.#incarnation = undefined;
		const instance = incarnation?.instance;
		if (incarnation !== undefined && instance !== undefined) {
			return ending.type === 'stop'
				? this.#enter('stopped', () => instance.stopped?.(ending.reason, incarnation))
				: this.#enter('restarting', () => instance.restarting?.(ending.error, incarnation));
		}
		if (ending.type === 'stop') this.#finish(ending.reason);
		else this.#backOff(ending.delayMs);
	}

	#forget(child: ActorCell): void {
		this.#children.delete(child.path);
		if (this.#ending !== undefined) this.#continueEnding(this.#ending);
	}

	#backOff(delayMs: number): void {
		this.#ending = undefined;
		this.#cancelBackoff = this.#runtime.clock.setTimer(() => this.#post({type: 'begin'}), delayMs);
	}

	#finish(reason: StopReason): void {
		this.#state = 'stopped';
		this.#ending = undefined;
		this.#runtime.unregister(this);
		this.#discardLetters();
		this.#runtime.debts.failAll(this, new ActorStoppedError(this.ref.address));
		this.#runtime.events.emit({type: 'stopped', address: this.ref.address, reason});
		for (const watcher of this.#watchers) watcher(reason);
		this.#watchers.clear();
		if (this.#parent !== undefined) this.#parent.#post({type: 'childStopped', child: this});
	}

	#setDeadline(call: Suspended): void {
		if (call.hasDeadline) return;
		call.hasDeadline = true;
		const onDeadline = () => this.#post({type: 'deadline', call});
		call.cancelDeadline = this.#runtime.clock.setTimer(onDeadline, this.#stopDeadlineMs);
	}

	#deadline(call: Suspended): void {
		if (call !== this.#call) return;
		this.#abandonCall(call);
		if (this.#ending !== undefined) this.#continueEnding(this.#ending);
	}

	/** The promise may still settle; nobody waits for it any more. */
	#abandonCall(call: Suspended): void {
		call.cancelDeadline();
		this.#call = undefined;
		this.#runtime.events.emit({type: 'abandoned', address: this.ref.address});
	}
}

const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
	typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
