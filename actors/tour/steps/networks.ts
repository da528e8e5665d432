/** Steps about what a network can do to a cluster. */
import {OperationError} from '../../../src/service/errors.js';
import {nodeEndpoint} from '../../../src/faults/endpoint.js';
import type {NodeId} from '../../../src/raft/types.js';
import {leaderOf, nameList, othersThan, until} from '../look.js';
import {expect, type TourHands, type TourStep} from '../step.js';
import {cityOf} from './leaders.js';

export const partition: TourStep = {
	title: 'The network is cut in two',
	source: 'Raft paper, 5.2 and 5.4.2',
	story: [
		'The leader and one follower are cut off from the three others. Two of five',
		'are no majority: that side can commit nothing, and its leader gives up. The',
		'side of three elects a leader, and goes on. When the cut is healed, the two',
		'fall in line.',
		'',
		'Look at the two sides in "status": terms and commit indexes go apart.',
	],
	lines: ['partition N,N | N,N,N', 'put city Zug', 'status', 'heal', 'get city'],
	run: async hands => {
		const before = await leaderOf(hands);
		const [companion, ...majority] = othersThan(hands, before.node);
		await hands.type(`partition ${before.node},${companion} | ${nameList(majority)}`);
		await hands.type('put city Zug');
		const after = await leaderOf(hands);
		await hands.type('status');
		await hands.type('heal');
		const read = await hands.type('get city');
		expect(majority.includes(after.node) && after.term > before.term, 'the side of three has a leader of its own');
		expect(read === 'Zug', 'get city answers Zug');
		return [
			`Node ${before.node} led in term ${before.term}, on the side of two. The side of three elected node ${after.node} in`,
			`term ${after.term}, and that committed the write.`,
		];
	},
};

export const splitVote: TourStep = {
	title: 'The vote is split',
	source: 'Raft paper, 5.2; dissertation, 9.6 (pre-vote)',
	story: [
		'One node is down and the other four are cut into two pairs. Each pair would',
		'give two votes to a candidate of its own. Three are needed, so nobody can',
		'win. Nodes ask whether they could win before they begin a term, so the term',
		'does not grow. When the cut is healed, the first whose random timeout ends',
		'collects the votes.',
		'',
		'Look at the roles while it lasts: no leader, and candidates that get',
		'nowhere.',
	],
	lines: ['partition N,N | N,N', 'kill N', 'sleep 2000', 'status', 'heal', 'wait leader', 'restart N'],
	run: async hands => {
		const {node, term} = await leaderOf(hands);
		const [a, b, c, d] = othersThan(hands, node);
		await hands.type(`partition ${a},${b} | ${c},${d}`);
		await hands.type(`kill ${node}`);
		await hands.type('sleep 2000');
		const during = await hands.cluster.leader();
		await hands.type('status');
		await hands.type('heal');
		await hands.type('wait leader');
		const after = await leaderOf(hands);
		await hands.type(`restart ${node}`);
		expect(during === undefined, 'nobody leads while the votes are split');
		return [
			'For two seconds nobody could lead.',
			`After the cut node ${after.node} won, in term ${after.term} (term ${term} before).`,
		];
	},
};

export const staleLeader: TourStep = {
	title: 'A leader that does not know that it was deposed',
	source: 'Raft paper, 8; dissertation, 6.2 and 6.4',
	story: [
		'The leader is cut off from the other nodes, but clients still reach it. The',
		'others elect a new leader and the city changes. If the old leader answered',
		'reads from its own state, a client would read the old city. It asks a',
		'majority first, gets none, and answers nothing. That is what "linearizable"',
		'costs, and what it buys.',
		'',
		'Look at the read of a client that reaches the old leader alone.',
	],
	lines: ['isolate leader', 'put city Chur', '(a client that reaches node N alone reads city)', 'heal', 'get city'],
	run: async hands => {
		const old = await cityOf(hands);
		const {node} = await leaderOf(hands);
		await hands.type(`isolate ${node}`);
		await hands.type('put city Chur');
		const answer = await readFromAlone(hands, node);
		hands.print(`(a client that reaches node ${node} alone reads city: ${answer})`);
		const lost = await until(hands, 'the old leader gives up', async () =>
			hands.events.find(event => event.type === 'leadershipLost' && event.id === node),
		);
		await hands.type('heal');
		const read = await hands.type('get city');
		expect(answer === noAnswer, `no client reads ${old} after the write of Chur`);
		expect(read === 'Chur', 'get city answers Chur');
		const reason = lost.type === 'leadershipLost' ? lost.reason : '';
		return [
			`Node ${node} did not tell the old city "${old}".`,
			`It gave up its leadership: ${reason === 'noQuorum' ? 'no majority answered it' : reason}.`,
		];
	},
};

const noAnswer = 'no answer in 1.5 s';

/** Its other links are cut: so it has nobody else to ask. */
async function readFromAlone(hands: TourHands, node: NodeId): Promise<string> {
	const {cluster} = hands;
	const clerk = cluster.clerk({timeoutMs: 1500});
	const name = 'a client of the tour';
	try {
		const others = othersThan(hands, node).map(nodeEndpoint);
		cluster.faults.set(name, {type: 'cut', links: {from: clerk.endpoint, to: others}});
		return (await clerk.getText('city')) ?? '(absent)';
	} catch (error) {
		if (error instanceof OperationError) return noAnswer;
		throw error;
	} finally {
		cluster.faults.clear(name);
		clerk.close();
	}
}

const appends = 20;

export const exactlyOnce: TourStep = {
	title: 'Each write runs once, however often it is sent',
	source: 'Raft paper, 8; dissertation, 6.3',
	story: [
		'The network loses a tenth of all requests and of all replies. If a reply is',
		'lost, the client does not know whether its write ran, and sends it again.',
		'The cluster remembers for each client which write it ran last, and does not',
		'run it twice.',
		'',
		`Look at the value: ${appends} appends of one x, and ${appends} x in it.`,
	],
	lines: ['delete marks', 'unreliable on', `append marks x (${appends} times)`, 'unreliable off', 'get marks'],
	run: async hands => {
		await hands.type('delete marks');
		await hands.type('unreliable on');
		const before = hands.cluster.traffic.lost;
		await appendMarks(hands);
		const lost = hands.cluster.traffic.lost - before;
		await hands.type('unreliable off');
		const read = await hands.type('get marks');
		expect(read === 'x'.repeat(appends), `get marks answers ${appends} x`);
		expect(lost > 0, 'messages were lost');
		return [`${lost} messages were lost on the way, and ${read.length} of ${appends} appends ran once.`];
	},
};

async function appendMarks({cluster, print}: TourHands): Promise<void> {
	print(`> append marks x   (${appends} times)`);
	const clerk = cluster.clerk({timeoutMs: 60_000});
	try {
		for (let count = 0; count < appends; count++) await clerk.append('marks', 'x');
	} finally {
		clerk.close();
	}
	print('OK');
}
