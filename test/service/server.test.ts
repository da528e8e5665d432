import test from 'ava';
import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf, textOf} from '../../actors/text.js';
import type {ServerLimits} from '../../src/service/server/limits.js';
import {ServiceServer} from '../../src/service/server/service-server.js';
import type {ServiceReply, ServiceRequest} from '../../src/service/types.js';
import {nodeId, term, type LogEntry, type ServiceInput, type ServiceOutput} from '../../src/raft/types.js';
import {FakeCluster, randomOf} from './fake-cluster.js';
import {type KvLimits} from '../../src/kv/limits.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import type {KvTypes} from '../../src/kv/words.js';
import {
	append,
	decodeCommand,
	decodeOutcomes,
	encodeCommand,
	encodeReads,
	operationOf,
	put,
	requestOf,
	runs,
	type Command,
	type Outcome,
} from '../kv/helpers.js';

const readOf = (...keys: readonly string[]): ServiceRequest => ({
	type: 'read',
	reads: encodeReads(keys.map(key => ({type: 'get', key}))),
});

const open: Command = {type: 'openSession', closes: 0};

const appendOf = (session: number, sequence: number, text: string): Command =>
	operationOf(session, sequence, 0, append('k', text));

/** Several appends as one command, the first under this number. */
const appendsOf = (session: number, firstSequence: number, ...texts: readonly string[]): Command => ({
	type: 'writes',
	session,
	acknowledged: 0,
	after: 0,
	writes: texts.map((text, place) => ({sequence: firstSequence + place, write: append('k', text)})),
});

/** One server, its node played by the test. */
class Bench {
	now = 0;
	/** Unix ms. */
	wallNow = 1e12;
	readonly outputs: ServiceOutput[] = [];
	readonly replies: (readonly [number, ServiceReply | readonly Outcome[]])[] = [];
	readonly server: ServiceServer<KvTypes>;

	constructor(limits: Partial<ServerLimits & KvLimits> = {}) {
		this.server = new ServiceServer({
			codec,
			machine: kvMachine(limits),
			now: () => this.now,
			wallNow: () => this.wallNow,
			send: output => this.outputs.push(output),
			reply: (replyTo, reply) => {
				const outcomes = reply.type === 'outcomes' ? decodeOutcomes(reply.outcomes)! : reply;
				this.replies.push([replyTo, outcomes]);
			},
			limits,
		});
	}

	/** As whoever reads keys, and may watch from there on. */
	rememberChanges(): void {
		this.server.state.read({type: 'scan', from: 0, lookedAtMax: 1});
	}

	/** What was sent since the last time. */
	sent(): readonly ServiceOutput[] {
		return this.outputs.splice(0);
	}

	replied(): readonly (readonly [number, ServiceReply | readonly Outcome[]])[] {
		return this.replies.splice(0);
	}

	lead(inTerm: number): this {
		this.handle({type: 'leadership', role: 'leader', term: term(inTerm), leaderId: nodeId(0)});
		return this;
	}

	follow(inTerm: number): void {
		this.handle({type: 'leadership', role: 'follower', term: term(inTerm), leaderId: nodeId(2)});
	}

	handle(...inputs: readonly ServiceInput[]): void {
		for (const input of inputs) this.server.handle(input);
		while (this.server.slice());
	}

	/** Requests, flushed and bound from `firstIndex` on. */
	propose(
		firstIndex: number,
		inTerm: number,
		...requests: readonly (readonly [number, ServiceRequest])[]
	): readonly Uint8Array[] {
		for (const [replyTo, request] of requests) this.server.request(replyTo, request);
		this.server.flush();
		const proposal = this.sent().find(output => output.type === 'propose')!;
		const {proposalId, commands} = proposal;
		this.handle({type: 'proposed', proposalId, firstIndex, count: commands.length, term: term(inTerm)});
		return commands;
	}

	apply(firstIndex: number, inTerm: number, commands: readonly Uint8Array[]): void {
		const entries = commands.map((command, offset): LogEntry => ({
			index: firstIndex + offset,
			term: term(inTerm),
			type: 'command',
			command,
		}));
		this.handle({type: 'apply', entries});
	}
}

const notLeader = (leaderId: number | undefined): ServiceReply => ({
	type: 'notLeader',
	leaderId: leaderId === undefined ? undefined : nodeId(leaderId),
});
const unknown = (leaderId: number | undefined): ServiceReply =>
	({...notLeader(leaderId), type: 'unknown'}) as ServiceReply;

test('requests of one turn become one proposal, an entry each, and each gets the outcomes of its own', t => {
	const bench = new Bench().lead(1);
	bench.apply(1, 1, [encodeCommand(open)]);
	const commands = bench.propose(2, 1, [10, requestOf(appendsOf(1, 1, 'x', 'y'))], [11, requestOf(open)]);
	t.is(commands.length, 2);
	t.deepEqual(bench.replied(), []);
	bench.apply(2, 1, commands);
	t.deepEqual(bench.sent(), [{type: 'applied', index: 3}]);
	t.deepEqual(bench.replied(), [
		[
			10,
			[
				{type: 'written', version: 2, length: 1},
				{type: 'written', version: 3, length: 2},
			],
		],
		[11, [{type: 'sessionOpened', session: 4, timeoutMs: 600_000}]],
	]);
});

test('reads of one turn share one read index, and wait until it is applied (dissertation §6.4)', t => {
	const bench = new Bench().lead(1);
	bench.server.request(10, readOf('k'));
	bench.server.request(11, readOf('k', 'other'));
	bench.server.flush();
	const [read] = bench.sent();
	t.deepEqual(read, {type: 'read', readId: 1});
	bench.handle({type: 'readReady', readId: 1, readIndex: 2});
	const session = encodeCommand(open);
	bench.apply(1, 1, [session]);
	t.deepEqual(bench.replied(), []);
	bench.apply(2, 1, [encodeCommand(appendOf(1, 1, 'x'))]);
	const value = {type: 'value', value: bytesOf('x'), version: 2} as const;
	t.deepEqual(bench.replied(), [
		[10, [value]],
		[11, [value, {type: 'value', value: undefined, version: 0}]],
	]);
});

test('a leader prepares the answers to reads while its quorum is asked, unless a write is on its way', t => {
	const value = (text: string, version: number) => ({type: 'value', value: bytesOf(text), version}) as const;
	const bench = new Bench().lead(1);
	bench.apply(1, 1, [encodeCommand(open), encodeCommand(appendOf(1, 1, 'x'))]);
	bench.server.request(10, readOf('k'));
	t.true(bench.server.flush(), 'there is work for `slice`');
	t.false(bench.server.slice());
	// Somebody else's, so that it can be seen which state the answer is of.
	bench.apply(3, 1, [encodeCommand(appendOf(1, 2, 'y'))]);
	bench.handle({type: 'readReady', readId: 1, readIndex: 2});
	t.deepEqual(bench.replied(), [[10, [value('x', 2)]]]);

	const commands = bench.propose(4, 1, [11, requestOf(appendOf(1, 3, 'z'))]);
	bench.server.request(12, readOf('k'));
	t.false(bench.server.flush());
	bench.apply(4, 1, commands);
	bench.handle({type: 'readReady', readId: 2, readIndex: 3});
	t.deepEqual(bench.replied()[1], [12, [value('xyz', 4)]]);

	bench.follow(2);
	bench.server.request(13, readOf('k'));
	t.false(bench.server.flush(), 'a follower has writes of its leader on the way');
});

test('only a leader takes writes; the others name it', t => {
	const bench = new Bench();
	bench.server.request(1, requestOf(open));
	bench.follow(3);
	bench.server.request(2, requestOf(open));
	bench.server.flush();
	t.deepEqual(bench.replied(), [
		[1, notLeader(undefined)],
		[2, notLeader(2)],
	]);
	t.deepEqual(bench.sent(), []);
});

test('a refused proposal tells why, and what of it may be tried again', t => {
	const cases = [
		['notLeader', notLeader(2)],
		['stopped', notLeader(2)],
		['uncommittedFull', {type: 'refused', reason: 'overloaded'}],
		['entryTooLarge', {type: 'refused', reason: 'tooLarge'}],
	] as const;
	for (const [reason, reply] of cases) {
		const bench = new Bench().lead(1);
		bench.server.request(1, requestOf(open));
		bench.server.flush();
		bench.handle({type: 'proposalRefused', proposalId: 1, reason, leaderId: nodeId(2)});
		t.deepEqual(bench.replied(), [[1, reply]], reason);
	}
});

test('when an entry of a merged proposal is too large, its requests are proposed one by one', t => {
	const bench = new Bench().lead(1);
	bench.server.request(1, requestOf(open));
	bench.server.request(2, requestOf(open));
	bench.server.flush();
	bench.sent();
	bench.handle({type: 'proposalRefused', proposalId: 1, reason: 'entryTooLarge', leaderId: undefined});
	t.deepEqual(
		bench.sent().map(output => output.type === 'propose' && [output.proposalId, output.commands.length]),
		[
			[2, 1],
			[3, 1],
		],
	);
	bench.handle({type: 'proposalRefused', proposalId: 2, reason: 'entryTooLarge', leaderId: undefined});
	t.deepEqual(bench.replied(), [[1, {type: 'refused', reason: 'tooLarge'}]]);
});

test('a lost leadership settles everything: proposed is unknown, what never left is not', t => {
	const bench = new Bench().lead(1);
	bench.propose(1, 1, [1, requestOf(open)]);
	bench.server.request(2, requestOf(open));
	bench.server.flush();
	bench.server.request(3, requestOf(open));
	bench.server.request(4, readOf('k'));
	bench.follow(2);
	t.deepEqual(bench.replied(), [
		[1, unknown(2)],
		[2, unknown(2)],
		[3, notLeader(2)],
		[4, notLeader(2)],
	]);
	t.is(bench.server.pendingCount, 0);
});

test('a leader of a new term keeps no waiter of an older one: its index may hold another entry now', t => {
	const bench = new Bench().lead(1);
	bench.propose(1, 1, [1, requestOf(open)]);
	bench.lead(3);
	t.deepEqual(bench.replied(), [[1, unknown(0)]]);
	bench.apply(1, 3, [encodeCommand(open)]);
	t.deepEqual(bench.replied(), []);
});

test('an entry of another term at a waiter’s index means that nothing of it was run', t => {
	const bench = new Bench().lead(1);
	const commands = bench.propose(1, 1, [1, requestOf(open)], [2, requestOf(open)]);
	bench.apply(1, 1, commands.slice(0, 1));
	bench.apply(2, 2, [encodeCommand(open)]);
	t.deepEqual(bench.replied(), [
		[1, [{type: 'sessionOpened', session: 1, timeoutMs: 600_000}]],
		[2, notLeader(0)],
	]);
});

test('a no-op where a waiter was is not its command', t => {
	const bench = new Bench().lead(1);
	bench.propose(1, 1, [1, requestOf(open)]);
	bench.handle({type: 'apply', entries: [{index: 1, term: term(2), type: 'noop', command: new Uint8Array()}]});
	t.deepEqual(bench.replied(), [[1, notLeader(0)]]);
});

test('a snapshot over a waiter’s index leaves its outcome unknown', t => {
	const source = new Bench().lead(1);
	source.apply(1, 1, [encodeCommand(open), encodeCommand(appendOf(1, 1, 'x'))]);
	const {data, done} = source.server.state.beginSnapshot(1e6).nextChunk();
	const bench = new Bench().lead(1);
	bench.propose(2, 1, [1, requestOf(open)], [2, requestOf(open)]);
	const snapshot = {lastIncludedIndex: 2, lastIncludedTerm: term(1), configuration: {voters: [], learners: []}};
	bench.handle({type: 'installSnapshot', snapshot}, {type: 'installChunk', index: 2, data, done});
	t.deepEqual(bench.replied(), [[1, unknown(0)]]);
	t.deepEqual(bench.sent(), [
		{type: 'installChunkLoaded', index: 2},
		{type: 'applied', index: 2},
	]);
	t.is(bench.server.state.stateHash(), source.server.state.stateHash());
});

test('stop settles everything, and what comes later is refused', t => {
	const bench = new Bench().lead(1);
	bench.propose(1, 1, [1, requestOf(open)]);
	bench.server.request(2, readOf('k'));
	bench.server.flush();
	bench.handle({type: 'readReady', readId: 1, readIndex: 9});
	bench.server.request(3, requestOf(open));
	bench.server.request(4, readOf('k'));
	bench.server.stop();
	bench.server.stop();
	bench.server.request(5, requestOf(open));
	bench.server.request(6, readOf('k'));
	t.deepEqual(bench.replied(), [
		[1, unknown(undefined)],
		[3, notLeader(undefined)],
		[4, notLeader(undefined)],
		[2, notLeader(undefined)],
		[5, notLeader(undefined)],
		[6, notLeader(undefined)],
	]);
	t.false(bench.server.slice());
});

test('a cancelled request is never answered, and its number may serve another at once', t => {
	const bench = new Bench().lead(1);
	const commands = bench.propose(1, 1, [1, requestOf(open)]);
	bench.server.cancel(1);
	const more = bench.propose(2, 1, [1, requestOf(open)]);
	bench.apply(1, 1, [...commands, ...more]);
	t.deepEqual(bench.replied(), [[1, [{type: 'sessionOpened', session: 2, timeoutMs: 600_000}]]]);
});

test('what a client may not ask is refused before anything is proposed', t => {
	const limits = {requestBytesMax: 400, requestOperationsMax: 3, commandBytesMax: 300};
	const bench = new Bench(limits).lead(1);
	const write = (command: Uint8Array): ServiceRequest => ({type: 'write', command});
	const cases: readonly (readonly [ServiceRequest, 'malformed' | 'tooLarge'])[] = [
		[write(Uint8Array.of(1, 2)), 'malformed'],
		[write(new Uint8Array()), 'malformed'],
		[write(Uint8Array.of(0xff)), 'malformed'],
		[requestOf({type: 'clock', logTime: 1e15, wallTime: 0}), 'malformed'],
		[{type: 'read', reads: Uint8Array.of(0xff)}, 'malformed'],
		[requestOf(appendsOf(1, 1, 'a', 'b', 'c', 'd')), 'tooLarge'],
		[requestOf(appendOf(1, 1, 'x'.repeat(300))), 'tooLarge'],
		[readOf('a', 'b', 'c', 'd'), 'tooLarge'],
		[readOf('a'.repeat(401)), 'tooLarge'],
	];
	for (const [place, [request, reason]] of cases.entries()) {
		bench.server.request(place, request);
		t.deepEqual(bench.replied(), [[place, {type: 'refused', reason}]], String(place));
	}
	bench.server.flush();
	t.deepEqual(bench.sent(), []);
});

test('a read whose answer would be too large is refused', t => {
	const bench = new Bench({readBytesMax: 2 * (32 + 'abc'.length) - 1}).lead(1);
	bench.apply(1, 1, [encodeCommand(open), encodeCommand(appendOf(1, 1, 'abc'))]);
	bench.server.request(1, readOf('k'));
	bench.server.request(2, readOf('k', 'k'));
	bench.server.flush();
	bench.handle({type: 'readReady', readId: 1, readIndex: 2});
	t.deepEqual(bench.replied(), [
		[1, [{type: 'value', value: bytesOf('abc'), version: 2}]],
		[2, {type: 'refused', reason: 'tooLarge'}],
	]);
});

test('one answer holds at most 8 MiB of values, so that nobody waits for long behind those who read large ones', t => {
	const bench = new Bench({}).lead(1);
	bench.apply(1, 1, [encodeCommand(open), encodeCommand(appendOf(1, 1, 'x'.repeat(2 ** 20 - 32)))]);
	bench.server.request(1, readOf(...Array.from({length: 8}, () => 'k')));
	bench.server.request(2, readOf(...Array.from({length: 9}, () => 'k')));
	bench.server.flush();
	bench.handle({type: 'readReady', readId: 1, readIndex: 2});
	const [first, second] = bench.replied();
	t.is((first?.[1] as readonly unknown[] | undefined)?.length, 8);
	t.deepEqual(second, [2, {type: 'refused', reason: 'tooLarge'}]);
});

test('pending requests are bounded in number and bytes, and room comes back', t => {
	const overloaded: ServiceReply = {type: 'refused', reason: 'overloaded'};
	const bench = new Bench({pendingRequestsMax: 2, pendingBytesMax: 30}).lead(1);
	bench.server.request(1, requestOf(open));
	bench.server.request(2, requestOf(open));
	bench.server.request(3, requestOf(open));
	t.deepEqual(bench.replied(), [[3, overloaded]]);
	bench.server.cancel(1);
	bench.server.request(4, requestOf(appendOf(1, 1, 'x'.repeat(40))));
	bench.server.request(5, readOf('k'));
	t.deepEqual(bench.replied(), [[4, overloaded]]);
	t.is(bench.server.pendingCount, 2);
});

test('a repeat that is applied already is answered without the log', t => {
	const bench = new Bench().lead(1);
	const commands = [encodeCommand(open), encodeCommand(appendOf(1, 1, 'x'))];
	bench.apply(1, 1, commands);
	bench.server.request(1, requestOf(appendOf(1, 1, 'x')));
	t.deepEqual(bench.replied(), [[1, [{type: 'written', version: 2, length: 1}]]]);
	bench.server.request(2, requestOf(appendsOf(1, 1, 'x', 'y')));
	t.deepEqual(bench.replied(), []);
});

test('log time goes in front of a proposal once a second of leadership, from where the log stands', t => {
	const bench = new Bench().lead(1);
	const logTimes = (commands: readonly Uint8Array[]): unknown[] =>
		commands.map(bytes => decodeCommand(bytes)).map(command => (command?.type === 'clock' ? command.logTime : 0));
	bench.now = 999;
	t.deepEqual(logTimes(bench.propose(1, 1, [1, requestOf(open)])), [0]);
	bench.now = 1500;
	const commands = bench.propose(2, 1, [2, requestOf(open)]);
	t.deepEqual(logTimes(commands), [1500, 0]);
	bench.apply(1, 1, [encodeCommand(open), ...commands]);
	t.deepEqual(bench.replied().at(-1), [2, [{type: 'sessionOpened', session: 3, timeoutMs: 600_000}]]);
	t.is(bench.server.state.logTime, 1500);
	bench.follow(2);
	bench.now = 60_000;
	bench.lead(3);
	t.deepEqual(logTimes(bench.propose(4, 3, [3, requestOf(open)])), [0], 'nobody led that long');
	bench.now = 61_000;
	t.deepEqual(logTimes(bench.propose(5, 3, [4, requestOf(open)])), [2500, 0]);
});

test('a session that was used just now does not end with the next move of log time, however short its timeout is', t => {
	const bench = new Bench({sessionTimeoutMs: 1000}).lead(1);
	const entries: Uint8Array[] = [];
	const commit = (command: Command): readonly Outcome[] => {
		const replyTo = entries.length + 100;
		const commands = bench.propose(entries.length + 1, 1, [replyTo, requestOf(command)]);
		bench.apply(entries.length + 1, 1, commands);
		entries.push(...commands);
		return bench.replied().find(([number]) => number === replyTo)?.[1] as readonly Outcome[];
	};
	bench.now = 950;
	const [opened] = commit(open);
	t.is(opened?.type, 'sessionOpened');
	const session = opened?.type === 'sessionOpened' ? opened.session : 0;
	// A second after the leadership began, and fifty milliseconds after the session did.
	bench.now = 1000;
	commit(open);
	bench.now = 1600;
	t.deepEqual(commit(appendOf(session, 1, 'x'))[0]?.type, 'written');
});

test('a large apply is done in slices, and requests are taken in between', t => {
	const bench = new Bench({sliceOperationsMax: 10});
	const entries = Array.from({length: 35}, (_, offset): LogEntry => {
		const command = encodeCommand(offset === 0 ? open : appendOf(1, offset, 'x'));
		return {index: offset + 1, term: term(1), type: 'command', command};
	});
	bench.server.handle({type: 'apply', entries});
	bench.server.handle({type: 'leadership', role: 'leader', term: term(1), leaderId: nodeId(0)});
	const applied: number[] = [];
	let slices = 0;
	for (let more = true; more; slices += 1) {
		more = bench.server.slice();
		applied.push(bench.server.state.appliedIndex);
	}
	t.deepEqual(applied, [10, 20, 30, 35]);
	t.is(slices, 4);
	t.is(bench.sent().length, 4);
	bench.server.request(1, requestOf(open));
	t.is(bench.server.pendingCount, 1, 'what the node told after the entries is taken in, too');
});

test('a snapshot is streamed chunk by chunk, each when the one before is stored, while entries are applied', t => {
	const bench = new Bench({snapshotChunkBytes: 40, sliceOperationsMax: 1});
	bench.apply(1, 1, [encodeCommand(open)]);
	for (let sequence = 1; sequence <= 10; sequence += 1) {
		const command = operationOf(1, sequence, 0, put(`k${sequence}`, 'v'));
		bench.apply(1 + sequence, 1, [encodeCommand(command)]);
	}
	const hash = bench.server.state.stateHash();
	bench.sent();
	bench.handle({type: 'takeSnapshot'});
	const restored = new Bench();
	const snapshot = {lastIncludedIndex: 11, lastIncludedTerm: term(1), configuration: {voters: [], learners: []}};
	restored.handle({type: 'installSnapshot', snapshot});
	let index = 12;
	for (let isDone = false; !isDone;) {
		bench.apply(index, 1, [encodeCommand(appendOf(1, index, 'more'))]);
		index += 1;
		const chunks = bench.sent().flatMap(output => (output.type === 'snapshotChunk' ? [output] : []));
		t.is(chunks.length, 1);
		t.is(chunks[0]!.index, 11);
		const {data, done} = chunks[0]!;
		isDone = done;
		restored.handle({type: 'installChunk', index: 11, data, done});
		bench.handle({type: 'snapshotChunkStored', index: 11});
	}
	t.true(index > 15);
	t.is(restored.server.state.stateHash(), hash);
});

test('an abandoned snapshot is not continued', t => {
	const bench = new Bench({snapshotChunkBytes: 1});
	bench.apply(1, 1, [encodeCommand(open)]);
	bench.sent();
	bench.handle({type: 'takeSnapshot'});
	t.is(bench.sent().length, 1);
	bench.handle({type: 'abandonSnapshot'}, {type: 'snapshotChunkStored', index: 1});
	t.deepEqual(bench.sent(), []);
	bench.handle({type: 'takeSnapshot'});
	t.like(bench.sent()[0], {type: 'snapshotChunk', index: 1, done: false});
});

// ---------------------------------------------------------------------------------------------------- interleavings

interface Asked {
	readonly elements: readonly string[];
	readonly replies: (readonly Outcome[] | ServiceReply)[];
	isCancelled: boolean;
}

/** One random run; tells for each write what was replied, and the final value. */
function interleave(seed: number): {
	readonly asked: readonly Asked[];
	readonly value: string;
	readonly hashes: readonly string[];
} {
	const random = randomOf(seed);
	const pick = (count: number): number => Math.floor(random() * count);
	const asked: Asked[] = [];
	const reads: unknown[][] = [];
	const byChannel = new Map<number, Asked>();
	const cluster = new FakeCluster(
		3,
		{sliceOperationsMax: 3, snapshotChunkBytes: 30, proposalBytesMax: 100},
		(_, replyTo, reply) => {
			const request = byChannel.get(replyTo);
			if (request === undefined) reads[-replyTo]!.push(reply);
			else request.replies.push(reply.type === 'outcomes' ? decodeOutcomes(reply.outcomes)! : reply);
		},
	);
	cluster.seats[0]!.inputs.splice(0).forEach(input => cluster.seats[0]!.server.handle(input));
	cluster.seats[0]!.server.request(1, requestOf(open));
	byChannel.set(1, {elements: [], replies: [], isCancelled: false});
	cluster.settle();
	const session = 2;
	let sequence = 0;
	const write = (place: number): void => {
		const first = sequence + 1;
		sequence += 1 + pick(3);
		const elements = Array.from({length: sequence + 1 - first}, (_, offset) => `<${first + offset}>`);
		const request = {elements, replies: [], isCancelled: false};
		asked.push(request);
		byChannel.set(1 + asked.length, request);
		cluster.seats[place]!.server.request(1 + asked.length, requestOf(appendsOf(session, first, ...elements)));
	};
	const read = (place: number): void => {
		reads.push([]);
		cluster.seats[place]!.server.request(1 - reads.length, readOf('k'));
	};
	for (let step = 0; step < 300; step += 1) {
		cluster.now += pick(300);
		const place = pick(3);
		const {server} = cluster.seats[place]!;
		const action = pick(100);
		if (action < 20) write(random() < 0.8 ? cluster.leader : place);
		else if (action < 25) read(place);
		else if (action < 40) server.flush();
		else if (action < 50) cluster.commit(1 + pick(4));
		else if (action < 60) cluster.deliver(place, 1 + pick(8));
		else if (action < 80) cluster.tell(place);
		else if (action < 90) server.slice();
		else if (action < 92) cluster.elect(place, pick(5));
		else if (action < 94) cluster.install(place, pick(3));
		else if (action < 96) cluster.seats[place]!.inputs.push({type: 'takeSnapshot'});
		else if (action < 97) cluster.restart(place);
		else if (action < 98 && asked.length > 0) {
			const channel = 2 + pick(asked.length);
			const request = byChannel.get(channel)!;
			if (request.replies.length === 0) {
				request.isCancelled = true;
				for (const {server: each} of cluster.seats) each.cancel(channel);
			}
		}
	}
	cluster.settle();
	const hashes = cluster.seats.map(({server}) => server.state.stateHash());
	const {value} = cluster.seats[0]!.server.state.read({type: 'get', key: 'k'}) as {
		value: Uint8Array | undefined;
	};
	for (const {server} of cluster.seats) server.stop();
	if (reads.some(replies => replies.length !== 1)) throw new Error('a read was not answered exactly once');
	return {asked, value: value === undefined ? '' : textOf(value), hashes};
}

test('every request is answered exactly once, and truly, whatever order things happen in', t => {
	const seen = new Set<string>();
	fc.assert(
		fc.property(fc.integer(), seed => {
			const {asked, value, hashes} = interleave(seed);
			t.is(new Set(hashes).size, 1, 'replicas agree');
			for (const {elements, replies, isCancelled} of asked) {
				t.is(replies.length, isCancelled ? 0 : 1);
				const [reply] = replies;
				if (reply === undefined) continue;
				const run = elements.filter(element => value.includes(element));
				if (!('type' in reply)) {
					t.deepEqual(run, elements, 'answered, so it ran');
					seen.add('outcomes');
				} else {
					if (reply.type !== 'unknown') t.deepEqual(run, [], `${reply.type}, so it never ran`);
					seen.add(reply.type + (run.length > 0 ? ' but run' : ''));
				}
			}
		}),
		runs(150),
	);
	// That the runs reach what they are to test.
	for (const kind of ['outcomes', 'notLeader', 'unknown', 'unknown but run']) t.true(seen.has(kind), kind);
});

const watchOf = (after: number | undefined, waitMs = 100, prefix?: string): ServiceRequest => ({
	type: 'read',
	reads: encodeReads([{type: 'changes', after, prefix, waitMs}]),
});

/** A leader that has applied two entries, the second of them a change at revision 2, and has read indexes for these requests. */
function watchedBy(...requests: readonly (readonly [number, ServiceRequest])[]): Bench {
	const bench = new Bench({putOffReadsMax: 2}).lead(1);
	bench.rememberChanges();
	bench.apply(1, 1, [encodeCommand(open), encodeCommand(appendOf(1, 1, 'x'))]);
	askAll(bench, requests);
	return bench;
}

function askAll(bench: Bench, requests: readonly (readonly [number, ServiceRequest])[]): void {
	for (const [replyTo, request] of requests) bench.server.request(replyTo, request);
	bench.server.flush();
	const read = bench.sent().find(output => output.type === 'read')!;
	bench.handle({type: 'readReady', readId: read.readId, readIndex: 2});
}

const change = (revision: number, text: string): object => ({
	revision,
	event: 'append',
	key: 'k',
	value: bytesOf(text),
	isNew: revision === 2,
	setsDeadline: false,
});

test('a read that waits for something to tell is answered as soon as there is something, or when its time is over', t => {
	const bench = watchedBy([10, watchOf(1)], [11, watchOf(2)], [12, watchOf(2, 200, 'other')]);
	t.deepEqual(bench.replied(), [[10, [{type: 'changes', revision: 2, changes: [change(2, 'x')]}]]]);
	t.is(bench.server.nextDeadline(), 100);
	bench.apply(3, 1, [encodeCommand(appendOf(1, 2, 'y'))]);
	t.deepEqual(bench.replied(), [[11, [{type: 'changes', revision: 3, changes: [change(3, 'xy')]}]]]);
	bench.now = 199;
	bench.server.flush();
	t.deepEqual(bench.replied(), []);
	t.is(bench.server.nextDeadline(), 200);
	bench.now = 200;
	bench.server.flush();
	t.deepEqual(bench.replied(), [[12, [{type: 'changes', revision: 3, changes: []}]]]);
	t.is(bench.server.nextDeadline(), Infinity);
	t.is(bench.server.pendingCount, 0);
});

test('a read that waits is not compacted while it waits, however much it has no word of is forgotten', t => {
	const bench = new Bench({changesMax: 1}).lead(1);
	bench.rememberChanges();
	bench.apply(1, 1, [encodeCommand(open)]);
	askAll(bench, [[10, watchOf(1, 100, 'k1')]]);
	const write = (sequence: number, key: string): Uint8Array =>
		encodeCommand(operationOf(1, sequence, sequence - 1, put(key, 'x')));
	for (let sequence = 1; sequence <= 5; sequence += 1) bench.apply(1 + sequence, 1, [write(sequence, 'other')]);
	t.deepEqual(bench.replied(), []);
	bench.apply(7, 1, [write(6, 'k1')]);
	const [[replyTo, results]] = bench.replied() as [[number, [{type: string; changes: readonly object[]}]]];
	t.is(replyTo, 10);
	t.like(results[0], {type: 'changes', revision: 7});
	t.is(results[0].changes.length, 1);
});

test('reads that wait are answered when their server does not lead any more, and when it stops; one too many is refused', t => {
	const bench = watchedBy([10, watchOf(2)], [11, watchOf(2)], [12, watchOf(2)]);
	t.deepEqual(bench.replied(), [[12, {type: 'refused', reason: 'tooManyWaiting'}]]);
	bench.server.cancel(10);
	askAll(bench, [[13, watchOf(2)]]);
	t.deepEqual(bench.replied(), [], 'who does not wait any more leaves room');
	bench.follow(2);
	t.deepEqual(bench.replied(), [
		[11, notLeader(2)],
		[13, notLeader(2)],
	]);
	bench.lead(3);
	askAll(bench, [[14, watchOf(2)]]);
	bench.server.stop();
	t.deepEqual(bench.replied(), [[14, notLeader(undefined)]]);
});

test('a read that may wait travels alone: others would wait with it', t => {
	const bench = new Bench().lead(1);
	const reads = [
		{type: 'changes', after: 0, waitMs: 5},
		{type: 'get', key: 'k'},
	] as const;
	bench.server.request(10, {type: 'read', reads: encodeReads(reads)});
	t.deepEqual(bench.replied(), [[10, {type: 'refused', reason: 'malformed'}]]);
});
