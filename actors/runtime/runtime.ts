import {randomUUID} from 'node:crypto';
import {unreachable} from '../../src/base/errors.js';
import type {ActorFactory, StopReason, Transfer} from './actor.js';
import {type Address, parseAddress, type ReplyTo} from './address.js';
import {Asks} from './asks.js';
import {ActorCell, type ActorMetrics} from './cell.js';
import type {Clock} from './clock.js';
import {DeadEndpoint} from './dead-endpoint.js';
import {Debts} from './debts.js';
import {Dispatcher} from './dispatcher.js';
import type {Endpoint} from './endpoint.js';
import type {ErrorClass} from './error-codec.js';
import {ActorStoppedError} from './errors.js';
import {Events} from './events.js';
import {type Link, RemoteEndpoint} from './link.js';
import {ActorRef} from './ref.js';
import type {ActorSystem} from './system.js';

export interface RuntimeOptions {
	readonly name: string;
	readonly clock: Clock;
	readonly random: () => number;
	readonly defer: (callback: () => void) => void;
	readonly sliceMs: number;
	readonly errorClasses: readonly ErrorClass[];
}

/** What the root of each system answers to. */
export interface Lookup {
	readonly type: 'lookup';
	readonly path: string;
	readonly replyTo: ReplyTo<Address<never> | undefined>;
}

/** What the parts of one system share. */
export class Runtime {
	/** Differs between two systems of one name, so that a reference to a thread that died never reaches its successor. */
	readonly id: string;
	readonly system: ActorSystem;
	readonly clock: Clock;
	readonly random: () => number;
	readonly defer: (callback: () => void) => void;
	readonly errorClasses: readonly ErrorClass[];
	readonly events: Events;
	readonly dispatcher: Dispatcher;
	readonly debts = new Debts();
	readonly asks: Asks;
	readonly root: ActorCell;
	/** Resolves when nothing of the system is left. */
	readonly terminated: Promise<StopReason>;
	readonly #cellsByKey = new Map<string, ActorCell>();
	readonly #cellsByPath = new Map<string, ActorCell>();
	readonly #links = new Set<Link>();
	#nextUid = 0;
	#isTerminated = false;

	constructor(system: ActorSystem, options: RuntimeOptions) {
		this.id = `${options.name}~${randomUUID().slice(0, 8)}`;
		this.system = system;
		this.clock = options.clock;
		this.random = options.random;
		this.defer = options.defer;
		this.errorClasses = options.errorClasses;
		this.events = new Events(options.defer);
		this.dispatcher = new Dispatcher(options.clock, options.defer, options.sliceMs);
		this.asks = new Asks(this.id, options.clock, (id, replyTo) => {
			this.debts.settle(replyTo);
			for (const link of this.#links) link.endAsk(id);
		});
		this.root = new ActorCell(this, undefined, '/', this.nextUid(), this.#makeRoot, {});
		this.terminated = new Promise(resolve => {
			this.root.watch(reason => {
				this.#terminate();
				resolve(reason);
			});
		});
	}

	nextUid(): number {
		return this.#nextUid++;
	}

	register(cell: ActorCell): void {
		this.#cellsByKey.set(cell.key, cell);
		this.#cellsByPath.set(cell.path, cell);
	}

	unregister(cell: ActorCell): void {
		this.#cellsByKey.delete(cell.key);
		if (this.#cellsByPath.get(cell.path) === cell) this.#cellsByPath.delete(cell.path);
	}

	lookup(path: string): ActorRef<unknown> | undefined {
		return this.#cellsByPath.get(path)?.ref;
	}

	ref<M>(address: Address<M>): ActorRef<M> {
		return new ActorRef(address, this.endpoint(address), this.asks);
	}

	endpoint(address: string): Endpoint {
		const target = parseAddress(address);
		if (target.type === 'ask') return new DeadEndpoint(this, address, undefined);
		if (target.systemId === this.id) return this.localEndpoint(target.key);
		const link = this.#linkTo(target.systemId);
		return link === undefined ? new DeadEndpoint(this, address, target.systemId) : new RemoteEndpoint(link, target.key);
	}

	localEndpoint(key: string): Endpoint {
		return this.#cellsByKey.get(key) ?? new DeadEndpoint(this, this.id + key, undefined);
	}

	reply<R>(to: ReplyTo<R>, answer: R, transfer: Transfer): void {
		this.#answer(
			to,
			answer,
			id => this.asks.resolve(id, answer),
			(link, id) => link.reply(id, answer, transfer),
		);
	}

	reject<R>(to: ReplyTo<R>, error: Error): void {
		this.#answer(
			to,
			error,
			id => this.asks.reject(id, error),
			(link, id) => link.reject(id, error),
		);
	}

	/** Calls back in another turn, unless that is called off before. */
	later(callback: () => void): () => void {
		let isWanted = true;
		this.defer(() => {
			if (isWanted) callback();
		});
		return () => {
			isWanted = false;
		};
	}

	addLink(link: Link): void {
		if (this.#isTerminated) throw new ActorStoppedError(this.root.ref.address);
		this.#links.add(link);
	}

	removeLink(link: Link): void {
		this.#links.delete(link);
	}

	metrics(): readonly ActorMetrics[] {
		return [...this.#cellsByKey.values()].filter(cell => cell !== this.root).map(cell => cell.metrics());
	}

	async stop(deadlineMs: number): Promise<void> {
		if (this.#isTerminated) return;
		const cancel = this.clock.setTimer(() => this.root.abandon(), deadlineMs);
		this.root.stop();
		await this.terminated;
		cancel();
	}

	/** Actors first, then asks, then links: so the last words of actors still leave. */
	#terminate(): void {
		this.#isTerminated = true;
		this.asks.failAll(new ActorStoppedError(this.root.ref.address));
		for (const link of this.#links) link.close();
	}

	#linkTo(systemId: string): Link | undefined {
		return [...this.#links].find(link => link.peer === systemId);
	}

	#answer(
		to: string,
		answer: unknown,
		settleHere: (id: number) => boolean,
		settleThere: (link: Link, id: number) => void,
	): void {
		this.debts.settle(to);
		const target = parseAddress(to);
		if (target.type === 'actor') return this.events.deadLetter('lateReply', to, answer);
		if (target.systemId === this.id) {
			if (!settleHere(target.id)) this.events.deadLetter('lateReply', to, answer);
			return;
		}
		const link = this.#linkTo(target.systemId);
		if (link === undefined) this.events.deadLetter('unreachable', to, answer);
		else settleThere(link, target.id);
	}

	readonly #makeRoot: ActorFactory<Lookup> = () => ({
		receive: (message, context) => {
			switch (message.type) {
				case 'lookup':
					return context.reply(message.replyTo, this.lookup(message.path)?.address);
				default:
					return unreachable(message.type);
			}
		},
	});
}
