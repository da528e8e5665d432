import test from 'ava';
import fc from 'fast-check';
import {
	type Actor,
	type ActorRef,
	AskFailedError,
	AskTimeoutError,
	type ReplyTo,
} from '../../../actors/runtime/index.js';
import {manualSystem, ofType} from './kit.js';

type Deed = 'answer' | 'ignore' | 'crash' | 'crashLater' | 'answerLater' | 'hang' | 'stop';

interface Message {
	readonly id: number;
	readonly deed: Deed;
	readonly replyTo?: ReplyTo<number>;
}

type Operation =
	| {readonly type: 'tell' | 'ask'; readonly actor: number; readonly deed: Deed}
	| {readonly type: 'stop'; readonly actor: number}
	| {readonly type: 'advance'; readonly durationMs: number};

const actor = fc.nat({max: 3});
const deed = fc.constantFrom<Deed>('answer', 'ignore', 'crash', 'crashLater', 'answerLater', 'hang', 'stop');
const operation: fc.Arbitrary<Operation> = fc.oneof(
	{weight: 6, arbitrary: fc.record({type: fc.constantFrom('tell', 'ask'), actor, deed})},
	{weight: 1, arbitrary: fc.record({type: fc.constant('stop'), actor})},
	{weight: 3, arbitrary: fc.record({type: fc.constant('advance'), durationMs: fc.nat({max: 200})})},
);
const options = fc.record({
	strategy: fc.constantFrom('restart', 'stop', 'escalate'),
	capacity: fc.integer({min: 1, max: 4}),
	restartsMax: fc.nat({max: 3}),
});

/** Four actors, the last two of them children of the second, do as they are told, and all is written down. */
function startWorld({strategy, capacity, restartsMax}: typeof options extends fc.Arbitrary<infer T> ? T : never) {
	const {clock, system, events} = manualSystem();
	const handled: number[] = [];
	const running = new Set<string>();
	const overlaps: string[] = [];
	const spawnOptions = {
		mailbox: {capacity},
		supervision: {strategy, restartsMax, backoffMinMs: 10},
		stopDeadlineMs: 50,
	};
	const later = (delayMs: number) => new Promise<void>(resolve => clock.setTimer(resolve, delayMs));
	const act = (name: string): Actor<Message> => ({
		async receive({id, deed, replyTo}, context) {
			handled.push(id);
			if (running.has(name)) overlaps.push(name);
			running.add(name);
			if (deed === 'hang') await later(1e6);
			if (deed === 'crashLater' || deed === 'answerLater') await later(20);
			running.delete(name);
			if (deed === 'crash' || deed === 'crashLater') throw new Error('crash');
			if (deed === 'stop') void context.self.stop();
			if ((deed === 'answer' || deed === 'answerLater') && replyTo !== undefined) context.reply(replyTo, id);
		},
		restarting: () => void running.delete(name),
	});
	const refs: ActorRef<Message>[] = [];
	const spawned = ['test/#0'];
	const put = (place: number, ref: ActorRef<Message>): void => {
		refs[place] = ref;
		spawned.push(ref.address);
	};
	put(
		0,
		system.spawn(() => act('a'), spawnOptions),
	);
	put(
		1,
		system.spawn(context => {
			for (const [place, name] of [
				[2, 'c'],
				[3, 'd'],
			] as const) {
				put(
					place,
					context.spawn(() => act(name), spawnOptions),
				);
			}
			return act('b');
		}, spawnOptions),
	);
	return {clock, system, events, handled, overlaps, refs, spawned};
}

const seed = Number(process.env['SEED'] ?? 20_260_701);

test(`whatever happens, each message is handled or a dead letter, each ask settles, each actor ends once (SEED=${seed})`, async t => {
	const property = fc.asyncProperty(options, fc.array(operation, {maxLength: 60}), async (options, operations) => {
		const {clock, system, events, handled, overlaps, refs, spawned} = startWorld(options);
		await clock.settle();
		const asks: Promise<unknown>[] = [];
		const stops: Promise<unknown>[] = [];
		let sent = 0;
		for (const operation of operations) {
			if (operation.type === 'advance') {
				await clock.advance(operation.durationMs);
				continue;
			}
			const ref = refs[operation.actor]!;
			if (operation.type === 'stop') stops.push(ref.stop());
			if (operation.type === 'tell') ref.tell({id: sent++, deed: operation.deed});
			if (operation.type === 'ask') {
				const id = sent++;
				asks.push(ref.ask(replyTo => ({id, deed: operation.deed, replyTo}), {timeoutMs: 100}));
			}
		}
		const settled = Promise.allSettled(asks);
		const stopped = system.stop({deadlineMs: 1000});
		await clock.advance(1000);
		await stopped;
		for (const ask of await settled) {
			if (ask.status === 'fulfilled') continue;
			t.true(ask.reason instanceof AskFailedError || ask.reason instanceof AskTimeoutError);
		}
		const lost = ofType(events, 'deadLetter').filter(({reason}) => reason !== 'lateReply');
		const fates = [...handled, ...lost.map(({message}) => (message as Message).id)].sort((a, b) => a - b);
		t.deepEqual(
			fates,
			Array.from({length: sent}, (_, id) => id),
		);
		await Promise.all(stops);
		t.deepEqual(
			ofType(events, 'stopped')
				.map(({address}) => address)
				.sort(),
			[...spawned].sort(),
		);
		t.deepEqual(overlaps, [], 'one message in hand at a time');
		await clock.advance(2e6);
		t.is(clock.timerCount, 0);
	});
	await fc.assert(property, {seed, numRuns: 300});
	t.pass();
});
