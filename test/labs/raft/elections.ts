/** Part 2A: elections. */
import assert from 'node:assert/strict';
import type {RaftTester} from './raft-tester.js';

export async function initialElection(raft: RaftTester): Promise<void> {
	await raft.checkOneLeader();
	await raft.world.sleep(50);
	const term = await raft.checkTerms();
	assert(term >= 1, `the term is ${term}, but should be at least 1`);
	// The lab only warns when the term has moved here, and so do we not fail.
	await raft.world.sleep(2000);
	await raft.checkTerms();
	await raft.checkOneLeader();
}

export async function reElection(raft: RaftTester): Promise<void> {
	const first = await raft.checkOneLeader();
	raft.disconnect(first);
	await raft.checkOneLeader();
	// An old leader that comes back must not disturb the new one.
	raft.connect(first);
	const second = await raft.checkOneLeader();
	// Without a quorum nobody leads.
	raft.disconnect(second, raft.after(second));
	await raft.world.sleep(2000);
	await raft.checkNoLeader();
	raft.connect(raft.after(second));
	await raft.checkOneLeader();
	raft.connect(second);
	await raft.checkOneLeader();
}

export async function manyElections(raft: RaftTester): Promise<void> {
	const {random} = raft.world;
	await raft.checkOneLeader();
	for (let round = 1; round < 10; round++) {
		const away = Array.from({length: 3}, () => random.pick(raft.servers));
		raft.disconnect(...away);
		await raft.checkOneLeader();
		raft.connect(...away);
	}
	await raft.checkOneLeader();
}
