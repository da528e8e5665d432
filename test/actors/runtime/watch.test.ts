import test from 'ava';
import {type Actor, type ActorContext, type ActorRef, type StopReason} from '../../../actors/runtime/index.js';
import {behaviour, deferred, manualSystem} from './kit.js';

const crash = new Error('crash');
const mortal = behaviour<string>((message, context) => {
	if (message === 'crash') throw crash;
	context.stop();
});

/** Logs the reasons of the deaths that it is told of. */
function watcher(log: StopReason[], started: (context: ActorContext<StopReason>) => void) {
	return (): Actor<StopReason> => ({receive: reason => void log.push(reason), started});
}

test('a watcher is told once when the actor stops', async t => {
	const {clock, system} = manualSystem();
	const log: StopReason[] = [];
	const target = system.spawn(mortal);
	system.spawn(watcher(log, context => context.watch(target, reason => reason)));
	await clock.settle();
	t.deepEqual(log, []);
	target.tell('stop');
	await clock.settle();
	void system.stopActor(target);
	await clock.settle();
	t.deepEqual(log, [{type: 'stopped'}]);
});

test('the reason says that it failed and with what', async t => {
	const {clock, system} = manualSystem();
	const log: StopReason[] = [];
	const target = system.spawn(mortal, {supervision: {strategy: 'stop'}});
	system.spawn(watcher(log, context => context.watch(target, reason => reason)));
	target.tell('crash');
	await clock.settle();
	t.deepEqual(log, [{type: 'failed', error: crash}]);
});

test('a watcher of an actor that has ended already is told once', async t => {
	const {clock, system} = manualSystem();
	const log: StopReason[] = [];
	const target = system.spawn(mortal);
	target.tell('stop');
	await clock.settle();
	system.spawn(watcher(log, context => context.watch(target, reason => reason)));
	await clock.settle();
	t.deepEqual(log, [{type: 'notFound'}]);
});

test('a restart is not a death', async t => {
	const {clock, system} = manualSystem();
	const log: StopReason[] = [];
	const target = system.spawn(mortal);
	system.spawn(watcher(log, context => context.watch(target, reason => reason)));
	target.tell('crash');
	await clock.advance(1000);
	t.deepEqual(log, []);
	target.tell('stop');
	await clock.settle();
	t.deepEqual(log, [{type: 'stopped'}]);
});

test('watching twice tells once, by the later notice', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const target = system.spawn(mortal);
	system.spawn((context): Actor<string> => ({
		receive: message => void log.push(message),
		started() {
			context.watch(target, () => 'first');
			context.watch(target, () => 'second');
		},
	}));
	await clock.settle();
	target.tell('stop');
	await clock.settle();
	t.deepEqual(log, ['second']);
});

test('after unwatch nothing comes, not even a notice that is on its way', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	const target = system.spawn(mortal);
	const actor = system.spawn((context): Actor<string> => ({
		async receive(message) {
			log.push(message);
			await gate.promise;
			context.unwatch(target);
		},
		started: () => context.watch(target, () => 'death'),
	}));
	actor.tell('busy');
	await clock.settle();
	target.tell('stop');
	await clock.settle();
	gate.resolve();
	await clock.settle();
	t.deepEqual(log, ['busy']);
});

test('the watches of an incarnation end with it, and the next is told of its own', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const target = system.spawn(mortal);
	let incarnation = 0;
	const actor = system.spawn((context): Actor<string> => {
		const name = `death, told to ${++incarnation}`;
		context.watch(target, () => name);
		return {
			receive(message) {
				if (message === 'crash') throw crash;
				log.push(message);
			},
		};
	});
	actor.tell('crash');
	await clock.settle();
	target.tell('stop');
	await clock.advance(1000);
	t.deepEqual(log, ['death, told to 2']);
});

test('many watchers are each told once', async t => {
	const {clock, system} = manualSystem();
	const target = system.spawn(mortal);
	const logs = Array.from({length: 50}, () => {
		const log: StopReason[] = [];
		system.spawn(watcher(log, context => context.watch(target, reason => reason)));
		return log;
	});
	await clock.settle();
	target.tell('stop');
	await clock.settle();
	t.true(logs.every(({length}) => length === 1));
});

test('those outside of actors can watch too, and call it off', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const target = system.spawn(mortal);
	const watch = (ref: ActorRef<never>, name: string) => system.watch(ref, () => log.push(name));
	watch(target, 'a');
	const cancel = watch(target, 'b');
	cancel();
	target.tell('stop');
	await clock.settle();
	watch(target, 'c');
	const cancelLate = watch(target, 'd');
	cancelLate();
	t.deepEqual(log, ['a'], 'never within the call');
	await clock.settle();
	t.deepEqual(log, ['a', 'c']);
});

test('a notice that cannot be made is a failure of the watcher', async t => {
	const {clock, system} = manualSystem();
	const target = system.spawn(mortal);
	const actor = system.spawn((context): Actor<string> => {
		context.watch(target, () => {
			throw crash;
		});
		return {receive: () => undefined};
	});
	await clock.settle();
	target.tell('stop');
	await clock.settle();
	t.is(system.metrics().find(({address}) => address === actor.address)?.restarts, 1);
});
