import test from 'ava';
import {type Actor, type ActorContext, type ActorFactory, type SpawnOptions} from '../../../actors/runtime/index.js';
import {Supervision} from '../../../actors/runtime/supervision.js';
import {behaviour, deferred, manualSystem, ofType} from './kit.js';

const crash = new Error('crash');

/** Crashes on `crash`, and logs its life. */
function fragile(log: string[]): ActorFactory<string> {
	return () => ({
		receive(message) {
			if (message === 'crash') throw crash;
			log.push(message);
		},
		started: () => void log.push('started'),
		restarting: error => void log.push(`restarting: ${(error as Error).message}`),
		stopped: reason => void log.push(`stopped: ${reason.type}`),
	});
}

const quick: SpawnOptions['supervision'] = {backoffMinMs: 10, backoffMaxMs: 10};

test('a failed actor is restarted with its mailbox, without the message that it failed on', async t => {
	const {clock, system, events} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(fragile(log));
	for (const message of ['a', 'crash', 'b']) actor.tell(message);
	await clock.settle();
	t.deepEqual(log, ['started', 'a', 'restarting: crash']);
	await clock.advance(100);
	t.deepEqual(log, ['started', 'a', 'restarting: crash', 'started', 'b']);
	t.deepEqual(ofType(events, 'restarting'), [
		{type: 'restarting', address: actor.address, error: crash, restarts: 1, delayMs: 75},
	]);
	t.is(ofType(events, 'deadLetter').length, 0);
});

test('a rejected promise is a failure as a throw is', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn((): Actor<string> => ({
		async receive() {
			await Promise.resolve();
			throw crash;
		},
		restarting: error => void log.push((error as Error).message),
	}));
	actor.tell('go');
	await clock.advance(1000);
	t.deepEqual(log, ['crash']);
});

test('a new incarnation has the state that its factory gives it', async t => {
	const {clock, system} = manualSystem();
	const counts: number[] = [];
	const actor = system.spawn(() => {
		let count = 0;
		return {
			receive(message: string) {
				if (message === 'crash') throw crash;
				counts.push(++count);
			},
		};
	});
	for (const message of ['x', 'x', 'crash', 'x']) actor.tell(message);
	await clock.advance(1000);
	t.deepEqual(counts, [1, 2, 1]);
});

test('strategy stop ends the actor with the error as reason', async t => {
	const {clock, system, events} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(fragile(log), {supervision: {strategy: 'stop'}});
	actor.tell('crash');
	await clock.settle();
	t.deepEqual(log, ['started', 'stopped: failed']);
	t.deepEqual(ofType(events, 'stopped'), [
		{type: 'stopped', address: actor.address, reason: {type: 'failed', error: crash}},
	]);
});

test('backoff doubles up to its maximum, and half of it is jitter', t => {
	const options = {backoffMinMs: 100, backoffMaxMs: 1000, restartsMax: 10};
	for (const [random, share] of [
		[0, 0.5],
		[0.5, 0.75],
		[0.999_999, 1],
	] as const) {
		const supervision = new Supervision(options);
		const delays = Array.from({length: 6}, () => {
			const decision = supervision.decide(0, random);
			return decision.type === 'restart' ? Math.round(decision.delayMs) : undefined;
		});
		t.deepEqual(
			delays,
			[100, 200, 400, 800, 1000, 1000].map(ms => ms * share),
		);
	}
});

test('one failure more than the budget escalates, and restarts outside of the window are forgotten', t => {
	const supervision = new Supervision({restartsMax: 2, withinMs: 1000});
	const decide = (nowMs: number) => supervision.decide(nowMs, 0).type;
	t.deepEqual([0, 500, 999].map(decide), ['restart', 'restart', 'escalate']);
	t.deepEqual([1000, 1001, 1500].map(decide), ['restart', 'escalate', 'restart']);
});

test('each child has a restart budget of its own', async t => {
	const {clock, system, events} = manualSystem();
	const supervision = {...quick, restartsMax: 3};
	const children = ['a', 'b', 'c'].map(name => system.spawn(fragile([]), {name, supervision}));
	for (let round = 0; round < 3; round++) {
		for (const child of children) child.tell('crash');
		await clock.advance(10);
	}
	t.is(ofType(events, 'restarting').length, 9);
	t.is(ofType(events, 'escalated').length, 0);
	t.true(system.metrics().every(({state}) => state === 'running'));
});

test('a spent budget fails the parent, whose own restart starts its children anew', async t => {
	const {clock, system, events} = manualSystem();
	const log: string[] = [];
	const parent: ActorFactory<string> = context => {
		const child = context.spawn(fragile(log), {name: 'child', supervision: {...quick, restartsMax: 1}});
		return {
			receive: message => void child.tell(message),
			restarting: error => void log.push(`parent restarting: ${(error as Error).message}`),
		};
	};
	const ref = system.spawn(parent, {name: 'parent', supervision: quick});
	for (let round = 0; round < 2; round++) {
		ref.tell('crash');
		await clock.advance(10);
	}
	ref.tell('after');
	await clock.advance(10);
	t.deepEqual(log, [
		'started',
		'restarting: crash',
		'started',
		'stopped: stopped',
		'parent restarting: crash',
		'started',
		'after',
	]);
	t.is(ofType(events, 'escalated').length, 1);
});

test('a failure that is escalated past the topmost actor ends the system with that error', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const sibling = system.spawn(fragile(log), {name: 'sibling'});
	system.spawn(fragile([]), {name: 'bad', supervision: {strategy: 'escalate'}}).tell('crash');
	await clock.settle();
	t.deepEqual(await system.terminated, {type: 'failed', error: crash});
	t.deepEqual(log, ['started', 'stopped: stopped']);
	t.false(sibling.tell('too late'));
	t.throws(() => system.spawn(fragile([])), {code: 'ERR_ACTOR_STOPPED'});
	t.is(clock.timerCount, 0);
});

test('a parent that waits for its failed child in a promise is told at once, and the child restarts meanwhile', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const parent: ActorFactory<string> = context => {
		const child = context.spawn(fragile(log), {supervision: quick});
		return {
			async receive(message) {
				await child.ask(() => message, {timeoutMs: 1e6}).catch((error: Error) => log.push(error.name));
			},
		};
	};
	system.spawn(parent).tell('crash');
	await clock.advance(10);
	t.deepEqual(log, ['started', 'restarting: crash', 'AskFailedError', 'started']);
});

test('an escalated failure waits for the receive that the parent is in, then restarts it', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	const parent: ActorFactory<string> = context => {
		const child = context.spawn(fragile([]), {supervision: {strategy: 'escalate'}});
		return {
			async receive() {
				child.tell('crash');
				await gate.promise;
				log.push('receive ends');
			},
			restarting: () => void log.push('restarting'),
		};
	};
	system.spawn(parent, {stopDeadlineMs: 1000, supervision: quick}).tell('go');
	await clock.advance(900);
	t.deepEqual(log, []);
	gate.resolve();
	await clock.settle();
	t.deepEqual(log, ['receive ends', 'restarting']);
});

interface Stages {
	readonly failing: 'factory' | 'started' | 'restarting';
	readonly asynchronous: boolean;
}

/** Fails `failures` times at one stage of its life, then runs. */
function failingAt({failing, asynchronous}: Stages, failures: number, log: string[]): ActorFactory<string> {
	let left = failures;
	const stage = (name: Stages['failing']): void | Promise<void> => {
		log.push(name);
		if (name !== failing || left === 0) return undefined;
		left--;
		if (asynchronous) return Promise.reject(crash);
		throw crash;
	};
	return () => {
		if (failing === 'factory') void stage('factory');
		return {
			receive(message) {
				log.push(message);
				if (message === 'crash') throw crash;
			},
			started: () => stage('started'),
			restarting: () => stage('restarting'),
		};
	};
}

const recoversFrom = test.macro({
	title: (_, {failing, asynchronous}: Stages) =>
		`a failure in ${failing} is supervised${asynchronous ? ', also when it comes later' : ''}`,
	async exec(t, stages: Stages, expected: readonly string[]) {
		const {clock, system} = manualSystem();
		const log: string[] = [];
		const actor = system.spawn(failingAt(stages, 2, log), {supervision: quick});
		for (const message of ['crash', 'x']) actor.tell(message);
		await clock.advance(100);
		t.deepEqual(log, expected);
		t.deepEqual(
			system.metrics().map(({state}) => state),
			['running'],
		);
	},
});

const fromFactory = ['factory', 'factory', 'factory', 'started', 'crash', 'restarting', 'factory', 'started', 'x'];
const fromStarted = [
	'started',
	'restarting',
	'started',
	'restarting',
	'started',
	'crash',
	'restarting',
	'started',
	'x',
];
// The second failure of `restarting` would need a second incarnation: this one is not called again.
const fromRestarting = ['started', 'crash', 'restarting', 'started', 'x'];
test(recoversFrom, {failing: 'factory', asynchronous: false}, fromFactory);
test(recoversFrom, {failing: 'started', asynchronous: false}, fromStarted);
test(recoversFrom, {failing: 'started', asynchronous: true}, fromStarted);
test(recoversFrom, {failing: 'restarting', asynchronous: false}, fromRestarting);
test(recoversFrom, {failing: 'restarting', asynchronous: true}, fromRestarting);

test('an actor that can never start spends its budget and leaves nothing behind', async t => {
	const {clock, system, events} = manualSystem();
	const factory: ActorFactory<string> = () => {
		throw crash;
	};
	const parent = system.spawn(
		(context: ActorContext<string>): Actor<string> => {
			context.spawn(factory, {name: 'zombie', supervision: {...quick, restartsMax: 2}});
			return {receive: () => undefined};
		},
		{supervision: {strategy: 'stop'}},
	);
	await clock.advance(1000);
	t.is(ofType(events, 'restarting').length, 2);
	t.deepEqual(system.metrics(), []);
	t.false(parent.tell('x'));
	t.is(clock.timerCount, 0);
});

test('a stop during the backoff ends the actor, and nothing starts later', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(fragile(log));
	actor.tell('crash');
	await clock.settle();
	void system.stopActor(actor);
	await clock.settle();
	t.is(clock.timerCount, 0);
	await clock.advance(10_000);
	t.deepEqual(log, ['started', 'restarting: crash']);
	t.deepEqual(system.metrics(), []);
});

test('a failed actor is not a dead one: messages wait for its next incarnation', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(fragile(log));
	actor.tell('crash');
	await clock.settle();
	t.true(actor.tell('meanwhile'));
	await clock.advance(1000);
	t.deepEqual(log.slice(-1), ['meanwhile']);
});

test('the failure of one child does not touch its siblings', async t => {
	const {clock, system} = manualSystem();
	const logs: [string[], string[]] = [[], []];
	const [bad, good] = logs.map(log => system.spawn(fragile(log)));
	good?.tell('a');
	bad?.tell('crash');
	good?.tell('b');
	await clock.settle();
	t.deepEqual(logs[1], ['started', 'a', 'b']);
});

test('what a child threw may be anything, even nothing', async t => {
	const {clock, system, events} = manualSystem();
	const actor = system.spawn(
		behaviour<string>(() => Promise.reject(undefined as unknown as Error)),
		{supervision: {strategy: 'stop'}},
	);
	actor.tell('go');
	await clock.settle();
	t.deepEqual(ofType(events, 'stopped')[0]?.reason, {type: 'failed', error: undefined});
});

test('two children that escalate at the same time fail their parent once', async t => {
	const {clock, system, events} = manualSystem();
	const parent = system.spawn((context): Actor<string> => {
		const children = [1, 2].map(() => context.spawn(fragile([]), {supervision: {strategy: 'escalate'}}));
		return {
			receive(message) {
				for (const child of children) child.tell(message);
			},
		};
	});
	parent.tell('crash');
	await clock.advance(1000);
	t.is(ofType(events, 'failed').filter(({address}) => address === parent.address).length, 1);
	t.deepEqual(
		system.metrics().map(({state}) => state),
		['running', 'running', 'running'],
	);
});
