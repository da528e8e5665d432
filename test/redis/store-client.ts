import {setImmediate as setImmediatePromise} from 'node:timers/promises';
import type {Executor} from '../../actors/executor.js';
import {defaultRedisLimits} from '../../actors/redis/limits.js';
import {isRead} from '../../src/kv/operation-bytes.js';
import type {Execution} from '../../src/kv/execution.js';
import {execute, readOf} from '../../src/kv/operations.js';
import {readLease} from '../../src/kv/lease-operations.js';
import {scan} from '../../src/kv/scan.js';
import {ScriptRunner} from '../../src/kv/script/script-runner.js';
import {countsOf, Store} from '../../src/kv/store.js';
import type {Operation, Result, Script} from '../../src/kv/types.js';

type Batch = {readonly types: string[]; readonly due: Promise<void>};

/**
 * The service without its cluster: one store. Writes begun in one turn of the event loop travel in one batch, and so do reads,
 * as the interface promises. *Between* batches it promises nothing: each takes a drawn number of turns, and one begun
 * later is often carried out earlier. Who needs an order has to wait for the earlier batch.
 */
export class StoreClient implements Executor {
	readonly store = new Store();
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
	readonly #scripts = new ScriptRunner();
	readonly #runScript = (execution: Execution, script: Script): Result => this.#scripts.run(execution, script);

	constructor(drawTurns: () => number = () => 0) {
		this.#drawTurns = drawTurns;
	}

	async execute(operation: Operation): Promise<Result> {
		const batch = this.#openBatch(isRead(operation) ? 'read' : 'write');
		batch.types.push(operation.type);
		this.outstandingMax = Math.max(this.outstandingMax, ++this.outstanding);
		await batch.due;
		this.outstanding--;
		const error = this.failWith(operation);
		if (error !== undefined) throw error;
		return this.apply(operation);
	}

	apply(operation: Operation): Result {
		if (operation.type === 'scan') return scan(this.store, operation, this.#version);
		if (operation.type === 'getLease') return readLease(this.store.leases, operation);
		if (operation.type === 'changes') throw new Error('this store tells no changes');
		if (operation.type === 'count') return this.#count(operation.database ?? 0);
		const {valueBytesMax} = defaultRedisLimits;
		const now = Date.now();
		this.store.advance(now, this.#version);
		if (operation.type === 'get') return readCopyOf(readOf(this.store, operation));
		return execute(
			{store: this.store, version: ++this.#version, now, valueBytesMax, runScript: this.#runScript},
			operation,
		);
	}

	#count(database: number | 'all'): Result {
		const {store} = this;
		if (database === 'all')
			return {type: 'count', count: store.size, revision: this.#version, databases: countsOf(store)};
		return {type: 'count', count: store.database(database)?.size ?? 0, revision: this.#version};
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
}

/** With a value of its own: the store's changes in place. */
const readCopyOf = (result: Extract<Result, {type: 'value'}>): Result =>
	result.value === undefined ? result : {...result, value: new Uint8Array(result.value)};
