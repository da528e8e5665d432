/** What is recorded of a cluster's life: what is kept, how it is bounded, and that it comes back from a file as it was. */
import {EventEmitter} from 'node:events';
import test from 'ava';
import {
	Cluster,
	type ClusterEvent,
	ClusterRecorder,
	type NodeStatus,
	parseRecord,
	type RecordEntry,
	recordLines,
} from '../../actors/index.js';
import {noTraffic} from '../../actors/network/router-counters.js';
import {Ring} from '../../actors/observe/ring.js';
import {nodeId, term} from '../../src/raft/types.js';

/** A cluster that does what it is told, and time that goes on when it is told. */
class World extends EventEmitter {
	readonly nodeIds = [0, 1, 2];
	readonly traffic = noTraffic();
	readonly operations = {begun: 0, answered: 0, failed: 0};
	nodes: readonly NodeStatus[] = [0, 1, 2].map(id => down(id));
	readonly #timers: {readonly ms: number; readonly callback: () => void}[] = [];
	nowMs = 5000;

	async status(): Promise<readonly NodeStatus[]> {
		return this.nodes;
	}

	readonly recorder = (options: {eventsMax?: number; samplesMax?: number} = {}): ClusterRecorder =>
		new ClusterRecorder(this, {
			...options,
			now: () => this.nowMs,
			startedAt: 0,
			every: (ms, callback) => {
				const timer = {ms, callback};
				this.#timers.push(timer);
				return () => void this.#timers.splice(this.#timers.indexOf(timer), 1);
			},
		});

	/** 100 ms pass by. */
	async tick(): Promise<void> {
		this.nowMs += 100;
		for (const {ms, callback} of this.#timers) if ((this.nowMs - 5000) % ms === 0) callback();
		await settled();
	}

	get timers(): number {
		return this.#timers.length;
	}
}

/** What the nodes were asked for is answered. */
const settled = (): Promise<void> => new Promise(resolve => void setImmediate(resolve));

const down = (id: number): NodeStatus => ({
	id: nodeId(id),
	state: 'down',
	replica: undefined,
	error: undefined,
	damage: undefined,
	faults: [],
});

const ofType = <Type extends RecordEntry['type']>(
	entries: readonly RecordEntry[],
	type: Type,
): readonly Extract<RecordEntry, {type: Type}>[] =>
	entries.filter((entry): entry is Extract<RecordEntry, {type: Type}> => entry.type === type);

test('events, marks and commands are kept with their times since the beginning, and errors as plain data', async t => {
	const world = new World();
	const recorder = world.recorder();
	await world.tick();
	const error = Object.assign(new TypeError('no room'), {code: 'ENOSPC'});
	world.emit('event', {type: 'nodeRestarting', id: nodeId(1), delayMs: 20, error} satisfies ClusterEvent);
	recorder.mark('a');
	await world.tick();
	recorder.command('kill 1');
	const {head, entries} = recorder.record();
	t.like(head, {startedAt: '1970-01-01T00:00:00.000Z', nodes: 3, lengthMs: 200, dropped: {events: 0}});
	t.deepEqual(
		entries.filter(({type}) => type !== 'sample' && type !== 'nodes'),
		[
			{
				type: 'event',
				atMs: 100,
				event: {
					type: 'nodeRestarting',
					id: nodeId(1),
					delayMs: 20,
					error: {name: 'TypeError', message: 'no room', code: 'ENOSPC'},
				},
			},
			{type: 'mark', atMs: 100, name: 'a'},
			{type: 'command', atMs: 200, line: 'kill 1'},
		],
	);
});

test('a status that an event has overtaken is not kept: the nodes are asked again', async t => {
	const world = new World();
	const answers: ((nodes: readonly NodeStatus[]) => void)[] = [];
	world.status = () => new Promise(resolve => void answers.push(resolve));
	const recorder = world.recorder();
	const stale = [down(0), down(1)];
	world.emit('event', {type: 'nodeUp', id: nodeId(0)} satisfies ClusterEvent);
	answers[0]?.(stale);
	await settled();
	t.deepEqual(ofType(recorder.record().entries, 'nodes'), []);
	t.is(answers.length, 2);
	answers[1]?.([down(1)]);
	await settled();
	const [kept, ...more] = ofType(recorder.record().entries, 'nodes');
	t.deepEqual([kept?.nodes.map(({id}) => id), more], [[nodeId(1)], []]);
	t.is(answers.length, 2);
	recorder.close();
});

test('a sample has what happened within its time alone, of local clients and of those who tell it', async t => {
	const world = new World();
	const recorder = world.recorder();
	world.operations.answered = 3;
	world.traffic.requests = 7;
	recorder.tell({answered: 10, failed: 1, p50Ms: 2, p99Ms: 9});
	recorder.tell({answered: 5, failed: 0, p50Ms: 3, p99Ms: 8});
	await world.tick();
	world.operations.answered = 4;
	world.traffic.lost = 2;
	await world.tick();
	const samples = ofType(recorder.record().entries, 'sample');
	t.deepEqual(samples, [
		{
			type: 'sample',
			atMs: 100,
			lengthMs: 100,
			answered: 18,
			failed: 1,
			p50Ms: 3,
			p99Ms: 8,
			requests: 7,
			bytes: 0,
			lost: 0,
		},
		{type: 'sample', atMs: 200, lengthMs: 100, answered: 1, failed: 0, requests: 0, bytes: 0, lost: 2},
	]);
});

test('a time in which nothing happens is one sample, however long it is', async t => {
	const world = new World();
	const recorder = world.recorder();
	for (let number = 0; number < 50; number++) await world.tick();
	world.operations.answered++;
	await world.tick();
	t.deepEqual(
		ofType(recorder.record().entries, 'sample').map(({atMs, lengthMs, answered}) => [atMs, lengthMs, answered]),
		[
			[5000, 5000, 0],
			[5100, 100, 1],
		],
	);
});

test('the state of the nodes is recorded at the start, and again where it has changed', async t => {
	const world = new World();
	const recorder = world.recorder();
	await settled();
	for (let number = 0; number < 25; number++) await world.tick();
	world.nodes = [{...down(0), state: 'starting'}, down(1), down(2)];
	for (let number = 0; number < 10; number++) await world.tick();
	const states = ofType(recorder.record().entries, 'nodes').map(({atMs, nodes}) => [atMs, nodes[0]]);
	t.deepEqual(states, [
		[0, {id: 0, state: 'down'}],
		[3000, {id: 0, state: 'starting'}],
	]);
});

test('the newest are kept when there are too many, and how many are missing is told', async t => {
	const world = new World();
	const recorder = world.recorder({eventsMax: 3, samplesMax: 2});
	for (let number = 0; number < 5; number++) {
		recorder.mark(String(number));
		world.operations.answered++;
		await world.tick();
	}
	const {head, entries} = recorder.record();
	t.deepEqual(head.dropped, {events: 2, samples: 3, nodes: 0});
	t.deepEqual(
		ofType(entries, 'mark').map(({name}) => name),
		['2', '3', '4'],
	);
	t.deepEqual(
		ofType(entries, 'sample').map(({atMs}) => atMs),
		[400, 500],
	);
});

test('of the last seconds no older entry is told, but for the state of the nodes that they began with', async t => {
	const world = new World();
	const recorder = world.recorder();
	recorder.mark('old');
	await settled();
	for (let number = 0; number < 20; number++) await world.tick();
	recorder.mark('new');
	const {entries} = recorder.record({lastMs: 500});
	t.deepEqual(
		entries.map(({type, atMs}) => [type, atMs]),
		[
			['nodes', 0],
			['mark', 2000],
			['sample', 2000],
		],
	);
});

test('who listens is told each entry, until he has had enough or it is closed; then no timer is left', async t => {
	const world = new World();
	const recorder = world.recorder();
	const heard: string[] = [];
	const end = recorder.onEntry(({type}) => heard.push(type));
	recorder.mark('a');
	end();
	recorder.mark('b');
	t.deepEqual(heard, ['mark']);
	recorder.close();
	world.emit('event', {type: 'nodeUp', id: nodeId(0)});
	t.is(world.timers, 0);
	t.is(world.listenerCount('event'), 0);
	t.is(ofType(recorder.record().entries, 'event').length, 0);
});

test('a record comes back from its lines as it was', async t => {
	const world = new World();
	const recorder = world.recorder();
	world.emit('event', {type: 'roleChanged', id: nodeId(1), role: 'leader', term: term(2), leaderId: nodeId(1)});
	recorder.mark('größer');
	recorder.command('put "a b" 1');
	await world.tick();
	const record = recorder.record();
	t.is(record.entries.length, 5);
	t.deepEqual(parseRecord([...recordLines(record)]), record);
});

const head = JSON.stringify({format: 'threadraft-record', version: 1, nodes: 3});

test('entries that are not known are left out, so that a record of a later build is read', t => {
	const {entries} = parseRecord([head, '{"type":"weather","atMs":1}', '', '{"type":"mark","atMs":2,"name":"a"}']);
	t.deepEqual(entries, [{type: 'mark', atMs: 2, name: 'a'}]);
});

const isRefused = test.macro((t, lines: readonly string[], message: RegExp) => {
	t.throws(() => parseRecord(lines), {code: 'ERR_RECORD_FORMAT', message});
});
test('no line at all is no record', isRefused, [], /line 1 .*begins with a line that says its format/);
test('a file of something else is no record', isRefused, ['{"model":"kv"}'], /line 1 .*choose a file/);
test('a record of another version is refused', isRefused, ['{"format":"threadraft-record","version":2}'], /version 2/);
test('a line that was cut off is refused', isRefused, [head, '{"type":"ma'], /line 2 .*no JSON/);
test('an entry without a time is refused', isRefused, [head, '{"type":"mark"}'], /line 2 .*atMs/);

test('a ring gives the newest, the oldest first, and can replace its last', t => {
	const ring = new Ring<number>(3);
	t.is(ring.last, undefined);
	for (let number = 1; number <= 7; number++) {
		ring.push(number);
		t.is(ring.last, number);
		ring.replaceLast(number * 10);
		t.is(ring.last, number * 10);
	}
	t.deepEqual([...ring], [50, 60, 70]);
	t.is(ring.dropped, 4);
	t.is(ring.length, 3);
});

test('of a real cluster the election, the crash and the answered operations are recorded', async t => {
	await using cluster = await Cluster.start({nodes: 3});
	const recorder = new ClusterRecorder(cluster);
	t.teardown(() => recorder.close());
	const leader = await cluster.waitForLeader(30_000);
	await using clerk = cluster.clerk();
	await clerk.put('a', '1');
	await cluster.kill(leader);
	await clerk.put('a', '2');
	const next = async (wanted: RecordEntry['type']): Promise<void> =>
		new Promise(resolve => {
			recorder.onEntry(({type}) => type === wanted && resolve());
		});
	// What the nodes are is kept when nothing happens while they are asked.
	if (ofType(recorder.record().entries, 'nodes').length === 0) await next('nodes');
	// The next sample has the rest.
	await next('sample');
	const {entries} = recorder.record();
	const events = ofType(entries, 'event').map(({event}) => event);
	t.true(events.some(event => event.type === 'nodeDown' && event.id === leader));
	t.true(events.some(event => event.type === 'roleChanged' && event.role === 'leader' && event.id !== leader));
	t.true(ofType(entries, 'nodes').length > 0);
	const answered = ofType(entries, 'sample').map(sample => sample.answered);
	t.is(
		answered.reduce((sum, count) => sum + count, 0),
		2,
	);
});
