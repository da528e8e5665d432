import {setImmediate as setImmediatePromise} from 'node:timers/promises';
import type {KvClient} from '../../actors/kv-client.js';
import type {Operation, ReadOperation, Result, WriteOperation} from '../../src/kv/types.js';
import {type LogIndex, unreachable} from '../../src/raft/types.js';

type Part = Exclude<WriteOperation, {type: 'batch'}> | ReadOperation;
type Batch = {readonly types: string[]; readonly due: Promise<void>};

/**
 * The service as one map in one process. Writes begun in one turn of the event loop travel in one batch, and so do reads,
 * as the interface promises. *Between* batches it promises nothing: each takes a drawn number of turns, and one begun
 * later is often carried out earlier. Who needs an order has to wait for the earlier batch.
 */
export class MapClient implements KvClient {
	readonly map = new Map<string, Uint8Array>();
	/** The types of the operations of every batch, in the order of beginning. */
	readonly batches: string[][] = [];
	/** Operations begun and not settled, now and at most so far. */
	outstanding = 0;
	outstandingMax = 0;
	/** Makes operations fail, before they are carried out. */
	failWith: (operation: Operation) => Error | undefined = () => undefined;
	/** Everything waits for this before it is carried out. */
	gate: Promise<void> = Promise.resolve();
	readonly #drawTurns: () => number;
	readonly #open = new Map<'read' | 'write', Batch>();
	#version = 0;

	constructor(drawTurns: () => number = () => 0) {
		this.#drawTurns = drawTurns;
	}

	async execute(operation: Operation): Promise<Result> {
		const batch = this.#openBatch(operation.type === 'get' ? 'read' : 'write');
		batch.types.push(operation.type);
		this.outstandingMax = Math.max(this.outstandingMax, ++this.outstanding);
		await batch.due;
		this.outstanding--;
		const error = this.failWith(operation);
		if (error !== undefined) throw error;
		return this.apply(operation);
	}

	apply(operation: Operation): Result {
		if (operation.type !== 'batch') return this.#applyPart(operation);
		return {type: 'batch', results: operation.operations.map(part => this.#applyPart(part))};
	}

	#openBatch(kind: 'read' | 'write'): Batch {
		const open = this.#open.get(kind);
		if (open !== undefined) return open;
		// Closed before it is due, so that nothing joins a batch that was carried out.
		setImmediate(() => this.#open.delete(kind));
		const batch: Batch = {types: [], due: this.#afterTurns(this.#drawTurns())};
		this.batches.push(batch.types);
		this.#open.set(kind, batch);
		return batch;
	}

	async #afterTurns(turns: number): Promise<void> {
		for (let turn = 0; turn <= turns; turn++) await setImmediatePromise();
		await this.gate;
	}

	#applyPart(operation: Part): Result {
		const version: LogIndex = ++this.#version;
		const value = 'key' in operation ? this.map.get(operation.key) : undefined;
		switch (operation.type) {
			case 'get':
				return {type: 'value', value, version};
			case 'put':
				if (operation.condition !== undefined && (operation.condition === 'present') !== (value !== undefined))
					return {type: 'conditionFailed', value, version};
				this.map.set(operation.key, operation.value);
				return {
					type: 'written',
					version,
					length: operation.value.length,
					previous: operation.returnPrevious === true ? value : undefined,
				};
			case 'append': {
				const joined = new Uint8Array([...(value ?? []), ...operation.value]);
				this.map.set(operation.key, joined);
				return {type: 'written', version, length: joined.length};
			}
			case 'delete':
				return {type: 'deleted', existed: this.map.delete(operation.key), version};
			case 'increment':
				return this.#increment(operation.key, operation.by, value, version);
			case 'clear': {
				const count = this.map.size;
				this.map.clear();
				return {type: 'cleared', count, version};
			}
			case 'compareAndSet':
				throw new Error('the gateway has no command that needs it');
			default:
				return unreachable(operation);
		}
	}

	#increment(key: string, by: bigint, value: Uint8Array | undefined, version: LogIndex): Result {
		const text = value === undefined ? '0' : Buffer.from(value).toString('latin1');
		if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return {type: 'invalid', reason: 'notANumber', version};
		const sum = BigInt(text) + by;
		if (BigInt.asIntN(64, sum) !== sum) return {type: 'invalid', reason: 'numberOverflow', version};
		this.map.set(key, new Uint8Array(Buffer.from(String(sum))));
		return {type: 'number', value: sum, version};
	}
}
