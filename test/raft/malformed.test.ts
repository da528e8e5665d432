/** What a peer sends is data: malformed and impossible messages are refused and counted, and never stop a node. */
import test from 'ava';
import fc from 'fast-check';
import {messageKinds} from '../../src/raft/message-kind.js';
import {RaftNode} from '../../src/raft/raft-node.js';
import {defaultRaftLimits} from '../../src/raft/options.js';
import {type NodeId, nodeId, type RaftMessage} from '../../src/raft/types.js';
import {
	ack,
	append,
	chunk,
	chunkReply,
	clusterOf,
	entry,
	n1,
	n2,
	newFollower,
	newLeader,
	newNode,
	received,
	refusal,
	requestVote,
	snapshotOf,
	stepDurably,
	tick,
	voteReply,
} from './harness/node.js';

const forged = (message: object): RaftMessage => message as RaftMessage;

const refused = test.macro<[message: RaftMessage, from?: NodeId]>({
	exec(t, message, from = n1) {
		const snapshot = snapshotOf(3, 2);
		const node = newFollower(n1, 4, {snapshot, log: [2, 3]});
		stepDurably(node, [received(n1, append(4, [4, 2], [], {commit: 4}))], 0);
		const before = node.status();
		t.deepEqual(node.step([received(from, message)], 1), []);
		t.deepEqual(node.status(), {...before, refusedMessages: 1});
	},
	title: (name = '') => `refused and counted, with no trace: ${name}`,
});
test('nothing at all', refused, forged(null as unknown as object));
test('a type that does not exist', refused, forged({type: 'timeoutNow', term: 4}));
test('no term', refused, forged({...append(4, [4, 2]), term: undefined}));
test('a broken term', refused, forged({...append(4, [4, 2]), term: 4.5}));
test('a negative term', refused, forged({...append(4, [4, 2]), term: -1}));
test('a term that no disk could hold', refused, forged({...append(4, [4, 2]), term: 2 ** 48}));
test('an index that is no number', refused, forged({...append(4, [4, 2]), prevLogIndex: Number.NaN}));
test('a commit index that is text', refused, forged({...append(4, [4, 2]), leaderCommit: '5'}));
test('entries that are no bytes', refused, forged({...append(4, [4, 2]), entries: [1, 2]}));
test(
	'entries cut short',
	refused,
	forged({...append(4, [4, 2]), entries: append(4, [4, 2], [entry(5, 4)]).entries.subarray(1)}),
);
test('entries whose terms go down', refused, append(4, [5, 3], [entry(6, 4), entry(7, 3)]));
test('entries older than what precedes them', refused, append(4, [5, 3], [entry(6, 2)]));
test('entries newer than their leader', refused, append(4, [5, 3], [entry(6, 5)]));
test('an entry against a committed one', refused, append(4, [3, 2], [entry(4, 3)]));
test('another term at a committed index', refused, append(4, [4, 3]));
test('another term at the snapshot', refused, append(4, [3, 1], [entry(4, 1)]));
test('a configuration without a voter', refused, append(4, [5, 3], [entry(6, 4, '\0\0\0\0', 'configuration')]));
test('a configuration that is none', refused, append(4, [5, 3], [entry(6, 4, 'x', 'configuration')]));
test('a second leader of this term', refused, append(4, [4, 2]), n2);
test("a second leader's snapshot", refused, chunk(4, snapshotOf(9, 4), 0, 'x'), n2);
test('a message from this node itself', refused, append(4, [4, 2]), nodeId(0));
test('a snapshot of a term to come', refused, chunk(4, snapshotOf(9, 5), 0, 'x'));
test('a snapshot against a committed entry', refused, chunk(4, snapshotOf(4, 3), 0, 'x'));
test('a newer snapshot of an older term', refused, chunk(4, snapshotOf(9, 1), 0, 'x'));
test('a snapshot of nothing', refused, forged({...chunk(4, snapshotOf(9, 4), 0, 'x'), snapshot: undefined}));
test(
	'a snapshot without a configuration',
	refused,
	forged({...chunk(4, snapshotOf(9, 4), 0, 'x'), snapshot: {...snapshotOf(9, 4), configuration: null}}),
);
test('a snapshot with a voter twice', refused, chunk(4, snapshotOf(9, 4, {voters: [n1, n1], learners: []}), 0, 'x'));
test('a chunk that is no bytes', refused, forged({...chunk(4, snapshotOf(9, 4), 0, 'x'), data: 'text'}));
test('a vote that is neither yes nor no', refused, forged({...voteReply(4, true), voteGranted: 'maybe'}));
test('a request for votes without a log', refused, forged({...requestVote(5, 1, 1), lastLogTerm: undefined}));
test('an acknowledgement of nothing', refused, forged({...ack(4, 1, 1), matchIndex: undefined}));
test('a refusal that points nowhere', refused, forged({...refusal(4, 1, [1, 1]), conflictIndex: -1}));
test('an answer to a chunk with a broken offset', refused, forged({...chunkReply(4, 9, 0), offset: 0.5}));

test('an acknowledgement of more than there is, or of a read that nobody asked for, is refused and counted', t => {
	const leader = newLeader();
	t.deepEqual(
		leader.step([received(n1, ack(1, 2, 2)), received(n1, ack(1, 1, 1, 7)), received(n1, refusal(1, 5, [1, 0]))], 301),
		[],
	);
	t.is(leader.status().refusedMessages, 3);
	t.is(leader.status().commitIndex, 0);
});

// ------------------------------------------------------------------------------------------ any garbage at all

const oddNumber = fc.oneof(
	fc.nat(8),
	fc.constantFrom(-1, 0.5, Number.NaN, Infinity, 2 ** 31, 2 ** 32, 2 ** 47, 2 ** 48, 2 ** 53 - 1, 2 ** 53),
);
const anyValue = fc.oneof({weight: 6, arbitrary: oddNumber}, {weight: 1, arbitrary: fc.anything()});
const sometimes = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
	fc.oneof({weight: 19, arbitrary: usual}, {weight: 1, arbitrary: fc.anything()});
const count = fc.oneof({weight: 19, arbitrary: fc.nat(6)}, {weight: 1, arbitrary: anyValue});
const plausibleTerm = fc.oneof({weight: 19, arbitrary: fc.integer({min: 2, max: 5})}, {weight: 1, arbitrary: anyValue});
const entries = fc.oneof(
	fc
		.array(fc.tuple(fc.nat(6), fc.constantFrom('noop', 'command', 'configuration'), fc.uint8Array({maxLength: 9})), {
			maxLength: 4,
		})
		.map(
			list =>
				append(
					0,
					[0, 0],
					list.map(([term, type, command]) => ({...entry(1, term, '', type as 'noop'), command})),
				).entries,
		),
	fc.uint8Array({maxLength: 40}),
);
const configuration = fc.record({
	voters: sometimes(fc.array(fc.nat(4), {maxLength: 4})),
	learners: sometimes(fc.array(fc.nat(4), {maxLength: 2})),
});

const garbage = fc.record({
	type: sometimes(fc.constantFrom(...Object.keys(messageKinds))),
	term: plausibleTerm,
	preVote: sometimes(fc.boolean()),
	isTransfer: sometimes(fc.boolean()),
	voteGranted: sometimes(fc.boolean()),
	lastLogIndex: count,
	lastLogTerm: count,
	prevLogIndex: count,
	prevLogTerm: count,
	entries: sometimes(entries),
	leaderCommit: count,
	readToken: count,
	success: sometimes(fc.boolean()),
	matchIndex: count,
	conflictTerm: fc.oneof(count, fc.constant(undefined)),
	conflictIndex: count,
	snapshot: sometimes(
		fc.record({lastIncludedIndex: count, lastIncludedTerm: count, configuration: sometimes(configuration)}),
	),
	offset: count,
	data: sometimes(fc.uint8Array({maxLength: 5})),
	done: sometimes(fc.boolean()),
	lastIncludedIndex: count,
	installed: sometimes(fc.boolean()),
	readId: count,
	readIndex: fc.oneof(count, fc.constant(undefined)),
});

type Garbage =
	| {readonly kind: 'message'; readonly from: number; readonly message: object}
	| {readonly kind: 'tick' | 'propose' | 'read'};

const garbageIn: fc.Arbitrary<Garbage> = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({
			kind: fc.constant('message' as const),
			from: fc.constantFrom(0, 1, 1, 1, 2, 3, 4),
			message: garbage,
		}),
	},
	{weight: 1, arbitrary: fc.record({kind: fc.constant('tick' as const)})},
	{weight: 1, arbitrary: fc.record({kind: fc.constant('propose' as const)})},
	{weight: 1, arbitrary: fc.record({kind: fc.constant('read' as const)})},
);

/** Carries effects out on the spot; a chunk of a snapshot is stored at once. */
function drive(node: RaftNode, input: Parameters<RaftNode['step']>[0], now: number): void {
	for (const effect of stepDurably(node, input, now)) {
		if (effect.type !== 'storeSnapshotChunk') continue;
		drive(node, [{type: 'snapshotChunkStored', snapshot: effect.snapshot, offset: effect.offset}], now);
	}
}

const freshNodes = [
	(): RaftNode => newNode({log: [1, 2, 2], currentTerm: 2}),
	(): RaftNode => newFollower(n1, 3, {log: [1, 2, 2]}),
	(): RaftNode => newFollower(n1, 3, {snapshot: snapshotOf(2, 1), log: [1, 2, 2]}),
	(): RaftNode => newLeader({currentTerm: 3, log: [1, 2, 2]}),
	(): RaftNode => newLeader({currentTerm: 3, snapshot: snapshotOf(4, 2)}),
];

function survives(which: number, inputs: readonly Garbage[]): boolean {
	const node = freshNodes[which % freshNodes.length]!();
	for (const [turn, input] of inputs.entries()) {
		const now = 300 + turn * 40;
		if (input.kind === 'tick') drive(node, [tick], now);
		else if (input.kind === 'message') drive(node, [received(nodeId(input.from), forged(input.message))], now);
		else if (input.kind === 'read') drive(node, [{type: 'read', readId: turn}], now);
		else drive(node, [{type: 'propose', proposalId: turn, commands: [new Uint8Array(3)]}], now);
	}
	// Whatever it has come to believe, it can write it down and begin again from there.
	const {currentTerm, votedFor, lastIndex, snapshotIndex} = node.status();
	const restarted = new RaftNode(
		{id: nodeId(0), initialConfiguration: clusterOf(3), random: () => 0, limits: defaultRaftLimits},
		{
			hardState: {currentTerm, votedFor},
			snapshot: snapshotIndex === 0 ? undefined : snapshotOf(snapshotIndex, 0),
			entries: node.entries(snapshotIndex + 1, lastIndex + 1),
		},
		0,
	);
	return restarted.status().lastIndex === lastIndex;
}

const manyGarbage = fc.property(fc.nat(4), fc.array(garbageIn, {minLength: 1, maxLength: 12}), survives);

test('whatever a peer sends, no step throws (3000 sequences from a known seed)', t => {
	t.notThrows(() => fc.assert(manyGarbage, {numRuns: 3000, seed: 7}));
});

test('... and 1000 from a new one', t => {
	const seed = Number(process.hrtime.bigint() % 2n ** 31n);
	t.log(`seed ${seed}`);
	t.notThrows(() => fc.assert(manyGarbage, {numRuns: 1000, seed}));
});
