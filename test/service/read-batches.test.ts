import test from 'ava';
import {OpenRequests, type OpenRead} from '../../src/service/server/open-requests.js';
import {ReadBatches} from '../../src/service/server/read-batches.js';
import type {MachineTypes} from '../../src/service/machine.js';
import type {ServiceReply} from '../../src/service/types.js';

/** A state that is its own index: an answer says which state it is of, as often as `answerBytes` says. */
class Bench {
	appliedIndex = 0;
	reads = 0;
	readonly replies: (readonly [number, number])[] = [];
	readonly pending = new OpenRequests(
		(replyTo, reply) => this.replies.push([replyTo, reply.type === 'outcomes' ? reply.outcomes[0]! : -1]),
		{pendingRequestsMax: 100, pendingBytesMax: 1000},
	);
	readonly batches: ReadBatches<MachineTypes>;

	constructor({answerBytes = 1, preparedBytesMax = 100} = {}) {
		this.batches = new ReadBatches({
			open: this.pending,
			read: (): ServiceReply => {
				this.reads += 1;
				return {type: 'outcomes', outcomes: new Uint8Array(answerBytes).fill(this.appliedIndex)};
			},
			isEarly: () => false,
			holdBack: () => undefined,
			appliedIndex: () => this.appliedIndex,
			preparedBytesMax,
		});
	}

	add(readId: number, ...replyTos: readonly number[]): void {
		const requests = replyTos.map((replyTo): OpenRead<MachineTypes> => ({replyTo, byteLength: 1, reads: []}));
		for (const request of requests) this.pending.add(request);
		this.batches.add(readId, requests);
	}
}

test('a prepared answer is given if its state holds all up to the index of the read', t => {
	const bench = new Bench();
	bench.appliedIndex = 5;
	bench.add(1, 10, 11);
	t.true(bench.batches.isAsked(1));
	bench.batches.prepare(1);
	bench.appliedIndex = 6;
	bench.batches.ready(1, 5);
	t.deepEqual(bench.replies, [
		[10, 5],
		[11, 5],
	]);
	t.is(bench.reads, 2, 'read once, while the quorum was asked');
	t.false(bench.batches.isAsked(1));
});

test('a prepared answer of an older state is not given: the read waits for its index, and reads then', t => {
	const bench = new Bench();
	bench.appliedIndex = 5;
	bench.add(1, 10);
	bench.batches.prepare(1);
	bench.batches.ready(1, 7);
	bench.appliedIndex = 6;
	bench.batches.answer();
	t.deepEqual(bench.replies, []);
	bench.appliedIndex = 8;
	bench.batches.answer();
	t.deepEqual(bench.replies, [[10, 8]]);
});

test('prepared answers are bounded in bytes, and room comes back when they are given, refused or taken', t => {
	const bench = new Bench({answerBytes: 6, preparedBytesMax: 10});
	const preparedOf = (readId: number, ...replyTos: readonly number[]): number => {
		const before = bench.reads;
		bench.add(readId, ...replyTos);
		bench.batches.prepare(readId);
		return bench.reads - before;
	};
	t.is(preparedOf(1, 10, 11, 12), 2, 'the second exceeds it, and is the last');
	t.is(preparedOf(2, 20), 0);
	bench.batches.ready(1, 0);
	bench.batches.ready(2, 0);
	t.deepEqual(
		bench.replies.map(([replyTo]) => replyTo),
		[10, 11, 12, 20],
		'those that were not prepared are read then',
	);
	t.is(preparedOf(3, 30, 31, 32), 2);
	t.is(bench.batches.refused(3).length, 3);
	t.is(preparedOf(4, 40, 41, 42), 2);
	t.is(bench.batches.takeAsked().length, 3);
	t.is(preparedOf(5, 50, 51, 52), 2);
	t.is(bench.batches.takeAsked().length, 3);
	t.deepEqual(bench.batches.refused(5), []);
});

test('who has left is neither read for nor answered', t => {
	const bench = new Bench();
	bench.add(1, 10, 11, 12);
	bench.pending.cancel(10);
	bench.batches.prepare(1);
	t.is(bench.reads, 2);
	bench.pending.cancel(12);
	bench.batches.ready(1, 0);
	t.deepEqual(bench.replies, [[11, 0]]);
});

test('nothing is prepared for a read that the node answered at once, and nothing is left of one', t => {
	const bench = new Bench();
	bench.add(1, 10);
	bench.batches.ready(1, 3);
	bench.batches.prepare(1);
	t.is(bench.reads, 0);
	t.deepEqual(
		bench.batches.takeReadable().map(({replyTo}) => replyTo),
		[10],
	);
	bench.appliedIndex = 3;
	bench.batches.answer();
	t.deepEqual(bench.replies, []);
});
