/** The skeleton's clients, with the interface of a clerk: one sends each operation by itself, one a turn's at once. */
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {codec} from '../../../actors/codec/codec.js';
import type {Executor} from '../../../actors/executor.js';
import type {Operation, Result} from '../../../src/kv/types.js';
import type {SkeletonEnvelope, SkeletonPost, SkeletonReply} from './protocol.js';
import {portsOf} from './router.js';

/** `single`: an operation a message, each with a reply port of a pool. `batched`: a turn's together, one reply port. */
export type SkeletonShape = 'single' | 'batched';

type Send = (post: SkeletonPost) => void;
type Waiter = (result: Result) => void;

const written: Result = {type: 'written', version: 1, length: 0};
const read: Result = {type: 'value', value: undefined, version: 1};

/** On a thread of its own. */
export function connectSkeleton({
	shape,
	port,
	replies,
}: {
	readonly shape: SkeletonShape;
	readonly port: MessagePort;
	readonly replies: MessagePort;
}): Executor {
	const send: Send = post =>
		port.postMessage(post, portsOf(Array.isArray(post) ? (post as SkeletonEnvelope[]) : [post as SkeletonEnvelope]));
	return shape === 'single' ? new SingleClient(send) : new BatchedClient(send, replies);
}

export class BatchedClient implements Executor {
	readonly #send: Send;
	readonly #batches = new Map<number, {readonly result: Result; readonly waiters: readonly Waiter[]}>();
	#writes: Operation[] = [];
	#writeWaiters: Waiter[] = [];
	#reads: Operation[] = [];
	#readWaiters: Waiter[] = [];
	#nextId = 0;
	#isFlushing = false;

	constructor(send: Send, replies: MessagePort) {
		this.#send = send;
		replies.on('message', (batch: readonly SkeletonReply[]) => {
			for (const {id} of batch) this.#settle(id);
		});
	}

	async execute(operation: Operation): Promise<Result> {
		return new Promise(resolve => {
			const isRead = operation.type === 'get';
			(isRead ? this.#reads : this.#writes).push(operation);
			(isRead ? this.#readWaiters : this.#writeWaiters).push(resolve);
			if (!this.#isFlushing) setImmediate(() => this.#flush());
			this.#isFlushing = true;
		});
	}

	#flush(): void {
		this.#isFlushing = false;
		const post: SkeletonEnvelope[] = [];
		if (this.#writes.length > 0) post.push(this.#batch('write', this.#writes, written, this.#writeWaiters));
		if (this.#reads.length > 0) post.push(this.#batch('read', this.#reads, read, this.#readWaiters));
		this.#writes = [];
		this.#writeWaiters = [];
		this.#reads = [];
		this.#readWaiters = [];
		this.#send(post);
	}

	#batch(
		kind: 'write' | 'read',
		operations: readonly Operation[],
		result: Result,
		waiters: readonly Waiter[],
	): SkeletonEnvelope {
		const id = this.#nextId++;
		this.#batches.set(id, {result, waiters});
		return {type: 'batch', to: 0, id, kind, count: operations.length, operations: codec.encode(operations)};
	}

	#settle(id: number): void {
		const batch = this.#batches.get(id);
		this.#batches.delete(id);
		for (const waiter of batch?.waiters ?? []) waiter(batch!.result);
	}
}

interface Channel {
	readonly id: number;
	readonly port: MessagePort;
	waiter: Waiter | undefined;
	result: Result;
}

export class SingleClient implements Executor {
	readonly #send: Send;
	readonly #idle: Channel[] = [];
	#nextId = 0;
	#nextChannel = 0;

	constructor(send: Send) {
		this.#send = send;
	}

	async execute(operation: Operation): Promise<Result> {
		return new Promise(resolve => {
			const {channel, port} = this.#acquire();
			channel.waiter = resolve;
			channel.result = operation.type === 'get' ? read : written;
			if (operation.type !== 'get' && operation.type !== 'put') throw new TypeError(`no skeleton of ${operation.type}`);
			this.#send({
				type: 'single',
				to: 0,
				id: this.#nextId++,
				kind: operation.type === 'get' ? 'read' : 'write',
				channel: channel.id,
				port,
				key: operation.key,
				value: operation.type === 'put' ? operation.value : undefined,
			});
		});
	}

	#acquire(): {readonly channel: Channel; readonly port: MessagePort | undefined} {
		const idle = this.#idle.pop();
		if (idle !== undefined) return {channel: idle, port: undefined};
		const {port1, port2} = new MessageChannel();
		const channel: Channel = {id: this.#nextChannel++, port: port1, waiter: undefined, result: written};
		port1.on('message', () => {
			const {waiter, result} = channel;
			channel.waiter = undefined;
			this.#idle.push(channel);
			waiter?.(result);
		});
		return {channel, port: port2};
	}
}
