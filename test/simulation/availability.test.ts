import test from 'ava';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {Random} from '../../src/base/random.js';
import {defaultRaftLimits} from '../../src/raft/options.js';
import {Availability} from '../../src/simulation/availability.js';
import {Coverage} from '../../src/simulation/coverage.js';
import {NodeClock} from '../../src/faults/node-clock.js';
import type {SimulationParameters} from '../../src/simulation/parameters.js';
import type {ClusterNode} from '../../src/simulation/cluster-node.js';
import {drawSiege} from '../../src/simulation/siege.js';
import {noDiskFaults} from '../../src/storage/simulated-disk.js';

const electionTimeoutMs = 100;
const diskSyncMs = [1, 2] as const;
const parameters = {
	raft: {...defaultRaftLimits, electionTimeoutMs, diskStallMs: 300, snapshotChunkBytes: 100},
	latency: {minMs: 1, spreadMs: 4, isOrdered: true},
	diskSyncMs,
} as unknown as SimulationParameters;

type FakeNode = {
	-readonly [Name in 'isUp' | 'pausedUntil' | 'life' | 'status' | 'snapshotBytes']: ClusterNode[Name];
} & ClusterNode;

class Scene {
	readonly plan = new FaultPlan();
	readonly nodes: readonly FakeNode[];
	readonly broken: string[] = [];
	commits = 0;
	asked = 0;
	now = 0;
	readonly #availability: Availability;

	constructor(nodeCount: number) {
		this.nodes = Array.from({length: nodeCount}, (_, id) => {
			const disk = {faults: {...noDiskFaults(), syncLatencyMs: diskSyncMs}};
			const watchedDisk = {chances: {write: 0, read: 0}};
			const state = {
				isUp: true,
				life: 1,
				pausedUntil: 0,
				slowness: 1,
				timerSkewMs: 0,
				disturbedAt: -Infinity,
				snapshotBytes: 0,
			};
			return {id, ...state, disk, watchedDisk, clock: new NodeClock(0, 0)} as unknown as FakeNode;
		});
		this.#availability = new Availability({
			nodes: this.nodes,
			plan: this.plan,
			parameters,
			now: () => this.now,
			commands: () => this.commits,
			write: () => (this.asked += 1),
			report: invariant => this.broken.push(invariant),
			coverage: new Coverage(),
		});
	}

	/** With a look every 50 ms, and something done at each. */
	pass(ms: number, action: () => void = () => undefined): void {
		for (const end = this.now + ms; this.now < end; this.now += 50) {
			this.#availability.look();
			action();
			this.#availability.changed();
		}
	}
}

test('a majority that nothing disturbs and that commits nothing breaks the invariant availability, with the leader deaf outside of it', t => {
	const scene = new Scene(3);
	scene.plan.isolate(0, {direction: 'inbound'});
	scene.pass(1500);
	t.deepEqual(scene.broken, []);
	t.true(scene.asked > 0);
	scene.pass(300);
	t.is(scene.broken[0], 'availability');
});

/** Node 1 has to take in a snapshot of 100 chunks; node 2 has it. Each chunk may take 20 ms: twice the way there and back. */
function lagging(): Scene {
	const scene = new Scene(3);
	scene.plan.isolate(0, {direction: 'inbound'});
	scene.nodes[1]!.status = {lastIndex: 5, snapshotIndex: 0} as ClusterNode['status'];
	scene.nodes[2]!.status = {lastIndex: 50, snapshotIndex: 40} as ClusterNode['status'];
	scene.nodes[2]!.snapshotBytes = 100 * 100;
	return scene;
}

test('a member may take in a snapshot for as long as its chunks need, and then its time begins', t => {
	const scene = lagging();
	scene.pass(1950);
	t.deepEqual(scene.broken, []);
	scene.nodes[1]!.status = {lastIndex: 50, snapshotIndex: 40} as ClusterNode['status'];
	scene.pass(1600);
	t.deepEqual(scene.broken, []);
	scene.pass(200);
	t.is(scene.broken[0], 'availability');
});

test('a snapshot that never arrives is no excuse for ever', t => {
	const scene = lagging();
	scene.pass(1950);
	t.deepEqual(scene.broken, []);
	scene.pass(200);
	t.is(scene.broken[0], 'availability');
});

test('a majority that commits now and then serves', t => {
	const scene = new Scene(3);
	scene.plan.isolate(0, {direction: 'inbound'});
	scene.pass(10_000, () => (scene.commits += scene.now % 1000 === 0 ? 1 : 0));
	t.deepEqual(scene.broken, []);
});

const disturbances: readonly (readonly [what: string, disturb: (scene: Scene) => void])[] = [
	['a link in it is cut now and then', ({plan, now}) => (now % 500 === 0 ? plan.cut(1, 2) : plan.reset())],
	['the other node has a link with it that loses some', ({plan}) => plan.setLoss(0.1)],
	['a node of it sleeps now and then', ({nodes, now}) => (nodes[1]!.pausedUntil = now - (now % 1000) + 60)],
	[
		'two nodes of three start anew now and then',
		({nodes, now}) => {
			for (const node of nodes.slice(1)) node.life = 1 + Math.floor(now / 700);
		},
	],
	[
		'two nodes of three are down',
		({nodes}) => {
			for (const node of nodes.slice(1)) node.isUp = false;
		},
	],
	[
		'the disk of a node is full, and the others are apart',
		({nodes, plan}) => {
			nodes[1]!.disk.faults.capacityBytes = 10;
			plan.cut(0, 2);
		},
	],
];
for (const [what, disturb] of disturbances) {
	test(`nothing is asked of a majority that is disturbed: ${what}`, t => {
		const scene = new Scene(3);
		scene.pass(6000, () => disturb(scene));
		t.deepEqual(scene.broken, []);
	});
}

test('a node that waits for its disk is given the time that its patience takes', t => {
	const scene = new Scene(3);
	scene.nodes[0]!.disk.faults.areSyncsStalled = true;
	scene.pass(1850);
	t.deepEqual(scene.broken, []);
	scene.pass(200);
	t.is(scene.broken[0], 'availability');
});

test('who is cut off from all of the majority may do what it wants', t => {
	const scene = new Scene(3);
	scene.plan.isolate(0);
	scene.pass(1800, () => (scene.nodes[0]!.life += 1));
	t.is(scene.broken[0], 'availability');
});

test('a siege is one fault of its profile that lasts to the end, and none where no majority is left', t => {
	for (let seed = 1; seed <= 100; seed++) {
		const options = {fromMs: 300, toMs: 12_000, network: true, process: false, disk: false};
		const events = drawSiege(Random.fromSeed(seed), {...options, nodeCount: 5});
		t.is(events.length, 2);
		t.like(events[1], {type: 'heal', atMs: 12_000});
		t.true(events[0]?.type === 'inject' && ['isolate', 'partition'].includes(events[0].fault.type));
		t.deepEqual(drawSiege(Random.fromSeed(seed), {...options, nodeCount: 2}), []);
		t.deepEqual(drawSiege(Random.fromSeed(seed), {...options, nodeCount: 5, network: false}), []);
	}
});
