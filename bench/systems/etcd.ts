/** etcd: processes of its own on loopback, reached by its npm client. */
import path from 'node:path';
import {cpuClock} from '../cpu.js';
import {fill, runLoad} from '../load.js';
import {makeScratch, removeScratch} from '../scratch.js';
import {EtcdClient} from './etcd-client.js';
import {ServerProcess, waitUntil} from './servers.js';
import {attemptTimeoutMs, type Crashable, type RunningSystem, type StartOptions} from './system.js';

const startTimeoutMs = 30_000;
/** etcd's own defaults. */
const electionTimeoutMs = 1000;

interface Member {
	readonly args: readonly string[];
	readonly client: string;
	process: ServerProcess;
}

/** `memoryDirectory`: where its data is when no disk shall be waited for. */
export async function startEtcd(
	{nodes, durability, directory, ports}: StartOptions,
	memoryDirectory: string,
): Promise<RunningSystem> {
	const place = durability === 'durable' ? directory : await makeScratch(memoryDirectory);
	const members = startMembers(nodes, place, ports);
	const client = new EtcdClient(members.map(member => member.client));
	const isReady = waitUntil('etcd has no leader', startTimeoutMs, async () => {
		await client.execute({type: 'put', key: 'ready', value: new Uint8Array(1)});
		return true;
	});
	await Promise.race([isReady, ...members.map(member => member.process.died)]);
	await fill(client);
	return {
		measure: load => runLoad(client, load, cpuClock(members.map(({process: {pid}}) => pid))),
		async stop() {
			client.close();
			await Promise.all(members.map(member => member.process.stop()));
			await removeScratch(place);
		},
		crashable: crashesOf(members),
	};
}

function startMembers(nodes: number, place: string, ports: readonly number[]): readonly Member[] {
	const names = Array.from({length: nodes}, (_, id) => `n${id}`);
	const peerOf = (id: number): string => `http://127.0.0.1:${ports[id]}`;
	const initialCluster = names.map((name, id) => `${name}=${peerOf(id)}`).join(',');
	return names.map((name, id) => {
		const client = `http://127.0.0.1:${ports[nodes + id]}`;
		const flags = {
			name,
			'data-dir': path.join(place, name),
			'listen-peer-urls': peerOf(id),
			'initial-advertise-peer-urls': peerOf(id),
			'listen-client-urls': client,
			'advertise-client-urls': client,
			'initial-cluster': initialCluster,
			'initial-cluster-state': 'new',
		};
		const args = Object.entries(flags).map(([flag, text]) => `--${flag}=${text}`);
		return {args, client, process: new ServerProcess('etcd', args)};
	});
}

function crashesOf(members: readonly Member[]): Crashable {
	return {
		connect: () =>
			new EtcdClient(
				members.map(({client}) => client),
				{attemptTimeoutMs},
			),
		electionTimeoutMs,
		async killLeader() {
			const leader = (await statuses(members)).find(({memberId, leader: its}) => memberId === its)?.node;
			if (leader === undefined) throw new Error('etcd has no leader to kill');
			const killedAt = performance.now();
			members[leader]!.process.kill();
			return {node: leader, killedAt};
		},
		async restart(node) {
			const member = members[node]!;
			member.process = new ServerProcess('etcd', member.args);
			await waitUntil('the etcd node that was killed is not back', startTimeoutMs, async () =>
				(await statuses(members)).some(status => status.node === node),
			);
		},
		term: async () => Math.max(...(await statuses(members)).map(({term}) => term)),
	};
}

/** Of the members that answer. */
async function statuses(members: readonly Member[]) {
	const asked = members.map(async ({client: host}, node) => {
		const client = new EtcdClient([host]);
		try {
			return {node, ...(await client.status())};
		} finally {
			client.close();
		}
	});
	const settled = await Promise.allSettled(asked);
	return settled.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
}
