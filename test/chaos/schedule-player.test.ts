import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import type {FaultBearer} from '../../actors/chaos/fault-bearer.js';
import {playSchedule} from '../../actors/chaos/schedule-player.js';
import type {FaultEvent} from '../../src/faults/faults.js';

const loss = {type: 'loss', links: {from: 'nodes', to: 'nodes'}, probability: 0.1} as const;
const crash = {type: 'crash', node: 1, disk: 'kept'} as const;
const never = new AbortController().signal;

const schedule: readonly FaultEvent[] = [
	{type: 'inject', atMs: 0, id: 'a', fault: loss},
	{type: 'inject', atMs: 5, id: 'b', fault: crash},
	{type: 'heal', atMs: 10, id: 'a'},
	{type: 'heal', atMs: 20, id: 'b'},
];

/** Notes what it is asked for. Each takes `ms`. */
class Notebook implements FaultBearer {
	readonly log: string[] = [];
	readonly set = new Set<string>();
	readonly #ms: number;

	constructor(ms = 0) {
		this.#ms = ms;
	}

	async inject(id: string): Promise<void> {
		this.log.push(`inject ${id}`);
		await sleep(this.#ms);
		this.set.add(id);
	}

	async heal(id: string): Promise<void> {
		this.log.push(`heal ${id}`);
		await sleep(this.#ms);
		this.set.delete(id);
	}
}

const play = (bearer: FaultBearer, signal = never, told: (event: FaultEvent) => void = () => undefined) =>
	playSchedule(schedule, bearer, {signal, told, now: () => performance.now(), durationMs: 20});

test('a schedule is carried out in its order, and told as it is', async t => {
	const bearer = new Notebook();
	const told: FaultEvent[] = [];
	const {events, failures, isCancelled} = await play(bearer, never, event => told.push(event));
	t.deepEqual(bearer.log, ['inject a', 'inject b', 'heal a', 'heal b']);
	t.deepEqual(told, events);
	t.deepEqual(
		events.map(event => ({...event, atMs: 0})),
		schedule.map(event => ({...event, atMs: 0})),
	);
	for (const [place, {atMs}] of events.entries()) t.true(atMs >= (schedule[place]?.atMs ?? 0));
	t.deepEqual(failures, []);
	t.false(isCancelled);
});

test('a pause that is not over at the end is ended with the other faults; one that is over is not', async t => {
	const bearer = new Notebook();
	const pause = (durationMs: number) => ({type: 'pause', node: 0, durationMs, clockStops: false}) as const;
	const events: readonly FaultEvent[] = [
		{type: 'inject', atMs: 0, id: 'short', fault: pause(1)},
		{type: 'inject', atMs: 0, id: 'long', fault: pause(60_000)},
		{type: 'inject', atMs: 0, id: 'jump', fault: {type: 'clockJump', node: 1, byMs: 5}},
		{type: 'inject', atMs: 0, id: 'loss', fault: loss},
	];
	await playSchedule(events, bearer, {
		signal: never,
		told: () => undefined,
		now: () => performance.now(),
		durationMs: 30,
	});
	t.deepEqual(bearer.log.slice(4), ['heal loss', 'heal long']);
});

test('a fault that takes long to set holds up no other, and is ended after it was set', async t => {
	const bearer = new Notebook(200);
	await play(bearer);
	t.deepEqual(bearer.log.slice(0, 2), ['inject a', 'inject b']);
	t.deepEqual([...bearer.set], []);
});

test('an abort heals what is set, and the rest of the schedule is not carried out', async t => {
	const bearer = new Notebook();
	const controller = new AbortController();
	const {events, isCancelled} = await play(bearer, controller.signal, event => {
		if (event.id === 'b') controller.abort();
	});
	t.deepEqual(
		events.map(({type, id}) => `${type} ${id}`),
		['inject a', 'inject b', 'heal a', 'heal b'],
	);
	t.deepEqual([...bearer.set], []);

	t.true(isCancelled);
});

test('an abort starts nodes last, when their disks are whole again', async t => {
	const bearer = new Notebook();
	const controller = new AbortController();
	const events: readonly FaultEvent[] = [
		{type: 'inject', atMs: 0, id: 'disk', fault: {type: 'diskFull', node: 1}},
		{type: 'inject', atMs: 0, id: 'crash', fault: crash},
		{type: 'inject', atMs: 0, id: 'loss', fault: loss},
	];
	await playSchedule(events, bearer, {
		signal: controller.signal,
		told: ({id}) => id === 'loss' && controller.abort(),
		now: () => performance.now(),
		durationMs: 20,
	});
	t.is(bearer.log.length, 6);
	t.is(bearer.log.at(-1), 'heal crash');
});

test('an abort before the first fault leaves the cluster as it is', async t => {
	const bearer = new Notebook();
	const {isCancelled} = await play(bearer, AbortSignal.abort());
	t.deepEqual(bearer.log, []);
	t.true(isCancelled);
});

test('what fails is noted, and the others go on', async t => {
	const bearer = new Notebook();
	const failing: FaultBearer = {
		inject: async id => bearer.inject(id),
		heal: async id => {
			if (id === 'a') throw new Error('no');
			await bearer.heal(id);
		},
	};
	const {failures} = await play(failing);
	t.deepEqual(
		failures.map(({event, error}) => [event.type, event.id, error.message]),
		[['heal', 'a', 'no']],
	);
	t.deepEqual([...bearer.set], ['a']);
});

test('whoever is told may throw: all is healed before that is passed on', async t => {
	const bearer = new Notebook();
	const throwing = (event: FaultEvent): void => {
		if (event.id === 'b' && event.type === 'inject') throw new Error('its own bug');
	};
	await t.throwsAsync(play(bearer, never, throwing), {message: 'its own bug'});
	t.deepEqual([...bearer.set], []);
});
