import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf} from '../../actors/text.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {WriteOperation} from '../../src/kv/types.js';
import {nodeId, term, type LogEntry, type ServiceOutput} from '../../src/raft/types.js';
import {LogClock} from '../../src/service/server/log-clock.js';
import {ServiceServer} from '../../src/service/server/service-server.js';
import type {ServiceReply} from '../../src/service/types.js';
import {decodeCommand, decodeOutcomes, encodeReads, operationOf, put, requestOf} from '../kv/helpers.js';

/** A server whose node takes in and applies what it is asked to, when the test says so. */
class Bench {
	now = 0;
	wallNow = 1_000_000;
	readonly replies = new Map<number, ServiceReply>();
	readonly server: ServiceServer<KvTypes>;
	#outputs: ServiceOutput[] = [];
	#lastIndex = 0;
	#sequence = 0;
	#looks = 0;

	constructor() {
		this.server = new ServiceServer({
			codec,
			machine: kvMachine(),
			now: () => this.#read(),
			wallNow: () => this.wallNow,
			send: output => this.#outputs.push(output),
			reply: (replyTo, reply) => this.replies.set(replyTo, reply),
		});
		this.become('leader');
		this.server.request(0, requestOf({type: 'openSession', closes: 0}));
		this.applyProposed();
	}

	/** As with a real clock, no two looks at it show the same. */
	#read(): number {
		this.#looks += 1;
		return this.now + this.#looks * 1e-7;
	}

	become(role: 'leader' | 'follower'): void {
		this.server.handle({type: 'leadership', role, term: term(1), leaderId: nodeId(role === 'leader' ? 0 : 1)});
	}

	pass(ms: number): void {
		this.now += ms;
		this.wallNow += ms;
	}

	write(write: WriteOperation): void {
		this.#sequence += 1;
		this.server.request(this.#sequence, requestOf(operationOf(1, this.#sequence, this.#sequence - 1, write)));
	}

	/** Asks for a key, under a number above those of the writes. */
	read(replyTo: number, key = 'k'): void {
		this.server.request(replyTo, {type: 'read', reads: encodeReads([{type: 'get', key}])});
		this.server.flush();
	}

	/** The node has confirmed that it leads, for all reads. */
	confirmReads(): void {
		for (const output of this.#take('read'))
			this.server.handle({type: 'readReady', readId: output.readId, readIndex: this.#lastIndex});
		while (this.server.slice());
	}

	/** The types of the commands that are proposed, with the times that they tell. */
	proposed(): {readonly entries: readonly LogEntry[]; readonly told: readonly (string | number)[]} {
		this.server.flush();
		const entries: LogEntry[] = [];
		for (const {proposalId, commands} of this.#take('propose')) {
			const firstIndex = this.#lastIndex + 1;
			this.server.handle({type: 'proposed', proposalId, firstIndex, count: commands.length, term: term(1)});
			for (const command of commands) {
				this.#lastIndex += 1;
				entries.push({index: this.#lastIndex, term: term(1), type: 'command', command});
			}
		}
		const told = entries.map(({command}) => {
			const decoded = decodeCommand(command)!;
			return decoded.type === 'clock' ? decoded.wallTime : decoded.type;
		});
		return {entries, told};
	}

	apply(entries: readonly LogEntry[]): void {
		if (entries.length > 0) this.server.handle({type: 'apply', entries});
		while (this.server.slice());
	}

	applyProposed(): readonly (string | number)[] {
		const {entries, told} = this.proposed();
		this.apply(entries);
		return told;
	}

	/** What a read was answered. */
	answer(replyTo: number): unknown {
		const reply = this.replies.get(replyTo);
		return reply?.type === 'outcomes' ? decodeOutcomes(reply.outcomes)![0] : reply?.type;
	}

	#take<Type extends ServiceOutput['type']>(type: Type): readonly Extract<ServiceOutput, {type: Type}>[] {
		const taken = this.#outputs.filter(output => output.type === type);
		this.#outputs = this.#outputs.filter(output => output.type !== type);
		return taken as never;
	}
}

const putFor = (ttlMs: number): WriteOperation => ({type: 'put', key: 'k', value: bytesOf('x'), expiry: {ttlMs}});
const there = {type: 'value', value: bytesOf('x')};
const absent = {type: 'value', value: undefined, version: 0};

test('a write that counts from now has the time in front of it; another write tells nothing, and without deadlines nothing is due', t => {
	const bench = new Bench();
	bench.write(put('k', 'x'));
	t.deepEqual(bench.applyProposed(), ['writes']);
	bench.pass(400);
	bench.write(putFor(100));
	t.deepEqual(bench.applyProposed(), [1_000_400, 'writes']);
	bench.write({type: 'expire', key: 'k', expiry: 'never'});
	t.deepEqual(bench.applyProposed(), ['writes']);
	const server = new Bench().server;
	t.is(server.nextDeadline(), Infinity);
});

test('at a deadline the leader tells the time by itself, once; a follower does not', t => {
	const bench = new Bench();
	bench.write(putFor(100));
	bench.applyProposed();
	t.is(Math.round(bench.server.nextDeadline()), 100);
	bench.pass(99);
	t.deepEqual(bench.applyProposed(), []);
	bench.pass(1);
	const {entries, told} = bench.proposed();
	t.deepEqual(told, [1_000_100]);
	t.is(bench.server.nextDeadline(), Infinity, 'it is under way');
	t.deepEqual(bench.proposed().told, []);
	bench.apply(entries);
	t.is(bench.server.nextDeadline(), Infinity, 'nothing is left');
	bench.write(putFor(100));
	bench.applyProposed();
	bench.become('follower');
	bench.pass(1000);
	t.is(bench.server.nextDeadline(), Infinity);
	t.deepEqual(bench.applyProposed(), []);
});

test('a write behind a deadline comes behind the time, so it never meets a key that is over', t => {
	const bench = new Bench();
	bench.write(putFor(100));
	bench.applyProposed();
	bench.pass(150);
	bench.write({type: 'put', key: 'k', value: bytesOf('y'), condition: 'absent'});
	t.deepEqual(bench.applyProposed(), [1_000_150, 'writes']);
	t.like(bench.answer(2), {type: 'written'});
});

test('a read that meets a key whose deadline is over waits for the log to say so, and then does not show it', t => {
	const bench = new Bench();
	bench.write(putFor(100));
	bench.applyProposed();
	bench.read(50);
	bench.confirmReads();
	t.like(bench.answer(50), there);
	bench.pass(100);
	bench.read(51);
	bench.read(52, 'other');
	bench.confirmReads();
	t.is(bench.answer(51), undefined);
	t.deepEqual(bench.answer(52), absent, 'who reads another key does not wait');
	const {entries, told} = bench.proposed();
	t.deepEqual(told, [1_000_100]);
	bench.apply(entries);
	t.deepEqual(bench.answer(51), absent);
});

test('an answer that was prepared before the deadline is given, one that would be prepared behind it is not', t => {
	const prepared = (beforeMs: number, afterMs: number): unknown => {
		const bench = new Bench();
		bench.write(putFor(100));
		bench.applyProposed();
		bench.pass(beforeMs);
		bench.read(50);
		bench.server.slice();
		bench.pass(afterMs);
		bench.confirmReads();
		return bench.answer(50);
	};
	t.like(prepared(50, 10), there);
	t.is(prepared(150, 0), undefined);
	t.is(prepared(50, 100), undefined);
});

test('a follower sends who reads a key that is over to the leader; a lost leadership does the same', t => {
	const bench = new Bench();
	bench.write(putFor(100));
	bench.applyProposed();
	bench.pass(100);
	bench.read(51);
	bench.confirmReads();
	t.is(bench.answer(51), undefined);
	bench.become('follower');
	t.is(bench.answer(51), 'notLeader');
	bench.read(52);
	bench.confirmReads();
	t.is(bench.answer(52), 'notLeader');
});

test('a proposal that was refused is told again', t => {
	const bench = new Bench();
	bench.write(putFor(100));
	bench.applyProposed();
	bench.pass(100);
	t.deepEqual(bench.proposed().told, [1_000_100]);
	bench.server.handle({type: 'proposalRefused', proposalId: 3, reason: 'uncommittedFull', leaderId: nodeId(0)});
	bench.pass(10);
	t.deepEqual(bench.proposed().told, []);
});

test('the wall time of a leader follows its wall clock forwards at once; where the log is ahead of it, it goes on at half its rate', t => {
	let now = 0;
	let wallNow = 10_000;
	const clock = new LogClock({now: () => now, wallNow: () => wallNow}, 1000);
	clock.start();
	t.is(clock.wallTime(0), 10_000);
	wallNow += 5000;
	t.is(clock.wallTime(0), 15_000);
	wallNow -= 4000;
	t.is(clock.wallTime(0), 15_000);
	const pass = (ms: number): void => {
		now += ms;
		wallNow += ms;
	};
	pass(1000);
	t.is(clock.wallTime(0), 15_500);
	pass(10_000);
	t.is(clock.wallTime(0), 22_000, 'the clock has caught up');
	t.is(clock.wallTime(30_000), 30_000, 'another leader has told this');
	clock.start();
	t.is(clock.wallTime(29_000), 29_000);
});
