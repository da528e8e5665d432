/** A redis-server 7.0, whose replies are those to be given. */
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import type {ExecutionContext} from 'ava';
import {needing} from '../needs.js';

const {stdout: version} = spawnSync('redis-server', ['--version'], {encoding: 'utf8'});
/** A test that needs it. */
export const oracleTest = needing(
	version?.includes('v=7.0.') ? undefined : `redis-server 7.0 is not installed (${version?.trim() ?? 'there is none'})`,
);

/** On a socket file. */
export async function startRedis(t: ExecutionContext, ...settings: readonly string[]): Promise<{path: string}> {
	const directory = await mkdtemp(join(tmpdir(), 'threadraft-redis-'));
	const path = join(directory, 'socket');
	const place = ['--port', '0', '--unixsocket', path, '--save', '', '--dir', directory];
	const server = spawn('redis-server', [...place, ...settings]);
	t.teardown(async () => {
		server.kill();
		await once(server, 'exit');
		await rm(directory, {recursive: true});
	});
	for await (const line of createInterface(server.stdout)) if (line.includes('ready to accept connections at')) break;
	server.stdout.resume();
	return {path};
}
