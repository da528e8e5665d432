/** The effects of several replicas as one stream, without threads. */
import test from 'ava';
import {EffectStream, heldMax, type MissedEffects} from '../../actors/cluster/effect-stream.js';
import {EffectFeed} from '../../actors/replica/effect-feed.js';
import type {EffectBatch} from '../../actors/replica/protocol.js';
import {decodeError} from '../../actors/codec/error-codec.js';
import type {MachineTypes} from '../../src/service/machine.js';

interface Texts extends MachineTypes {
	readonly effect: string;
}

function startStream() {
	const timers = new Set<() => void>();
	const thrown: unknown[] = [];
	const stream = new EffectStream<Texts>({
		schedule: (_, callback) => {
			timers.add(callback);
			return () => timers.delete(callback);
		},
		threw: error => thrown.push(error),
		decodeError: error => decodeError(error, []),
	});
	const told: string[] = [];
	const missed: MissedEffects[] = [];
	const listen = (after = 0): (() => void) =>
		stream.add({listener: effect => told.push(effect), missed: found => missed.push(found), after});
	const wait = (): void => {
		for (const callback of timers) {
			timers.delete(callback);
			callback();
		}
	};
	return {stream, timers, thrown, told, missed, listen, wait};
}

/** All of `(after, through]`, with an effect for each of these revisions. */
const batchOf = (after: number, through: number, ...revisions: readonly number[]): EffectBatch => ({
	type: 'effects',
	after,
	through,
	effects: revisions.map(revision => ({index: revision, revision, number: 0, effect: `e${revision}`})),
	error: undefined,
});

const [one, other, third] = [{}, {}, {}];

test('each effect is told once, from whichever replica is first', t => {
	const {stream, told, missed, listen} = startStream();
	listen();
	stream.take(one, batchOf(0, 3, 1, 2, 3));
	stream.take(other, batchOf(0, 5, 1, 2, 3, 5));
	stream.take(one, batchOf(3, 5, 5));
	stream.take(one, batchOf(5, 9, 7));
	t.deepEqual([told, missed], [['e1', 'e2', 'e3', 'e5', 'e7'], []]);
});

test('what leaves a gap waits for another replica that fills it', t => {
	const {stream, timers, told, missed, listen} = startStream();
	listen();
	stream.joined(one, 0);
	stream.take(other, batchOf(4, 6, 6));
	stream.take(other, batchOf(6, 7, 7));
	t.deepEqual(told, []);
	stream.take(one, batchOf(0, 4, 2, 4));
	t.deepEqual([told, missed], [['e2', 'e4', 'e6', 'e7'], []]);
	t.is(timers.size, 0);
});

for (const [what, end] of [
	['when the last replica that might fill it ends', ({stream}) => stream.left(one)],
	['when that takes too long', ({wait}) => wait()],
] as readonly (readonly [string, (world: ReturnType<typeof startStream>) => void])[]) {
	test(`a gap that nobody fills is told, and the stream goes on: ${what}`, t => {
		const world = startStream();
		const {stream, timers, told, missed, listen} = world;
		listen();
		stream.joined(one, 0);
		stream.take(other, batchOf(4, 6, 6));
		end(world);
		t.deepEqual(missed, [{firstRevision: 1, lastRevision: 4, error: undefined}]);
		t.deepEqual(told, ['e6']);
		stream.take(one, batchOf(0, 7, 2, 7));
		t.deepEqual(told, ['e6', 'e7'], 'nothing is told after what comes behind it in the log');
		t.is(timers.size, 0);
	});
}

test('no more than a bounded number of effects is held back', t => {
	const {stream, told, missed, listen} = startStream();
	listen();
	stream.joined(one, 0);
	for (let revision = 5; revision < 5 + heldMax; revision++) {
		stream.take(other, batchOf(revision - 1, revision, revision));
	}
	t.is(told.length, 0);
	stream.take(other, batchOf(4 + heldMax, 5 + heldMax, 5 + heldMax));
	t.is(told.length, heldMax + 1);
	t.is(missed.length, 1);
});

test('who listens later is told what comes after that, and who has stopped nothing', t => {
	const {stream, told, listen} = startStream();
	stream.take(one, batchOf(0, 2, 1, 2));
	const stop = listen(stream.through);
	stream.take(one, batchOf(2, 3, 3));
	const late: string[] = [];
	stream.add({listener: effect => late.push(effect), missed: () => t.fail(), after: 4});
	stream.take(one, batchOf(3, 5, 4, 5));
	stop();
	stream.take(one, batchOf(5, 6, 6));
	t.deepEqual(
		[told, late],
		[
			['e3', 'e4', 'e5'],
			['e5', 'e6'],
		],
	);
});

test('a listener that throws keeps neither the others nor the next effect from being told', t => {
	const {stream, thrown, told, listen} = startStream();
	stream.add({
		listener: effect => {
			throw new Error(effect);
		},
		missed: () => t.fail(),
		after: 0,
	});
	listen();
	stream.take(one, batchOf(0, 2, 1, 2));
	t.deepEqual(told, ['e1', 'e2']);
	t.deepEqual(
		thrown.map(error => (error as Error).message),
		['e1', 'e2'],
	);
});

/** A replica whose machine applies by hand. */
function startFeed() {
	const posted: EffectBatch[] = [];
	// As it is on its way between threads.
	const feed = new EffectFeed(batch => posted.push(structuredClone(batch)));
	const state = {revision: 0, machine: {}};
	feed.observe(state);
	const apply = (...effects: readonly unknown[]): void => {
		state.revision += 1;
		for (const effect of effects) feed.take(effect, {index: state.revision + 100, revision: state.revision});
		feed.flush();
	};
	return {posted, feed, state, apply};
}

test('a replica that nobody listens to tells nothing, and then tells only what is new', t => {
	const {posted, feed, apply} = startFeed();
	apply('a');
	t.is(feed.listen(0), 1);
	apply();
	apply('b', 'c');
	feed.listen(undefined);
	apply('d');
	t.deepEqual(posted, [
		{
			type: 'effects',
			after: 1,
			through: 3,
			effects: [
				{index: 103, revision: 3, number: 0, effect: 'b'},
				{index: 103, revision: 3, number: 1, effect: 'c'},
			],
			error: undefined,
		},
	]);
});

test('a replica that applies its log again does not tell again what is told', t => {
	const {posted, feed, apply} = startFeed();
	t.is(feed.listen(2), 2);
	for (const effect of ['a', 'b', 'c']) apply(effect);
	t.deepEqual(
		posted.map(({after, through, effects}) => [after, through, effects.map(({effect}) => effect)]),
		[[2, 3, ['c']]],
	);
});

test('a snapshot is a gap in what a replica tells', t => {
	const {posted, feed, state, apply} = startFeed();
	feed.listen(0);
	apply('a');
	Object.assign(state, {revision: 7, machine: {}});
	feed.flush();
	apply('h');
	t.deepEqual(
		posted.map(({after, through}) => [after, through]),
		[
			[0, 1],
			[7, 8],
		],
	);
});

test('an effect is told as it was emitted, whatever becomes of it later', t => {
	const {posted, feed, state} = startFeed();
	feed.listen(0);
	const effect = {list: [1], bytes: new Uint8Array(2)};
	state.revision = 1;
	feed.take(effect, {index: 1, revision: 1});
	effect.list.push(2);
	effect.bytes.fill(9);
	feed.flush();
	t.deepEqual(posted[0]?.effects[0]?.effect, {list: [1], bytes: new Uint8Array(2)});
});

test('an effect that is no plain data is told as missed, with its error, and the next one comes', t => {
	const {posted, feed, apply} = startFeed();
	const {stream, told, missed, listen} = startStream();
	listen();
	feed.listen(0);
	const circle: unknown[] = [];
	circle.push(circle);
	apply(() => 'a function');
	apply(circle);
	apply('c');
	for (const batch of posted) stream.take(third, batch);
	t.deepEqual(told, ['c']);
	t.deepEqual(
		missed.map(({firstRevision, lastRevision}) => [firstRevision, lastRevision]),
		[
			[1, 1],
			[2, 2],
		],
	);
	t.regex(missed[0]?.error?.message ?? '', /could not be cloned/);
});
