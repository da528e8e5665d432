/** The two servers that the suite judges: ours as a user starts it, and redis-server. A fresh one for each run of a unit. */
import {mkdir, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import path from 'node:path';
import {freePorts, ServerProcess, waitForPort} from '../systems/servers.js';

export type ServerKind = 'redis' | 'threadraft';

const startTimeoutMs = 60_000;
const cli = fileURLToPath(new URL('../../workers/cli.js', import.meta.url));

/** Runs `use` with the port of a fresh server, which is gone afterwards. `password`: what it wants; nothing without one. */
export async function withServer<Result>(
	kind: ServerKind,
	folder: string,
	use: (port: number) => Promise<Result>,
	password?: string,
): Promise<Result> {
	const [port] = await freePorts(1);
	const start = kind === 'redis' ? startRedis : startThreadraft;
	const server = await start(port!, folder, password);
	try {
		await Promise.race([waitForPort(`${kind} does not listen`, startTimeoutMs, port!), server.died]);
		return await use(port!);
	} finally {
		await server.stop();
	}
}

async function startRedis(port: number, folder: string, password?: string): Promise<ServerProcess> {
	const directory = path.join(folder, `redis-${port}`);
	await mkdir(directory, {recursive: true});
	const quiet = ['--save', '', '--dir', directory, '--bind', '127.0.0.1'];
	// As Redis' own tests in external mode start it.
	const access = password === undefined ? [] : ['--requirepass', password];
	return new ServerProcess('redis-server', ['--port', `${port}`, ...quiet, ...access, '--enable-debug-command', 'yes']);
}

async function startThreadraft(port: number, folder: string, password?: string): Promise<ServerProcess> {
	const cluster = ['--nodes', '3', '--memory', '--serve', '--redis-port', `${port}`];
	if (password === undefined) return new ServerProcess(process.execPath, [cli, 'start', ...cluster]);
	const file = path.join(folder, `password-${port}`);
	await writeFile(file, password);
	return new ServerProcess(process.execPath, [cli, 'start', ...cluster, '--redis-password-file', file]);
}
