import test from 'ava';
import type {Actor, ActorFactory, ReplyTo} from '../../../actors/runtime/index.js';
import {behaviour, deadLetters, deferred, manualSystem, ofType} from './kit.js';

/** An actor with children, which logs when each of them has stopped. */
function tree(log: string[], name: string, children: readonly ActorFactory<never>[] = []): ActorFactory<never> {
	return context => {
		for (const child of children) context.spawn(child);
		return {receive: () => undefined, stopped: () => void log.push(name)};
	};
}

const hanging: ActorFactory<string> = () => ({
	receive: () => new Promise(() => undefined),
	stopped: () => new Promise(() => undefined),
});

test('children stop before their parent, and the youngest first', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const child = (name: string) => tree(log, name);
	system.spawn(tree(log, 'a', [child('a1'), child('a2')]));
	system.spawn(tree(log, 'b', [child('b1'), tree(log, 'b2', [child('b21')])]));
	await clock.settle();
	void system.stop();
	await clock.settle();
	t.deepEqual(log, ['b21', 'b2', 'b1', 'b', 'a2', 'a1', 'a']);
});

test('a child is not stopped before the one after it has finished stopping', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	system.spawn(tree(log, 'first'));
	system.spawn((): Actor<never> => ({receive: () => undefined, stopped: () => gate.promise}));
	await clock.settle();
	void system.stop();
	await clock.advance(900);
	t.deepEqual(log, []);
	gate.resolve();
	await clock.settle();
	t.deepEqual(log, ['first']);
});

test('a stop waits for the message in hand, and lets it answer', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	const actor = system.spawn((): Actor<{readonly replyTo: ReplyTo<number>}> => ({
		async receive({replyTo}, context) {
			await gate.promise;
			context.reply(replyTo, 1);
			log.push('answered');
		},
		stopped: () => void log.push('stopped'),
	}));
	const asked = actor.ask<number>(replyTo => ({replyTo}), {timeoutMs: 60_000});
	await clock.settle();
	const stopped = actor.stop();
	await clock.settle();
	gate.resolve();
	await clock.settle();
	t.is(await asked, 1);
	t.deepEqual(await stopped, {type: 'stopped'});
	t.deepEqual(log, ['answered', 'stopped']);
});

test('each phase of a stop has its deadline, and what does not keep it is abandoned and reported', async t => {
	const {clock, system, events} = manualSystem();
	const actor = system.spawn(hanging, {stopDeadlineMs: 100});
	actor.tell('hang');
	await clock.settle();
	let stoppedMs = 0;
	void actor.stop().then(() => (stoppedMs = clock.now()));
	await clock.advance(1000);
	t.is(stoppedMs, 200, 'one deadline for the message in hand, one for the hook');
	t.deepEqual(ofType(events, 'abandoned'), [
		{type: 'abandoned', address: actor.address},
		{type: 'abandoned', address: actor.address},
	]);
	t.is(clock.timerCount, 0);
});

test('a restart has the same deadlines: a hook that hangs holds up the next incarnation only so long', async t => {
	const {clock, system} = manualSystem();
	let starts = 0;
	const actor = system.spawn(
		(): Actor<string> => ({
			receive() {
				throw new Error('crash');
			},
			started: () => void starts++,
			restarting: () => new Promise(() => undefined),
		}),
		{stopDeadlineMs: 100, supervision: {backoffMinMs: 10, backoffMaxMs: 10}},
	);
	actor.tell('go');
	await clock.advance(200);
	t.is(starts, 2);
});

test('the deadline of the system stop ends everything, however many actors hang', async t => {
	const {clock, system, events} = manualSystem();
	const victims = Array.from({length: 20}, () => system.spawn(hanging));
	for (const victim of victims) victim.tell('hang');
	await clock.settle();
	let stoppedMs = 0;
	const stopped = system.stop({deadlineMs: 3000}).then(() => (stoppedMs = clock.now()));
	await clock.advance(10_000);
	await stopped;
	t.is(stoppedMs, 3000);
	t.is(ofType(events, 'stopped').length, victims.length + 1, 'all of them, and the root');
	t.is(clock.timerCount, 0);
});

test('stopping is idempotent, for an actor and for the system', async t => {
	const {clock, system, events} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(tree(log, 'a'));
	const stops = [actor.stop(), actor.stop(), system.stop(), system.stop()];
	await clock.settle();
	await Promise.all(stops);
	await system.stop();
	const stoppedAgain = actor.stop();
	await clock.settle();
	t.deepEqual(await stoppedAgain, {type: 'stopped'});
	t.deepEqual(log, ['a']);
	t.is(ofType(events, 'stopped').length, 2, 'the actor and the root');
});

test('a failure in stopped is reported and changes nothing', async t => {
	const {clock, system, events} = manualSystem();
	const actor = system.spawn((): Actor<never> => ({
		receive: () => undefined,
		stopped() {
			throw new Error('crash');
		},
	}));
	const stopped = actor.stop();
	await clock.settle();
	t.deepEqual(await stopped, {type: 'stopped'});
	t.is(ofType(events, 'endFailed').length, 1);
	t.is(ofType(events, 'restarting').length, 0);
});

test('an actor that stops while it starts is given its hook and nothing else', async t => {
	const {clock, system, events} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	const actor = system.spawn((): Actor<string> => ({
		receive: message => void log.push(message),
		started: () => gate.promise,
		stopped: () => void log.push('stopped'),
	}));
	actor.tell('early');
	await clock.settle();
	void actor.stop();
	gate.resolve();
	await clock.settle();
	t.deepEqual(log, ['stopped']);
	t.is(deadLetters(events, 'stopped'), 1);
});

test('a parent waits for the end of a child that it stops, and may start another in its place', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const parent = system.spawn((context): Actor<'stop' | 'start'> => {
		let child = context.spawn(tree(log, 'first'));
		return {
			async receive(message) {
				log.push(`${message}: ${(await child.stop()).type}`);
				if (message === 'start') child = context.spawn(tree(log, 'second'));
			},
		};
	});
	parent.tell('start');
	await clock.settle();
	parent.tell('stop');
	await clock.settle();
	t.deepEqual(log, ['first', 'start: stopped', 'second', 'stop: stopped']);
});

test('a stopped system takes nothing in: spawns throw, messages are dead letters', async t => {
	const {clock, system} = manualSystem();
	const actor = system.spawn(behaviour<string>(() => undefined));
	void system.stop();
	await clock.settle();
	t.throws(() => system.spawn(hanging), {code: 'ERR_ACTOR_STOPPED'});
	t.false(actor.tell('x'));
	await t.throwsAsync(
		actor.ask(() => 'x', {timeoutMs: 10}),
		{code: 'ERR_ASK_FAILED'},
	);
	t.is(clock.timerCount, 0);
});

test('asks and messages that wait are lost as soon as the stop begins, not after the message in hand', async t => {
	const {clock, system, events} = manualSystem();
	const actor = system.spawn(hanging);
	actor.tell('hang');
	const waiting = t.throwsAsync(
		actor.ask(() => 'waiting', {timeoutMs: 60_000}),
		{code: 'ERR_ASK_FAILED'},
	);
	await clock.settle();
	void actor.stop();
	await clock.settle();
	await waiting;
	t.is(deadLetters(events, 'stopped'), 1);
	t.is(ofType(events, 'stopped').length, 0, 'it still has a message in hand');
});

test('a receive that was abandoned and fails later does not touch the incarnation after it', async t => {
	const {clock, system, events} = manualSystem();
	const seen: string[] = [];
	const gates = [deferred(), deferred()];
	const parent = system.spawn(
		(context): Actor<string> => {
			const gate = gates.shift();
			const child = context.spawn(
				behaviour<string>(() => {
					throw new Error('escalated');
				}),
				{supervision: {strategy: 'escalate'}},
			);
			return {
				async receive(message) {
					if (message === 'first') child.tell('crash');
					await gate?.promise;
					seen.push(message);
					if (message === 'first') throw new Error('late');
				},
			};
		},
		{stopDeadlineMs: 100, supervision: {backoffMinMs: 10, backoffMaxMs: 10}},
	);
	const [first, second] = gates;
	parent.tell('first');
	parent.tell('second');
	parent.tell('third');
	await clock.advance(500);
	first?.resolve();
	await clock.settle();
	t.deepEqual(seen, ['first'], 'the second is in hand of the new incarnation, and still waits');
	second?.resolve();
	await clock.settle();
	t.deepEqual(seen, ['first', 'second', 'third']);
	t.is(ofType(events, 'failed').filter(({address}) => address === parent.address).length, 1);
});
