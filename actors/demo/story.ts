/** The story of a leader crash in five steps, told on a real cluster under load: in the terminal, and on the page. */
import {ThreadraftError} from '../../src/base/errors.js';
import type {ClusterEvent} from '../cluster/cluster-event.js';
import type {NodeStatus} from '../cluster/node-state.js';

/** The cluster that it happens to; a `Cluster` is one. */
interface DemoCluster {
	status(): Promise<readonly NodeStatus[]>;
	waitForLeader(timeoutMs: number): Promise<number>;
	on(name: 'event', listener: (event: ClusterEvent) => void): unknown;
	off(name: 'event', listener: (event: ClusterEvent) => void): unknown;
}

export interface StoryOptions {
	readonly cluster: DemoCluster;
	/** Runs a line of the console, shows it where the story is told, and resolves with the answer. Rejects when the line fails. */
	readonly run: (line: string) => Promise<string>;
	/** Begins a step. */
	readonly step: (title: string) => void;
	readonly tell: (text: string) => void;
	/** Gives people the time to look. Rejects when the story is to end. */
	readonly pause: () => Promise<void>;
	/** Monotonic milliseconds. */
	readonly now: () => number;
}

/** Something did not happen that always happens, or is said to. */
class DemoError extends ThreadraftError {
	override readonly name = 'DemoError';
	readonly code = 'ERR_DEMO';
}

/** How long the cluster may take to choose a leader, ms: far longer than it takes on a busy machine. */
const electionTimeoutMs = 60_000;
/** Of the load: few enough that it goes on for minutes. */
const clients = 4;

interface Crash {
	readonly node: number;
	readonly term: number;
	readonly elected: Promise<Elected>;
}

interface Elected {
	readonly node: number;
	readonly term: number;
	readonly afterMs: number;
}

/** Rejects with a `DemoError`, or as `run` and `pause` do. */
export async function tellStory(options: StoryOptions): Promise<void> {
	const {tell, pause, step} = options;
	step('1/5 Five nodes choose a leader');
	const leader = await options.cluster.waitForLeader(electionTimeoutMs);
	tell(`node ${leader} leads: the others voted for it, and append what it sends them`);
	await pause();
	step('2/5 Clients write, and each write is on a majority of the disks before it is answered');
	await options.run(`load start ${clients}`);
	await tellRate(options);
	step('3/5 The leader crashes');
	const crash = await crashLeader(options);
	const {node, term, afterMs} = await crash.elected;
	step('4/5 The others miss its heartbeats, and choose another');
	tell(
		`node ${node} leads in term ${term}, ${Math.round(afterMs)} ms after the crash; writes wait meanwhile, and go on`,
	);
	await tellRate(options);
	step('5/5 The old leader comes back as a follower, and catches up');
	await options.run(`restart ${crash.node}`);
	await pause();
	tell('Did anybody lose a write, or read an old value? The history of all clients is checked:');
	const verdict = await options.run('load stop');
	if (!/^linearizable\b/m.test(verdict)) throw new DemoError(`the history should be linearizable, and is: ${verdict}`);
}

/** Of the time in which people look. */
async function tellRate({cluster, pause, now, tell}: StoryOptions): Promise<void> {
	const [before, beganAt] = [await commitIndex(cluster), now()];
	await pause();
	const count = (await commitIndex(cluster)) - before;
	tell(`${Math.round((count / (now() - beganAt)) * 1000).toLocaleString('en')} entries committed a second`);
}

async function commitIndex(cluster: DemoCluster): Promise<number> {
	return Math.max(0, ...(await cluster.status()).map(({replica}) => replica?.commitIndex ?? 0));
}

async function crashLeader({cluster, run, now}: StoryOptions): Promise<Crash> {
	const node = await cluster.waitForLeader(electionTimeoutMs);
	const term = Math.max(...(await cluster.status()).map(({replica}) => replica?.currentTerm ?? 0));
	const elected = nextLeader(cluster, term, now);
	// Nobody waits for it where the line fails.
	elected.catch(() => undefined);
	await run(`kill ${node}`);
	return {node, term, elected};
}

/** The first that leads in a term after this one. */
function nextLeader(cluster: DemoCluster, term: number, now: () => number): Promise<Elected> {
	const beganAt = now();
	return new Promise((resolve, reject) => {
		const settle = (action: () => void): void => {
			clearTimeout(timer);
			cluster.off('event', listen);
			action();
		};
		const listen = (event: ClusterEvent): void => {
			if (event.type !== 'roleChanged' || event.role !== 'leader' || event.term <= term) return;
			settle(() => resolve({node: event.id, term: event.term, afterMs: now() - beganAt}));
		};
		const late = new DemoError(
			`no node leads ${electionTimeoutMs / 1000} s after the crash: is the machine very busy?`,
		);
		const timer = setTimeout(() => settle(() => reject(late)), electionTimeoutMs);
		cluster.on('event', listen);
	});
}
