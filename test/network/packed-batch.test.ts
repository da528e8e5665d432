import {MessageChannel, receiveMessageOnPort} from 'node:worker_threads';
import test from 'ava';
import fc from 'fast-check';
import {type Envelope, portsOf, type RequestEnvelope} from '../../actors/network/envelope.js';
import {packBatch, type PackedBatch, unpackBatch} from '../../actors/network/packed-batch.js';
import {messageKinds} from '../../src/raft/message-kind.js';
import {nodeId, type RaftMessage, term, type Term} from '../../src/raft/types.js';

const count = fc.nat();
const someTerm: fc.Arbitrary<Term> = fc.nat().map(term);
const id = fc.nat(8).map(nodeId);
const bytes = fc.uint8Array({maxLength: 40});
const orUndefined = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, {nil: undefined});

/** A message of each type, with any value in each field. */
const messages: {
	readonly [Type in RaftMessage['type']]: fc.Arbitrary<Extract<RaftMessage, {readonly type: Type}>>;
} = {
	requestVote: fc.record({
		type: fc.constant('requestVote' as const),
		term: someTerm,
		preVote: fc.boolean(),
		isTransfer: fc.boolean(),
		lastLogIndex: count,
		lastLogTerm: someTerm,
	}),
	requestVoteReply: fc.record({
		type: fc.constant('requestVoteReply' as const),
		term: someTerm,
		preVote: fc.boolean(),
		voteGranted: fc.boolean(),
	}),
	appendEntries: fc.record({
		type: fc.constant('appendEntries' as const),
		term: someTerm,
		prevLogIndex: count,
		prevLogTerm: someTerm,
		entries: bytes,
		leaderCommit: count,
		readToken: count,
	}),
	appendEntriesReply: fc.record({
		type: fc.constant('appendEntriesReply' as const),
		term: someTerm,
		success: fc.boolean(),
		readToken: count,
		matchIndex: count,
		prevLogIndex: count,
		conflictTerm: orUndefined(someTerm),
		conflictIndex: count,
	}),
	installSnapshot: fc.record({
		type: fc.constant('installSnapshot' as const),
		term: someTerm,
		snapshot: fc.record({
			lastIncludedIndex: count,
			lastIncludedTerm: someTerm,
			configuration: fc.record({voters: fc.array(id), learners: fc.array(id)}),
		}),
		offset: count,
		data: bytes,
		done: fc.boolean(),
		readToken: count,
	}),
	installSnapshotReply: fc.record({
		type: fc.constant('installSnapshotReply' as const),
		term: someTerm,
		lastIncludedIndex: count,
		offset: count,
		installed: fc.boolean(),
		readToken: count,
	}),
	readIndex: fc.record({type: fc.constant('readIndex' as const), term: someTerm, readId: count}),
	readIndexReply: fc.record({
		type: fc.constant('readIndexReply' as const),
		term: someTerm,
		readId: count,
		readIndex: orUndefined(count),
	}),
	timeoutNow: fc.record({type: fc.constant('timeoutNow' as const), term: someTerm, lastLogIndex: count}),
};

const request: fc.Arbitrary<RequestEnvelope['request']> = fc.oneof(
	fc.record({type: fc.constant('write' as const), command: bytes}),
	fc.record({type: fc.constant('read' as const), reads: bytes}),
);

const envelope: fc.Arbitrary<Envelope> = fc.oneof(
	...Object.values(messages).map(message =>
		fc.record({type: fc.constant('raft' as const), from: id, to: id, message: message as fc.Arbitrary<RaftMessage>}),
	),
	fc.record({
		type: fc.constant('request' as const),
		client: count,
		server: id,
		channel: count,
		port: fc.constant(undefined),
		requestId: count,
		request,
	}),
	fc.record({type: fc.constant('peerDown' as const), peer: id}),
	fc.constant({type: 'noLeader' as const}),
);

function kindOf(one: Envelope): string {
	if (one.type === 'raft') return one.message.type;
	return one.type === 'request' ? one.request.type : one.type;
}

function acrossThreads(batch: readonly Envelope[]): readonly Envelope[] {
	const {port1, port2} = new MessageChannel();
	port1.postMessage(packBatch(batch), portsOf(batch));
	const received = receiveMessageOnPort(port2) as {readonly message: PackedBatch};
	port1.close();
	return unpackBatch(received.message);
}

test('a batch comes out of another thread as it went in, whatever is in it', t => {
	const seen = new Set<string>();
	fc.assert(
		fc.property(fc.array(envelope, {maxLength: 5}), batch => {
			t.deepEqual(acrossThreads(batch), batch);
			for (const one of batch) seen.add(kindOf(one));
		}),
		{numRuns: 500, seed: 1},
	);
	t.deepEqual([...seen].sort(), [...Object.keys(messageKinds), 'noLeader', 'peerDown', 'read', 'write'].sort());
});

test('a reply port arrives with its request, and works', async t => {
	const {port1, port2} = new MessageChannel();
	t.teardown(() => port1.close());
	const sent = {client: 1, server: nodeId(2), channel: 3, port: port2, requestId: 4} as const;
	const [received] = acrossThreads([{type: 'request', ...sent, request: {type: 'read', reads: new Uint8Array(1)}}]);
	const reply = new Promise(resolve => void port1.once('message', resolve));
	if (received?.type === 'request') received.port?.postMessage('here');
	t.is(await reply, 'here');
});
