/** A real etcd cluster of three members on loopback, in a temporary folder, for one test file. */
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {createServer, type AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

/** Without it the tests of this folder have nothing to talk to, say so, and skip. */
export const isEtcdInstalled = spawnSync('etcd', ['--version']).status === 0;
export const etcdMissing = 'etcd is not installed (apt-get install etcd-server): skipped';

const memberCount = 3;

interface Member {
	readonly clientPort: number;
	readonly args: readonly string[];
	process: ChildProcess;
}

export class EtcdCluster {
	readonly #directory: string;
	readonly #members: readonly Member[];

	private constructor(directory: string, members: readonly Member[]) {
		this.#directory = directory;
		this.#members = members;
	}

	static async start(): Promise<EtcdCluster> {
		const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-etcd-'));
		const ports = await freePorts(2 * memberCount);
		const peers = ports.slice(memberCount).map((port, member) => `m${member}=http://127.0.0.1:${port}`);
		const members = peers.map((peer, member): Member => {
			const clientUrl = `http://127.0.0.1:${ports[member]}`;
			const peerUrl = peer.slice(peer.indexOf('=') + 1);
			const args = Object.entries({
				name: `m${member}`,
				'data-dir': path.join(directory, `m${member}`),
				'listen-client-urls': clientUrl,
				'advertise-client-urls': clientUrl,
				'listen-peer-urls': peerUrl,
				'initial-advertise-peer-urls': peerUrl,
				'initial-cluster': peers.join(','),
				'initial-cluster-state': 'new',
				'heartbeat-interval': '50',
				'election-timeout': '500',
				'log-level': 'error',
			}).map(([name, value]) => `--${name}=${value}`);
			return {clientPort: ports[member]!, args, process: launch(args)};
		});
		return new EtcdCluster(directory, members);
	}

	/** `host:port` of each member. */
	get addresses(): readonly string[] {
		return this.#members.map(({clientPort}) => `127.0.0.1:${clientPort}`);
	}

	/** For all members; keys under this prefix are the test's own. */
	url(prefix: string): string {
		return `etcd://${this.addresses.join(',')}/${prefix}`;
	}

	/** kill -9. */
	async kill(member: number): Promise<void> {
		const {process} = this.#members[member]!;
		if (process.exitCode !== null || process.signalCode !== null) return;
		process.kill('SIGKILL');
		await once(process, 'exit');
	}

	restart(member: number): void {
		const entry = this.#members[member]!;
		entry.process = launch(entry.args);
	}

	async close(): Promise<void> {
		await Promise.all(this.#members.map((_, member) => this.kill(member)));
		await rm(this.#directory, {recursive: true, force: true});
	}
}

const launch = (args: readonly string[]): ChildProcess => spawn('etcd', args, {stdio: 'ignore'});

export async function freePorts(count: number): Promise<readonly number[]> {
	const servers = await Promise.all(
		Array.from({length: count}, async () => {
			const server = createServer().listen(0, '127.0.0.1');
			await once(server, 'listening');
			return server;
		}),
	);
	const ports = servers.map(server => (server.address() as AddressInfo).port);
	await Promise.all(servers.map(server => once(server.close(), 'close')));
	return ports;
}
