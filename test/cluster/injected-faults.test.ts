/** Every kind of fault, set as data on a cluster of threads, and seen to act there. */
import {existsSync} from 'node:fs';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Cluster, type ClusterEvent, type ClusterOptions, type Fault, type Links} from '../../actors/index.js';
import {flipBit, removeFile} from '../../actors/cluster/faults/disk-damage.js';
import {Random} from '../../src/base/random.js';
import {NODE_LINKS} from '../../src/faults/endpoint.js';
import {nodeId} from '../../src/raft/types.js';
import {withoutLeader} from './without-leader.js';

const deadline = (): {readonly signal: AbortSignal} => ({signal: AbortSignal.timeout(60_000)});

async function clusterOf(t: ExecutionContext, options: ClusterOptions = {}): Promise<Cluster> {
	const cluster = await Cluster.start({nodes: 3, ...options});
	t.teardown(() => cluster.close());
	return cluster;
}

async function next(cluster: Cluster, fits: (event: ClusterEvent) => boolean): Promise<ClusterEvent> {
	for await (const event of cluster.events(deadline())) {
		if (event.type !== 'eventsDropped' && fits(event)) return event;
	}
	throw new Error('it did not happen');
}

const leads =
	(id?: number) =>
	(event: ClusterEvent): boolean =>
		event.type === 'roleChanged' && event.role === 'leader' && (id === undefined || event.id === id);

const everyone: Links = {from: 'everyone', to: 'everyone'};
/** Nobody campaigns by itself: who leads is decided by clocks that are wrong. */
const patient: ClusterOptions = {limits: {electionTimeoutMs: 600_000, heartbeatMs: 100}};

test.serial('faults are listed with name and text, told as they are set and cleared, and replaced by name', async t => {
	const cluster = await clusterOf(t, {nodes: 1});
	const told: string[] = [];
	cluster.on('faultSet', ({name}) => void told.push(`set ${name}`));
	cluster.on('faultCleared', ({name}) => void told.push(`cleared ${name}`));
	await cluster.inject({type: 'loss', links: NODE_LINKS, probability: 0.1});
	await cluster.inject({type: 'loss', links: NODE_LINKS, probability: 0.2});
	await cluster.inject({type: 'slowSync', node: 0, delay: {type: 'fixed', ms: 1}});
	cluster.faults.setMode('longReordering', true);
	t.deepEqual(
		cluster.injected.map(({name, text}) => [name, text]),
		[
			['loss', '20 % of messages lost between nodes'],
			['slowSync 0', 'disk 0: fsync slow by 1 ms'],
			['longReordering', 'long reordering (two of three replies 200..2199 ms late)'],
		],
	);
	t.deepEqual(
		(await cluster.status())[0]?.faults.map(({name}) => name),
		['slowSync 0'],
	);
	t.deepEqual(
		(await cluster.heal(['loss'])).map(({name}) => name),
		['loss'],
	);
	t.deepEqual(
		(await cluster.heal()).map(({name}) => name),
		['slowSync 0', 'longReordering'],
	);
	t.deepEqual(cluster.injected, []);
	t.deepEqual(cluster.diskFaults(nodeId(0)), {});
	t.deepEqual(told, [
		'set loss',
		'cleared loss',
		'set loss',
		'set slowSync 0',
		'set longReordering',
		'cleared loss',
		'cleared slowSync 0',
		'cleared longReordering',
	]);
});

test.serial(
	'a fault that makes no sense, or that no cluster of threads can be given, is refused with the reason',
	async t => {
		const cluster = await clusterOf(t, {nodes: 3});
		const badly: readonly (readonly [unknown, RegExp])[] = [
			[{type: 'slowSync', node: 3, delay: {type: 'fixed', ms: 1}}, /fault\.node must be a node's number from 0 to 2/],
			[{type: 'slowNode', node: 0, factor: 0.5}, /factor of 1 or more/],
			[{type: 'clockDrift', node: 0, rate: 0}, /rate above 0/],
			[{type: 'flood'}, /fault\.type must be/],
		];
		for (const [fault, message] of badly) {
			await t.throwsAsync(cluster.inject(fault as Fault), {code: 'ERR_FAULT', message});
		}
		const impossible: readonly Fault[] = [
			{type: 'crash', node: 0, disk: 'unsyncedLost'},
			{type: 'crash', node: 0, disk: 'olderCopy'},
			{type: 'crashAll', disk: 'unsyncedLost'},
			{type: 'tornWrite', node: 0},
			{type: 'reorderedWrites', node: 0},
			{type: 'lostRename', node: 0},
			{type: 'unorderedCompletions', node: 0},
		];
		for (const fault of impossible) await t.throwsAsync(cluster.inject(fault), {code: 'ERR_FAULT_IMPOSSIBLE'});
		for (const type of ['lostWrite', 'misdirectedWrite'] as const) {
			await t.throwsAsync(cluster.inject({type, node: 0, probability: 1}), {code: 'ERR_FAULT_UNSAFE'});
		}
		t.deepEqual(cluster.injected, []);
		t.true((await cluster.status()).every(({state}) => state === 'up'));
	},
);

test.serial('links that lose, duplicate, delay and reorder do so, as the router counts it', async t => {
	const cluster = await clusterOf(t);
	await cluster.waitForLeader(30_000);
	await using clerk = cluster.clerk();
	await clerk.put('key', 'before');
	const {lost, duplicated, late} = {...cluster.traffic};
	t.deepEqual([lost, duplicated, late], [0, 0, 0]);
	await cluster.inject({type: 'loss', links: NODE_LINKS, probability: 0.2});
	await cluster.inject({
		type: 'duplicate',
		links: NODE_LINKS,
		probability: 0.5,
		copyDelay: {type: 'fixed', ms: 1},
	});
	await cluster.inject({type: 'reorder', links: NODE_LINKS, probability: 0.3, delay: {type: 'fixed', ms: 2}});
	for (let turn = 0; turn < 50; turn++) await clerk.put('key', `${turn}`);
	t.true(cluster.traffic.lost > 0);
	t.true(cluster.traffic.duplicated > 0);
	t.true(cluster.traffic.late > 0);
	t.is(await clerk.getText('key'), '49');
});

test.serial(
	'a one-way cut of the leader from the rest lets one direction pass: the others elect, and it hears of that',
	async t => {
		const cluster = await clusterOf(t);
		const leader = await cluster.waitForLeader(30_000);
		const others = cluster.nodeIds.filter(id => id !== leader);
		const lost = next(cluster, event => event.type === 'leadershipLost' && event.id === leader);
		const elected = next(cluster, event => leads()(event) && 'id' in event && event.id !== leader);
		// It still hears them, and they do not hear it.
		await cluster.inject({
			type: 'partition',
			groups: [[`node:${leader}`], others.map(id => `node:${id}` as const)],
			oneWay: true,
		});
		await elected;
		t.is((await lost).type, 'leadershipLost');
		t.not((await cluster.status())[leader]?.replica?.role, 'leader', 'their answers name the newer term');
	},
);

test.serial(
	'a clog holds all back until it is over, and a crash or a crash loop is over when it is healed',
	async t => {
		const cluster = await clusterOf(t);
		const leader = await cluster.waitForLeader(30_000);
		await using clerk = cluster.clerk();
		const cleared = next(cluster, event => event.type === 'faultCleared' && event.fault.type === 'clog');
		await cluster.inject({type: 'clog', links: everyone, untilMs: performance.now() + 400});
		let isOver = false;
		const put = clerk.put('key', 'clogged').then(() => t.true(isOver));
		await cleared;
		isOver = true;
		await put;

		await cluster.inject({type: 'crash', node: leader, disk: 'kept'});
		t.is((await cluster.status())[leader]?.state, 'down');
		await cluster.heal();
		t.is((await cluster.status())[leader]?.state, 'up');

		const downs: Promise<unknown>[] = [];
		for (let life = 0; life < 2; life++) {
			downs.push(next(cluster, event => event.type === 'nodeUp' && event.id === leader));
			if (life === 0) await cluster.inject({type: 'crashLoop', node: leader, upMs: 10});
			await downs.at(-1);
			await next(cluster, event => event.type === 'nodeDown' && event.id === leader);
		}
		await cluster.heal();
		t.is((await cluster.status())[leader]?.state, 'up');

		await cluster.inject({type: 'crashAll', disk: 'kept'});
		t.true((await cluster.status()).every(({state}) => state === 'down'));
		await cluster.heal();
		t.true((await cluster.status()).every(({state}) => state === 'up'));
		t.is(await clerk.getText('key'), 'clogged');
	},
);

test.serial('a pause is listed while it lasts, and a heal ends it', async t => {
	const cluster = await clusterOf(t, {nodes: 1});
	await cluster.waitForLeader(30_000);
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	// Nobody would wait that long: only the heal lets the write be answered.
	await cluster.inject({type: 'pause', node: 0, durationMs: 600_000, clockStops: true});
	t.deepEqual(
		cluster.injected.map(({text}) => text),
		['node 0 paused for 600 s, its clock too'],
	);
	const leftMs = cluster.injected[0]?.leftMs ?? 0;
	t.true(leftMs > 0 && leftMs <= 600_000);
	const put = clerk.put('key', 'value');
	t.is((await cluster.status())[0]?.replica, undefined, 'it does not answer');
	await cluster.heal();
	await put;
	const over = next(cluster, event => event.type === 'faultCleared' && event.fault.type === 'pause');
	await cluster.inject({type: 'pause', node: 0, durationMs: 20, clockStops: false});
	await over;
	t.deepEqual(cluster.injected, []);
});

test.serial(
	'the disks of a majority that stall hold a commit up until they go on; slow ones are overtaken by reads',
	async t => {
		const cluster = await withoutLeader(
			await clusterOf(t, {limits: {electionTimeoutMs: 20_000, diskStallMs: 600_000}}),
		);
		// Nobody gives up a leader because of its disk: who leads is decided by a clock.
		const elected = next(cluster, leads(1));
		await cluster.inject({type: 'clockJump', node: 1, byMs: 100_000});
		await elected;
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'before');
		for (const node of cluster.nodeIds) await cluster.inject({type: 'stalledSync', node});
		let isHealed = false;
		const put = clerk.put('key', 'after').then(() => t.true(isHealed));
		const hit = (): boolean => cluster.nodeIds.filter(id => cluster.diskFaultHits(id) > 0).length >= 2;
		while (!hit()) await new Promise(resolve => void setTimeout(resolve, 5));
		isHealed = true;
		await cluster.heal();
		await put;

		// Nothing is durable on two of three any more; what a read needs is in memory.
		const before = cluster.nodeIds.map(id => cluster.diskFaultHits(id));
		for (const node of cluster.nodeIds)
			await cluster.inject({type: 'slowSync', node, delay: {type: 'fixed', ms: 600_000}});
		let isWritten = false;
		const slowPut = clerk.put('key', 'slow').then(
			() => (isWritten = true),
			() => undefined,
		);
		const reached = (): number => cluster.nodeIds.filter(id => cluster.diskFaultHits(id) > (before[id] ?? 0)).length;
		while (reached() < 2) await new Promise(resolve => void setTimeout(resolve, 5));
		await using reader = cluster.clerk({timeoutMs: 60_000});
		t.is(await reader.getText('key'), 'after');
		t.false(isWritten, 'a read that began later is answered before');
		// Their disks would keep them from ending in good order.
		await cluster.inject({type: 'crashAll', disk: 'kept'});
		clerk.close();
		await slowPut;
	},
);

test.serial(
	'a sync that fails, a disk that is full and one that fails writes end a node, which comes back by itself',
	async t => {
		const cluster = await clusterOf(t);
		const leader = await cluster.waitForLeader(30_000);
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		const failing: readonly (readonly [Fault, RegExp])[] = [
			[{type: 'failedSync', node: leader}, /EIO.*sync/],
			[{type: 'diskFull', node: leader}, /ENOSPC/],
			[{type: 'writeError', node: leader, probability: 1}, /EIO.*write/],
		];
		for (const [fault, reason] of failing) {
			const failed = next(cluster, event => event.type === 'nodeRestarting' && event.id === leader);
			const up = next(cluster, event => event.type === 'nodeUp' && event.id === leader);
			await clerk.put('key', fault.type);
			await cluster.inject(fault);
			const write = clerk.put('key', `${fault.type} again`);
			const event = (await failed) as Extract<ClusterEvent, {type: 'nodeRestarting'}>;
			t.regex(`${event.error.message} ${String(event.error.cause)}`, reason, fault.type);
			await write;
			await cluster.heal();
			await up;
		}
	},
);

test.serial(
	'a leader that is slowed down a million times is deposed by the others, and goes on when it is healed',
	async t => {
		const cluster = await clusterOf(t);
		const leader = await cluster.waitForLeader(30_000);
		const elected = next(cluster, event => leads()(event) && 'id' in event && event.id !== leader);
		await cluster.inject({type: 'slowNode', node: leader, factor: 1e6});
		await elected;
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'without it');
		const deposed = next(
			cluster,
			event => event.type === 'roleChanged' && event.id === leader && event.role === 'follower',
		);
		await cluster.heal();
		await deposed;
		t.deepEqual(cluster.injected, []);
	},
);

test.serial('a node whose clock leaps past its election timeout campaigns and leads', async t => {
	const cluster = await withoutLeader(await clusterOf(t, patient));
	t.is(await cluster.leader(), undefined);
	const elected = next(cluster, leads(2));
	await cluster.inject({type: 'clockJump', node: 2, byMs: 1_300_000});
	t.like(await elected, {id: 2});
	t.deepEqual(cluster.injected, [], 'it is over at once');
});

test.serial('a node whose clock runs fast campaigns and leads, also in its next life', async t => {
	const cluster = await withoutLeader(await clusterOf(t, patient));
	await cluster.kill(nodeId(1));
	await cluster.inject({type: 'clockDrift', node: 1, rate: 100_000});
	const elected = next(cluster, leads(1));
	await cluster.restart(nodeId(1));
	t.like(await elected, {id: 1});
	t.deepEqual(
		(await cluster.status())[1]?.faults.map(({text}) => text),
		['clock 1: runs at 100000 times its speed'],
	);
});

test.serial(
	'a node on an empty disk refuses to start, a second one is refused, and the heal gives the disk back',
	async t => {
		const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-wipe-'));
		t.teardown(() => rm(directory, {recursive: true, force: true}));
		const cluster = await Cluster.start({nodes: 3, directory});
		t.teardown(() => cluster.close());
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'value');
		await cluster.inject({type: 'crash', node: 1, disk: 'wiped'});
		const [, wiped] = await cluster.status();
		t.is(wiped?.state, 'damaged');
		t.regex(String(wiped?.error?.message), /started 1 times/);
		await t.throwsAsync(cluster.inject({type: 'crash', node: 2, disk: 'wiped'}), {
			code: 'ERR_FAULT_UNSAFE',
			message: /the files of node 1 are gone already, and the cluster could lose what it has acknowledged/,
		});
		await t.throwsAsync(cluster.inject({type: 'bitFlip', node: 2}), {code: 'ERR_FAULT_UNSAFE'});
		await clerk.put('key', 'without it');
		await cluster.heal();
		t.is((await cluster.status())[1]?.state, 'up');
		await cluster.inject({type: 'crash', node: 0, disk: 'wiped'});
		await cluster.close();
		t.false(existsSync(path.join(directory, 'set-aside-node-0')), 'a cluster that is closed leaves whole directories');
		const again = await Cluster.start({nodes: 3, directory});
		t.teardown(() => again.close());
		t.true((await again.status()).every(({state}) => state === 'up'));
		await using reader = again.clerk({timeoutMs: 60_000});
		t.is(await reader.getText('key'), 'without it');
	},
);

test('of the files of a node one bit flips, in what they hold, and the newest file of a kind goes', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-damage-'));
	t.teardown(() => rm(directory, {recursive: true, force: true}));
	const written = Uint8Array.from({length: 300}, (_, offset) => (offset < 100 ? offset + 1 : 0));
	for (const name of ['log-0000000001', 'log-0000000002', 'node']) await writeFile(path.join(directory, name), written);
	await flipBit(directory, Random.fromSeed(7));
	let bits = 0;
	for (const name of ['log-0000000001', 'log-0000000002']) {
		const found = await readFile(path.join(directory, name));
		for (const [offset, byte] of found.entries()) {
			for (let rest = byte ^ (written[offset] ?? 0); rest !== 0; rest &= rest - 1) bits += offset < 100 ? 1 : 1000;
		}
	}
	t.is(bits, 1);
	t.deepEqual(new Uint8Array(await readFile(path.join(directory, 'node'))), written);
	await removeFile(directory, 'log');
	t.deepEqual(await readdir(directory), ['log-0000000001', 'node']);
	await t.throwsAsync(removeFile(directory, 'snapshot'), {code: 'ERR_CLUSTER_STATE', message: /no snapshot file/});
});

test.serial(
	'a bit that is read wrongly from the files of a node, and a file that is gone, are found at its next start',
	async t => {
		for (const fault of [
			{type: 'missingFile', node: 2, file: 'log'},
			{type: 'bitFlipOnRead', node: 2, probability: 1},
		] as const) {
			const cluster = await clusterOf(t);
			await using clerk = cluster.clerk({timeoutMs: 60_000});
			for (let key = 0; key < 20; key++) await clerk.put(`key ${key}`, 'x'.repeat(200));
			await cluster.inject(fault);
			await t.throwsAsync(cluster.restart(nodeId(2)), undefined, fault.type);
			t.not((await cluster.status())[2]?.state, 'up', fault.type);
			await clerk.put('key', 'the others go on');
			await cluster.close();
		}
	},
);
