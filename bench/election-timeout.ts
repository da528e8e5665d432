/**
 * Question: how low can the election timeout be on this machine before a healthy leader is deposed?
 *
 * For each timeout (the heartbeat is a sixth of it, as in the defaults) a cluster runs at full load, first with the machine
 * to itself and then with a busy loop on every core. Every term that begins is an election that nobody needed.
 *
 *     node dist/bench/election-timeout.js [--timeouts 30,50,75,100,150,200,300] [--seconds 20] [--nodes 3,5] [--smoke]
 */
import {availableParallelism} from 'node:os';
import {setTimeout} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {Worker} from 'node:worker_threads';
import {Cluster} from '../actors/cluster/cluster.js';
import {ClosedLoop} from './load.js';

const {values} = parseArgs({
	options: {
		timeouts: {type: 'string', default: '30,50,75,100,150,200,300'},
		seconds: {type: 'string', default: '20'},
		nodes: {type: 'string', default: '3,5'},
		smoke: {type: 'boolean', default: false},
	},
});
const numbersOf = (list: string): readonly number[] => list.split(',').map(Number);
const timeouts = values.smoke ? [300] : numbersOf(values.timeouts);
const seconds = values.smoke ? 0.5 : Number(values.seconds);

const heartbeatsPerTimeout = 6;
const inFlight = 1024;
const leaderTimeoutMs = 20_000;
/** The first second of a process compiles code. */
const warmUpMs = values.smoke ? 100 : 2000;

interface Finding {
	readonly elections: number;
	readonly opsPerSecond: number;
}

async function measure(nodes: number, electionTimeoutMs: number): Promise<Finding> {
	const cluster = await Cluster.start({
		nodes,
		limits: {electionTimeoutMs, heartbeatMs: electionTimeoutMs / heartbeatsPerTimeout},
	});
	const clerk = cluster.clerk();
	try {
		await cluster.waitForLeader(leaderTimeoutMs);
		let completed = 0;
		const loop = new ClosedLoop(
			clerk,
			{workload: 'write', inFlight, seed: 1},
			{completed: () => void completed++, failed: () => undefined},
		);
		const run = loop.run();
		await setTimeout(warmUpMs);
		const termBefore = await termOf(cluster);
		const completedBefore = completed;
		await setTimeout(seconds * 1000);
		const opsPerSecond = (completed - completedBefore) / seconds;
		const elections = (await termOf(cluster)) - termBefore;
		loop.stop();
		await run;
		return {elections, opsPerSecond};
	} finally {
		clerk.close();
		await cluster.close();
	}
}

async function termOf(cluster: Cluster): Promise<number> {
	const statuses = await cluster.status();
	return Math.max(...statuses.map(({replica}) => replica?.currentTerm ?? 0));
}

/** A busy loop on every core. */
function keepBusy(): {stop(): Promise<void>} {
	const workers = Array.from({length: availableParallelism()}, () => new Worker('for (;;);', {eval: true}));
	return {
		stop: async () => void (await Promise.all(workers.map(worker => worker.terminate()))),
	};
}

console.log(`terms that began within ${seconds} s of ${inFlight} writes in flight (writes per second)`);
for (const nodes of numbersOf(values.nodes)) {
	for (const electionTimeoutMs of timeouts) {
		const alone = await measure(nodes, electionTimeoutMs);
		const busy = keepBusy();
		let crowded: Finding;
		try {
			crowded = await measure(nodes, electionTimeoutMs);
		} finally {
			await busy.stop();
		}
		const text = ({elections, opsPerSecond}: Finding): string => `${elections} (${opsPerSecond.toFixed(0)}/s)`;
		console.log(`${nodes} nodes, ${electionTimeoutMs} ms: alone ${text(alone)}, with every core busy ${text(crowded)}`);
	}
}
