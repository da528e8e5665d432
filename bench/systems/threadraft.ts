/** threadraft itself, reached through a clerk: on the thread of the supervisor and the router, or on a thread of its own. */
import {Cluster} from '../../actors/cluster/cluster.js';
import {nodeId} from '../../src/raft/types.js';
import {defaultRaftLimits} from '../../src/raft/options.js';
import {cpuClock} from '../cpu.js';
import {fill, runLoad} from '../load.js';
import {LoadThread} from '../load-pool.js';
import {attemptTimeoutMs, type Crashable, type RunningSystem, type StartOptions} from './system.js';

const leaderTimeoutMs = 20_000;

/** A cluster with a leader. */
export async function startCluster({nodes, durability, directory, build}: StartOptions): Promise<Cluster> {
	const code =
		build === undefined ? {Cluster} : await ofBuild<{Cluster: typeof Cluster}>(build, 'actors/cluster/cluster.js');
	const cluster = await code.Cluster.start({nodes, ...(durability === 'durable' ? {directory} : {})});
	await cluster.waitForLeader(leaderTimeoutMs);
	return cluster;
}

/** A module of another build. Where a file has moved since, that build cannot be measured. */
export const ofBuild = async <Module>(build: string, file: string): Promise<Module> =>
	(await import(new URL(file, build).href)) as Module;

export async function startWithClerk(options: StartOptions): Promise<RunningSystem> {
	const cluster = await startCluster(options);
	const clerk = cluster.clerk();
	await fill(clerk);
	return {
		measure: load => runLoad(clerk, load, cpuClock()),
		stop: () => cluster.close(),
		crashable: crashesOf(cluster),
	};
}

export async function startWithClerkThread(options: StartOptions): Promise<RunningSystem> {
	const cluster = await startCluster(options);
	const thread = new LoadThread();
	const clerk = cluster.clerkPort();
	await thread.connect({type: 'clerk', clerk}, [clerk.port]);
	return {
		measure: load => thread.measure(load),
		async stop() {
			await thread.stop();
			await cluster.close();
		},
	};
}

function crashesOf(cluster: Cluster): Crashable {
	return {
		connect: () => cluster.clerk({limits: {attemptTimeoutMs}}),
		electionTimeoutMs: defaultRaftLimits.electionTimeoutMs,
		async killLeader() {
			const leader = await cluster.waitForLeader(leaderTimeoutMs);
			const killedAt = performance.now();
			await cluster.kill(leader);
			return {node: leader, killedAt};
		},
		restart: node => cluster.restart(nodeId(node)),
		async term() {
			const terms = (await cluster.status()).map(({replica}) => replica?.currentTerm ?? 0);
			return Math.max(...terms);
		},
	};
}
