/** Puts together what `Cluster.metrics` tells: of the nodes, the network, the clients and this thread. */
import type {ClusterMetrics} from '../metrics/cluster-metrics.js';
import {processMetrics} from '../metrics/process-metrics.js';
import {ThreadMeter} from '../metrics/thread-meter.js';
import type {Router} from '../network/router.js';
import type {Supervisor} from './supervisor.js';

export interface ClusterMeterOptions {
	readonly supervisor: Pick<Supervisor, 'metrics'>;
	readonly router: Pick<Router, 'counters' | 'delayed' | 'settled'>;
	readonly clients: {readonly count: number; readonly operationsPending: number};
}

export class ClusterMeter {
	readonly #options: ClusterMeterOptions;
	readonly #mainThread = new ThreadMeter('main');

	constructor(options: ClusterMeterOptions) {
		this.#options = options;
	}

	/** See `Cluster.metrics`. */
	async read(timeoutMs: number): Promise<ClusterMetrics> {
		const {supervisor, router, clients} = this.#options;
		const nodes = await supervisor.metrics(timeoutMs);
		const {messages, bytes, clientRequests, lost, undeliverable} = router.counters;
		const {messages: delayed, bytes: delayedBytes} = router.delayed;
		const {answered, failed} = router.settled;
		const {count, operationsPending} = clients;
		return {
			nodes,
			network: {messages, bytes, clientRequests, lost, undeliverable, delayed, delayedBytes},
			clerks: {clerks: count, operationsPending, answered, failed},
			mainThread: this.#mainThread.read(),
			process: processMetrics(),
		};
	}

	close(): void {
		this.#mainThread.close();
	}
}
