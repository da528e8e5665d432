/**
 * The limit: the threads, ports, batches and bytes of our message path with no Raft in them, no state machine, and no
 * way to lose a message. What it cannot do on this machine, we cannot.
 *
 *      client ──▶ router (main thread) ──▶ leader ──▶ router ──▶ followers
 *      client ◀────────────────────────── leader ◀── router ◀── followers
 */
import {once} from 'node:events';
import {MessageChannel, type MessagePort, Worker} from 'node:worker_threads';
import {cpuClock} from '../../cpu.js';
import {fill, runLoad} from '../../load.js';
import {LoadThread} from '../../load-pool.js';
import type {Load, Measurement, RunningSystem, StartOptions} from '../system.js';
import {BatchedClient, type SkeletonShape} from './client.js';
import type {SkeletonNodeData} from './protocol.js';
import {SkeletonRouter} from './router.js';

/** With its client on the main thread, as a clerk is by default, or on a thread of its own. */
export async function startSkeleton(
	options: StartOptions,
	shape: SkeletonShape,
	place: 'main' | 'thread',
): Promise<RunningSystem> {
	const {workers, router} = await startNodes(options);
	const {measure, stop} = await (place === 'main' ? loadHere(router) : loadFromThread(router, shape));
	return {
		measure,
		async stop() {
			await stop();
			await Promise.all(workers.map(worker => worker.terminate()));
			router.close();
		},
	};
}

async function startNodes({nodes, durability, directory}: StartOptions) {
	const ports: MessagePort[] = [];
	const workers: Worker[] = [];
	for (let id = 0; id < nodes; id++) {
		const {port1, port2} = new MessageChannel();
		ports.push(port1);
		const workerData: SkeletonNodeData = {id, nodes, router: port2, durability, directory};
		workers.push(new Worker(new URL('./node-thread.js', import.meta.url), {workerData, transferList: [port2]}));
	}
	await Promise.all(workers.map(worker => once(worker, 'message')));
	return {workers, router: new SkeletonRouter(ports)};
}

type Loading = Pick<RunningSystem, 'measure' | 'stop'>;

async function loadHere(router: SkeletonRouter): Promise<Loading> {
	const {port1, port2} = new MessageChannel();
	router.route({type: 'hello', to: 0, replies: port2});
	const client = new BatchedClient(router.route, port1);
	await fill(client);
	return {
		measure: async (load: Load): Promise<Measurement> => runLoad(client, load, cpuClock()),
		stop: async () => port1.close(),
	};
}

async function loadFromThread(router: SkeletonRouter, shape: SkeletonShape): Promise<Loading> {
	const replies = new MessageChannel();
	const requests = new MessageChannel();
	router.route({type: 'hello', to: 0, replies: replies.port2});
	router.attach(requests.port1);
	const thread = new LoadThread();
	const ports = [requests.port2, replies.port1];
	await thread.connect({type: 'skeleton', shape, port: requests.port2, replies: replies.port1}, ports);
	return {measure: load => thread.measure(load), stop: () => thread.stop()};
}
