/** One node under its supervisor, on virtual time, with threads that do what the test says. */
import test, {type ExecutionContext} from 'ava';
import type {ThreadExit} from '../../actors/cluster/controlled-thread.js';
import {NodeActor, type NodeCommand} from '../../actors/cluster/node-actor.js';
import {healthyConditions} from '../../actors/replica/thread-conditions.js';
import {type NodeRecord, waitsForLives} from '../../actors/cluster/node-life.js';
import type {ClusterEvent} from '../../actors/cluster/cluster-event.js';
import type {Replica} from '../../actors/cluster/replica.js';
import type {ReplicaOptions} from '../../actors/replica/protocol.js';
import type {ActorRef} from '../../actors/runtime/index.js';
import {nodeId} from '../../src/raft/types.js';
import {StorageCorruptError, StorageFailedError} from '../../src/storage/errors.js';
import {deferred, manualSystem} from '../actors/runtime/kit.js';

const id = nodeId(1);
const diskFails = new StorageFailedError('write', 'log-1', {cause: new Error('EIO')});
const damage = new StorageCorruptError('a bad frame', {file: 'log-1', offset: 40, lastGoodIndex: 7});

/** The threads of one life. */
interface Threads {
	readonly die: (error: Error | undefined) => void;
}

interface World {
	/** What a start does: it fails, or waits, or is well. */
	start: () => Promise<unknown>;
	stopFailures: readonly Error[];
	isClosing: boolean;
}

function startNode({quickRestartsMax = 10, random = 0}: {quickRestartsMax?: number; random?: number} = {}) {
	const {clock, system} = manualSystem({random: () => random});
	const world: World = {start: () => Promise.resolve(), stopFailures: [], isClosing: false};
	const log: string[] = [];
	const events: (ClusterEvent & {readonly atMs: number})[] = [];
	const lives: Threads[] = [];
	const startThreads = (): Replica => {
		const {promise: exited, resolve} = deferred<ThreadExit>();
		const die = (error: Error | undefined): void => resolve({thread: 'replica-1', exitCode: 1, error});
		lives.push({die});
		const end = (how: string) => async () => {
			log.push(how);
			die(undefined);
			return how === 'stop' ? world.stopFailures : [];
		};
		const pause = async (ms: number) => void log.push(`pause ${ms}`);
		return {exited, kill: end('kill'), stop: end('stop'), pause} as unknown as Replica;
	};
	const options = {id, storage: {directory: '/nowhere', owner: 'test'}} as ReplicaOptions;
	const node: NodeRecord = {options, state: {type: 'down'}, conditions: healthyConditions};
	const actor: ActorRef<NodeCommand> = system.spawn(
		() =>
			new NodeActor({
				node,
				starts: {
					beginStart: async () => ({clusterCreatedMs: 0, starts: 0}) as never,
					confirmStart: async () => undefined,
				},
				startReplica: async (_, loaded) => {
					log.push('start');
					await world.start();
					await loaded(undefined);
					return startThreads();
				},
				detach: () => undefined,
				random: () => random,
				isClosing: () => world.isClosing,
				event: event => events.push({...event, atMs: clock.now()}),
				quickRestartsMax,
			}),
		waitsForLives,
	);
	const command = (type: 'start' | 'kill'): Promise<void> =>
		actor.ask(replyTo => ({type, replyTo}), {timeoutMs: Number.MAX_SAFE_INTEGER});
	const eventTypes = () => events.map(({type}) => type);
	const delays = () => events.flatMap(event => (event.type === 'nodeRestarting' ? [event.delayMs] : []));
	return {clock, world, log, events, eventTypes, delays, lives, node, actor, command};
}

/** Fails from now on. */
const failing = (error: Error) => async (): Promise<never> => {
	throw error;
};

/** Runs a command that needs no time to pass. */
async function done<T>({clock}: ReturnType<typeof startNode>, command: Promise<T>): Promise<T> {
	await clock.settle();
	return command;
}

test('pauses double from 100 ms to 10 s as long as there are quick tries left, and are 30 s ever after; half is chance', async t => {
	const quick = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000];
	const node = startNode();
	node.world.start = failing(diskFails);
	await Promise.all([t.throwsAsync(node.command('start'), {is: diskFails}), node.clock.settle()]);
	await node.clock.advance(3_600_000);
	const delays = node.delays();
	t.deepEqual(
		delays.slice(0, 60),
		[...quick, ...Array.from({length: 50}, () => 30_000)].map(pause => pause / 2),
	);
	t.true(delays.length > 200, 'it is tried for as long as the cluster lives');
	t.deepEqual(node.eventTypes().slice(0, 4), ['diskFailed', 'nodeRestarting', 'diskFailed', 'nodeRestarting']);
	const tries = node.events.filter(({type}) => type === 'nodeRestarting');
	for (const [place, event] of tries.entries()) {
		t.is(event.atMs, (tries[place - 1]?.atMs ?? 0) + (delays[place - 1] ?? 0), 'tried when the pause is over');
	}
	t.like(node.node.state, {type: 'waiting', error: diskFails});

	const drawn = startNode({quickRestartsMax: 2, random: 0.5});
	drawn.world.start = failing(diskFails);
	await Promise.all([t.throwsAsync(drawn.command('start')), drawn.clock.advance(75 + 150 + 22_500)]);
	t.deepEqual(drawn.delays(), [75, 150, 22_500, 22_500]);
});

test('a node that was up for a minute begins a new count; a restart on purpose does not', async t => {
	const node = startNode({quickRestartsMax: 2});
	const dieAfter = async (upMs: number) => {
		await node.clock.advance(upMs);
		node.lives.at(-1)?.die(diskFails);
		await node.clock.advance(30_000);
	};
	await done(node, node.command('start'));
	for (const upMs of [0, 0, 0, 0]) await dieAfter(upMs);
	await done(node, node.command('kill'));
	await done(node, node.command('start'));
	await dieAfter(0);
	await dieAfter(60_000 - 15_000 + 1);
	t.deepEqual(node.delays(), [50, 100, 15_000, 15_000, 15_000, 50]);
});

test('a node that is killed while it waits for its next try is down at once, and is not tried', async t => {
	const node = startNode();
	node.world.start = failing(diskFails);
	await Promise.all([t.throwsAsync(node.command('start')), node.clock.settle()]);
	await done(node, node.command('kill'));
	t.is(node.clock.now(), 0);
	t.deepEqual(node.node.state, {type: 'down'});
	await node.clock.advance(100_000);
	t.deepEqual(node.log, ['start']);
	t.deepEqual(node.eventTypes(), ['diskFailed', 'nodeRestarting', 'nodeDown']);
	t.is(node.clock.timerCount, 0);
});

test('a node that waits for its next try is started at once by a command', async t => {
	const node = startNode();
	node.world.start = failing(diskFails);
	await Promise.all([t.throwsAsync(node.command('start')), node.clock.settle()]);
	node.world.start = () => Promise.resolve();
	await done(node, node.command('start'));
	t.is(node.clock.now(), 0);
	t.is(node.node.state.type, 'up');
	await node.clock.advance(100_000);
	t.deepEqual(node.log, ['start', 'start']);
});

test('commands on a node are carried out one after the other: a kill waits for the start before it', async t => {
	const node = startNode();
	const gate = deferred();
	node.world.start = () => gate.promise;
	const commands = [node.command('start'), node.command('kill'), node.command('start')];
	await node.clock.settle();
	t.deepEqual(node.log, ['start']);
	gate.resolve();
	await node.clock.settle();
	await Promise.all(commands);
	t.deepEqual(node.log, ['start', 'kill', 'start']);
	t.deepEqual(node.eventTypes(), ['nodeUp', 'nodeDown', 'nodeUp']);
});

test('a start that comes while the node is being tried again waits for that, and does not end it', async t => {
	const node = startNode();
	await done(node, node.command('start'));
	const gate = deferred();
	node.world.start = () => gate.promise;
	node.lives[0]?.die(diskFails);
	await node.clock.advance(50);
	t.is(node.node.state.type, 'starting');
	const started = node.command('start');
	await node.clock.settle();
	gate.resolve();
	await done(node, started);
	t.deepEqual(node.log, ['start', 'start']);
	t.is(node.node.state.type, 'up');
});

test('a death is told once, with what the thread died of; one that was asked for is none', async t => {
	const node = startNode();
	await done(node, node.command('start'));
	node.lives[0]?.die(diskFails);
	await node.clock.advance(50);
	t.deepEqual(node.eventTypes(), ['nodeUp', 'diskFailed', 'nodeRestarting', 'nodeUp']);
	t.like(node.events[1], {type: 'diskFailed', id, error: diskFails});
	t.like(node.events[2], {error: diskFails, delayMs: 50});
	t.regex(diskFails.message, /^node 1: /);
	const killed = node.command('kill');
	node.lives[1]?.die(undefined);
	await done(node, killed);
	await node.clock.advance(100_000);
	t.deepEqual(node.eventTypes().slice(4), ['nodeDown']);
	t.deepEqual(node.node.state, {type: 'down'});
});

test('a node with damaged files is not tried again until it is started on purpose', async t => {
	const node = startNode();
	node.world.start = failing(damage);
	await Promise.all([t.throwsAsync(node.command('start'), {is: damage}), node.clock.settle()]);
	await node.clock.advance(100_000);
	t.deepEqual(node.log, ['start']);
	t.like(node.events, [{type: 'nodeDamaged', id, error: damage, damage: {file: '/nowhere/log-1', offset: 40}}]);
	t.like(node.node.state, {type: 'damaged', error: damage, damage: {offset: 40}});
	node.world.start = () => Promise.resolve();
	await done(node, node.command('start'));
	t.is(node.node.state.type, 'up');
	node.world.start = failing(damage);
	node.lives[0]?.die(diskFails);
	await node.clock.advance(100_000);
	t.is(node.node.state.type, 'damaged', 'also one that was tried again by itself');
	t.deepEqual(node.log, ['start', 'start', 'start']);
});

async function whenClosed(t: ExecutionContext, node: ReturnType<typeof startNode>): Promise<void> {
	node.world.isClosing = true;
	const stopped = node.actor.stop();
	await node.clock.settle();
	await stopped;
	await node.clock.advance(100_000);
	t.deepEqual(node.node.state, {type: 'down'});
	t.is(node.clock.timerCount, 0);
}

test('a node that closes ends its threads in good order, and tells what went wrong', async t => {
	const node = startNode();
	await done(node, node.command('start'));
	node.world.stopFailures = [new Error('no room')];
	await whenClosed(t, node);
	t.deepEqual(node.log, ['start', 'stop']);
	t.like(node.events.at(-1), {type: 'nodeStopFailed', id});
	t.deepEqual(node.eventTypes(), ['nodeUp', 'nodeStopFailed']);
});

for (const [what, begin] of [
	[
		'is tried again',
		async (node: ReturnType<typeof startNode>) => {
			await done(node, node.command('start'));
			node.lives[0]?.die(diskFails);
		},
	],
	['is started', async (node: ReturnType<typeof startNode>) => void node.command('start').catch(() => undefined)],
] as const) {
	for (const outcome of ['well', 'failing'] as const) {
		test(`a node that closes while it ${what} waits for the end of that, and ends what came up (${outcome})`, async t => {
			const node = startNode();
			const gate = deferred();
			await begin(node);
			node.log.length = 0;
			node.world.start = async () => {
				await gate.promise;
				if (outcome === 'failing') throw diskFails;
			};
			await node.clock.advance(50);
			t.deepEqual(node.log, ['start']);
			node.world.isClosing = true;
			const stopped = node.actor.stop();
			await node.clock.settle();
			t.deepEqual(node.log, ['start']);
			gate.resolve();
			await node.clock.settle();
			await stopped;
			t.deepEqual(node.log, outcome === 'well' ? ['start', 'stop'] : ['start']);
			await whenClosed(t, node);
		});
	}
}

test('a pause goes to the threads of a node that is up, and to no other', async t => {
	const node = startNode();
	const pause = () =>
		node.actor.ask<void>(replyTo => ({type: 'pause', clockStops: false, ms: 70, replyTo}), {timeoutMs: 1000});
	await Promise.all([
		t.throwsAsync(pause(), {code: 'ERR_CLUSTER_STATE', message: /^node 1 is not up/}),
		node.clock.settle(),
	]);
	await done(node, node.command('start'));
	await done(node, pause());
	t.deepEqual(node.log, ['start', 'pause 70']);
});
