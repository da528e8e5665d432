import test from 'ava';
import {
	type ActorContext,
	type ActorRef,
	ActorFailedError,
	ActorStoppedError,
	AskFailedError,
	AskTimeoutError,
	MailboxFullError,
	type ReplyTo,
} from '../../../actors/runtime/index.js';
import {behaviour, deadLetters, deferred, manualSystem, ofType, realSystem} from './kit.js';

interface Double {
	readonly number: number;
	readonly replyTo: ReplyTo<number>;
}

const double = behaviour<Double>(({number, replyTo}, context) => context.reply(replyTo, number * 2));
const silent = behaviour<unknown>(() => undefined);

test('messages of one sender are handled in the order they were sent', async t => {
	const {clock, system} = manualSystem();
	const seen: number[] = [];
	const actor = system.spawn(behaviour<number>(message => void seen.push(message)));
	for (let message = 0; message < 5000; message++) actor.tell(message);
	await clock.settle();
	t.deepEqual(
		seen,
		Array.from({length: 5000}, (_, message) => message),
	);
});

test('a message is not begun before the promise of the one before it has settled', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gates = [deferred(), deferred()];
	const actor = system.spawn(
		behaviour<number>(async message => {
			log.push(`begin ${message}`);
			await gates[message]?.promise;
			log.push(`end ${message}`);
		}),
	);
	actor.tell(0);
	actor.tell(1);
	await clock.settle();
	t.deepEqual(log, ['begin 0']);
	gates[1]?.resolve();
	await clock.settle();
	t.deepEqual(log, ['begin 0']);
	gates[0]?.resolve();
	await clock.settle();
	t.deepEqual(log, ['begin 0', 'end 0', 'begin 1', 'end 1']);
});

test('an actor that waits for one answer does not hold up another actor', async t => {
	const {clock, system} = manualSystem();
	const seen: string[] = [];
	const stuck = system.spawn(behaviour<string>(() => new Promise(() => undefined)));
	const free = system.spawn(behaviour<string>(message => void seen.push(message)));
	stuck.tell('a');
	free.tell('b');
	await clock.settle();
	t.deepEqual(seen, ['b']);
});

test('an actor with a long queue hands over to the others after a few messages', async t => {
	const {clock, system} = manualSystem();
	let busy = 0;
	let busyBeforeFirst = 0;
	const flooded = system.spawn(behaviour<number>(() => void busy++));
	const other = system.spawn(behaviour<number>(() => void (busyBeforeFirst = busy)));
	for (let message = 0; message < 1000; message++) flooded.tell(message);
	other.tell(0);
	await clock.settle();
	t.is(busy, 1000);
	t.true(busyBeforeFirst <= 32, `${busyBeforeFirst} messages came first`);
});

test('an ask resolves with the answer', async t => {
	const system = realSystem(t);
	const actor = system.spawn(double);
	t.is(await actor.ask(replyTo => ({number: 21, replyTo}), {timeoutMs: 10_000}), 42);
});

test('an ask rejects with the very error that the callee rejects it with', async t => {
	const system = realSystem(t);
	const refusal = new RangeError('too much');
	const actor = system.spawn(behaviour<Double>(({replyTo}, context) => context.reject(replyTo, refusal)));
	const asked = actor.ask(replyTo => ({number: 1, replyTo}), {timeoutMs: 10_000});
	t.is(await t.throwsAsync(asked), refusal);
});

test('an ask without an answer rejects when its time is up, and leaves no timer', async t => {
	const {clock, system} = manualSystem();
	const asked = system.spawn(silent).ask(() => 'anyone?', {timeoutMs: 250});
	const rejected = t.throwsAsync(asked, {instanceOf: AskTimeoutError, code: 'ERR_ASK_TIMEOUT'});
	await clock.advance(249);
	t.is(clock.timerCount, 1);
	await clock.advance(1);
	await rejected;
	t.is(clock.timerCount, 0);
});

test('an answer after the timeout is a dead letter', async t => {
	const {clock, system, events} = manualSystem();
	const asked = system
		.spawn(
			behaviour<Double>(({replyTo}, context) => {
				clock.setTimer(() => context.reply(replyTo, 1), 100);
			}),
		)
		.ask(replyTo => ({number: 1, replyTo}), {timeoutMs: 50});
	const rejected = t.throwsAsync(asked, {instanceOf: AskTimeoutError});
	await clock.advance(100);
	await rejected;
	t.is(deadLetters(events, 'lateReply'), 1);
});

test('a second answer to one ask is a dead letter', async t => {
	const {clock, system, events} = manualSystem();
	const asked = system
		.spawn(
			behaviour<Double>(({replyTo}, context) => {
				context.reply(replyTo, 1);
				context.reply(replyTo, 2);
			}),
		)
		.ask(replyTo => ({number: 1, replyTo}), {timeoutMs: 50});
	await clock.settle();
	t.is(await asked, 1);
	t.is(deadLetters(events, 'lateReply'), 1);
});

test('an ask to an actor that has ended rejects at once', async t => {
	const {clock, system} = manualSystem();
	const actor = system.spawn(silent);
	void actor.stop();
	await clock.settle();
	const error = await t.throwsAsync(
		actor.ask(() => 0, {timeoutMs: 1000}),
		{instanceOf: AskFailedError},
	);
	t.true(error?.cause instanceof ActorStoppedError);
	t.is(clock.timerCount, 0);
});

test('asks in hand and asks that wait reject at once when the callee stops', async t => {
	const {clock, system} = manualSystem();
	const actor = system.spawn(silent);
	const delivered = actor.ask(() => 'delivered', {timeoutMs: 60_000});
	await clock.settle();
	void actor.stop();
	const waiting = actor.ask(() => 'waiting', {timeoutMs: 60_000});
	const rejected = Promise.all([
		t.throwsAsync(delivered, {instanceOf: AskFailedError}),
		t.throwsAsync(waiting, {instanceOf: AskFailedError}),
	]);
	await clock.settle();
	for (const error of await rejected) t.true(error?.cause instanceof ActorStoppedError);
	t.is(clock.now(), 0);
	t.is(clock.timerCount, 0);
});

test('an ask in hand rejects at once when the callee fails, and one that waits is answered by the next incarnation', async t => {
	const {clock, system} = manualSystem();
	const crash = new Error('crash');
	const actor = system.spawn(
		behaviour<Double>(({number, replyTo}, context) => {
			if (number < 0) throw crash;
			context.reply(replyTo, number * 2);
		}),
	);
	const inHand = t.throwsAsync(
		actor.ask(replyTo => ({number: -1, replyTo}), {timeoutMs: 60_000}),
		{instanceOf: AskFailedError},
	);
	const waiting = actor.ask(replyTo => ({number: 4, replyTo}), {timeoutMs: 60_000});
	await clock.settle();
	const {cause} = (await inHand) ?? {};
	t.true(cause instanceof ActorFailedError);
	t.is((cause as Error).cause, crash);
	await clock.advance(1000);
	t.is(await waiting, 8);
});

test('an ask rejects at once when the mailbox is full', async t => {
	const {clock, system} = manualSystem();
	const actor = system.spawn(silent, {mailbox: {capacity: 1}});
	const asks = [actor.ask(() => 0, {timeoutMs: 1000}), actor.ask(() => 1, {timeoutMs: 1000})];
	const full = await t.throwsAsync(asks[1]!, {instanceOf: AskFailedError});
	t.true(full.cause instanceof MailboxFullError);
	const kept = t.throwsAsync(asks[0]!, {instanceOf: AskTimeoutError});
	await clock.advance(1000);
	await kept;
});

test('an ask whose message cannot be made rejects with that error and sets nothing up', async t => {
	const {clock, system} = manualSystem();
	const actor = system.spawn(silent);
	const asked = actor.ask(
		() => {
			throw new TypeError('no');
		},
		{timeoutMs: 10},
	);
	await t.throwsAsync(asked, {instanceOf: TypeError});
	t.is(clock.timerCount, 0);
});

test('every ask settles when its system stops', async t => {
	const {clock, system} = manualSystem();
	const stuck = system.spawn(behaviour<unknown>(() => new Promise(() => undefined)));
	const asks = Array.from({length: 10}, () => stuck.ask(() => 0, {timeoutMs: 1e9}));
	const settled = Promise.allSettled(asks);
	await clock.settle();
	void system.stop();
	await clock.advance(5000);
	t.true((await settled).every(({status}) => status === 'rejected'));
	t.is(clock.timerCount, 0);
});

test('a message to an actor that has ended is a dead letter, and tell says so', async t => {
	const {clock, system, events} = manualSystem();
	const actor = system.spawn(silent, {name: 'gone'});
	void actor.stop();
	await clock.settle();
	t.false(actor.tell('hello'));
	t.is(deadLetters(events, 'stopped'), 1);
	t.deepEqual(ofType(events, 'deadLetter'), [
		{type: 'deadLetter', reason: 'stopped', address: actor.address, message: 'hello'},
	]);
});

test('messages that wait when an actor ends are dead letters', async t => {
	const {clock, system, events} = manualSystem();
	const actor = system.spawn(
		behaviour<number>(() => {
			throw new Error('crash');
		}),
		{supervision: {strategy: 'stop'}},
	);
	for (let message = 0; message < 4; message++) actor.tell(message);
	await clock.settle();
	t.deepEqual(
		ofType(events, 'deadLetter').map(({reason, message}) => [reason, message]),
		[
			['stopped', 1],
			['stopped', 2],
			['stopped', 3],
		],
	);
});

test('a name in use is refused, and is free again when its actor has ended', async t => {
	const {clock, system} = manualSystem();
	const first = system.spawn(silent, {name: 'a'});
	t.throws(() => system.spawn(silent, {name: 'a'}), {code: 'ERR_ACTOR_NAME_TAKEN'});
	void first.stop();
	await clock.settle();
	t.notThrows(() => system.spawn(silent, {name: 'a'}));
});

test('a listener that throws does not disturb the actor it hears of', async t => {
	const thrown: unknown[] = [];
	const clock = manualSystem().clock;
	const guarded = (callback: () => void) =>
		clock.defer(() => {
			try {
				callback();
			} catch (error) {
				thrown.push(error);
			}
		});
	const {system} = manualSystem({clock, defer: guarded});
	system.observe(() => {
		throw new Error('bad listener');
	});
	const actor = system.spawn(silent);
	void actor.stop();
	await clock.settle();
	t.false(actor.tell(undefined));
	await clock.settle();
	t.is(thrown.length, 2, 'for the stop and for the dead letter, outside of the runtime');
});

test('the compiler lets only fitting messages into a reference and an answer', t => {
	const check = (numbers: ActorRef<number>, reply: ReplyTo<string>, context: ActorContext<number>) => {
		// @ts-expect-error not a number
		numbers.tell('text');
		// @ts-expect-error it would let text in
		const anything: ActorRef<number | string> = numbers;
		// @ts-expect-error the asker waits for text
		context.reply(reply, 1);
		const fewer: ActorRef<1 | 2> = numbers;
		return [anything, fewer];
	};
	t.is(typeof check, 'function');
});
