/**
 * What faults do to the messages, the clocks and the disks of a cluster of threads: counted, and by who leads. No test waits for a
 * time to go by, so a slow machine changes none of the answers.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {
	Cluster,
	type ClusterEvent,
	type ClusterOptions,
	type Fault,
	type MessageSighting,
	TimeoutError,
} from '../../actors/index.js';
import {Random} from '../../src/base/random.js';
import {NODE_LINKS, nodeEndpoint} from '../../src/faults/endpoint.js';
import {nodeId} from '../../src/raft/types.js';
import {withoutLeader} from './without-leader.js';

/** Nobody campaigns by itself, and nobody gives up a leader. */
const patient: ClusterOptions = {
	nodes: 3,
	// A clock that leaps or runs fast lets every write look as if its disk had stalled.
	limits: {electionTimeoutMs: 1_000_000_000, heartbeatMs: 100, diskStallMs: 2_000_000_000},
};

async function clusterOf(t: ExecutionContext, options: ClusterOptions): Promise<Cluster> {
	const cluster = await Cluster.start(options);
	t.teardown(() => cluster.close());
	return cluster;
}

async function next(cluster: Cluster, fits: (event: ClusterEvent) => boolean): Promise<ClusterEvent> {
	for await (const event of cluster.events({signal: AbortSignal.timeout(60_000)})) {
		if (event.type !== 'eventsDropped' && fits(event)) return event;
	}
	throw new Error('it did not happen');
}

const isElection = (event: ClusterEvent): boolean => event.type === 'roleChanged' && event.role === 'leader';

/** Node 0 leads from then on. */
async function ledByNode0(t: ExecutionContext): Promise<Cluster> {
	const cluster = await withoutLeader(await clusterOf(t, patient));
	const elected = next(cluster, isElection);
	await cluster.inject({type: 'clockJump', node: 0, byMs: 1_600_000_000});
	t.like(await elected, {id: 0});
	return cluster;
}

function watch(t: ExecutionContext, cluster: Cluster): MessageSighting[] {
	const seen: MessageSighting[] = [];
	t.teardown(cluster.onMessage(sighting => void seen.push(sighting)));
	return seen;
}

const isLost = ({afterMs}: MessageSighting): boolean => afterMs.length === 0;
const isLate = ({afterMs}: MessageSighting): boolean => afterMs.some(ms => ms > 0);
const isReply = ({type}: MessageSighting): boolean => type.endsWith('Reply') || type === 'outcomes';

/** It comes, however long that takes. A look at the nodes lets their messages by. */
async function until(cluster: Cluster, isThere: () => boolean): Promise<void> {
	while (!isThere()) await cluster.status();
}

/** Whether the log of this node has a write of the key. */
async function hasPut(cluster: Cluster, node: number, key: string): Promise<boolean> {
	const {entries} = await cluster.log(nodeId(node), {countMax: 1000, timeoutMs: 60_000});
	return entries.some(
		entry =>
			entry.type === 'command' &&
			entry.command?.type === 'writes' &&
			entry.command.writes.some(({write}) => write?.type === 'put' && write.key === key),
	);
}

test.serial(
	'a link of so many bytes a second lets each message take its time, and loses what does not fit',
	async t => {
		const cluster = await ledByNode0(t);
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'before');
		const seen = watch(t, cluster);
		const on = (to: number): readonly MessageSighting[] =>
			seen.filter(sighting => sighting.from === nodeEndpoint(0) && sighting.to === nodeEndpoint(to));
		const links = {from: nodeEndpoint(0), to: nodeEndpoint(1)};
		await cluster.inject({type: 'throttle', links, bytesPerSecond: 1000, queueBytesMax: 1_000_000});
		// Minutes: they do not go by in this test, and so the queue does not empty.
		await clerk.put('key', 'x'.repeat(300_000));
		const carried = (): readonly MessageSighting[] =>
			on(1).filter(each => each.bytes > 300_000 && each.bytes < 800_000 && !isLost(each));
		await until(cluster, () => carried().length > 0);
		for (const {afterMs, bytes} of carried()) t.true((afterMs[0] ?? 0) >= bytes, `${bytes} bytes in ${afterMs[0]} ms`);
		await clerk.put('key', 'x'.repeat(800_000));
		const tooLarge = (): readonly MessageSighting[] => on(1).filter(({bytes}) => bytes > 800_000);
		await until(cluster, () => tooLarge().length > 0);
		t.true(tooLarge().every(isLost));
		t.true(on(2).length > 0 && !on(2).some(message => isLost(message) || isLate(message)));
	},
);

test.serial('a flapping link loses all while it is down, and nothing while it is up', async t => {
	const cluster = await ledByNode0(t);
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('key', 'before');
	const seen = watch(t, cluster);
	const between = (): readonly MessageSighting[] => seen.splice(0).filter(({layer}) => layer === 'raft');
	const [short, long] = [1, 1_000_000_000];
	await cluster.inject({type: 'flapping', links: NODE_LINKS, downMs: long, upMs: short});
	let isOver = false;
	const put = clerk.put('key', 'after').then(() => t.true(isOver));
	await until(cluster, () => seen.some(({firstIndex}) => firstIndex !== undefined));
	t.true(between().every(isLost));
	isOver = true;
	await cluster.inject({type: 'flapping', links: NODE_LINKS, downMs: short, upMs: long});
	between();
	await put;
	const up = between();
	t.true(up.length > 0 && !up.some(isLost));
	await cluster.inject({type: 'flapping', links: NODE_LINKS, downMs: 37, upMs: 41});
	seen.splice(0);
	// Each state comes back again and again.
	for (let changes = 0, wasLost = false; changes < 6;) {
		await cluster.status();
		for (const message of between()) {
			if (isLost(message) === wasLost) continue;
			wasLost = !wasLost;
			changes += 1;
		}
	}
	t.pass();
});

test.serial('of a bridge both halves hear one node, and not each other', async t => {
	const cluster = await ledByNode0(t);
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('key', 'before');
	const [zero, one, two] = [nodeEndpoint(0), nodeEndpoint(1), nodeEndpoint(2)];
	const groups = [
		[zero, one],
		[one, two],
	];
	await cluster.inject({type: 'partition', groups, oneWay: false});
	const seen = watch(t, cluster);
	await clerk.put('beyond the bridge', 'value');
	t.true(await hasPut(cluster, 0, 'beyond the bridge'));
	t.true(await hasPut(cluster, 1, 'beyond the bridge'), 'who leads needs it for a majority');
	const apart = (): readonly MessageSighting[] =>
		seen.filter(({from, to}) => [from, to].includes(zero) && [from, to].includes(two));
	await until(cluster, () => apart().length > 0);
	t.true(apart().every(isLost));
	const joined = seen.filter(({layer, from, to}) => layer === 'raft' && [from, to].includes(one));
	t.true(joined.length > 0 && !joined.some(isLost));
	t.false(await hasPut(cluster, 2, 'beyond the bridge'));
	await cluster.heal();
	while (!(await hasPut(cluster, 2, 'beyond the bridge'))) await clerk.getText('key');
});

test.serial(
	'the lab’s unreliable network loses requests and answers, and only requests are late, by 26 ms at most',
	async t => {
		const cluster = await ledByNode0(t);
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'before');
		const seen = watch(t, cluster);
		await cluster.inject({type: 'unreliable'});
		const has = (fits: (sighting: MessageSighting) => boolean): boolean => seen.some(fits);
		for (let turn = 0; ; turn++) {
			await clerk.put('key', `${turn}`);
			const [lostRequest, lostReply] = [false, true].map(reply => has(each => isLost(each) && isReply(each) === reply));
			const isClientHit = has(each => each.layer === 'client' && (isLost(each) || isLate(each)));
			if (lostRequest === true && lostReply === true && isClientHit && has(isLate)) break;
		}
		t.true(seen.every(each => !isReply(each) || !isLate(each)));
		t.true(seen.every(({afterMs}) => afterMs.every(ms => ms <= 26)));
	},
);

test.serial('the lab’s long reordering holds answers back by 200 to 2199 ms, and no request', async t => {
	const cluster = await ledByNode0(t);
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('key', 'before');
	const seen = watch(t, cluster);
	await cluster.inject({type: 'longReordering'});
	const late = (): readonly MessageSighting[] => seen.filter(isLate);
	await until(cluster, () => late().length >= 5);
	t.true(late().every(each => isReply(each) && each.afterMs.every(ms => ms >= 200 && ms <= 2199)));
	t.false(seen.some(isLost));
});

test.serial('the lab’s long delays: a caller gives a lost request up before it is told', async t => {
	const cluster = await ledByNode0(t);
	const latest = (): number => {
		const random = Random.fromSeed(7);
		return Math.max(...Array.from({length: 100}, () => cluster.faults.lossNoticeMs(random)));
	};
	await cluster.inject({type: 'cut', links: {from: 'clients', to: 'nodes'}});
	await using clerk = cluster.clerk({timeoutMs: 1200});
	/** What the caller was told last of a request that is lost, within so many operations. */
	const isTold = async (wanted: string): Promise<boolean> => {
		for (let operation = 0; operation < 20; operation++) {
			const error = await t.throwsAsync(clerk.get('key'), {instanceOf: TimeoutError});
			if (error.lastReply === wanted) return true;
		}
		return false;
	};
	t.true(latest() <= 99);
	t.true(await isTold('lost'));
	await cluster.inject({type: 'longDelays'});
	t.true(latest() > 1000 && latest() <= 6999);
	// One of fourteen is told within the half second that an attempt takes.
	t.true(await isTold('timeout'));
	await cluster.heal();
	t.true(latest() <= 99);
});

test.serial('a clock that is ahead makes its node campaign and lead, and only that node', async t => {
	const cluster = await withoutLeader(await clusterOf(t, patient));
	const elected = next(cluster, isElection);
	await cluster.inject({type: 'clockOffset', node: 2, offsetMs: 1_600_000_000});
	t.like(await elected, {id: 2});
	t.deepEqual(
		cluster.injected.map(({name}) => name),
		['clockOffset 2'],
		'it lasts until it is healed',
	);
	await cluster.heal();
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('key', 'a leader whose clock was ahead serves');
});

test.serial(
	'clocks that stand still go on when they are healed, and clocks that were ahead go on as they are',
	async t => {
		const cluster = await clusterOf(t, {nodes: 3, limits: {diskStallMs: 2_000_000_000}});
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'value');
		await cluster.inject({type: 'clockOffset', node: 1, offsetMs: 1_600_000_000});
		await cluster.inject({type: 'clockJump', node: 2, byMs: -1_600_000_000});
		const standing = cluster.injected.find(({name}) => name === 'clockJump 2');
		t.true((standing?.leftMs ?? 0) > 1_500_000_000);
		await cluster.heal();
		t.deepEqual(cluster.injected, []);
		// A node whose clock stands still neither misses a leader nor takes another.
		await cluster.inject({type: 'crash', node: await cluster.waitForLeader(60_000), disk: 'kept'});
		await clerk.put('key', 'another leads');
		t.is(await clerk.getText('key'), 'another leads');
	},
);

test.serial('a sync that was to fail, and that nobody asked for, does not fail once all is healed', async t => {
	const cluster = await ledByNode0(t);
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('key', 'value');
	const seen: ClusterEvent[] = [];
	cluster.on('nodeRestarting', event => seen.push(event));
	for (const node of [0, 1, 2]) await cluster.inject({type: 'failedSync', node});
	await cluster.heal();
	await clerk.put('key', 'all are well');
	await cluster.close();
	t.deepEqual(seen, []);
});

test.serial('a leader whose timers are late sends no heartbeat until it is healed, and serves', async t => {
	const cluster = await ledByNode0(t);
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	const seen = watch(t, cluster);
	const heartbeats = (): number =>
		seen.filter(({type, from}) => type === 'appendEntries' && from === nodeEndpoint(0)).length;
	await until(cluster, () => heartbeats() >= 5);
	await cluster.inject({type: 'timerSkew', node: 0, byMs: 600_000_000});
	await clerk.put('key', 'value');
	// The answers of that time have come, and what they had to cause has passed.
	await sleep(200);
	seen.splice(0);
	// Of ten that were due none comes.
	await sleep(1000);
	t.is(heartbeats(), 0);
	t.is(await clerk.getText('key'), 'value');
	await cluster.heal();
	seen.splice(0);
	await until(cluster, () => heartbeats() >= 5);
	t.pass();
});

test.serial('a disk that cannot be read keeps its node from starting, until it is healed', async t => {
	const cluster = await clusterOf(t, {nodes: 3});
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('key', 'value');
	const failed = next(cluster, event => event.type === 'nodeRestarting' && event.id === 2);
	await cluster.inject({type: 'readError', node: 2, probability: 1});
	const error = await t.throwsAsync(cluster.restart(nodeId(2)));
	t.regex(`${error.message} ${String(error.cause)}`, /EIO.*read/);
	t.true(cluster.diskFaultHits(nodeId(2)) > 0);
	await failed;
	await clerk.put('key', 'the others go on');
	const up = next(cluster, event => event.type === 'nodeUp' && event.id === 2);
	await cluster.heal();
	t.like(await up, {id: 2});
});

const deaf: Fault = {type: 'cut', links: {from: nodeEndpoint(0), to: nodeEndpoint(2)}};

test.serial('a node whose clock leaps leads although it does not hear one of the two others', async t => {
	const cluster = await withoutLeader(await clusterOf(t, patient));
	const elected = next(cluster, isElection);
	await cluster.inject(deaf);
	await cluster.inject({type: 'clockJump', node: 2, byMs: 1_600_000_000});
	t.like(await elected, {id: 2});
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('key', 'value');
	t.is(await clerk.getText('key'), 'value');
});

test.serial(
	'a leader goes on while a node that does not hear it, and whose clock leaps, asks in vain (§9.6)',
	async t => {
		const cluster = await ledByNode0(t);
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'before');
		const seen = watch(t, cluster);
		await cluster.inject(deaf);
		await cluster.inject({type: 'clockJump', node: 2, byMs: 1_600_000_000});
		const isRefusal = ({from, to, detail}: MessageSighting): boolean =>
			from === nodeEndpoint(1) && to === nodeEndpoint(2) && detail === 'pre-vote refused';
		await until(cluster, () => seen.some(isRefusal));
		await clerk.put('key', 'after');
		t.is(await clerk.getText('key'), 'after');
		t.is(await cluster.leader(), nodeId(0));
	},
);
