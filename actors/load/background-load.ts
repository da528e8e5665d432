/** A load that goes on while its starter does something else; one at a time. */
import {tmpdir} from 'node:os';
import path from 'node:path';
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {Piscina} from 'piscina';
import {ThreadraftError} from '../../src/base/errors.js';
import type {LoadConnection, LoadResult, LoadStop, LoadTask} from './load-task.js';

/** There is a load already, or none. */
class LoadStateError extends ThreadraftError {
	override readonly name = 'LoadStateError';
	readonly code = 'ERR_LOAD_STATE';
}

interface Running {
	readonly pool: Piscina<LoadTask, LoadResult>;
	readonly control: MessagePort;
	readonly result: Promise<LoadResult>;
	readonly seed: number;
}

export class BackgroundLoad {
	#running: Running | undefined;

	/** Resolves when all clients are connected and work. Rejects with a `LoadStateError`, or with what kept a client from connecting. */
	async start(connect: () => readonly LoadConnection[], seed: number): Promise<void> {
		if (this.#running !== undefined) throw new LoadStateError('a load is running: end it with "load stop"');
		const connections = connect();
		const pool = new Piscina<LoadTask, LoadResult>({
			filename: new URL('../../workers/load-task.js', import.meta.url).href,
			maxThreads: 1,
			// Otherwise the thread stands still when its task waits, and with it the clients' ports and timers.
			atomics: 'disabled',
		});
		const {port1: control, port2} = new MessageChannel();
		const ports = connections.flatMap(connection => (connection.type === 'clerk' ? [connection.clerk.port] : []));
		const started = new Promise<void>(resolve => void control.once('message', () => resolve()));
		const result = pool.run({connections, seed, control: port2}, {transferList: [port2, ...ports]});
		this.#running = {pool, control, result, seed};
		try {
			await Promise.race([started, result]);
		} catch (error) {
			await this.close();
			throw error;
		}
		// Told by `stop`.
		result.catch(() => undefined);
	}

	/** Ends the load; `file`: where its history is written, as `threadraft check` reads it. */
	async stop(file: string | undefined): Promise<LoadResult> {
		const running = this.#running;
		if (running === undefined) throw new LoadStateError('there is no load: begin one with "load start"');
		const evidence = path.join(tmpdir(), `threadraft-history-${running.seed.toString(36)}.jsonl`);
		const stop: LoadStop = {file, evidence};
		running.control.postMessage(stop);
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
}
