import {mayReturnValue} from '../../src/kv/operation-bytes.js';
import type {Operation, Result} from '../../src/kv/types.js';
import type {Executor, OperationWaiter} from '../executor.js';
import type {Settled} from './commands/command.js';
import {Failure} from './commands/failure.js';
import type {Lane, Piece} from './lane.js';
import {valueBytesOf} from './run.js';

/** The connection that wants them carried out. */
export interface ExecutionOwner {
	/** Nothing is to be begun for it any more. */
	readonly isGone: boolean;
	/** An operation is settled, with so many bytes of values. */
	operationSettled(valueBytes: number): void;
}

export interface ExecutionOptions {
	readonly owner: ExecutionOwner;
	readonly client: Executor;
	readonly lane: Lane;
	/** At least one, of one kind. */
	readonly operations: readonly Operation[];
	/** Of their requests. */
	readonly requestBytes: number;
	/** Of one value among their results, as far as one can tell. */
	readonly valueBytesExpected: number;
	/** Called once, when the last is settled, with what became of them in their order; never for an owner that was gone before they began. */
	readonly done: (settled: readonly Settled[], execution: Execution) => void;
}

/** Operations that are carried out together, in their turn among those of other connections. One alone waits for its result without a place of its own. */
export class Execution implements Piece, OperationWaiter {
	readonly bytes: number;
	/** Operations whose results hold values. */
	readonly values: number;
	readonly #options: ExecutionOptions;
	readonly #settled: Settled[] = [];
	#outstanding: number;

	constructor(options: ExecutionOptions) {
		const {operations, requestBytes, valueBytesExpected} = options;
		let values = 0;
		for (const operation of operations) if (mayReturnValue(operation)) values += 1;
		this.#options = options;
		this.#outstanding = operations.length;
		this.values = values;
		this.bytes = requestBytes + values * valueBytesExpected;
	}

	get operations(): number {
		return this.#options.operations.length;
	}

	/** For the lane. */
	begin(): void {
		const {owner, lane, operations} = this.#options;
		if (owner.isGone) {
			// Not at once: of those that wait, thousands may have gone.
			queueMicrotask(() => lane.leave(this));
			return;
		}
		let offset = 0;
		for (const operation of operations) {
			this.#ask(operation, operations.length === 1 ? this : new Place(this, offset));
			offset += 1;
		}
	}

	resolve(result: Result): void {
		this.settle(0, result);
	}

	reject(error: unknown): void {
		this.settle(0, new Failure(error));
	}

	/** The operation at this offset has come to its end. */
	settle(offset: number, outcome: Settled): void {
		const {owner, lane, done} = this.#options;
		this.#settled[offset] = outcome;
		owner.operationSettled(valueBytesOf(outcome));
		this.#outstanding -= 1;
		if (this.#outstanding > 0) return;
		lane.leave(this);
		done(this.#settled, this);
	}

	#ask(operation: Operation, waiter: OperationWaiter): void {
		const {client} = this.#options;
		if (client.begin !== undefined) client.begin(operation, waiter);
		else {
			client.execute(operation).then(
				result => waiter.resolve(result),
				(error: unknown) => waiter.reject(error),
			);
		}
	}
}

/** One of several operations. */
class Place implements OperationWaiter {
	readonly #execution: Execution;
	readonly #offset: number;

	constructor(execution: Execution, offset: number) {
		this.#execution = execution;
		this.#offset = offset;
	}

	resolve(result: Result): void {
		this.#execution.settle(this.#offset, result);
	}

	reject(error: unknown): void {
		this.#execution.settle(this.#offset, new Failure(error));
	}
}
