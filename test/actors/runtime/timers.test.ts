import test from 'ava';
import {type Actor, type ActorContext, ActorStoppedError, systemClock} from '../../../actors/runtime/index.js';
import {deferred, manualSystem} from './kit.js';
import {ManualClock} from './manual-clock.js';

type Message = string;

/** An actor that logs what it receives, set up by `started`. */
function logger(log: string[], clock: ManualClock, started: (context: ActorContext<Message>) => void) {
	return (): Actor<Message> => ({
		receive(message, context) {
			log.push(`${clock.now()} ${message}`);
			if (message === 'crash') throw new Error('crash');
			if (message === 'cancel') context.timers.cancel('key');
			if (message === 'stop') void context.self.stop();
		},
		started,
	});
}

test('a timer sends its message once, after its delay', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	system.spawn(logger(log, clock, ({timers}) => timers.start('key', 'ring', 30)));
	await clock.advance(1000);
	t.deepEqual(log, ['30 ring']);
});

test('a cancelled timer sends nothing, and leaves nothing', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(logger(log, clock, ({timers}) => timers.start('key', 'ring', 30)));
	await clock.settle();
	actor.tell('cancel');
	await clock.settle();
	t.is(clock.timerCount, 0);
	await clock.advance(100);
	t.deepEqual(log, ['0 cancel']);
});

test('starting a key again replaces its timer', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	system.spawn(
		logger(log, clock, ({timers}) => {
			timers.start('key', 'old', 10);
			timers.start('key', 'new', 20);
		}),
	);
	await clock.advance(100);
	t.deepEqual(log, ['20 new']);
});

test('a timer that has fired and waits in the mailbox is called off by cancel', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	const actor = system.spawn((): Actor<Message> => ({
		async receive(message, context) {
			log.push(message);
			await gate.promise;
			context.timers.cancel('key');
		},
		started: ({timers}) => timers.start('key', 'ring', 10),
	}));
	actor.tell('busy');
	await clock.advance(20);
	gate.resolve();
	await clock.settle();
	t.deepEqual(log, ['busy']);
});

test('timers of an incarnation end with it, and one that had fired never reaches the next', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	let incarnation = 0;
	const actor = system.spawn(
		(): Actor<Message> => ({
			async receive(message) {
				log.push(message);
				await gate.promise;
				throw new Error('crash');
			},
			started({timers}) {
				incarnation++;
				if (incarnation > 1) return;
				timers.start('fired', 'stale: had fired', 10);
				timers.start('armed', 'stale: was armed', 10_000);
			},
		}),
		{supervision: {backoffMinMs: 100}},
	);
	actor.tell('busy');
	await clock.advance(50);
	gate.resolve();
	await clock.settle();
	t.is(clock.timerCount, 1, 'only the backoff');
	await clock.advance(100_000);
	t.is(incarnation, 2);
	t.deepEqual(log, ['busy']);
});

test('a stop cancels the timers of an actor', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(
		logger(log, clock, ({timers}) => {
			timers.start('key', 'ring', 10);
			timers.start('other', 'ring', 20);
		}),
	);
	await clock.settle();
	actor.tell('stop');
	await clock.advance(100);
	t.deepEqual(log, ['0 stop']);
	t.is(clock.timerCount, 0);
});

test('the context of an ended incarnation arms no timer and spawns no child', async t => {
	const {clock, system} = manualSystem();
	const contexts: ActorContext<string>[] = [];
	const actor = system.spawn((context): Actor<string> => {
		contexts.push(context);
		return {receive: (_, own) => void own.self.stop()};
	});
	actor.tell('stop');
	await clock.settle();
	const [context] = contexts;
	const stale = {instanceOf: ActorStoppedError};
	t.throws(() => context?.timers.start('key', 'ring', 10), stale);
	t.throws(() => context?.spawn(() => ({receive: () => undefined})), stale);
	t.is(clock.timerCount, 0);
});

test('the manual clock fires timers by time, and first set first within one time', async t => {
	const clock = new ManualClock();
	const fired: string[] = [];
	clock.setTimer(() => fired.push(`b ${clock.now()}`), 20);
	clock.setTimer(() => fired.push(`c ${clock.now()}`), 20);
	clock.setTimer(() => fired.push(`a ${clock.now()}`), 10);
	const cancel = clock.setTimer(() => fired.push('cancelled'), 15);
	cancel();
	cancel();
	await clock.advance(25);
	t.deepEqual(fired, ['a 10', 'b 20', 'c 20']);
	t.is(clock.now(), 25);
});

test('the manual clock refuses a system that never comes to rest', async t => {
	const {clock, system} = manualSystem();
	const actor = system.spawn<string>(() => ({receive: (message, {self}) => void self.tell(message)}));
	actor.tell('again');
	await t.throwsAsync(clock.settle(), {code: 'ERR_INVARIANT'});
});

test('the real clock takes delays that are too long for setTimeout, which would fire at once', async t => {
	let fired = false;
	const cancel = systemClock.setTimer(() => (fired = true), 2 ** 40);
	await new Promise<void>(resolve => systemClock.setTimer(resolve, 5));
	cancel();
	t.false(fired);
});
