/**
 * What faults do to the messages, the clocks and the disks of a cluster of threads: counted, and by who leads. No test waits for a
 * time to go by, so a slow machine changes none of the answers.
 */
import test, {type ExecutionContext} from 'ava';
import {Cluster, type ClusterEvent, type ClusterOptions, type MessageSighting} from '../../actors/index.js';
import {Random} from '../../src/base/random.js';
import {NODE_LINKS, nodeEndpoint} from '../../src/faults/endpoint.js';
import {nodeId} from '../../src/raft/types.js';

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
	const cluster = await clusterOf(t, patient);
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

const commitIndexOf = async (cluster: Cluster, node: number): Promise<number> =>
	(await cluster.status())[node]?.replica?.commitIndex ?? 0;

test.serial(
	'a link of so many bytes a second lets each message take its time, and loses what does not fit',
	async t => {
		const cluster = await ledByNode0(t);
		await using clerk = cluster.clerk({timeoutMs: 60_000});
		await clerk.put('key', 'before');
		const seen = watch(t, cluster);
		const links = {from: nodeEndpoint(0), to: nodeEndpoint(1)};
		await cluster.inject({type: 'throttle', links, bytesPerSecond: 10_000, queueBytesMax: 8000});
		await clerk.put('key', 'x'.repeat(5000));
		await clerk.put('key', 'x'.repeat(9000));
		const throttled = seen.filter(({from, to}) => from === 'node:0' && to === 'node:1');
		const carried = throttled.filter(({bytes}) => bytes > 5000 && bytes < 8000);
		t.true(carried.length > 0);
		for (const {afterMs, bytes} of carried)
			t.true((afterMs[0] ?? 0) >= bytes / 10, `${bytes} bytes in ${afterMs[0]} ms`);
		const tooLarge = throttled.filter(({bytes}) => bytes > 9000);
		t.true(tooLarge.length > 0 && tooLarge.every(isLost));
		const others = seen.filter(({from, to}) => from === 'node:0' && to === 'node:2');
		t.true(others.length > 0 && !others.some(message => isLost(message) || isLate(message)));
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
	while (!seen.some(({firstIndex}) => firstIndex !== undefined)) await cluster.status();
	t.true(between().every(isLost));
	isOver = true;
	await cluster.inject({type: 'flapping', links: NODE_LINKS, downMs: short, upMs: long});
	between();
	await put;
	const up = between();
	t.true(up.length > 0 && !up.some(isLost));
	await cluster.inject({type: 'flapping', links: NODE_LINKS, downMs: 5, upMs: 5});
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
	const before = (await cluster.log(nodeId(2))).lastIndex;
	await cluster.inject({type: 'partition', groups, oneWay: false});
	const seen = watch(t, cluster);
	await clerk.put('key', 'after');
	t.is((await cluster.log(nodeId(2))).lastIndex, before, 'the write has not come there');
	t.true((await commitIndexOf(cluster, 0)) > before);
	const apart = seen.filter(({from, to}) => [from, to].includes(zero) && [from, to].includes(two));
	t.true(apart.length > 0 && apart.every(isLost));
	const joined = seen.filter(({layer, from, to}) => layer === 'raft' && [from, to].includes(one));
	t.true(joined.length > 0 && !joined.some(isLost));
	await cluster.heal();
	while ((await commitIndexOf(cluster, 2)) <= before) await clerk.getText('key');
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
	while (late().length < 5) await cluster.status();
	t.true(late().every(each => isReply(each) && each.afterMs.every(ms => ms >= 200 && ms <= 2199)));
	t.false(seen.some(isLost));
});

test.serial(
	'the lab’s long delays tell a caller of a lost request later than 99 ms, until they are healed',
	async t => {
		const cluster = await clusterOf(t, {nodes: 1});
		const latest = (): number => {
			const random = Random.fromSeed(7);
			return Math.max(...Array.from({length: 100}, () => cluster.faults.lossNoticeMs(random)));
		};
		t.true(latest() <= 99);
		await cluster.inject({type: 'longDelays'});
		t.true(latest() > 1000 && latest() <= 6999);
		await cluster.heal();
		t.true(latest() <= 99);
	},
);

test.serial('a clock that is ahead makes its node campaign and lead, and only that node', async t => {
	const cluster = await clusterOf(t, patient);
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
	await clerk.put('key', 'a leader whose clock stands still serves');
});

test.serial('timers that are late keep a node from campaigning, however fast its clock runs', async t => {
	const cluster = await clusterOf(t, patient);
	const elected = next(cluster, isElection);
	await cluster.inject({type: 'timerSkew', node: 1, byMs: 600_000_000});
	await cluster.inject({type: 'clockDrift', node: 1, rate: 1_000_000_000});
	// With timers in time it would lead after a few of these.
	for (let turn = 0; turn < 100; turn++) await cluster.status();
	await cluster.inject({type: 'clockDrift', node: 2, rate: 1_000_000_000});
	t.like(await elected, {id: 2});
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
