import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import {Cluster} from '../../../actors/cluster/cluster.js';
import {connectRedis} from '../kit/connect-redis.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const host = fileURLToPath(new URL('../kit/host-process.js', import.meta.url));
const rivals = 6;

type Attempt = (trial: Trial, directory: string) => Promise<void>;

export const locks: Row = {
	name: 'locks',
	title:
		'a directory is free as soon as whoever had it is dead or closed, and of many that want it at once exactly one has it',
	weight: 40,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const attempts = trial.random.shuffle(Object.entries(takers));
		for (let number = 0; number === 0 || !trial.isOver; number++) {
			const [what, attempt] = attempts[number % attempts.length]!;
			try {
				await attempt(trial, await trial.makeFolder(`data-${number}`));
			} catch (error) {
				trial.find(`${what}: ${error instanceof Error ? error.message : String(error)}`);
			}
			trial.fault();
			trial.operation();
			trial.tell(`${number + 1} directories`);
			trial.signal.throwIfAborted();
		}
	},
};

async function startAndClose(directory: string): Promise<void> {
	const cluster = await Cluster.start({nodes: 3, directory});
	await cluster.clerk().append('starts', '1');
	await cluster.close();
}

const takers: Readonly<Record<string, Attempt>> = {
	'closed after a node was killed': async (trial, directory) => {
		const cluster = await Cluster.start({nodes: 3, directory});
		await cluster.clerk().append('starts', '1');
		await cluster.kill(trial.random.pick(cluster.nodeIds));
		await cluster.close();
		await startAndClose(directory);
	},
	'a worker thread that was terminated': async (_, directory) => {
		const code = `
			import {Cluster} from ${JSON.stringify(new URL('../../../actors/index.js', import.meta.url).href)};
			import {parentPort} from 'node:worker_threads';
			const cluster = await Cluster.start({nodes: 1, directory: ${JSON.stringify(directory)}});
			parentPort.postMessage('ready');
		`;
		const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
		await once(worker, 'message');
		await worker.terminate();
		const cluster = await Cluster.start({nodes: 1, directory});
		await cluster.close();
	},
	'a zombie': async (trial, directory) => {
		// The shell becomes a process that never asks what became of its child.
		const options = JSON.stringify({nodes: 3, directory});
		const parent = spawn('sh', ['-c', `"$@" & exec sleep 600`, 'sh', process.execPath, host, options], {
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		trial.defer(() => parent.kill('SIGKILL'));
		await once(parent.stdout, 'data');
		const child = spawn('pgrep', ['-P', String(parent.pid)], {stdio: ['ignore', 'pipe', 'ignore']});
		const [pid] = (await once(child.stdout, 'data')) as [Buffer];
		process.kill(Number(pid.toString()), 'SIGKILL');
		await trial.sleep(200);
		try {
			await startAndClose(directory);
		} finally {
			parent.kill('SIGKILL');
		}
	},
	[`${rivals} processes at once`]: async (trial, directory) => {
		await startAndClose(directory);
		const servers = Array.from({length: rivals}, () => new Server(trial, {args: {nodes: 3, directory}}));
		const ports = await Promise.allSettled(servers.map(server => server.ready()));
		const winners = ports.flatMap(port => (port.status === 'fulfilled' ? [port.value] : []));
		const answers = await Promise.all(winners.map(port => appendTo(port)));
		for (const server of servers) await server.kill();
		const refusals = servers.filter(({errors}) => /in use/.test(errors)).length;
		trial.demand(
			winners.length === 1 && answers[0] === 2,
			`${winners.length} of ${rivals} run (${answers.join(', ')})`,
		);
		trial.demand(refusals === rivals - 1, `only ${refusals} of the others were told that the directory is in use`);
	},
};

async function appendTo(port: number): Promise<number> {
	const redis = connectRedis(port);
	const length = await redis.append('starts', '1');
	redis.disconnect();
	return length;
}
