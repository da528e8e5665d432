/** What asks and what answers: held against what a node does with each kind of message. */
import test from 'ava';
import {kindOf, messageKinds} from '../../src/raft/message-kind.js';
import {type RaftMessage, term} from '../../src/raft/types.js';
import {
	ack,
	append,
	chunk,
	chunkReply,
	n1,
	newNode,
	received,
	requestVote,
	snapshotOf,
	stepDurably,
	timeoutNow,
	voteReply,
} from './harness/node.js';

const samples: {readonly [Type in RaftMessage['type']]: Extract<RaftMessage, {readonly type: Type}>} = {
	requestVote: requestVote(1, 0, 0),
	requestVoteReply: voteReply(1, true),
	appendEntries: append(1, [0, 0]),
	appendEntriesReply: ack(1, 1, 0),
	installSnapshot: chunk(1, snapshotOf(5, 1), 0, 'a'),
	installSnapshotReply: chunkReply(1, 5, 1),
	readIndex: {type: 'readIndex', term: term(1), readId: 7},
	readIndexReply: {type: 'readIndexReply', term: term(1), readId: 7, readIndex: 1},
	timeoutNow: timeoutNow(1, 1),
};

for (const message of Object.values(samples)) {
	const kind = messageKinds[message.type];
	test(`${message.type} is a ${kind}: ${kind === 'request' ? 'a reply' : 'nothing'} comes back`, t => {
		const node = newNode({currentTerm: 9});
		const sent = stepDurably(node, [received(n1, message)], 0).filter(effect => effect.type === 'send');
		t.deepEqual(
			sent.map(effect => kindOf(effect.message)),
			kind === 'request' ? ['reply'] : [],
		);
	});
}
