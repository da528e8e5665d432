/** The part of a console's target that is the same for every engine: reads and writes by its client, the load, and the judgement on both. */
import {expectResult} from '../clerk/results.js';
import type {CompareAndSetResult} from '../console/console-target.js';
import type {KeyValueClient} from '../key-value-client.js';
import {ClientPool} from './client-pool.js';
import {KnownKeys} from './known-keys.js';
import type {LoadStatistics} from '../load/load-statistics.js';
import type {LoadConnection, LoadOptions} from '../load/load-task.js';
import {RecordedSession, type SessionReport, type StoppedLoad} from '../load/recorded-session.js';

/** Of the console's clients, ms. The console's own deadlines, which its user sets, end an operation before. */
export const commandTimeoutMs = 3_600_000;

export abstract class DataTarget {
	readonly #clients: ClientPool;
	readonly #known = new KnownKeys();
	readonly #session: RecordedSession;
	#statistics: LoadStatistics | undefined;

	/** `open`: gives a client with `commandTimeoutMs`. */
	constructor(open: () => KeyValueClient | Promise<KeyValueClient>) {
		this.#clients = new ClientPool(open);
		this.#session = new RecordedSession({
			connect: () => this.connection(),
			execute: (operation, signal) => this.#clients.use(signal, client => client.execute(operation)),
			others: () => this.others(),
			statistics: statistics => {
				this.#statistics = statistics;
				this.loadTold(statistics);
			},
		});
	}

	async put(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<void> {
		const input = {type: 'put', key: textOfBytes(key), value: textOfBytes(value)} as const;
		expectResult(await this.#session.run(input, signal), 'written');
		this.#known.add(key);
	}

	async append(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<void> {
		const input = {type: 'append', key: textOfBytes(key), value: textOfBytes(value)} as const;
		expectResult(await this.#session.run(input, signal), 'written');
		this.#known.add(key);
	}

	async get(key: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
		const result = await this.#session.run({type: 'get', key: textOfBytes(key)}, signal);
		const {value} = expectResult(result, 'value');
		if (value === undefined) this.#known.remove(key);
		else this.#known.add(key);
		return value;
	}

	async delete(key: Uint8Array, signal: AbortSignal): Promise<boolean> {
		const result = await this.#session.run({type: 'delete', key: textOfBytes(key)}, signal);
		this.#known.remove(key);
		return expectResult(result, 'deleted').existed;
	}

	async compareAndSet(
		key: Uint8Array,
		expected: Uint8Array | undefined,
		value: Uint8Array,
		signal: AbortSignal,
	): Promise<CompareAndSetResult> {
		const input = {
			type: 'compareAndSet',
			key: textOfBytes(key),
			expected: {value: expected && textOfBytes(expected)},
			value: textOfBytes(value),
		} as const;
		const result = await this.#session.run(input, signal);
		if (result.type !== 'conditionFailed' || result.value !== undefined) this.#known.add(key);
		return result.type === 'conditionFailed'
			? {type: 'conditionFailed', value: result.value}
			: {type: expectResult(result, 'written').type};
	}

	async keys(prefix: Uint8Array, max: number): Promise<readonly Uint8Array[]> {
		return this.#known.withPrefix(prefix, max);
	}

	async startLoad(options: LoadOptions): Promise<void> {
		await this.#session.startLoad(options);
	}

	async stopLoad(file: string | undefined): Promise<StoppedLoad> {
		return this.#session.stopLoad(file);
	}

	get isLoadRunning(): boolean {
		return this.#session.isLoadRunning;
	}

	/** The newest of the load that runs. */
	get loadStatistics(): LoadStatistics | undefined {
		return this.#session.isLoadRunning ? this.#statistics : undefined;
	}

	async check(): Promise<SessionReport> {
		return this.#session.check();
	}

	async mark(name: string): Promise<void> {
		await this.#session.mark(name);
	}

	/** How one more client reaches the cluster from another thread. */
	protected abstract connection(): LoadConnection;

	/** How many operations others began, who are not recorded; `undefined`: nobody knows. */
	protected abstract others(): number | undefined;

	/** Is told how the load is doing, while it runs. */
	protected abstract loadTold(statistics: LoadStatistics): void;

	protected get ownBegun(): number {
		return this.#session.ownBegun;
	}

	protected async closeClients(): Promise<void> {
		await this.#session.close();
		await this.#clients.close();
	}
}

/** One character a byte, as keys and recorded values are. */
const textOfBytes = (bytes: Uint8Array): string =>
	Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
