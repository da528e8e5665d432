import {rm} from 'node:fs/promises';
import {Cluster} from '../../../actors/cluster/cluster.js';
import {nodeId} from '../../../src/raft/types.js';
import {connectRedis} from '../kit/connect-redis.js';
import {runCommand, Server, startTimeoutMs} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

/** From before the first file is there to after the last. */
const killAfterMsMax = 2500;

type Start = (trial: Trial, directory: string) => Promise<void>;

export const freshDirectory: Row = {
	name: 'fresh-directory',
	title: 'a first start that was ended at any moment, by any means, leaves a directory that the next start can use',
	weight: 40,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const starts = trial.random.shuffle(Object.entries(firstStarts));
		for (let number = 0; number === 0 || !trial.isOver; number++) {
			const [what, start] = starts[number % starts.length]!;
			const directory = await trial.makeFolder(`data-${number}`);
			await start(trial, directory);
			trial.fault();
			const server = new Server(trial, {args: ['--nodes', '3', '--dir', directory]});
			const refusal = await serves(server);
			await server.kill();
			trial.operation();
			if (refusal === undefined) await rm(directory, {recursive: true, force: true});
			else trial.find(`after ${what}: ${refusal} (in ${directory})`);
			trial.tell(`${number + 1} directories`);
			trial.signal.throwIfAborted();
		}
	},
};

const firstStarts: Readonly<Record<string, Start>> = {
	'a script of one line': async (trial, directory) => {
		const {code, errors} = await runCommand({
			args: ['start', '--nodes', '3', '--dir', directory, '--redis-port', '0'],
			script: 'help\n',
			timeoutMs: startTimeoutMs,
		});
		if (code !== 0) trial.find(`a script of one line ended with ${code}: ${errors}`);
	},
	'SIGKILL at some moment': async (trial, directory) => {
		const server = new Server(trial, {args: ['--nodes', '3', '--dir', directory]});
		await trial.sleep(trial.random.integer(0, killAfterMsMax));
		await server.kill();
	},
	'SIGKILL right after it said that it is ready': async (trial, directory) => {
		const server = new Server(trial, {args: ['--nodes', '3', '--dir', directory]});
		await server.ready();
		await server.kill();
	},
	'start and close': async (_, directory) => {
		const cluster = await Cluster.start({nodes: 3, directory});
		await cluster.close();
	},
	'start, kill, restart, close': async (_, directory) => {
		const cluster = await Cluster.start({nodes: 3, directory});
		await cluster.kill(nodeId(1));
		await cluster.restart(nodeId(1));
		await cluster.close();
	},
	'a node that was cut off from the start': async (_, directory) => {
		const cluster = await Cluster.start({nodes: 3, directory});
		cluster.faults.isolate(2);
		await cluster.clerk().put('before', '1');
		await cluster.close();
	},
};

/** What kept it from serving. */
async function serves(server: Server): Promise<string | undefined> {
	try {
		const redis = connectRedis(await server.ready());
		await redis.set('fresh', 'yes');
		const value = await redis.get('fresh');
		redis.disconnect();
		return value === 'yes' ? undefined : `it answers ${String(value)}`;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}
