import test from 'ava';
import {type ActorContext, type Overflow} from '../../../actors/runtime/index.js';
import {behaviour, deferred, manualSystem, ofType} from './kit.js';

const overflowRow = test.macro({
	title: (_, overflow: Overflow) => `a full mailbox with ${overflow}`,
	async exec(t, overflow: Overflow, accepted: readonly boolean[], handled: readonly number[], lost: readonly number[]) {
		const {clock, system, events} = manualSystem();
		const seen: number[] = [];
		const actor = system.spawn(
			behaviour<number>(message => void seen.push(message)),
			{mailbox: {capacity: 2, overflow}},
		);
		t.deepEqual(
			[0, 1, 2, 3].map(message => actor.tell(message)),
			accepted,
		);
		t.is(system.metrics()[0]?.dropped, 2);
		await clock.settle();
		t.deepEqual(seen, handled);
		t.deepEqual(
			ofType(events, 'deadLetter').map(({reason, message}) => [reason, message]),
			lost.map(message => ['overflow', message]),
		);
		t.is(system.deadLetters.overflow, 2);
	},
});

test(overflowRow, 'reject', [true, true, false, false], [0, 1], [2, 3]);
test(overflowRow, 'dropNewest', [true, true, true, true], [0, 1], [2, 3]);
test(overflowRow, 'dropOldest', [true, true, true, true], [2, 3], [0, 1]);

test('a full mailbox never drops a timer, a death notice or a stop, and they come before what waits', async t => {
	const {clock, system} = manualSystem();
	const seen: string[] = [];
	const gate = deferred();
	const victim = system.spawn(behaviour<never>(() => undefined));
	const receive = async (message: string) => {
		seen.push(message);
		if (message === 'first') await gate.promise;
	};
	const actor = system.spawn(
		(context: ActorContext<string>) => ({
			receive,
			started() {
				context.watch(victim, () => 'death');
				context.timers.start('timer', 'timer', 10);
			},
		}),
		{mailbox: {capacity: 2, overflow: 'dropNewest'}},
	);
	actor.tell('first');
	await clock.settle();
	for (const message of ['second', 'third', 'lost']) actor.tell(message);
	void system.stopActor(victim);
	await clock.advance(10);
	gate.resolve();
	await clock.settle();
	t.deepEqual(seen, ['first', 'death', 'timer', 'second', 'third']);
});

test('a stop overtakes everything that waits', async t => {
	const {clock, system} = manualSystem();
	const seen: number[] = [];
	const actor = system.spawn(
		behaviour<number>((message, context) => {
			seen.push(message);
			if (message === 2) context.stop();
		}),
	);
	for (let message = 0; message < 100; message++) actor.tell(message);
	await clock.settle();
	t.deepEqual(seen, [0, 1, 2]);
	t.is(system.deadLetters.stopped, 97);
});

test('metrics tell depth, age of the head, processed and restarts', async t => {
	const {clock, system} = manualSystem();
	const gate = deferred();
	const actor = system.spawn(
		behaviour<string>(async message => {
			if (message === 'crash') throw new Error('crash');
			await gate.promise;
		}),
		{name: 'measured', supervision: {backoffMinMs: 10}},
	);
	for (const message of ['crash', 'wait', 'queued', 'queued']) actor.tell(message);
	await clock.advance(100);
	t.deepEqual(system.metrics(), [
		{
			address: actor.address,
			state: 'running',
			depth: 2,
			headAgeMs: 100,
			processed: 2,
			owed: 0,
			dropped: 0,
			restarts: 1,
		},
	]);
	gate.resolve();
	await clock.settle();
	t.deepEqual(system.metrics(), [
		{address: actor.address, state: 'running', depth: 0, headAgeMs: 0, processed: 4, owed: 0, dropped: 0, restarts: 1},
	]);
});
