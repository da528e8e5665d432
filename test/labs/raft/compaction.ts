/** Part 2D: log compaction. */
import assert from 'node:assert/strict';
import type {RaftTester} from './raft-tester.js';

const retry = {retry: true} as const;
const stateBytesMax = 2000;

/** What happens to one server while the others go on. */
type Mishap = 'none' | 'disconnect' | 'crash';

async function commonSnapshots(raft: RaftTester, mishap: Mishap): Promise<void> {
	const {random} = raft.world;
	const servers = raft.servers.length;
	await raft.one(raft.command(), servers, retry);
	let leader = await raft.checkOneLeader();
	for (let round = 0; round < 30; round++) {
		const isLeadersTurn = round % 3 === 1;
		const victim = isLeadersTurn ? leader : raft.after(leader);
		const sender = isLeadersTurn ? raft.after(leader) : leader;
		if (mishap === 'disconnect') raft.disconnect(victim);
		if (mishap === 'crash') await raft.crash(victim);
		if (mishap !== 'none') await raft.one(raft.command(), servers - 1, retry);
		for (let count = random.integer(5, 14); count > 0; count--) await raft.start(sender, raft.command());
		// Without a mishap nobody should need an InstallSnapshot, so all must follow.
		await raft.one(raft.command(), mishap === 'none' ? servers : servers - 1, retry);
		const stateBytes = await raft.stateBytes();
		assert(stateBytes < stateBytesMax, `the log is too large: ${stateBytes} bytes`);
		if (mishap === 'none') continue;
		// The victim may need what the others have compacted away.
		if (mishap === 'disconnect') raft.connect(victim);
		else await raft.restartConnected(victim);
		await raft.one(raft.command(), servers, retry);
		leader = await raft.checkOneLeader();
	}
}

export async function snapshotsBasic(raft: RaftTester): Promise<void> {
	await commonSnapshots(raft, 'none');
}

export async function installAfterDisconnect(raft: RaftTester): Promise<void> {
	await commonSnapshots(raft, 'disconnect');
}

export async function installAfterDisconnectUnreliable(raft: RaftTester): Promise<void> {
	raft.setMode('unreliable', true);
	await commonSnapshots(raft, 'disconnect');
}

export async function installAfterCrash(raft: RaftTester): Promise<void> {
	await commonSnapshots(raft, 'crash');
}

export async function installAfterCrashUnreliable(raft: RaftTester): Promise<void> {
	raft.setMode('unreliable', true);
	await commonSnapshots(raft, 'crash');
}

async function agreeOnMany(raft: RaftTester, count: number): Promise<number> {
	let index = 0;
	for (let number = 0; number < count; number++) index = await raft.one(raft.command(), raft.servers.length, retry);
	return index;
}

export async function crashAll(raft: RaftTester): Promise<void> {
	await agreeOnMany(raft, 1);
	for (let round = 0; round < 5; round++) {
		const before = await agreeOnMany(raft, raft.world.random.integer(5, 14) + 1);
		await raft.crash(...raft.servers);
		await raft.restartConnected(...raft.servers);
		const after = await agreeOnMany(raft, 1);
		assert(after >= before + 1, `the index went back from ${before} to ${after}`);
	}
}

export async function initializesFromSnapshot(raft: RaftTester): Promise<void> {
	await agreeOnMany(raft, 12);
	await raft.restartConnected(...raft.servers);
	await agreeOnMany(raft, 1);
	await raft.restartConnected(...raft.servers);
	await agreeOnMany(raft, 1);
}
