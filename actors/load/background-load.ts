/** A load that goes on while its starter does something else; one at a time. */
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {Piscina} from 'piscina';
import {ThreadraftError} from '../../src/base/errors.js';
import type {LoadStatistics} from './load-statistics.js';
import type {LoadConnection, LoadNews, LoadOptions, LoadOrder, LoadResult, LoadTask} from './load-task.js';

/** There is a load already, or none. */
class LoadStateError extends ThreadraftError {
	override readonly name = 'LoadStateError';
	readonly code = 'ERR_LOAD_STATE';
}

interface Running {
	readonly pool: Piscina<LoadTask, LoadResult>;
	readonly control: MessagePort;
	readonly result: Promise<LoadResult>;
	/** Take the answers to `turn`, in order. */
	readonly turns: ((chapters: number) => void)[];
}

/** What a load needs of the session that it is a part of. */
export interface LoadSurroundings {
	/** A port to the judge. */
	readonly judge: () => MessagePort;
	readonly origin: bigint;
	readonly statistics: (statistics: LoadStatistics) => void;
}

export class BackgroundLoad {
	readonly #surroundings: LoadSurroundings;
	#running: Running | undefined;

	constructor(surroundings: LoadSurroundings) {
		this.#surroundings = surroundings;
	}

	get isRunning(): boolean {
		return this.#running !== undefined;
	}

	/** Resolves when all clients are connected and work. Rejects with a `LoadStateError`, or with what kept a client from connecting. */
	async start(
		connect: () => LoadConnection,
		options: LoadOptions,
		own: {readonly seed: number; readonly prefix: string; readonly epoch: number},
	): Promise<void> {
		if (this.#running !== undefined) throw new LoadStateError('a load is running: end it with "load stop"');
		const connections = Array.from({length: options.clients}, connect);
		const pool = new Piscina<LoadTask, LoadResult>({
			filename: new URL('../../workers/load-task.js', import.meta.url).href,
			maxThreads: 1,
			// Otherwise the thread stands still when its task waits, and with it the clients' ports and timers.
			atomics: 'disabled',
		});
		const {port1: control, port2} = new MessageChannel();
		const {origin, statistics} = this.#surroundings;
		const judge = this.#surroundings.judge();
		const ports = connections.flatMap(connection => (connection.type === 'clerk' ? [connection.clerk.port] : []));
		const turns: Running['turns'] = [];
		const started = new Promise<void>(resolve => {
			control.on('message', (news: LoadNews) => {
				if (news.type === 'started') resolve();
				else if (news.type === 'statistics') statistics(news.statistics);
				else turns.shift()?.(news.chapters);
			});
		});
		const task = {...options, ...own, connections, origin, control: port2, judge};
		const result = pool.run(task, {transferList: [port2, judge, ...ports]});
		this.#running = {pool, control, result, turns};
		try {
			await Promise.race([started, result]);
		} catch (error) {
			await this.close();
			throw error;
		}
		// Told by `stop`.
		result.catch(() => undefined);
	}

	/** Has it go over to new keys. Resolves with how many chapters were sent by then; 0 where no load runs. */
	async turn(epoch: number): Promise<number> {
		const running = this.#running;
		if (running === undefined) return 0;
		const turned = new Promise<number>(resolve => running.turns.push(resolve));
		this.#order(running, {type: 'turn', epoch});
		return Promise.race([turned, running.result.then(({chapters}) => chapters)]);
	}

	/** Rejects with a `LoadStateError` where there is none. */
	async stop(): Promise<LoadResult> {
		const running = this.#running;
		if (running === undefined) throw new LoadStateError('there is no load: begin one with "load 8"');
		this.#order(running, {type: 'stop'});
		try {
			return await running.result;
		} finally {
			await this.close();
		}
	}

	/** Breaks off whatever goes on. Idempotent. */
	async close(): Promise<void> {
		const running = this.#running;
		this.#running = undefined;
		if (running === undefined) return;
		running.control.close();
		running.result.catch(() => undefined);
		await running.pool.destroy();
	}

	#order({control}: Running, order: LoadOrder): void {
		control.postMessage(order);
	}
}
