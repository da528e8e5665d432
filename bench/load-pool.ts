/** A load thread of a system: a piscina of one, whose client stays connected from one load to the next. */
import type {MessagePort} from 'node:worker_threads';
import {Piscina} from 'piscina';
import type {ClientConnection, LoadTask} from './load-task.js';
import type {Load, Measurement} from './systems/system.js';

export class LoadThread {
	readonly #pool: Piscina<LoadTask, Measurement | undefined>;

	constructor() {
		this.#pool = new Piscina({
			filename: new URL('./load-task.js', import.meta.url).href,
			minThreads: 1,
			maxThreads: 1,
			idleTimeout: Infinity,
			// Otherwise the idle thread stands still, and with it the client's ports and timers.
			atomics: 'disabled',
		});
	}

	async connect(connection: ClientConnection, ports: readonly MessagePort[]): Promise<void> {
		await this.#pool.run({type: 'connect', connection}, {transferList: [...ports]});
	}

	async measure(load: Load): Promise<Measurement> {
		const measurement = await this.#pool.run({type: 'measure', load});
		if (measurement === undefined) throw new Error('a load ends with a measurement');
		return measurement;
	}

	async stop(): Promise<void> {
		await this.#pool.destroy();
	}
}
