/** What a cluster tells of itself: to listeners of all or of one kind, to who takes events one by one, and on a diagnostics channel. */
import {subscribe, unsubscribe} from 'node:diagnostics_channel';
import {once} from 'node:events';
import test from 'ava';
import {Cluster, type ClusterEvent, type EventsDropped} from '../../actors/index.js';
import {EventQueue} from '../../actors/cluster/event-queue.js';
import {nodeId} from '../../src/raft/types.js';

const deadline = (): {readonly signal: AbortSignal} => ({signal: AbortSignal.timeout(30_000)});

/** The first event that fits. */
async function next<E extends ClusterEvent>(
	events: AsyncIterable<ClusterEvent | EventsDropped>,
	fits: (event: ClusterEvent | EventsDropped) => event is E,
): Promise<E> {
	for await (const event of events) if (fits(event)) return event;
	throw new Error('the events ended before');
}

const isOf =
	<Type extends ClusterEvent['type']>(type: Type) =>
	(event: {readonly type: string}): event is Extract<ClusterEvent, {type: Type}> =>
		event.type === type;

test.serial(
	'a leader that is killed, and one that is cut off, are told with their terms, and so is who follows',
	async t => {
		await using cluster = await Cluster.start({nodes: 3});
		const first = await cluster.waitForLeader(30_000);
		const {currentTerm = 0} = (await cluster.status())[first]?.replica ?? {};
		const elected = once(cluster, 'roleChanged', deadline());
		const leaders = cluster.events(deadline());
		await cluster.kill(first);
		await elected;
		const second = await next(leaders, (event): event is Extract<ClusterEvent, {type: 'roleChanged'}> => {
			return event.type === 'roleChanged' && event.role === 'leader';
		});
		t.not(second.id, first);
		t.is(second.leaderId, second.id);
		t.true(second.term > currentTerm);
		await cluster.restart(first);

		const losses = cluster.events(deadline());
		const faults = once(cluster, 'faultsChanged', deadline());
		cluster.faults.isolate(second.id);
		t.deepEqual(await faults, [{type: 'faultsChanged', faults: [`node ${second.id} cut off from all other nodes`]}]);
		const lost = await next(losses, isOf('leadershipLost'));
		t.like(lost, {id: second.id, reason: 'noQuorum', term: second.term});
	},
);

test.serial('a follower that missed too much is told to be sent a snapshot, and to have taken it in', async t => {
	await using cluster = await Cluster.start({nodes: 3, maxRaftState: 20_000});
	const leader = await cluster.waitForLeader(30_000);
	const behind = nodeId((leader + 1) % 3);
	const [taken, sent, installed] = (['snapshotTaken', 'snapshotSent', 'snapshotInstalled'] as const).map(type =>
		next(cluster.events(deadline()), isOf(type)),
	);
	await cluster.kill(behind);
	await using clerk = cluster.clerk();
	await Promise.all(Array.from({length: 300}, (_, key) => clerk.put(`k${key}`, 'x'.repeat(200))));
	t.true((await taken)!.index > 0);
	await cluster.restart(behind);
	t.like(await sent, {to: behind});
	t.like(await installed, {id: behind});
});

test.serial('an election is told with its cause, a thread with how it ended', async t => {
	await using cluster = await Cluster.start({nodes: 3});
	const first = await cluster.waitForLeader(30_000);
	const ended = once(cluster, 'threadEnded', deadline());
	const started = cluster.events(deadline());
	await cluster.kill(first);
	t.like(await ended, [{id: first, thread: `replica-${first}`, error: undefined}]);
	const election = await next(
		started,
		(event): event is Extract<ClusterEvent, {type: 'electionStarted'}> =>
			event.type === 'electionStarted' && event.cause === 'leaderDown',
	);
	t.is(election.leaderId, first);
	t.true(election.term > 1);
	const begun = once(cluster, 'threadStarted', deadline());
	await cluster.restart(first);
	t.deepEqual(await begun, [{type: 'threadStarted', id: first, thread: `replica-${first}`}]);
});

test.serial('a disk that does not answer and one that fails are told', async t => {
	await using cluster = await Cluster.start({nodes: 3, limits: {diskStallMs: 400}});
	const leader = await cluster.waitForLeader(30_000);
	const [slow, failing] = [nodeId((leader + 1) % 3), nodeId((leader + 2) % 3)];
	await using clerk = cluster.clerk();
	const told = (['diskSlow', 'diskRecovered'] as const).map(type => next(cluster.events(deadline()), isOf(type)));
	cluster.setDiskFaults(slow, {delayMs: 800});
	await clerk.put('a', '1');
	t.like(await told[0], {id: slow});
	cluster.setDiskFaults(slow, {});
	t.like(await told[1], {id: slow});

	const failed = once(cluster, 'diskFailed', deadline());
	const died = cluster.events(deadline());
	cluster.setDiskFaults(failing, {write: 'EIO'});
	await clerk.put('a', '2');
	const [event] = (await failed) as [Extract<ClusterEvent, {type: 'diskFailed'}>];
	t.is(event.id, failing);
	t.regex(event.error.message, /EIO/);
	const end = await next(died, isOf('threadEnded'));
	t.is((end.error as {code?: string} | undefined)?.code, 'ERR_STORAGE_FAILED');
});

for (const kvThread of [false, true]) {
	test.serial(
		`sessions that were silent for too long are told by the leader alone (KV server on its own thread: ${kvThread})`,
		async t => {
			await using cluster = await Cluster.start({nodes: 3, kvThread, sessionTimeoutMs: 1000});
			const told: ClusterEvent[] = [];
			cluster.on('sessionsExpired', event => told.push(event));
			const expired = once(cluster, 'sessionsExpired', deadline());
			const [silent, busy] = [cluster.clerk(), cluster.clerk()];
			await silent.put('a', '1');
			const leader = await cluster.leader();
			const isTold = expired.then(() => true);
			while (!(await Promise.race([isTold, busy.append('b', 'x').then(() => false)])));
			t.like(told, [{type: 'sessionsExpired', id: leader, expired: 1, evicted: 0, open: 1}]);
		},
	);
}

test.serial('what a port before the cluster tells is told with the rest', async t => {
	await using cluster = await Cluster.start({nodes: 1});
	const events = cluster.events(deadline());
	const event = {type: 'clientsDropped', cause: 'evicted', address: 'here:1', reason: 'why', count: 2} as const;
	cluster.announce(event);
	t.deepEqual(await next(events, isOf('clientsDropped')), event);
});

test.serial('events end with the cluster, or when their taker has had enough', async t => {
	const cluster = await Cluster.start({nodes: 1});
	const ended = new AbortController();
	const [aborted, left, closed] = [cluster.events({signal: ended.signal}), cluster.events(), cluster.events()];
	ended.abort();
	for await (const event of aborted) t.log('was waiting already', event.type);
	await left.return?.();
	t.deepEqual(await left.next(), {done: true, value: undefined});
	const seen: string[] = [];
	const all = (async () => {
		for await (const event of closed) seen.push(event.type);
	})();
	await cluster.kill(nodeId(0));
	t.is(cluster.listenerCount('event'), 1);
	await cluster.close();
	await all;
	t.true(seen.includes('nodeDown'));
	t.is(cluster.listenerCount('event'), 0);
	t.true((await cluster.events().next()).done);
});

test.serial(
	'of events that nobody takes the newest 1000 are kept, and how many are missing is told in their place',
	async t => {
		const queue = new EventQueue(() => undefined);
		for (let id = 0; id < 1203; id++) queue.put({type: 'nodeUp', id: nodeId(id)});
		t.deepEqual(await queue.next(), {done: false, value: {type: 'eventsDropped', count: 203}});
		t.deepEqual(await queue.next(), {done: false, value: {type: 'nodeUp', id: nodeId(203)}});
		queue.end();
		let rest = 0;
		for await (const event of queue) rest += event.type === 'nodeUp' ? 1 : 0;
		t.is(rest, 999);
	},
);

test.serial('every cluster of the process is heard on the diagnostics channel', async t => {
	const heard: {readonly cluster: unknown; readonly event: ClusterEvent}[] = [];
	const listener = (message: unknown): void => void heard.push(message as (typeof heard)[number]);
	subscribe('threadraft:event', listener);
	t.teardown(() => unsubscribe('threadraft:event', listener));
	await using cluster = await Cluster.start({nodes: 1});
	const mine = (): readonly string[] => heard.filter(each => each.cluster === cluster).map(({event}) => event.type);
	await cluster.kill(nodeId(0));
	t.true(mine().includes('nodeUp'));
	t.true(mine().includes('nodeDown'));
});
