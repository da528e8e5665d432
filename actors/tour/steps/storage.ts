/** Steps about logs, snapshots and disks. */
import {leaderOf, othersThan, until} from '../look.js';
import {expect, type TourStep} from '../step.js';
import {cityOf} from './leaders.js';

export const snapshot: TourStep = {
	title: 'A log that is too long becomes a snapshot',
	source: 'Raft paper, 7',
	story: [
		'A node that is down misses what clients write meanwhile. The others cannot',
		'keep their logs for ever: past 64 KiB (on this tour) a node saves its state',
		'as a snapshot, and cuts off the log before it. What the node needs is then',
		'gone from the logs, so when it comes back the leader sends it the snapshot',
		'instead.',
		'',
		'Look at "snapshot", the last index that it includes, and at the node that',
		'came back.',
	],
	lines: ['kill N', 'load start 8', 'sleep 3000', 'load stop', 'restart N', 'status'],
	run: async hands => {
		const leader = await leaderOf(hands);
		const [node] = othersThan(hands, leader.node);
		expect(node !== undefined, 'a follower');
		await hands.type(`kill ${node}`);
		await hands.type('load start 8');
		await hands.type('sleep 3000');
		await until(hands, 'the leader has cut its log', async () => {
			const replica = (await hands.cluster.status())[(await leaderOf(hands)).node]?.replica;
			return replica !== undefined && replica.snapshotIndex > 0 ? true : undefined;
		});
		await hands.type('load stop');
		await hands.type(`restart ${node}`);
		const installed = await until(hands, `node ${node} takes a snapshot in`, async () =>
			hands.events.find(event => event.type === 'snapshotInstalled' && event.id === node),
		);
		await hands.type('status');
		const index = installed.type === 'snapshotInstalled' ? installed.index : 0;
		return [`Node ${node} came back, and took in a snapshot of everything up to index ${index}.`];
	},
};

export const recovery: TourStep = {
	title: 'All nodes crash, and come back',
	source: 'Raft paper, 5.1 and Figure 2 (persistent state)',
	story: [
		'A node keeps on its disk what it has promised: its term, its vote, and its',
		'log. So even if all of them crash at once, they find what they had. Nothing',
		'that a client was told is lost; while too few are up, nothing is answered.',
		'',
		'Look at "health" while they are down, and at what "get" reads afterwards.',
	],
	lines: ['kill 0 ... kill 4', 'health', 'restart all', 'wait leader', 'get city', 'status'],
	run: async hands => {
		const city = await cityOf(hands);
		const before = await leaderOf(hands);
		for (const node of hands.cluster.nodeIds) await hands.type(`kill ${node}`);
		const health = await hands.type('health');
		await hands.type('restart all');
		await hands.type('wait leader');
		const read = await hands.type('get city');
		await hands.type('status');
		const after = await leaderOf(hands);
		expect(health.includes('0 of 5 nodes are up'), 'no node is up');
		expect(read === city, `get city still answers ${city}`);
		expect(after.term > before.term, 'a later term');
		return [
			`${city} was still there. Node ${after.node} leads in term ${after.term}; term ${before.term} was the last before.`,
		];
	},
};
