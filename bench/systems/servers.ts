/** Server programs that the bench starts by itself on this machine, and takes along when it ends. */
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {connect, createServer} from 'node:net';

const stopTimeoutMs = 5000;
const pollMs = 20;

/** Whether there is such a program. */
export const isInstalled = (program: string, versionFlag = '--version'): boolean =>
	spawnSync(program, [versionFlag], {stdio: 'ignore'}).error === undefined;

/** What a program says of its version, the first line of it; `undefined`: it is not there. */
export function versionOf(program: string): string | undefined {
	const {stdout, error} = spawnSync(program, ['--version'], {encoding: 'utf8'});
	return error === undefined ? stdout.split('\n')[0]?.trim() : undefined;
}

/** Below those that a system takes for outgoing connections: one of these could hold the port when the server wants it. */
const portRange = {min: 20_000, max: 32_000} as const;

/** Different ports that nobody listens on at the moment. To be called in one process for all that start together. */
export async function freePorts(count: number): Promise<readonly number[]> {
	const ports = new Set<number>();
	while (ports.size < count) {
		const port = portRange.min + Math.floor(Math.random() * (portRange.max - portRange.min));
		if (!ports.has(port) && (await isFree(port))) ports.add(port);
	}
	return [...ports];
}

async function isFree(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}

/** Asks until it is answered. */
export async function waitUntil(what: string, timeoutMs: number, isTrue: () => Promise<boolean>): Promise<void> {
	const deadline = performance.now() + timeoutMs;
	while (!(await isTrue().catch(() => false))) {
		if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
		await new Promise(resolve => void setTimeout(resolve, pollMs));
	}
}

/** Waits for somebody to listen on a port. */
export async function waitForPort(what: string, timeoutMs: number, port: number): Promise<void> {
	await waitUntil(what, timeoutMs, async () => {
		const socket = connect(port, '127.0.0.1');
		try {
			await once(socket, 'connect');
			return true;
		} finally {
			socket.destroy();
		}
	});
}

const running = new Set<ServerProcess>();
process.once('exit', () => {
	for (const server of running) server.kill();
});

export class ServerProcess {
	/** Rejects when it ends before it was told to. */
	readonly died: Promise<never>;
	readonly pid: number;
	readonly #child: ChildProcess;
	readonly #exited: Promise<unknown>;

	constructor(program: string, args: readonly string[]) {
		this.#child = spawn(program, args, {stdio: 'ignore'});
		this.#exited = once(this.#child, 'exit');
		this.died = this.#exited.then(() => {
			throw new Error(`${program} has ended: run '${program} ${args.join(' ')}' to see why`);
		});
		this.died.catch(() => undefined);
		if (this.#child.pid === undefined) throw new Error(`${program} cannot be started: is it installed?`);
		this.pid = this.#child.pid;
		running.add(this);
		this.#child.once('exit', () => running.delete(this));
	}

	/** At once, as a crash. */
	kill(): void {
		this.#child.kill('SIGKILL');
	}

	async stop(): Promise<void> {
		if (!running.has(this)) return;
		this.#child.kill('SIGTERM');
		const timer = setTimeout(() => this.kill(), stopTimeoutMs);
		await this.#exited;
		clearTimeout(timer);
	}
}
