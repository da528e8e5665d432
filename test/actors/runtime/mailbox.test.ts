import test from 'ava';
import type {ActorContext} from '../../../actors/runtime/index.js';
import {behaviour, deadLetters, deferred, manualSystem, ofType} from './kit.js';

test('a full mailbox refuses one more message, tells its sender, and keeps the order of the others', async t => {
	const {clock, system, events} = manualSystem();
	const seen: number[] = [];
	const actor = system.spawn(
		behaviour<number>(message => void seen.push(message)),
		{mailbox: {capacity: 2}},
	);
	t.deepEqual(
		[0, 1, 2, 3].map(message => actor.tell(message)),
		[true, true, false, false],
	);
	await clock.settle();
	t.deepEqual(seen, [0, 1]);
	t.deepEqual(
		ofType(events, 'deadLetter').map(({reason, message}) => [reason, message]),
		[
			['overflow', 2],
			['overflow', 3],
		],
	);
	t.true(actor.tell(4), 'there is room again');
});

test('a full mailbox never drops a timer or a stop, and they come before what waits', async t => {
	const {clock, system} = manualSystem();
	const seen: string[] = [];
	const gate = deferred();
	const receive = async (message: string) => {
		seen.push(message);
		if (message === 'first') await gate.promise;
	};
	const actor = system.spawn(
		(context: ActorContext<string>) => ({
			receive,
			started() {
				context.timers.start('timer', 'timer', 10);
			},
		}),
		{mailbox: {capacity: 2}},
	);
	actor.tell('first');
	await clock.settle();
	for (const message of ['second', 'third', 'lost']) actor.tell(message);
	await clock.advance(10);
	gate.resolve();
	await clock.settle();
	t.deepEqual(seen, ['first', 'timer', 'second', 'third']);
});

test('a stop overtakes everything that waits', async t => {
	const {clock, system, events} = manualSystem();
	const seen: number[] = [];
	const actor = system.spawn(
		behaviour<number>((message, context) => {
			seen.push(message);
			if (message === 2) void context.self.stop();
		}),
	);
	for (let message = 0; message < 100; message++) actor.tell(message);
	await clock.settle();
	t.deepEqual(seen, [0, 1, 2]);
	t.is(deadLetters(events, 'stopped'), 97);
});
