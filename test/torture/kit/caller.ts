/** One client of the service, whichever door it comes by; an answer is given in the words of recorded histories. */
import type {Redis} from 'ioredis';
import type {KeyValueClient} from '../../../actors/key-value-client.js';
import {operationOf, outputOf} from '../../../actors/load/recorded-operation.js';
import {keyOf} from '../../../actors/text.js';
import {OperationError} from '../../../src/service/errors.js';
import type {KvExpected, KvInput, KvOutput} from '../../../src/linearizability/kv-operation.js';

/** What became of an operation that has no answer. */
export class NoAnswer extends Error {
	override readonly name = 'NoAnswer';
	readonly outcome: 'unknown' | 'notExecuted';

	constructor(outcome: NoAnswer['outcome'], cause: unknown) {
		super(`${outcome}: ${cause instanceof Error ? cause.message : String(cause)}`, {cause});
		this.outcome = outcome;
	}
}

export interface Caller {
	/** Rejects with a `NoAnswer`; with anything else where the answer makes no sense. */
	run(input: KvInput): Promise<KvOutput>;
	/** The sum. */
	increment(key: string): Promise<bigint>;
	close(): void | Promise<void>;
}

const text = (bytes: Uint8Array | undefined): string | undefined =>
	bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

export class ClientCaller implements Caller {
	readonly #client: KeyValueClient;

	constructor(client: KeyValueClient) {
		this.#client = client;
	}

	async run(input: KvInput): Promise<KvOutput> {
		return orNoAnswer(() => this.#run(input));
	}

	async increment(key: string): Promise<bigint> {
		return orNoAnswer(() => this.#client.increment(key));
	}

	close(): void | Promise<void> {
		return this.#client.close();
	}

	async #run(input: KvInput): Promise<KvOutput> {
		switch (input.type) {
			case 'get': {
				const entry = await this.#client.get(input.key);
				return {type: 'value', value: text(entry?.value), version: entry?.version ?? 0};
			}
			case 'put':
				return {type: 'written', version: (await this.#client.put(input.key, input.value)).version};
			case 'append':
				return {type: 'written', version: (await this.#client.append(input.key, input.value)).version};
			case 'delete': {
				const result = await this.#client.execute({type: 'delete', key: keyOf(input.key)});
				if (result.type !== 'deleted') throw new TypeError(`a delete was answered with ${result.type}`);
				return result;
			}
			case 'compareAndSet':
				return this.#compareAndSet(input.key, input.expected, input.value);
			default:
				return outputOf(input, await this.#client.execute(operationOf(input)));
		}
	}

	async #compareAndSet(key: string, expected: KvExpected, value: string): Promise<KvOutput> {
		const result = await this.#client.compareAndSet(key, expected, value);
		if (result.type === 'written') return {type: 'written', version: result.version};
		return {type: 'conditionFailed', observed: {value: text(result.value)}, version: result.version};
	}
}

async function orNoAnswer<T>(action: () => Promise<T>): Promise<T> {
	try {
		return await action();
	} catch (error) {
		if (error instanceof OperationError) throw new NoAnswer(error.outcome, error);
		throw error;
	}
}

/** Errors of the port that say that nothing was done. */
const refusals = /^(TRYAGAIN|CLUSTERDOWN|LOADING|OOM|ERR max number of clients)/;

/** By a connection of ioredis that does not connect again by itself; the port tells no versions. */
export class RedisCaller implements Caller {
	readonly #redis: Redis;

	constructor(redis: Redis) {
		this.#redis = redis;
	}

	async run(input: KvInput): Promise<KvOutput> {
		return this.#told(async (): Promise<KvOutput> => {
			switch (input.type) {
				case 'get':
					return {type: 'value', value: (await this.#redis.get(input.key)) ?? undefined, version: undefined};
				case 'put':
					await this.#redis.set(input.key, input.value);
					return {type: 'written', version: undefined};
				case 'append':
					await this.#redis.append(input.key, input.value);
					return {type: 'written', version: undefined};
				case 'delete':
					return {type: 'deleted', existed: (await this.#redis.del(input.key)) === 1, version: undefined};
				default:
					throw new TypeError(`the port has no ${input.type}`);
			}
		});
	}

	async increment(key: string): Promise<bigint> {
		return this.#told(async () => BigInt(await this.#redis.incr(key)));
	}

	close(): void {
		this.#redis.disconnect();
	}

	async #told<T>(action: () => Promise<T>): Promise<T> {
		try {
			return await action();
		} catch (error) {
			if (error instanceof TypeError) throw error;
			const message = error instanceof Error ? error.message : String(error);
			throw new NoAnswer(refusals.test(message) ? 'notExecuted' : 'unknown', error);
		}
	}
}
