/** The driver between core, storage and service: what it must not do to a storage, and what it keeps in order. */
import test from 'ava';
import {RaftDriver} from '../../src/raft/driver.js';
import type {RaftNode} from '../../src/raft/raft-node.js';
import type {NodeId, RaftMessage, ServiceInput, SnapshotMeta} from '../../src/raft/types.js';
import {TestStorage} from './harness/disk.js';
import {LogImage} from './harness/log-image.js';
import {
	ack,
	append,
	bytesOf,
	chunk,
	chunkReply,
	clusterOf,
	entry,
	logOf,
	n1,
	n2,
	newNode,
	type NodeSpec,
	received,
	refusal,
	snapshotOf,
	stateOf,
	tick,
	voteReply,
} from './harness/node.js';

interface BenchOptions extends NodeSpec {
	/** The disk finishes before its calls return. */
	readonly isSynchronous?: boolean;
	readonly maxRaftState?: number;
	readonly snapshotBytes?: Uint8Array;
	readonly snapshotChunkBytes?: number;
	readonly onService?: (input: ServiceInput, driver: RaftDriver) => void;
}

/** One driver with a disk that works when told, and everything that comes out of it. */
class Bench {
	readonly node: RaftNode;
	readonly driver: RaftDriver;
	readonly sent: {readonly to: NodeId; readonly message: RaftMessage}[] = [];
	readonly told: ServiceInput[] = [];
	readonly failures: Error[] = [];
	readonly durable = new LogImage();
	now = 0;
	/** What the disk has to do, oldest first. */
	readonly disk: (() => void)[] = [];
	/** How many messages had been sent when the host was told that they can leave, and when the disk was asked. */
	readonly order: (readonly ['sent' | 'disk', number])[] = [];

	constructor(options: BenchOptions = {}) {
		const {hardState, snapshot, entries} = stateOf(options);
		this.durable.hardState = hardState;
		this.durable.entries = [...entries];
		if (snapshot !== undefined)
			this.durable.snapshot = {meta: snapshot, bytes: options.snapshotBytes ?? new Uint8Array(8)};
		this.node = newNode(options);
		this.driver = new RaftDriver({
			node: this.node,
			storage: new TestStorage(this.durable, {
				at: (_, action) => {
					this.order.push(['disk', this.sent.length]);
					this.disk.push(action);
				},
				delayMs: () => (options.isSynchronous === true ? undefined : 1),
				now: () => this.now,
				written: () => {},
			}),
			now: () => this.now,
			send: (to, message) => void this.sent.push({to, message}),
			sent: () => void this.order.push(['sent', this.sent.length]),
			service: input => {
				this.told.push(input);
				options.onService?.(input, this.driver);
			},
			schedule: () => {},
			failed: error => void this.failures.push(error),
			maxRaftState: options.maxRaftState,
			snapshotChunkBytes: options.snapshotChunkBytes ?? 4,
		});
		this.driver.start();
	}

	/** All of them in one turn. */
	receive(...messages: readonly (readonly [NodeId, RaftMessage])[]): void {
		for (const [from, message] of messages) this.driver.deliver(received(from, message));
		this.driver.flush();
	}

	applied(index: number): void {
		this.driver.fromService({type: 'applied', index});
		this.driver.flush();
	}

	runDisk(): void {
		for (let next = this.disk.shift(); next !== undefined; next = this.disk.shift()) next();
	}

	asked(type: ServiceInput['type']): ServiceInput[] {
		return this.told.filter(input => input.type === type);
	}
}

/** A follower in term 3 that has applied 3 entries, and whose log is long enough for a snapshot: it was asked for one. */
function asked(options: BenchOptions = {}): Bench {
	const bench = new Bench({currentTerm: 3, log: [1, 2, 3], maxRaftState: 1, ...options});
	bench.receive([n1, append(3, [3, 3], [], {commit: 3})]);
	bench.runDisk();
	bench.applied(3);
	return bench;
}

const chunkOf = (index: number, text: string, done: boolean) =>
	({type: 'snapshotChunk', index, data: bytesOf(text), done}) as const;

/** Everything up to the call that makes the service's own snapshot durable. */
function finishing(): Bench {
	const bench = asked();
	bench.driver.fromService(chunkOf(3, 'own', true));
	bench.disk.shift()?.();
	return bench;
}

const leaders: SnapshotMeta = snapshotOf(9, 3);

test('a log over its limit makes the service take a snapshot, which then replaces the log', t => {
	const bench = asked();
	t.is(bench.asked('takeSnapshot').length, 1);
	bench.driver.fromService(chunkOf(3, 'st', false));
	bench.runDisk();
	t.is(bench.asked('snapshotChunkStored').length, 1);
	bench.driver.fromService(chunkOf(3, 'ate', true));
	bench.runDisk();
	t.deepEqual(bench.durable.snapshot?.meta, snapshotOf(3, 3));
	t.deepEqual(Buffer.from(bench.durable.snapshot!.bytes).toString(), 'state');
	t.deepEqual(bench.durable.entries, []);
	t.deepEqual(bench.failures, []);
});

test('a snapshot that somebody waits for is taken however short the log is, once, and not before the service is there', t => {
	const bench = new Bench({currentTerm: 3, log: [1, 2, 3]});
	bench.receive([n1, append(3, [3, 3], [entry(4, 3)], {commit: 4})]);
	bench.runDisk();
	bench.applied(3);
	bench.driver.takeSnapshot(4);
	t.is(bench.asked('takeSnapshot').length, 0, 'the service has not applied entry 4 yet');
	bench.applied(4);
	t.is(bench.asked('takeSnapshot').length, 1);
	bench.driver.takeSnapshot(4);
	bench.driver.fromService(chunkOf(4, 'state', true));
	bench.runDisk();
	t.deepEqual(bench.durable.snapshot?.meta, snapshotOf(4, 3));
	bench.driver.takeSnapshot(4);
	bench.applied(4);
	t.is(bench.asked('takeSnapshot').length, 1, 'the one that is there includes the index');
	t.deepEqual(bench.failures, []);
});

test("a snapshot that is being finished is not aborted when a leader sends one: the leader's waits (seed 115)", t => {
	// The driver aborted it after `finish`, which no storage allows, and began the next one beside it.
	const bench = finishing();
	bench.receive([n1, chunk(3, leaders, 0, 'their', {done: true})]);
	bench.runDisk();
	t.deepEqual(bench.failures, []);
	t.deepEqual(bench.durable.snapshot?.meta, leaders);
	t.is(Buffer.from(bench.durable.snapshot!.bytes).toString(), 'their');
	t.deepEqual(bench.sent.at(-1), {to: n1, message: chunkReply(3, 9, 5, true)});
});

test('a finished snapshot is named by its batch before another is begun, also in one turn', t => {
	// Found by reading: storage gives up a finished snapshot when the next one begins, and the batch then named nothing.
	const bench = finishing();
	bench.driver.deliver(received(n1, chunk(3, leaders, 0, 'their', {done: true})));
	bench.runDisk();
	t.deepEqual(bench.failures, []);
	t.deepEqual(bench.durable.snapshot?.meta, leaders);
});

test("a leader's snapshot that is being finished is not aborted when its term ends and the next leader sends one", t => {
	const bench = new Bench({currentTerm: 3});
	const newer = snapshotOf(12, 4);
	bench.receive([n1, chunk(3, leaders, 0, 'old', {done: true})]);
	bench.disk.shift()?.();
	bench.receive([n2, append(4, [0, 0])], [n2, chunk(4, newer, 0, 'new', {done: true})]);
	bench.runDisk();
	t.deepEqual(bench.failures, []);
	t.deepEqual(bench.durable.snapshot?.meta, newer);
	t.is(Buffer.from(bench.durable.snapshot!.bytes).toString(), 'new');
});

test('a waiting first chunk is forgotten with its leader', t => {
	const bench = finishing();
	bench.receive([n1, chunk(3, leaders, 0, 'their', {done: true})]);
	bench.receive([n2, append(4, [3, 3])]);
	bench.runDisk();
	t.deepEqual(bench.failures, []);
	t.deepEqual(bench.durable.snapshot?.meta, snapshotOf(3, 3), 'the own one is as good as before');
});

test('stopping lets go of open snapshots, and not of one that is being finished', t => {
	const bench = finishing();
	t.notThrows(() => bench.driver.stop());
	bench.runDisk();
	t.is(bench.durable.snapshot, undefined);
	const open = asked();
	open.driver.fromService(chunkOf(3, 'x', false));
	t.notThrows(() => open.driver.stop());
});

test('late chunks of an abandoned snapshot do not become part of the next one', t => {
	// Found by reading: a service on another thread may have sent them before it heard of the end.
	const bench = asked();
	bench.driver.fromService(chunkOf(3, 'AA', false));
	bench.runDisk();
	bench.receive([n1, chunk(3, leaders, 0, 'their')]);
	t.is(bench.asked('abandonSnapshot').length, 1);
	bench.runDisk();
	// The leader's transfer ends without a snapshot, the log goes on, and the service is asked again.
	bench.receive([n2, append(4, [3, 3], [entry(4, 4)], {commit: 4})]);
	bench.runDisk();
	t.is(bench.asked('takeSnapshot').length, 1, 'not before the service has something new');
	bench.applied(4);
	t.is(bench.asked('takeSnapshot').length, 2);
	bench.driver.fromService(chunkOf(3, 'AA', true));
	bench.driver.fromService(chunkOf(4, 'BBB', true));
	bench.runDisk();
	t.deepEqual(bench.failures, []);
	t.is(bench.durable.snapshotIndex, 4);
	t.is(Buffer.from(bench.durable.snapshot!.bytes).toString(), 'BBB');
});

test('a service that answers on the spot needs no deep stack, however many chunks there are', t => {
	// Found by reading: each chunk added some ten frames; a large snapshot in memory overflowed the stack.
	let left = 20_000;
	const bench = asked({
		isSynchronous: true,
		onService: (input, driver) => {
			if (input.type !== 'takeSnapshot' && input.type !== 'snapshotChunkStored') return;
			left--;
			driver.fromService(chunkOf(3, 'x', left === 0));
		},
	});
	t.deepEqual(bench.failures, []);
	t.is(bench.durable.snapshot?.bytes.length, 20_000);
	let loaded = 0;
	const restarted = new Bench({
		currentTerm: 3,
		snapshot: snapshotOf(3, 3),
		snapshotBytes: bench.durable.snapshot!.bytes,
		snapshotChunkBytes: 1,
		onService: (input, driver) => {
			if (input.type !== 'installChunk') return;
			loaded += input.data.length;
			driver.fromService({type: 'installChunkLoaded', index: 3});
		},
	});
	t.deepEqual(restarted.failures, []);
	t.is(loaded, 20_000);
	t.is(restarted.driver.lastApplied, 3);
});

test('committed entries wait until the service has loaded the snapshot before them', t => {
	const bench = new Bench({currentTerm: 3, snapshot: snapshotOf(3, 3), log: [3], snapshotBytes: bytesOf('abcdef')});
	bench.receive([n1, append(3, [4, 3], [], {commit: 4})]);
	t.deepEqual(
		bench.told.filter(({type}) => type !== 'leadership'),
		[
			{type: 'installSnapshot', snapshot: snapshotOf(3, 3)},
			{type: 'installChunk', index: 3, data: bytesOf('abcd'), done: false},
		],
	);
	bench.driver.fromService({type: 'installChunkLoaded', index: 3});
	bench.driver.fromService({type: 'installChunkLoaded', index: 3});
	t.deepEqual(bench.told.slice(-2), [
		{type: 'installChunk', index: 3, data: bytesOf('ef'), done: true},
		{type: 'apply', entries: [entry(4, 3)]},
	]);
	t.is(bench.driver.lastApplied, 3);
});

test('a received snapshot is loaded only when the batch that names it is durable', t => {
	const bench = new Bench({currentTerm: 3});
	bench.receive([n1, chunk(3, leaders, 0, 'xyz', {done: true})]);
	bench.disk.shift()?.();
	bench.disk.shift()?.();
	t.is(bench.asked('installSnapshot').length, 1);
	t.is(bench.asked('installChunk').length, 0);
	t.false(bench.sent.some(({message}) => message.type === 'installSnapshotReply'));
	bench.runDisk();
	t.deepEqual(bench.asked('installChunk'), [{type: 'installChunk', index: 9, data: bytesOf('xyz'), done: true}]);
	t.deepEqual(bench.sent.at(-1), {to: n1, message: chunkReply(3, 9, 3, true)});
});

/** A leader of term 3 with a snapshot of 6 bytes at 3, which node 1 needs. */
function sending(options: BenchOptions = {}): Bench {
	const bench = new Bench({
		currentTerm: 2,
		snapshot: snapshotOf(3, 2),
		snapshotBytes: bytesOf('abcdef'),
		limits: {snapshotChunkBytes: 4},
		onService: (input, driver) => {
			if (input.type === 'installChunk') driver.fromService({type: 'installChunkLoaded', index: input.index});
			if (input.type === 'apply') driver.fromService({type: 'applied', index: input.entries.at(-1)!.index});
		},
		...options,
	});
	bench.now = 300;
	bench.driver.deliver(tick);
	bench.receive([n1, voteReply(3, true, true)]);
	bench.runDisk();
	bench.receive([n1, voteReply(3, true)]);
	bench.runDisk();
	bench.receive([n2, ack(3, 4, 3)]);
	bench.sent.length = 0;
	bench.receive([n1, refusal(3, 3, [1, undefined])]);
	return bench;
}

test('chunks are read from the current snapshot, and the last one says so', t => {
	const bench = sending();
	bench.receive([n1, chunkReply(3, 3, 4)]);
	const snapshot = snapshotOf(3, 2);
	t.deepEqual(bench.sent, [
		{to: n1, message: chunk(3, snapshot, 0, 'abcd')},
		{to: n1, message: chunk(3, snapshot, 4, 'ef', {done: true})},
	]);
});

test("an offset behind the end of the snapshot is a follower's mistake, and harms nobody", t => {
	const bench = sending();
	bench.receive([n1, chunkReply(3, 3, 7)]);
	t.is(bench.sent.length, 1);
	t.deepEqual(bench.failures, []);
});

test('while a follower takes a snapshot in, a newer one waits, until the log has grown too far (B-36d)', t => {
	const bench = sending({maxRaftState: 30});
	const propose = (text: string): void => {
		bench.driver.fromService({type: 'propose', proposalId: 1, commands: [bytesOf(text)]});
		bench.driver.flush();
		const {lastIndex} = bench.node.status();
		bench.receive([n2, ack(3, lastIndex, lastIndex - 1)]);
		bench.runDisk();
	};
	propose('x'.repeat(20));
	t.is(bench.asked('takeSnapshot').length, 0);
	propose('x'.repeat(90));
	t.is(bench.asked('takeSnapshot').length, 1);
});

test("a leader's entries leave before its own disk is asked, what waits for the disk after (dissertation §10.2.1)", t => {
	const bench = sending();
	const before = bench.sent.length;
	bench.order.length = 0;
	bench.driver.fromService({type: 'propose', proposalId: 1, commands: [bytesOf('x')]});
	bench.driver.flush();
	t.is(bench.sent.length, before + 1, 'to the follower that has the whole log');
	t.deepEqual(bench.order, [
		['sent', before + 1],
		['disk', before + 1],
		['sent', before + 1],
	]);
});

test('a storage that failed stops the node: told once, and nothing leaves after it (B-43)', t => {
	const node = newNode({configuration: clusterOf(3), currentTerm: 1});
	const failures: Error[] = [];
	const sent: RaftMessage[] = [];
	const driver = new RaftDriver({
		node,
		storage: {
			write: (_, done) => done(new Error('EIO')),
			createSnapshot: () => t.fail(),
			openSnapshot: () => undefined,
		},
		now: () => 0,
		send: (_, message) => void sent.push(message),
		service: () => {},
		schedule: () => {},
		failed: error => void failures.push(error),
		maxRaftState: undefined,
		snapshotChunkBytes: 4,
	});
	driver.start();
	for (const from of [n1, n2]) {
		driver.deliver(received(from, append(2, [0, 0], logOf([1, 2]))));
		driver.flush();
	}
	t.deepEqual(
		failures.map(({message}) => message),
		['EIO'],
	);
	t.deepEqual(sent, []);
	driver.fromService({type: 'read', readId: 1});
	driver.flush();
	t.is(failures.length, 1);
	t.is(node.status().refusedMessages, 0);
});

test('one turn is one step: what came together is written together', t => {
	const bench = new Bench({currentTerm: 3});
	bench.receive([n1, append(3, [0, 0], [entry(1, 3)])], [n1, append(3, [1, 3], [entry(2, 3)])]);
	t.is(bench.disk.length, 1);
	bench.runDisk();
	t.deepEqual(bench.durable.entries, [entry(1, 3), entry(2, 3)]);
	t.deepEqual(
		bench.sent.map(({message}) => message),
		[ack(3, 1, 0), ack(3, 2, 1)],
	);
});
