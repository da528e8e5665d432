import {MessageChannel, Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {
	ActorFailedError,
	ActorNotFoundError,
	type ActorRef,
	ActorStoppedError,
	type ActorSystem,
	AskFailedError,
	AskTimeoutError,
	LinkClosedError,
	type LinkOptions,
	MailboxFullError,
	NotCloneableError,
	type ReplyTo,
	type StopReason,
	type SystemEvent,
	type ThreadLink,
} from '../../../actors/runtime/index.js';
import type {Frame} from '../../../actors/runtime/link-protocol.js';
import {behaviour, deferred, manualSystem, ofType, realSystem} from './kit.js';
import type {Echo, MortalMessage, Relay, SinkMessage, SinkReport, WorkerData} from './worker-protocol.js';

/** Long enough for a busy machine: no test waits for it unless it fails. */
const patience = {timeoutMs: 60_000};

interface RemoteThread {
	readonly worker: Worker;
	readonly link: ThreadLink;
}

function startThread(
	t: ExecutionContext,
	system: ActorSystem,
	name = 'worker',
	options: LinkOptions = {},
): RemoteThread {
	const {port1, port2} = new MessageChannel();
	const workerData: WorkerData = {port: port2, name};
	const worker = new Worker(new URL('worker.js', import.meta.url), {workerData, transferList: [port2]});
	worker.on('error', () => undefined);
	t.teardown(() => worker.terminate());
	return {worker, link: system.connect(port1, options)};
}

const whenExited = (worker: Worker) => new Promise<number>(resolve => worker.once('exit', resolve));
const echo = (ref: ActorRef<Echo>, value: unknown) => ref.ask<unknown>(replyTo => ({value, replyTo}), patience);
const whenEnded = (system: ActorSystem, ref: ActorRef<never>) =>
	new Promise<StopReason>(resolve => system.watch(ref, resolve));

function observed(system: ActorSystem): SystemEvent[] {
	const events: SystemEvent[] = [];
	system.observe(event => events.push(event));
	return events;
}

test('an ask crosses to another thread and back', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<Echo>('/echo', patience);
	t.deepEqual(await echo(ref, {nested: [1, new Map([['a', 1n]])]}), {nested: [1, new Map([['a', 1n]])]});
	t.true(link.peer?.startsWith('worker~'));
	t.deepEqual(
		Object.values(system.deadLetters).filter(count => count > 0),
		[],
	);
});

test('asks of one turn are answered in order, and each gets its own answer', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<Echo>('/echo', patience);
	const order: unknown[] = [];
	await Promise.all(
		Array.from({length: 2000}, async (_, number) => {
			t.is(await echo(ref, number), number);
			order.push(number);
		}),
	);
	t.deepEqual(
		order,
		Array.from({length: 2000}, (_, number) => number),
	);
});

test('a lookup of a path that nobody has rejects', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const error = await t.throwsAsync(link.lookup('/nobody', patience), {instanceOf: ActorNotFoundError});
	t.is(error?.path, '/nobody');
});

test('a buffer in the transfer list moves to the other thread, and back', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<Echo>('/echo', patience);
	const bytes = new Uint8Array([1, 2, 3]);
	const asked = ref.ask(replyTo => ({value: bytes, replyTo}), {...patience, transfer: [bytes.buffer]});
	t.deepEqual(await asked, new Uint8Array([1, 2, 3]));
	t.is(bytes.byteLength, 0, 'it is gone here');
});

test('a message that cannot be cloned is a dead letter, and takes nothing else of its turn along', async t => {
	const system = realSystem(t);
	const events = observed(system);
	const {link} = startThread(t, system);
	const ref = await link.lookup<Echo>('/echo', patience);
	const moved = new Uint8Array([7]);
	const before = echo(ref, 'before');
	const bad = ref.ask(replyTo => ({value: () => 'a function', replyTo}), patience);
	ref.tell({value: system.spawn(behaviour(() => undefined)), replyTo: '' as ReplyTo<unknown>});
	const after = ref.ask(replyTo => ({value: moved, replyTo}), {...patience, transfer: [moved.buffer]});
	const error = await t.throwsAsync(bad, {instanceOf: AskFailedError});
	t.true(error?.cause instanceof NotCloneableError);
	t.is(await before, 'before');
	t.deepEqual(await after, new Uint8Array([7]));
	t.is(system.deadLetters.notCloneable, 2, 'the function, and a ref that should have been an address');
	t.true(ofType(events, 'deadLetter').every(({address}) => address === ref.address));
});

test('an answer that cannot be cloned fails the ask at once', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<MortalMessage>('/mortal', patience);
	const error = await t.throwsAsync(
		ref.ask(replyTo => ({type: 'uncloneable', replyTo}), patience),
		{instanceOf: AskFailedError},
	);
	t.true(error?.cause instanceof NotCloneableError);
});

test('an error that the callee rejects with arrives with class, code and fields', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<MortalMessage>('/mortal', patience);
	const asked = ref.ask(replyTo => ({type: 'reject', replyTo}), patience);
	const error = await t.throwsAsync(asked, {instanceOf: RangeError, code: 'ERR_NO', message: 'no'});
	t.like(error, {limit: 3});
});

test('the failure of a remote actor rejects the ask that it held, and its watcher is told why', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<MortalMessage>('/mortal', patience);
	const ended = whenEnded(system, ref);
	const asked = t.throwsAsync(
		ref.ask(replyTo => ({type: 'silent', replyTo}), patience),
		{instanceOf: AskFailedError},
	);
	ref.tell({type: 'crash'});
	const error = await asked;
	t.true(error?.cause instanceof ActorFailedError);
	const reason = await ended;
	t.true(reason.type === 'failed' && reason.error instanceof RangeError && reason.error.message === 'crash');
});

test('an ask to a remote actor that has ended rejects at once, and its death is still told', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<MortalMessage>('/mortal', patience);
	ref.tell({type: 'stop'});
	t.deepEqual(await whenEnded(system, ref), {type: 'stopped'});
	const error = await t.throwsAsync(
		ref.ask(replyTo => ({type: 'silent', replyTo}), patience),
		{instanceOf: AskFailedError},
	);
	t.true(error?.cause instanceof ActorStoppedError);
	t.deepEqual(await whenEnded(system, ref), {type: 'notFound'});
});

test('a remote actor can be stopped from here', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<Echo>('/echo', patience);
	t.deepEqual(await system.stopActor(ref), {type: 'stopped'});
	await t.throwsAsync(link.lookup('/echo', patience), {instanceOf: ActorNotFoundError});
});

test('an ask to a silent remote actor times out', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const ref = await link.lookup<MortalMessage>('/mortal', patience);
	await t.throwsAsync(
		ref.ask(replyTo => ({type: 'silent', replyTo}), {timeoutMs: 20}),
		{instanceOf: AskTimeoutError},
	);
});

type Murder = (thread: RemoteThread, mortal: ActorRef<MortalMessage>) => void;

const threadEnds = test.macro({
	title: name =>
		`when a thread is lost by ${name}, its asks reject, watches fire once, and later messages are dead letters`,
	async exec(t, kill: Murder) {
		const system = realSystem(t);
		const thread = startThread(t, system);
		const mortal = await thread.link.lookup<MortalMessage>('/mortal', patience);
		const sink = await thread.link.lookup<SinkMessage>('/sink', patience);
		const reasons: StopReason[] = [];
		for (const ref of [mortal, sink]) system.watch(ref, reason => reasons.push(reason));
		const asked = t.throwsAsync(
			mortal.ask(replyTo => ({type: 'silent', replyTo}), patience),
			{instanceOf: AskFailedError},
		);
		kill(thread, mortal);
		await thread.link.closed;
		const {cause} = (await asked) ?? {};
		t.true(cause instanceof LinkClosedError || cause instanceof ActorStoppedError);
		t.is(reasons.length, 2);
		t.false(mortal.tell({type: 'stop'}));
		t.false(system.resolve(mortal.address).tell({type: 'stop'}));
		t.is(system.deadLetters.unreachable, 2);
		const late = await t.throwsAsync(
			mortal.ask(replyTo => ({type: 'silent', replyTo}), patience),
			{instanceOf: AskFailedError},
		);
		t.true(late?.cause instanceof LinkClosedError);
		t.deepEqual(await whenEnded(system, mortal), {type: 'unreachable'});
		t.is(reasons.length, 2, 'still once each');
	},
});

test('terminate', threadEnds, ({worker}) => void worker.terminate());
test('process.exit', threadEnds, (_, mortal) => void mortal.tell({type: 'exit'}));
test('an uncaught error', threadEnds, (_, mortal) => void mortal.tell({type: 'throwUncaught'}));
test('the stop of its system', threadEnds, (_, mortal) => void mortal.tell({type: 'stopSystem'}));
test('nothing but the close of its link', threadEnds, ({link}) => link.close());

test('a thread that is killed under a flood of asks leaves none unsettled', async t => {
	const system = realSystem(t);
	const {worker, link} = startThread(t, system);
	const ref = await link.lookup<Echo>('/echo', patience);
	const asks: Promise<unknown>[] = [];
	for (let round = 0; round < 50; round++) {
		for (let count = 0; count < 100; count++) asks.push(echo(ref, count));
		await new Promise(resolve => setImmediate(resolve));
		if (round === 25) void worker.terminate();
	}
	const settled = await Promise.allSettled(asks);
	t.true(settled.some(({status}) => status === 'rejected'));
	for (const ask of settled) {
		t.true(ask.status === 'fulfilled' || ask.reason instanceof AskFailedError);
	}
});

test('a successor of the same name is never reached by the references of the thread before it', async t => {
	const system = realSystem(t);
	const first = startThread(t, system);
	const old = await first.link.lookup<Echo>('/echo', patience);
	await first.worker.terminate();
	await first.link.closed;
	const second = startThread(t, system);
	const ref = await second.link.lookup<Echo>('/echo', patience);
	t.is(await echo(ref, 1), 1);
	await t.throwsAsync(echo(system.resolve(old.address), 2), {instanceOf: AskFailedError});
});

test('an address travels in a message, and a remote actor watches and tells an actor of this thread', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system);
	const relay = await link.lookup<Relay>('/relay', patience);
	const told = deferred<string>();
	const target = system.spawn(behaviour<never>(() => undefined));
	const report = system.spawn(behaviour<string>(message => told.resolve(message)));
	relay.tell({target: target.address, report: report.address});
	// The watch is in place once a message that was sent after it has been answered.
	await echo(await link.lookup<Echo>('/echo', patience), 0);
	await system.stopActor(target);
	t.is(await told.promise, 'ended: stopped');
});

test('a thread that has no link to a system makes dead letters of what is sent there, and knows no more of its actors', async t => {
	const system = realSystem(t);
	const [first, second] = [startThread(t, system, 'first'), startThread(t, system, 'second')];
	const relay = await first.link.lookup<Relay>('/relay', patience);
	const stranger = await second.link.lookup<Echo>('/echo', patience);
	const told = deferred<string>();
	const report = system.spawn(behaviour<string>(message => told.resolve(message)));
	relay.tell({target: stranger.address, report: report.address});
	t.is(await told.promise, 'ended: unreachable');
});

test.serial('a flood of 100,000 messages of 20 us starves no timer of the receiving thread', async t => {
	const system = realSystem(t);
	const {link} = startThread(t, system, 'worker', {windowMessages: 200_000});
	const sink = await link.lookup<SinkMessage>('/sink', patience);
	for (let count = 0; count < 100_000; count++) sink.tell({type: 'work', busyUs: 20});
	const {worked, ticks, worstGapMs, durationMs} = await sink.ask<SinkReport>(
		replyTo => ({type: 'report', replyTo}),
		patience,
	);
	t.log(`${ticks} ticks in ${Math.round(durationMs)} ms, worst gap ${Math.round(worstGapMs)} ms`);
	t.is(worked, 100_000);
	t.true(ticks >= durationMs / 40, `${ticks} ticks of 10 ms in ${durationMs} ms`);
	t.true(worstGapMs < durationMs / 4, `worst gap ${worstGapMs} ms`);
});

test('what is sent to a thread that does not read is bounded by the window of the link', async t => {
	const system = realSystem(t);
	const {port1, port2} = new MessageChannel();
	t.teardown(() => port2.close());
	const peer = realSystem(t, {name: 'peer'});
	const sink = peer.spawn(
		behaviour<number>(() => undefined),
		{name: 'sink', mailbox: {capacity: 100_000}},
	);
	const link = system.connect(port1, {windowMessages: 2000});
	peer.connect(port2);
	const remote = await link.lookup<number>('/sink', patience);
	t.is(remote.address, sink.address);
	const accepted = Array.from({length: 3000}, (_, message) => remote.tell(message)).filter(Boolean);
	t.true(accepted.length <= 2000 && accepted.length >= 1999, `${accepted.length} accepted`);
	t.is(system.deadLetters.overflow, 3000 - accepted.length);
	const error = await t.throwsAsync(
		remote.ask(() => 0, patience),
		{instanceOf: AskFailedError},
	);
	t.true(error?.cause instanceof MailboxFullError);
	// A lookup goes through the same window: it is taken in again once the peer has read and said so.
	for (let reopened = false; !reopened;) {
		await new Promise(resolve => setImmediate(resolve));
		reopened = remote.tell(0);
	}
	t.pass();
});

test('a thread whose system has stopped ends by itself: nothing keeps it alive', async t => {
	const system = realSystem(t);
	const {worker, link} = startThread(t, system);
	const mortal = await link.lookup<MortalMessage>('/mortal', patience);
	mortal.tell({type: 'stopSystem'});
	t.is(await whenExited(worker), 0);
	await link.closed;
});

test('what an actor says in its last hook still reaches the other thread', async t => {
	const system = realSystem(t);
	const peer = realSystem(t, {name: 'peer'});
	const {port1, port2} = new MessageChannel();
	const told = deferred<string>();
	const listener = peer.spawn(behaviour<string>(message => told.resolve(message)));
	peer.connect(port2);
	const link = system.connect(port1);
	await link.lookup('/', patience);
	system.spawn(() => ({
		receive: () => undefined,
		stopped: () => void system.resolve(listener.address).tell('goodbye'),
	}));
	await new Promise(resolve => setImmediate(resolve));
	await system.stop();
	t.is(await told.promise, 'goodbye');
});

test('an ask that was given up, or whose asker is gone, is owed no more', async t => {
	const system = realSystem(t);
	const peer = realSystem(t, {name: 'peer'});
	const {port1, port2} = new MessageChannel();
	const silent = peer.spawn(
		behaviour<string>(() => undefined),
		{name: 'silent'},
	);
	const echoed = peer.spawn(
		behaviour<Echo>(({value, replyTo}, context) => context.reply(replyTo, value)),
		{name: 'echo'},
	);
	const owed = () => peer.metrics().map(metrics => metrics.owed);
	const peerLink = peer.connect(port2);
	const link = system.connect(port1);
	const ref = await link.lookup<string>('/silent', patience);
	const remoteEcho = await link.lookup<Echo>('/echo', patience);
	t.deepEqual([ref.address, remoteEcho.address] as string[], [silent.address, echoed.address] as string[]);
	await t.throwsAsync(
		ref.ask(() => 'soon given up', {timeoutMs: 1}),
		{instanceOf: AskTimeoutError},
	);
	// Sent after the end of the ask, so answered after it has been taken note of.
	await echo(remoteEcho, 1);
	t.deepEqual(owed(), [0, 0]);
	const asked = t.throwsAsync(
		ref.ask(() => 'open', patience),
		{instanceOf: AskFailedError},
	);
	await echo(remoteEcho, 2);
	t.deepEqual(owed(), [1, 0]);
	link.close();
	await Promise.all([asked, peerLink.closed]);
	t.deepEqual(owed(), [0, 0]);
});

test('a link reads its port in slices, with the event loop running between them', async t => {
	const {clock, system} = manualSystem({sliceMs: 0});
	const sink = system.spawn(behaviour<number>(() => undefined));
	const {port1, port2} = new MessageChannel();
	t.teardown(() => port1.close());
	port1.postMessage([{type: 'hello', systemId: 'peer~1'}] satisfies Frame[]);
	const to = sink.address.slice(system.id.length);
	for (let message = 0; message < 100; message++) {
		port1.postMessage([{type: 'tell', to, message, ask: undefined}] satisfies Frame[]);
	}
	const link = system.connect(port2);
	t.teardown(() => link.close());
	// No deferred turn runs before the clock is told to settle.
	while (link.peer === undefined) await new Promise(resolve => setImmediate(resolve));
	await new Promise(resolve => setImmediate(resolve));
	t.is(system.metrics()[0]?.depth, 1, 'one port message with the first, and no more in this turn');
	await clock.settle();
	t.is(system.metrics()[0]?.processed, 100);
});
