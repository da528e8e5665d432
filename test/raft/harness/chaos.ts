import {strict as check} from 'node:assert';
import type {RaftLimits} from '../../../src/raft/options.js';
import {TestCluster} from '../cluster.js';
import {cleanLinks, type LinkFaults} from './network.js';
import {Random} from './random.js';

/** What a seed stands for. */
export interface Plan {
	readonly seed: number;
	readonly voters: number;
	readonly learners: number;
	readonly limits: Partial<RaftLimits>;
	readonly maxRaftState: number | undefined;
	readonly diskMeanMs: number;
	readonly serviceMeanMs: number;
	readonly links: LinkFaults;
	/** Mean ms between two blows of the nemesis. */
	readonly blowMeanMs: number;
	readonly chaosMs: number;
}

/** Some runs are mild and some extreme: what always rains never gets far. */
export function planOf(seed: number): Plan {
	const random = new Random(seed);
	const isExtreme = random.chance(0.4);
	const isTiny = random.chance(0.6);
	const level = isExtreme ? 1 : random.next() * 0.3;
	return {
		seed,
		voters: random.pick([1, 2, 3, 3, 3, 4, 5, 5, 5, 7]),
		learners: random.pick([0, 0, 0, 1]),
		limits: isTiny
			? {
					appendBytesMax: random.pick([1, 40, 100, 400]),
					snapshotChunkBytes: random.pick([7, 50, 300]),
					inflightBytesMax: random.pick([50, 200, 1000]),
					inflightMessagesMax: random.pick([1, 2, 8]),
					entryBytesMax: 60,
					unappliedBytesMax: random.pick([100, 1000, 10_000]),
					diskStallMs: random.pick([400, 1000, 3000]),
				}
			: {},
		maxRaftState: random.pick([undefined, 150, 400, 1500]),
		diskMeanMs: random.pick([0, 1, 5, 30]),
		serviceMeanMs: random.pick([0, 0, 1, 20]),
		links: {
			loss: level * random.pick([0, 0.05, 0.3]),
			duplication: level * random.pick([0, 0.1, 0.5]),
			replay: level * random.pick([0, 0.02, 0.1]),
			delayMinMs: random.pick([0.1, 1, 5]),
			delayMeanMs: random.pick([0.5, 3, level * 40]),
		},
		blowMeanMs: isExtreme ? random.pick([60, 200]) : random.pick([400, 1000]),
		chaosMs: 4000,
	};
}

const idsOf = (cluster: TestCluster): readonly number[] => cluster.nodes.map(({id}) => id);

function leaderOrAny(cluster: TestCluster): number {
	const leader = cluster.random.chance(0.5) ? cluster.leader() : undefined;
	return leader?.id ?? cluster.random.pick(idsOf(cluster));
}

function shuffled(random: Random, ids: readonly number[]): number[] {
	const rest = [...ids];
	const result: number[] = [];
	while (rest.length > 0) result.push(...rest.splice(random.integer(0, rest.length - 1), 1));
	return result;
}

const blows: readonly ((cluster: TestCluster) => void)[] = [
	function crashOne(cluster) {
		const id = leaderOrAny(cluster);
		cluster.crash(id);
		cluster.later(cluster.random.pick([1, 50, 500, 1500]), () => {
			if (cluster.node(id).life === undefined) cluster.start(id);
		});
	},
	function crashAll(cluster) {
		for (const id of idsOf(cluster)) {
			cluster.crash(id);
			cluster.later(cluster.random.integer(1, 300), () => {
				if (cluster.node(id).life === undefined) cluster.start(id);
			});
		}
	},
	function partition(cluster) {
		const ids = shuffled(cluster.random, idsOf(cluster));
		const border = cluster.random.integer(1, ids.length);
		cluster.network.partition(ids.slice(0, border), ids.slice(border));
	},
	function isolateLeader(cluster) {
		const id = leaderOrAny(cluster);
		cluster.network.partition(
			[id],
			idsOf(cluster).filter(other => other !== id),
		);
	},
	function cutOneWay(cluster) {
		for (let cuts = cluster.random.integer(1, cluster.nodes.length); cuts > 0; cuts--) {
			cluster.network.cut(cluster.random.pick(idsOf(cluster)), cluster.random.pick(idsOf(cluster)));
		}
	},
	function deafenLeader(cluster) {
		const id = leaderOrAny(cluster);
		for (const other of idsOf(cluster)) cluster.network.cut(other, id);
	},
	function healLinks(cluster) {
		cluster.network.heal();
	},
	function healLinksToo(cluster) {
		cluster.network.heal();
	},
	function pause(cluster) {
		const node = cluster.node(leaderOrAny(cluster));
		node.pausedUntil = cluster.now + cluster.random.pick([20, 200, 800]);
	},
	function stallDisk(cluster) {
		const node = cluster.node(leaderOrAny(cluster));
		node.diskStalledUntil = cluster.now + cluster.random.pick([30, 300, 1500]);
	},
	function slowDisk(cluster) {
		const node = cluster.node(leaderOrAny(cluster));
		if (node.diskMeanMs > 0) node.diskMeanMs = cluster.random.pick([0.5, 5, 50, 150]);
	},
];

function commandOf(random: Random, serial: number): Uint8Array {
	return Buffer.from(`${serial} `.padEnd(random.pick([4, 10, 30, 60]), 'x'));
}

/** Proposals and reads at every node, the leader more often, until that time. */
function workload(cluster: TestCluster, until: number): void {
	let serial = 0;
	const next = (): void => {
		if (cluster.now >= until) return;
		const {random} = cluster;
		const id = leaderOrAny(cluster);
		if (random.chance(0.4)) cluster.read(id);
		else {
			const commands = Array.from({length: random.pick([1, 1, 2, 5])}, () => commandOf(random, serial++));
			cluster.propose(id, commands);
		}
		cluster.later(random.exponential(25), next);
	};
	cluster.later(0, next);
}

function nemesis(cluster: TestCluster, meanMs: number, until: number): void {
	const next = (): void => {
		if (cluster.now >= until) return;
		cluster.random.pick(blows)(cluster);
		cluster.later(cluster.random.exponential(meanMs), next);
	};
	cluster.later(cluster.random.exponential(meanMs), next);
}

function heal(cluster: TestCluster, diskMeanMs: number): void {
	cluster.network.heal();
	cluster.network.faults = cleanLinks;
	for (const node of cluster.nodes) {
		node.pausedUntil = 0;
		node.diskStalledUntil = 0;
		node.diskMeanMs = Math.min(diskMeanMs, 5);
		if (node.life === undefined) cluster.start(node.id);
	}
}

/** One leader, and everyone holds, knows committed, and has applied the same. */
export function hasConverged(cluster: TestCluster): boolean {
	const leader = cluster.leader()?.status();
	if (leader === undefined || leader.commitIndex !== leader.lastIndex) return false;
	return cluster.nodes.every(node => {
		const status = node.status();
		return (
			status !== undefined &&
			status.currentTerm === leader.currentTerm &&
			status.leaderId === leader.id &&
			status.lastIndex === leader.lastIndex &&
			status.commitIndex === leader.commitIndex &&
			status.durableIndex === leader.lastIndex &&
			node.life?.service.fingerprints.length === leader.commitIndex
		);
	});
}

/** Runs one seed to its end; throws when anything does not hold. */
export function runSeed(seed: number): TestCluster {
	const plan = planOf(seed);
	const cluster = new TestCluster(plan);
	cluster.network.faults = plan.links;
	workload(cluster, plan.chaosMs);
	nemesis(cluster, plan.blowMeanMs, plan.chaosMs);
	cluster.runFor(plan.chaosMs);
	heal(cluster, plan.diskMeanMs);
	check.ok(
		cluster.runUntil(() => hasConverged(cluster), 6000),
		'a healed cluster converges',
	);
	serveAgain(cluster);
	return cluster;
}

/** New proposals and reads are answered in bounded time, and nothing old is left without an answer. */
function serveAgain(cluster: TestCluster): void {
	const proposed = cluster.judge.committed.length + 3;
	const isServed = (): boolean => cluster.judge.committed.length >= proposed && hasConverged(cluster);
	let serial = 0;
	const propose = (): void => {
		const leader = cluster.leader();
		if (leader !== undefined) cluster.propose(leader.id, [commandOf(cluster.random, serial++)]);
		if (cluster.judge.committed.length < proposed) cluster.later(50, propose);
	};
	propose();
	check.ok(cluster.runUntil(isServed, 2000), 'a healed cluster takes proposals');
	let ready = 0;
	for (const {id} of cluster.nodes) cluster.read(id, isReady => (ready += isReady ? 1 : 0));
	const areReadsReady = (): boolean => ready === cluster.nodes.length;
	check.ok(cluster.runUntil(areReadsReady, 1000), 'a healed cluster answers reads at every node');
	const isAllAnswered = (): boolean =>
		cluster.nodes.every(({life}) => life?.reads.size === 0 && life.proposals.size === 0);
	check.ok(cluster.runUntil(isAllAnswered, 1000), 'every proposal and read is answered or refused');
}
