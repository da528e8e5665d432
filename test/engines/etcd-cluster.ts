/** A real etcd cluster of three members on loopback, in a temporary folder, for one test file. */
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {createServer, type AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

/** Why the tests of this folder have nothing to talk to. */
export const etcdMissing =
	spawnSync('etcd', ['--version']).status === 0 ? undefined : 'etcd is not installed (apt-get install etcd-server)';

const memberCount = 3;

interface Member {
	readonly clientPort: number;
	readonly args: readonly string[];
	process: ChildProcess;
}

export interface EtcdClusterOptions {
	/** Clients have to speak TLS: files of the server's certificate and key, and of the authority of clients' certificates. */
	readonly tls?: {readonly cert: string; readonly key: string; readonly clientCa?: string};
	/** More of etcd's own. */
	readonly flags?: Readonly<Record<string, string>>;
}

export class EtcdCluster {
	readonly #directory: string;
	readonly #members: readonly Member[];
	readonly #scheme: string;

	private constructor(directory: string, members: readonly Member[], scheme: string) {
		this.#directory = directory;
		this.#members = members;
		this.#scheme = scheme;
	}

	static async start({tls, flags}: EtcdClusterOptions = {}): Promise<EtcdCluster> {
		const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-etcd-'));
		const ports = await freePorts(2 * memberCount);
		const peers = ports.slice(memberCount).map((port, member) => `m${member}=http://127.0.0.1:${port}`);
		const members = peers.map((peer, member): Member => {
			const clientUrl = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${ports[member]}`;
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
				...tlsFlags(tls),
				...flags,
			}).map(([name, value]) => `--${name}=${value}`);
			return {clientPort: ports[member]!, args, process: launch(args)};
		});
		return new EtcdCluster(directory, members, tls === undefined ? 'etcd' : 'etcds');
	}

	/** `host:port` of each member. */
	get addresses(): readonly string[] {
		return this.#members.map(({clientPort}) => `127.0.0.1:${clientPort}`);
	}

	/** For all members, or some; keys under this prefix are the test's own. */
	url(prefix: string, addresses = this.addresses): string {
		return `${this.#scheme}://${addresses.join(',')}/${prefix}`;
	}

	/** kill -9. */
	async kill(member: number): Promise<void> {
		const {process} = this.#members[member]!;
		if (process.exitCode !== null || process.signalCode !== null) return;
		process.kill('SIGKILL');
		await once(process, 'exit');
	}

	/** `flags` take the place of those that it had. */
	restart(member: number, ...flags: readonly string[]): void {
		const entry = this.#members[member]!;
		entry.process = launch([...entry.args, ...flags]);
	}

	/** It stands still: connections to it are taken, by the kernel, and nothing is answered. */
	async pause(member: number): Promise<void> {
		const {process} = this.#members[member]!;
		process.kill('SIGSTOP');
		// The call returns before the threads on other cores have stopped: one of them may still answer a request.
		while (!(await standsStill(process.pid!))) await sleep(1);
	}

	resume(member: number): void {
		this.#members[member]!.process.kill('SIGCONT');
	}

	/** Whatever a test did to them: the next one finds all members running. */
	revive(): void {
		for (const [member, {process}] of this.#members.entries()) {
			if (process.exitCode === null && process.signalCode === null) this.resume(member);
			else this.restart(member);
		}
	}

	/** All members lose all that they held, and begin anew. */
	async wipe(...flags: readonly string[]): Promise<void> {
		await Promise.all(this.#members.map((_, member) => this.kill(member)));
		await Promise.all(
			this.#members.map((_, member) => rm(path.join(this.#directory, `m${member}`), {recursive: true, force: true})),
		);
		for (const member of this.#members.keys()) this.restart(member, ...flags);
	}

	async close(): Promise<void> {
		await Promise.all(this.#members.map((_, member) => this.kill(member)));
		await rm(this.#directory, {recursive: true, force: true});
	}
}

const tlsFlags = (tls: EtcdClusterOptions['tls']): Record<string, string> => ({
	...(tls === undefined ? {} : {'cert-file': tls.cert, 'key-file': tls.key}),
	...(tls?.clientCa === undefined ? {} : {'client-cert-auth': 'true', 'trusted-ca-file': tls.clientCa}),
});

/** Whether each thread of a process that was stopped has stopped. Without Linux's /proc nobody tells. */
async function standsStill(pid: number): Promise<boolean> {
	if (process.platform !== 'linux') return true;
	const folder = `/proc/${pid}/task`;
	const states = (await readdir(folder)).map(async thread => {
		const stat = await readFile(path.join(folder, thread, 'stat'), 'utf8');
		// The state stands behind the name, which is in parentheses and may hold anything.
		return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
	});
	return (await Promise.all(states)).every(Boolean);
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
