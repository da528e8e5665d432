/** A lab's clerk on virtual time: the real clerk core, its requests on the simulated network. */
import {kvWords, serviceOperation, type KvTypes} from '../../../src/kv/words.js';
import {codec} from '../../../actors/codec/codec.js';
import {bytesOf, keyOf, textOf} from '../../../actors/text.js';
import {expectResult} from '../../../actors/clerk/results.js';
import type {Endpoint} from '../../../src/faults/endpoint.js';
import type {Random} from '../../../src/base/random.js';
import {ClerkCore} from '../../../src/service/clerk/clerk-core.js';
import type {ServiceReply, ServiceRequest} from '../../../src/service/types.js';
import type {Operation, Result} from '../../../src/kv/types.js';
import {nodeId} from '../../../src/raft/types.js';
import {unreachable} from '../../../src/base/errors.js';
import type {KvClerk} from '../harness.js';
import {clerkTimeoutMs} from '../kv/cluster-options.js';
import type {VirtualTime} from './virtual-time.js';

export interface SimulatedClerkOptions {
	readonly endpoint: Endpoint;
	readonly servers: readonly number[];
	readonly random: Random;
	readonly time: VirtualTime;
	readonly send: (requestId: number, server: number, request: ServiceRequest) => void;
	readonly cancel: (requestId: number) => void;
	/** `timer` goes off in so many ms. */
	readonly arm: (delayMs: number, timer: number) => void;
	readonly connectTo: (endpoint: Endpoint, servers: readonly number[]) => void;
}

interface Waiter {
	readonly resolve: (result: Result) => void;
	readonly reject: (error: Error) => void;
}

export class SimulatedClerk implements KvClerk {
	readonly #options: SimulatedClerkOptions;
	readonly #core: ClerkCore<KvTypes>;
	readonly #waiters = new Map<number, Waiter>();
	#timer = 0;
	#timerAt = Infinity;

	constructor(options: SimulatedClerkOptions) {
		this.#options = options;
		const {servers, random} = options;
		this.#core = new ClerkCore({
			codec,
			words: kvWords,
			servers: servers.map(nodeId),
			random: () => random.float(),
			requestsMayBeDoubled: true,
		});
	}

	async get(key: string): Promise<{readonly value: string | undefined; readonly version: number}> {
		const {value, version} = expectResult(await this.#execute({type: 'get', key: keyOf(key)}), 'value');
		return {value: value === undefined ? undefined : textOf(value), version};
	}

	async put(key: string, value: string): Promise<number> {
		const operation = {type: 'put', key: keyOf(key), value: bytesOf(value)} as const;
		return expectResult(await this.#execute(operation), 'written').version;
	}

	async append(key: string, value: string): Promise<number> {
		const operation = {type: 'append', key: keyOf(key), value: bytesOf(value)} as const;
		return expectResult(await this.#execute(operation), 'written').version;
	}

	connectTo(servers: readonly number[]): void {
		this.#options.connectTo(this.#options.endpoint, servers);
	}

	close(): void {
		this.#core.close();
		this.#flush();
	}

	reply(requestId: number, reply: ServiceReply): void {
		this.#core.reply(requestId, reply);
		this.#flush();
	}

	lost(requestId: number): void {
		this.#core.requestLost(requestId);
		this.#flush();
	}

	timer(timer: number): void {
		if (timer !== this.#timer) return;
		this.#timerAt = Infinity;
		this.#flush();
	}

	async #execute(operation: Operation): Promise<Result> {
		const id = this.#core.submit(serviceOperation(operation), {deadline: this.#options.time.now() + clerkTimeoutMs});
		return new Promise((resolve, reject) => {
			this.#waiters.set(id, {resolve, reject});
			this.#flush();
		});
	}

	#flush(): void {
		const {time, send, cancel} = this.#options;
		for (const effect of this.#core.flush(time.now())) {
			switch (effect.type) {
				case 'send':
					send(effect.requestId, effect.server, effect.request);
					break;
				case 'cancel':
					cancel(effect.requestId);
					break;
				case 'done':
				case 'failed': {
					const waiter = this.#waiters.get(effect.operationId);
					this.#waiters.delete(effect.operationId);
					time.wakeRow();
					if (effect.type === 'done') waiter?.resolve(effect.result);
					else waiter?.reject(effect.error);
					break;
				}
				default:
					unreachable(effect);
			}
		}
		this.#arm();
	}

	#arm(): void {
		const deadline = this.#core.nextDeadline() ?? Infinity;
		if (deadline >= this.#timerAt) return;
		this.#timerAt = deadline;
		this.#timer += 1;
		const {time, arm} = this.#options;
		// A hundredth of a millisecond late: a moment that was rounded down would find the deadline not yet reached.
		arm(Math.max(0, deadline - time.now()) + 0.01, this.#timer);
	}
}
