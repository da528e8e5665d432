import {assert, unreachable} from '../../src/base/errors.js';
import type {ActorFactory, SpawnOptions} from './actor.js';
import {Children} from './children.js';
import {Debts} from './debts.js';
import type {Runnable} from './dispatcher.js';
import type {Environment} from './environment.js';
import {ActorFailedError, ActorStoppedError, MailboxFullError} from './errors.js';
import {type Host, Incarnation} from './incarnation.js';
import type {ActorState, Control, Ending, Failure, Restart, Step, StopReason, Suspended} from './lifecycle.js';
import {type Letter, Mailbox, type Notice} from './mailbox.js';
import {ActorRef, type Endpoint} from './ref.js';
import {Supervision} from './supervision.js';

/** An actor as the runtime sees it, over all its incarnations: mailbox, children, and where it stands in its life. */
export class ActorCell implements Endpoint, Runnable, Host {
	readonly path: string;
	/** Takes anything, so that it can be handed out as a ref of whatever type the factory was spawned with. */
	readonly ref: ActorRef<unknown>;
	readonly ended: Promise<StopReason>;
	/** See {@link Runnable}. */
	isQueued = false;
	readonly #environment: Environment;
	readonly #parent: ActorCell | undefined;
	readonly #factory: ActorFactory<unknown>;
	readonly #stopDeadlineMs: number;
	readonly #mailbox: Mailbox<Control<ActorCell>>;
	readonly #debts = new Debts();
	readonly #supervision: Supervision;
	readonly #children: Children<ActorCell>;
	#resolveEnded: (reason: StopReason) => void = () => undefined;
	#state: ActorState = 'starting';
	#incarnation: Incarnation | undefined;
	/** When the incarnation began to run; undefined until it does. */
	#runningSinceMs: number | undefined;
	/** At most one call is under way; while there is one, no other is begun. */
	#call: Suspended | undefined;
	/** Set while the incarnation is torn down. */
	#ending: Ending | undefined;
	#cancelBackoff: () => void = () => undefined;
	#restarts = 0;

	/** `address` is the path with what makes it unlike any other. */
	constructor(
		environment: Environment,
		parent: ActorCell | undefined,
		{path, address}: {readonly path: string; readonly address: string},
		factory: ActorFactory<unknown>,
		{stopDeadlineMs = 1000, mailbox = {}, supervision = {}}: SpawnOptions,
	) {
		this.#environment = environment;
		this.#parent = parent;
		this.#factory = factory;
		this.#stopDeadlineMs = stopDeadlineMs;
		this.#mailbox = new Mailbox(mailbox);
		this.#supervision = supervision instanceof Supervision ? supervision : new Supervision(supervision);
		this.#children = new Children(path);
		this.path = path;
		this.ref = new ActorRef(address, this, environment.clock);
		this.ended = new Promise(resolve => {
			this.#resolveEnded = resolve;
		});
		this.#post({type: 'begin'});
	}

	get isEnding(): boolean {
		return this.#state === 'stopping' || this.#state === 'stopped';
	}

	// What others ask of it. None of these calls the actor: they leave something in its mailbox.

	deliver(letter: Letter): boolean {
		const {message, ask} = letter;
		if (this.isEnding) {
			this.#lose(letter);
			return false;
		}
		if (!this.#mailbox.offer(letter)) {
			this.#environment.events.deadLetter('overflow', this.ref.address, message);
			ask?.fail(new MailboxFullError(this.ref.address, this.#mailbox.capacity));
			return false;
		}
		if (ask !== undefined) this.#debts.add(ask);
		this.#scheduleIfReady();
		return true;
	}

	notify(notice: Notice): void {
		this.#mailbox.notices.push(notice);
		this.#scheduleIfReady();
	}

	failed(of: object, error: unknown): void {
		this.#post({type: 'failed', of, error});
	}

	stop(reason: StopReason = {type: 'stopped'}): void {
		this.#post({type: 'stop', reason});
	}

	spawn<C>(factory: ActorFactory<C>, options: SpawnOptions): ActorRef<C> {
		const uid = this.#environment.nextUid();
		const path = this.#children.pathOf(options.name ?? `$${uid}`);
		const [system = ''] = this.ref.address.split('/', 1);
		const child = new ActorCell(this.#environment, this, {path, address: `${system}${path}#${uid}`}, factory, options);
		this.#children.add(child);
		return child.ref;
	}

	/** Ends it and all below it now, whatever they are doing. */
	abandon(): void {
		for (const child of this.#children.youngestFirst()) child.abandon();
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
		if (notice !== undefined) return this.#open(notice);
		const letter = this.#mailbox.letters.shift();
		if (letter === undefined) return;
		if (letter.ask !== undefined) this.#debts.handOver(letter.ask);
		this.#enter('receive', () => this.#receive(letter.message));
	}

	#post(control: Control<ActorCell>): void {
		if (this.#state === 'stopped') return;
		this.#mailbox.control.push(control);
		this.#environment.dispatcher.schedule(this);
	}

	#scheduleIfReady(): void {
		if (this.isReady) this.#environment.dispatcher.schedule(this);
	}

	#handle(control: Control<ActorCell>): void {
		switch (control.type) {
			case 'begin':
				return this.#begin();
			case 'settled':
				return this.#leave(control.call, control.failure);
			case 'deadline':
				return this.#deadline(control.call);
			case 'failed':
				return control.of === this.#incarnation ? this.#returned('receive', control) : undefined;
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
		const incarnation = new Incarnation(this, this.#environment);
		this.#incarnation = incarnation;
		this.#runningSinceMs = undefined;
		this.#enter('start', () => {
			incarnation.instance = this.#factory(incarnation);
			return incarnation.instance.started?.(incarnation);
		});
	}

	#open(notice: Notice): void {
		const opened = notice.open();
		if (opened !== undefined) this.#enter('receive', () => this.#receive(opened.message));
	}

	#receive(message: unknown): unknown {
		const incarnation = this.#incarnation;
		assert(incarnation?.instance !== undefined, 'a running actor has an instance');
		return incarnation.instance.receive(message, incarnation);
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
			if (step === 'start') this.#run();
		} else if (failure !== undefined) {
			this.#environment.events.emit({type: 'endFailed', address: this.ref.address, error: failure.error});
		}
		if (this.#ending !== undefined) this.#continueEnding(this.#ending);
	}

	#run(): void {
		this.#state = 'running';
		this.#runningSinceMs = this.#environment.clock.now();
	}

	// Failure: reported to the parent's control lane, which sends back what is to be done.

	#fail(error: unknown): void {
		this.#state = 'failed';
		this.#ending = undefined;
		this.#incarnation?.end();
		this.#debts.failInHand(new ActorFailedError(this.ref.address, error));
		this.#environment.events.emit({type: 'failed', address: this.ref.address, error});
		// Nobody is above the topmost actor: its failure is the end of the system.
		if (this.#parent === undefined) this.stop({type: 'failed', error});
		else this.#parent.#post({type: 'childFailed', child: this, error});
	}

	#supervise(child: ActorCell, error: unknown): void {
		if (child.#state !== 'failed') return;
		// There will be no next incarnation under this one; and the call that this actor is in may wait for the child.
		if (this.#state !== 'running' && this.#state !== 'starting') return child.stop({type: 'failed', error});
		const {random, events} = this.#environment;
		const decision = child.#supervision.decide(error, child.#ranMs(), random());
		switch (decision.type) {
			case 'restart':
				return child.#post({...decision, error});
			case 'stop':
				return child.stop({type: 'failed', error});
			case 'escalate':
				events.emit({type: 'escalated', address: child.ref.address, error});
				return this.#fail(error);
			default:
				return unreachable(decision);
		}
	}

	#ranMs(): number {
		return this.#runningSinceMs === undefined ? 0 : this.#environment.clock.now() - this.#runningSinceMs;
	}

	#beginRestart(restart: Restart): void {
		if (this.#state !== 'failed') return;
		this.#state = 'restarting';
		const {error, delayMs} = restart;
		const restarts = ++this.#restarts;
		this.#environment.events.emit({type: 'restarting', address: this.ref.address, error, restarts, delayMs});
		this.#end({type: 'restart', error, delayMs});
	}

	#beginStop(reason: StopReason): void {
		if (this.isEnding) return;
		this.#state = 'stopping';
		this.#cancelBackoff();
		this.#incarnation?.end();
		this.#discardLetters();
		this.#end({type: 'stop', reason});
	}

	#discardLetters(): void {
		const {letters} = this.#mailbox;
		for (let letter = letters.shift(); letter !== undefined; letter = letters.shift()) this.#lose(letter);
	}

	#lose({message, ask}: Letter): void {
		this.#environment.events.deadLetter('stopped', this.ref.address, message);
		ask?.fail(new ActorStoppedError(this.ref.address));
	}

	// Teardown: the call under way, then the children from the last to the first, then the last hook.

	#end(ending: Ending): void {
		this.#ending = ending;
		this.#continueEnding(ending);
	}

	#continueEnding(ending: Ending): void {
		if (this.#call !== undefined) return this.#setDeadline(this.#call);
		const [youngest] = this.#children.youngestFirst();
		if (youngest !== undefined) return youngest.stop();
		const incarnation = this.#incarnation;
		this.#incarnation = undefined;
		const instance = incarnation?.instance;
		if (incarnation !== undefined && instance !== undefined) {
			return ending.type === 'stop'
				? this.#enter('stopped', () => instance.stopped?.(ending.reason, incarnation))
				: this.#enter('restarting', () => instance.restarting?.(ending, incarnation));
		}
		if (ending.type === 'stop') this.#finish(ending.reason);
		else this.#backOff(ending.delayMs);
	}

	#forget(child: ActorCell): void {
		this.#children.forget(child);
		if (this.#ending !== undefined) this.#continueEnding(this.#ending);
	}

	#backOff(delayMs: number): void {
		this.#ending = undefined;
		this.#cancelBackoff = this.#environment.clock.setTimer(() => this.#post({type: 'begin'}), delayMs);
	}

	#finish(reason: StopReason): void {
		this.#state = 'stopped';
		this.#ending = undefined;
		this.#discardLetters();
		this.#debts.failAll(new ActorStoppedError(this.ref.address));
		this.#environment.events.emit({type: 'stopped', address: this.ref.address, reason});
		this.#resolveEnded(reason);
		if (this.#parent !== undefined) this.#parent.#post({type: 'childStopped', child: this});
	}

	#setDeadline(call: Suspended): void {
		if (call.hasDeadline) return;
		call.hasDeadline = true;
		const onDeadline = () => this.#post({type: 'deadline', call});
		call.cancelDeadline = this.#environment.clock.setTimer(onDeadline, this.#stopDeadlineMs);
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
		this.#environment.events.emit({type: 'abandoned', address: this.ref.address});
	}
}

const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
	typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
