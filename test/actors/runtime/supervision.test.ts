import test from 'ava';
import {
	type Actor,
	type ActorContext,
	type ActorFactory,
	Supervision,
	type SupervisionOptions,
} from '../../../actors/runtime/index.js';
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
		restarting: ({error}) => void log.push(`restarting: ${(error as Error).message}`),
		stopped: reason => void log.push(`stopped: ${reason.type}`),
	});
}

const quick: SupervisionOptions = {backoffMinMs: 10, backoffMaxMs: 10};

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
		restarting: ({error}) => void log.push((error as Error).message),
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
			const decision = supervision.decide(crash, 0, random);
			return decision.type === 'restart' ? Math.round(decision.delayMs) : undefined;
		});
		t.deepEqual(
			delays,
			[100, 200, 400, 800, 1000, 1000].map(ms => ms * share),
		);
	}
});

test('one failure more than the budget escalates, and an incarnation that was stable begins a new budget', t => {
	const supervision = new Supervision({restartsMax: 2, stableMs: 1000});
	const decide = (ranMs: number) => supervision.decide(crash, ranMs, 0).type;
	t.deepEqual([0, 999, 999].map(decide), ['restart', 'restart', 'escalate']);
	t.deepEqual([1000, 0, 0].map(decide), ['restart', 'restart', 'escalate']);
});

test('beyond the budget there may be restarts without an end, at long intervals', t => {
	const decideOn = (supervision: Supervision, count: number, random: number, ranMs = 0): readonly unknown[] =>
		Array.from({length: count}, () => {
			const decision = supervision.decide(crash, ranMs, random);
			return decision.type === 'restart' ? decision.delayMs : decision.type;
		});
	const quickly = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000];
	const slowly = Array.from({length: 50}, () => 30_000);
	t.deepEqual(
		decideOn(new Supervision({restartsMax: 10, spentDelayMs: 30_000}), 60, 0),
		[...quickly, ...slowly].map(pause => pause / 2),
	);
	t.deepEqual(decideOn(new Supervision({restartsMax: 0, spentDelayMs: 30_000}), 1, 0), [15_000]);
	const supervision = new Supervision({restartsMax: 2, spentDelayMs: 30_000});
	t.deepEqual(decideOn(supervision, 4, 0.5), [75, 150, 22_500, 22_500]);
	t.deepEqual(decideOn(supervision, 1, 0, 59_999), [15_000]);
	t.deepEqual(decideOn(supervision, 1, 0, 60_000), [50]);
	t.deepEqual(decideOn(supervision, 1, 0), [100]);
});

test('a strategy may look at the error', async t => {
	const {clock, system, events} = manualSystem();
	const supervision: SupervisionOptions = {strategy: error => (error === crash ? 'stop' : 'restart')};
	const other = new Error('other');
	const actor = system.spawn(
		behaviour<Error>(error => {
			throw error;
		}),
		{supervision},
	);
	actor.tell(other);
	actor.tell(crash);
	await clock.advance(1000);
	t.deepEqual(
		ofType(events, 'restarting').map(({error}) => error),
		[other],
	);
	t.deepEqual(await actor.stop(), {type: 'failed', error: crash});
});

test('the budget of an actor can go on with the one that takes its place', async t => {
	const {clock, system, events} = manualSystem();
	const supervision = new Supervision({restartsMax: 2, backoffMinMs: 10, spentDelayMs: 500});
	for (const name of ['first', 'second']) {
		const actor = system.spawn(fragile([]), {name, supervision});
		for (let failure = 0; failure < 2; failure++) {
			actor.tell('crash');
			await clock.advance(1000);
		}
		void actor.stop();
		await clock.settle();
	}
	t.deepEqual(
		ofType(events, 'restarting').map(({delayMs}) => delayMs),
		[7.5, 15, 375, 375],
	);
});

test('how long an incarnation ran counts from the end of its start', async t => {
	const {clock, system, events} = manualSystem();
	const gates = [deferred(), deferred(), deferred(), deferred()];
	let starts = 0;
	const actor = system.spawn(
		(): Actor<string> => ({
			receive() {
				throw crash;
			},
			async started() {
				const start = starts++;
				await gates[start]?.promise;
				if (start === 3) throw crash;
			},
		}),
		{supervision: {stableMs: 1000, restartsMax: 9, backoffMinMs: 100}},
	);
	for (const [start, startMs, ranMs] of [
		[0, 5000, 10],
		[1, 5000, 1000],
	] as const) {
		await clock.advance(startMs);
		gates[start]?.resolve();
		await clock.advance(ranMs);
		actor.tell('go');
		await clock.advance(0);
	}
	t.deepEqual(
		ofType(events, 'restarting').map(({delayMs}) => delayMs),
		[75, 75],
	);
	await clock.advance(5000);
	gates[2]?.resolve();
	await clock.advance(999);
	actor.tell('go');
	await clock.settle();
	t.is(ofType(events, 'restarting').at(-1)?.delayMs, 150);
	await clock.advance(5000);
	gates[3]?.resolve();
	await clock.settle();
	t.is(ofType(events, 'restarting').at(-1)?.delayMs, 300, 'a start that takes long and fails is no run');
});

test('what the end of a slice throws is a failure of the actor that asked for it', async t => {
	const {clock, system, events} = manualSystem();
	const log: string[] = [];
	const fail = (): void => {
		log.push('fails');
		throw crash;
	};
	const actor = system.spawn(
		behaviour<string>((message, context) => {
			log.push(message);
			if (message === 'good') context.atSliceEnd(() => log.push('slice end'));
			else context.atSliceEnd(fail);
		}),
		{supervision: quick},
	);
	actor.tell('bad');
	await clock.settle();
	t.deepEqual(
		ofType(events, 'restarting').map(({error}) => error),
		[crash],
	);
	await clock.advance(100);
	actor.tell('good');
	await clock.settle();
	t.deepEqual(log, ['bad', 'fails', 'good', 'slice end']);
});

test('the end of a slice is not told to an incarnation that has ended meanwhile', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(
		behaviour<string>((_, context) => {
			context.atSliceEnd(() => log.push('slice end'));
			throw crash;
		}),
	);
	actor.tell('go');
	await clock.settle();
	t.deepEqual(log, []);
});

test('a child that fails while its parent stops is not waited for: the call that the parent is in hears of it', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const gate = deferred();
	const parent = system.spawn(
		(context): Actor<string> => ({
			receive: () =>
				new Promise(resolve => {
					context.spawn((): Actor<never> => ({
						receive: () => undefined,
						async started() {
							await gate.promise;
							throw crash;
						},
						stopped(reason) {
							log.push(`child: ${reason.type}`);
							resolve();
						},
					}));
				}),
			stopped: () => void log.push('parent'),
		}),
		{stopDeadlineMs: 60_000},
	);
	parent.tell('go');
	await clock.settle();
	void parent.stop();
	gate.resolve();
	await clock.settle();
	t.deepEqual(log, ['child: failed', 'parent']);
	t.is(clock.now(), 0);
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
	t.is(ofType(events, 'stopped').length, 0);
});

test('a spent budget fails the parent, whose own restart starts its children anew', async t => {
	const {clock, system, events} = manualSystem();
	const log: string[] = [];
	const parent: ActorFactory<string> = context => {
		const child = context.spawn(fragile(log), {name: 'child', supervision: {...quick, restartsMax: 1}});
		return {
			receive: message => void child.tell(message),
			restarting: ({error}) => void log.push(`parent restarting: ${(error as Error).message}`),
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
	t.is(ofType(events, 'stopped').length, 2);
	t.false(parent.tell('x'));
	t.is(clock.timerCount, 0);
});

test('a stop during the backoff ends the actor, and nothing starts later', async t => {
	const {clock, system} = manualSystem();
	const log: string[] = [];
	const actor = system.spawn(fragile(log));
	actor.tell('crash');
	await clock.settle();
	void actor.stop();
	await clock.settle();
	t.is(clock.timerCount, 0);
	await clock.advance(10_000);
	t.deepEqual(log, ['started', 'restarting: crash']);
	t.deepEqual(await actor.stop(), {type: 'stopped'});
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
	t.is(ofType(events, 'restarting').length, 1);
});
