/** Steps about how a leader comes to be, and what it does. */
import {expect, type TourStep} from '../step.js';
import {leaderOf, nameList, othersThan, until} from '../look.js';

export const elect: TourStep = {
	title: 'A leader is elected',
	source: 'Raft paper, 5.2',
	story: [
		'Five nodes, each on a thread of its own, have just started. At first all of',
		'them are followers. One that hears of no leader for an election timeout asks',
		'the others for their votes. A node with a majority (3 of 5) leads, for one term.',
		'',
		'Look at the columns "role" and "term": one leader, and one term for all.',
	],
	lines: ['wait leader', 'status'],
	run: async hands => {
		await hands.type('wait leader');
		const {node, term} = await until(hands, 'one leader, and all nodes in its term', async () => {
			const replicas = (await hands.cluster.status()).map(({replica}) => replica);
			const leader = await leaderOf(hands);
			return replicas.every(replica => replica?.currentTerm === leader.term) ? leader : undefined;
		});
		await hands.type('status');
		return [`Node ${node} leads in term ${term}; nodes ${nameList(othersThan(hands, node))} follow it.`];
	},
};

export const replicate: TourStep = {
	title: 'A write is replicated',
	source: 'Raft paper, 5.3',
	story: [
		'The leader appends the write to its log and sends it to the others. As soon',
		'as a majority has it on its disks, it is committed: from then on no crash of',
		'a minority can lose it. Only then does the console say OK.',
		'',
		'Look at "commit" and "applied": the same index on each node.',
	],
	lines: ['put city Bern', 'get city', 'status'],
	run: async hands => {
		await hands.type('put city Bern');
		const read = await hands.type('get city');
		expect(read === 'Bern', 'get city answers Bern');
		const index = await until(hands, 'all nodes have applied the same index', async () => {
			const applied = (await hands.cluster.status()).map(({replica}) => replica?.lastApplied);
			return new Set(applied).size === 1 ? applied[0] : undefined;
		});
		await hands.type('status');
		return [`All five nodes have committed and applied everything up to index ${index}.`];
	},
};

export const crash: TourStep = {
	title: 'The leader crashes',
	source: 'Raft paper, 5.2 and 5.4',
	story: [
		'The thread of the leader is ended in the middle of whatever it does. The',
		'others miss its heartbeats and elect a new one, in a later term. Only a node',
		'that has all committed entries can win (5.4.1), so nothing that was answered',
		'is lost.',
		'',
		'Look at the new leader and its term, and at what "get" reads.',
	],
	lines: ['kill leader', 'wait leader', 'get city', 'status', 'restart N'],
	run: async hands => {
		await hands.cluster.waitForLeader(10_000);
		const city = await cityOf(hands);
		const before = await leaderOf(hands);
		await hands.type('kill leader');
		await hands.type('wait leader');
		const read = await hands.type('get city');
		const after = await leaderOf(hands);
		await hands.type('status');
		await hands.type(`restart ${before.node}`);
		expect(after.term > before.term && after.node !== before.node, 'a new leader in a later term');
		expect(read === city, `get city still answers ${city}`);
		return [
			`Node ${before.node} led in term ${before.term}. Node ${after.node} leads in term ${after.term}, and ${city} is still there.`,
		];
	},
};

/** What is there, written if nothing is: each step can be the first. */
export async function cityOf(hands: Parameters<TourStep['run']>[0]): Promise<string> {
	const clerk = hands.cluster.clerk({timeoutMs: 20_000});
	try {
		const found = await clerk.getText('city');
		if (found === undefined) await clerk.put('city', 'Bern');
		return found ?? 'Bern';
	} finally {
		clerk.close();
	}
}
