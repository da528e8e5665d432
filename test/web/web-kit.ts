/** A page's server in this process, before a cluster that only the tests know. */
import {request} from 'node:http';
import type {ExecutionContext} from 'ava';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {nodeId} from '../../src/raft/types.js';
import type {NodeStatus} from '../../actors/cluster/node-state.js';
import {ClusterRecorder, type RecordedCluster} from '../../actors/observe/cluster-recorder.js';
import type {MessageSighting} from '../../actors/network/message-tap.js';
import {noTraffic} from '../../actors/network/router-counters.js';
import type {WatchedCluster} from '../../actors/web/feed.js';
import {openPage} from '../../actors/web/open-page.js';
import {MemoryTarget} from '../console/memory-target.js';

/** Three nodes that are up and tell nothing of themselves; it counts who looks. */
export class QuietCluster implements WatchedCluster, RecordedCluster {
	readonly nodeIds = [nodeId(0), nodeId(1), nodeId(2)];
	readonly faults = new FaultPlan({faults: []}, {nodeCount: 3});
	readonly injected = [];
	readonly traffic = noTraffic();
	readonly operations = {answered: 0, failed: 0};
	looks = 0;
	readonly taps = new Set<(sighting: MessageSighting) => void>();

	async status(): Promise<readonly NodeStatus[]> {
		this.looks++;
		return this.nodeIds.map(id => ({
			id,
			state: 'down',
			replica: undefined,
			error: undefined,
			damage: undefined,
			faults: [],
		}));
	}

	onMessage(listener: (sighting: MessageSighting) => void): () => void {
		this.taps.add(listener);
		return () => void this.taps.delete(listener);
	}

	on(): void {}

	off(): void {}
}

export interface OpenedPage {
	readonly cluster: QuietCluster;
	readonly target: MemoryTarget;
	readonly port: number;
	readonly token: string;
	close(): Promise<void>;
}

export async function opened(t: ExecutionContext): Promise<OpenedPage> {
	const cluster = new QuietCluster();
	const target = new MemoryTarget();
	// No time passes in it: whoever looks does so for a page.
	const recorder = new ClusterRecorder(cluster, {every: () => () => undefined});
	const page = await openPage({cluster, target, recorder, port: 0, title: 'three nodes'});
	t.teardown(() => page.close());
	const link = new URL(page.link);
	const token = link.searchParams.get('token') ?? '';
	return {cluster, target, port: Number(link.port), token, close: () => page.close()};
}

export interface Asked {
	readonly method?: string;
	readonly path: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string;
}

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, unknown>>;
	readonly text: string;
}

/** With exactly these headers: a browser's own client would set some of its own. */
export async function ask(port: number, {method = 'GET', path, headers = {}, body}: Asked): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asking = request({host: '127.0.0.1', port, method, path, headers, agent: false}, response => {
			let text = '';
			response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
			response.on('end', () => resolve({status: response.statusCode ?? 0, headers: response.headers, text}));
			response.on('error', reject);
		});
		asking.on('error', reject);
		asking.end(body);
	});
}
