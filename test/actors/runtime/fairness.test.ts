import test from 'ava';
import {behaviour, deferred, realSystem} from './kit.js';
import {intervalGauge, spinUs} from './load.js';

const messageCount = 100_000;

// Handled at one go this is a gap of two seconds and not one tick. Ticks are counted by the time that really passed, so that
// a busy machine, which makes the flood last longer, does not matter.
test.serial('a flood of 100,000 messages of 20 us starves no timer of the thread', async t => {
	const system = realSystem(t);
	const done = deferred();
	let handled = 0;
	const actor = system.spawn(
		behaviour<number>(() => {
			spinUs(20);
			if (++handled === messageCount) done.resolve();
		}),
		{mailbox: {capacity: messageCount}},
	);
	for (let message = 0; message < messageCount; message++) actor.tell(message);
	const gauge = intervalGauge(10);
	await done.promise;
	const {ticks, worstGapMs, durationMs} = gauge.stop();
	t.log(`${ticks} ticks in ${Math.round(durationMs)} ms, worst gap ${Math.round(worstGapMs)} ms`);
	t.true(ticks >= durationMs / 40, `${ticks} ticks of 10 ms in ${durationMs} ms`);
	t.true(worstGapMs < durationMs / 4, `worst gap ${worstGapMs} ms`);
});

test.serial('a flood holds up neither the timers nor the stop of an actor', async t => {
	const system = realSystem(t);
	let handled = 0;
	let ticks = 0;
	const actor = system.spawn<'work' | 'tick'>(
		() => ({
			receive(message, context) {
				if (message === 'work') {
					handled++;
					return spinUs(20);
				}
				if (++ticks === 5) void context.self.stop();
				else context.timers.start('tick', 'tick', 10);
			},
			started: ({timers}) => timers.start('tick', 'tick', 10),
		}),
		{mailbox: {capacity: messageCount}},
	);
	let lost = 0;
	const stopped = new Promise<void>(resolve =>
		system.observe(event => {
			if (event.type === 'deadLetter') lost++;
			if (event.type === 'stopped') resolve();
		}),
	);
	for (let message = 0; message < messageCount; message++) actor.tell('work');
	await stopped;
	t.is(ticks, 5);
	t.true(handled < messageCount / 2, `${handled} messages came before the fifth tick`);
	t.is(lost, messageCount - handled);
});

test.serial('a message to a second actor gets through a flood on the first', async t => {
	const system = realSystem(t);
	let handled = 0;
	const flooded = system.spawn(
		behaviour<number>(() => {
			handled++;
			spinUs(20);
		}),
		{mailbox: {capacity: messageCount}},
	);
	const other = system.spawn(behaviour<() => void>(reply => reply()));
	for (let message = 0; message < messageCount; message++) flooded.tell(message);
	await new Promise<void>(resolve => other.tell(resolve));
	t.true(handled < 1000, `${handled} messages came first`);
});
