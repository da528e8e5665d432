/** Runs the program of a client once, on a fresh server: Redis, ours, or ours with its leader killed in the middle. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {Cluster} from '../../actors/cluster/cluster.js';
import type {Executor} from '../../actors/executor.js';
import {startRedisGateway} from '../../actors/redis/gateway.js';
import {withServer} from '../redis-suite/suite-servers.js';
import type {Installed} from './install.js';

export interface ProgramRun {
	/** Why it failed; `undefined`: it ended with 0. */
	readonly failure: string | undefined;
	/** How often it asked the service; commands that need no key are not counted. */
	readonly operations: number;
	readonly seconds: number;
}

type Ready = Extract<Installed, {type: 'ready'}>;

const programTimeoutMs = 60_000;
const leaderTimeoutMs = 30_000;
const operationTimeoutMs = 30_000;
/** Its thread is gone for so long. */
const downMs = 2000;

export const runAtRedis = async (program: Ready, scratch: string): Promise<ProgramRun> =>
	withServer('redis', scratch, async port => runProgram(program, port, () => 0));

/** With `before`, an earlier run, the leader is killed when half of its operations are done; without any, when it starts. */
export async function runAtPort(program: Ready, before?: ProgramRun): Promise<ProgramRun> {
	const cluster = await Cluster.start({nodes: 3});
	const killer = new LeaderKiller(cluster, before);
	try {
		await killer.start();
		const clerk = cluster.clerk({timeoutMs: operationTimeoutMs, refuseWhileDown: true});
		const client: Executor = {execute: (operation, options) => (killer.count(), clerk.execute(operation, options))};
		const gateway = await startRedisGateway({client, port: 0, info: async () => ({nodes: 3})});
		const run = await runProgram(program, gateway.port, () => killer.operations);
		await gateway.close();
		return killer.isDue ? {...run, failure: 'the leader was not killed: it ended too soon'} : run;
	} finally {
		await killer.stop();
		await cluster.close();
	}
}

class LeaderKiller {
	operations = 0;
	/** Of the kill and the restart. */
	#settled: Promise<void> = Promise.resolve();
	readonly #cluster: Cluster;
	readonly #before: ProgramRun | undefined;
	isDue: boolean;

	constructor(cluster: Cluster, before: ProgramRun | undefined) {
		this.#cluster = cluster;
		this.#before = before;
		this.isDue = before !== undefined;
	}

	async start(): Promise<void> {
		await this.#cluster.waitForLeader(leaderTimeoutMs);
		if (this.#before?.operations === 0) this.#begin();
	}

	count(): void {
		this.operations += 1;
		if (this.#before !== undefined && this.operations === Math.ceil(this.#before.operations / 2)) this.#begin();
	}

	async stop(): Promise<void> {
		await this.#settled;
	}

	#begin(): void {
		this.isDue = false;
		this.#settled = this.#kill();
	}

	async #kill(): Promise<void> {
		const leader = await this.#cluster.waitForLeader(leaderTimeoutMs);
		await this.#cluster.kill(leader);
		await new Promise(resolve => void setTimeout(resolve, downMs));
		await this.#cluster.restart(leader);
	}
}

async function runProgram({words, cwd}: Ready, port: number, operations: () => number): Promise<ProgramRun> {
	const [program, ...args] = words;
	const begin = performance.now();
	const env = {...process.env, REDIS_PORT: String(port)};
	const child = spawn(program, args, {
		cwd,
		env,
		stdio: ['ignore', 'ignore', 'pipe'],
		timeout: programTimeoutMs,
		killSignal: 'SIGKILL',
	});
	let output = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(0, 16_384)));
	const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
	const seconds = (performance.now() - begin) / 1000;
	const failure =
		status === 0
			? undefined
			: signal === null
				? reasonIn(output)
				: `it did not end within ${programTimeoutMs / 1000} s: ${reasonIn(output)}`;
	return {failure, operations: operations(), seconds};
}

/** The line that says most: a reply that is an error, or an error of the language. */
function reasonIn(output: string): string {
	const lines = output
		.split('\n')
		.map(line => line.trim())
		.filter(line => line !== '');
	const reply = lines.find(line => /\b(ERR|UNCERTAIN|TRYAGAIN|WRONGTYPE|NOSCRIPT|CLUSTERDOWN|EXECABORT)\b/.test(line));
	const error = lines.find(line => /Error|Exception|instead of|assert/i.test(line));
	return (reply ?? error ?? lines.at(-1) ?? 'it said nothing').slice(0, 200);
}
