/** Part 2B: the log. */
import assert from 'node:assert/strict';
import type {RaftTester} from './raft-tester.js';

const retry = {retry: true} as const;
const noRetry = {retry: false} as const;

export async function basicAgreement(raft: RaftTester): Promise<void> {
	for (const index of [1, 2, 3]) {
		raft.checkNotCommitted(index);
		assert.equal(await raft.one(String(100 * index), raft.servers.length, noRetry), index);
	}
}

/** Each command travels about once to each follower. */
export async function rpcBytes(raft: RaftTester): Promise<void> {
	const servers = raft.servers.length;
	await raft.one('99', servers, noRetry);
	const before = raft.traffic().bytes;
	let sent = 0;
	for (let index = 2; index < 12; index++) {
		const command = raft.world.random.uint32().toString(36).padEnd(5000, 'x');
		assert.equal(await raft.one(command, servers, noRetry), index);
		sent += command.length;
	}
	const got = raft.traffic().bytes - before;
	const expected = servers * sent;
	assert(got <= expected + 50_000, `too many RPC bytes: ${got}, expected ${expected}`);
}

export async function followerFailure(raft: RaftTester): Promise<void> {
	await raft.one('101', 3, noRetry);
	const first = await raft.checkOneLeader();
	raft.disconnect(raft.after(first));
	// Leader and the other follower go on.
	await raft.one('102', 2, noRetry);
	await raft.world.sleep(1000);
	await raft.one('103', 2, noRetry);
	const second = await raft.checkOneLeader();
	raft.disconnect(raft.after(second), raft.after(second, 2));
	const {index} = await raft.startOnLeader(second, '104');
	assert.equal(index, 4);
	await raft.world.sleep(2000);
	raft.checkNotCommitted(4);
}

export async function leaderFailure(raft: RaftTester): Promise<void> {
	await raft.one('101', 3, noRetry);
	const first = await raft.checkOneLeader();
	raft.disconnect(first);
	await raft.one('102', 2, noRetry);
	await raft.world.sleep(1000);
	await raft.one('103', 2, noRetry);
	const second = await raft.checkOneLeader();
	raft.disconnect(second);
	for (const server of raft.servers) await raft.start(server, '104');
	await raft.world.sleep(2000);
	raft.checkNotCommitted(4);
}

export async function followerReconnects(raft: RaftTester): Promise<void> {
	await raft.one('101', 3, noRetry);
	const leader = await raft.checkOneLeader();
	raft.disconnect(raft.after(leader));
	await raft.one('102', 2, noRetry);
	await raft.one('103', 2, noRetry);
	await raft.world.sleep(1000);
	await raft.one('104', 2, noRetry);
	await raft.one('105', 2, noRetry);
	raft.connect(raft.after(leader));
	await raft.one('106', 3, retry);
	await raft.world.sleep(1000);
	await raft.one('107', 3, retry);
}

export async function noAgreement(raft: RaftTester): Promise<void> {
	await raft.one('10', 5, noRetry);
	const first = await raft.checkOneLeader();
	const away = [1, 2, 3].map(offset => raft.after(first, offset));
	raft.disconnect(...away);
	const {index} = await raft.startOnLeader(first, '20');
	assert.equal(index, 2);
	await raft.world.sleep(2000);
	raft.checkNotCommitted(2);
	raft.connect(...away);
	// The disconnected majority may have chosen a leader of its own, without the entry at 2.
	const second = await raft.checkOneLeader();
	const {index: later} = await raft.startOnLeader(second, '30');
	assert(later === 2 || later === 3, `unexpected index ${later}`);
	await raft.one('1000', 5, retry);
}

export async function concurrentStarts(raft: RaftTester): Promise<void> {
	for (let attempt = 0; attempt < 5; attempt++) {
		if (attempt > 0) await raft.world.sleep(3000);
		const leader = await raft.checkOneLeader();
		const first = await raft.start(leader, '1');
		if (first === undefined) continue;
		const commands = [100, 101, 102, 103, 104].map(String);
		const started = await Promise.all(commands.map(command => raft.start(leader, command)));
		if (await raft.hasLeft(first.term)) continue;
		const found: (string | undefined)[] = [];
		for (const accepted of started) {
			if (accepted?.term === first.term) found.push(await raft.wait(accepted.index, raft.servers.length, first.term));
		}
		if (found.includes(undefined)) continue;
		for (const command of commands) assert(found.includes(command), `command ${command} is missing in ${found.join()}`);
		return;
	}
	assert.fail('the term changed too often');
}

export async function rejoin(raft: RaftTester): Promise<void> {
	await raft.one('101', 3, retry);
	const first = await raft.checkOneLeader();
	raft.disconnect(first);
	for (const command of ['102', '103', '104']) await raft.start(first, command);
	// The new leader's entry takes the same place.
	await raft.one('103', 2, retry);
	const second = await raft.checkOneLeader();
	raft.disconnect(second);
	raft.connect(first);
	await raft.one('104', 2, retry);
	raft.connect(second);
	await raft.one('105', 3, retry);
}

export async function backup(raft: RaftTester): Promise<void> {
	const startMany = async (server: number): Promise<void> => {
		for (let count = 0; count < 50; count++) await raft.start(server, raft.command());
	};
	const agreeOnMany = async (): Promise<void> => {
		for (let count = 0; count < 50; count++) await raft.one(raft.command(), 3, retry);
	};
	await raft.one(raft.command(), 5, retry);
	// A leader and one follower fill their logs with what cannot be committed.
	const first = await raft.checkOneLeader();
	const minority = [first, raft.after(first)];
	const majority = [2, 3, 4].map(offset => raft.after(first, offset));
	raft.disconnect(...majority);
	await startMany(first);
	await raft.world.sleep(500);
	raft.disconnect(...minority);
	raft.connect(...majority);
	await agreeOnMany();
	// The same in the majority, after one of it has gone.
	const second = await raft.checkOneLeader();
	const other = majority.find(server => server !== second)!;
	raft.disconnect(other);
	await startMany(second);
	await raft.world.sleep(500);
	raft.disconnect(...raft.servers);
	raft.connect(...minority, other);
	await agreeOnMany();
	raft.connect(...raft.servers);
	await raft.one(raft.command(), 5, retry);
}

export async function rpcCounts(raft: RaftTester): Promise<void> {
	await raft.checkOneLeader();
	const electing = raft.received();
	assert(electing >= 1 && electing <= 30, `${electing} RPCs to elect the first leader, instead of 1 to 30`);
	assert(await hasFewRpcsOfAgreements(raft), 'the term changed too often');
	const before = raft.received();
	await raft.world.sleep(1000);
	const idle = raft.received() - before;
	assert(idle <= 3 * 20, `too many RPCs (${idle}) for 1 second of idleness`);
}

/** `false`: the term changed each time. */
async function hasFewRpcsOfAgreements(raft: RaftTester): Promise<boolean> {
	const count = 10;
	const servers = raft.servers.length;
	for (let attempt = 0; attempt < 5; attempt++) {
		if (attempt > 0) await raft.world.sleep(3000);
		const leader = await raft.checkOneLeader();
		const before = raft.received();
		const first = await raft.start(leader, '1');
		if (first === undefined) continue;
		const {term} = first;
		const commands = Array.from({length: count + 1}, () => raft.command());
		const started = [];
		for (const command of commands) started.push(await raft.start(leader, command));
		if (started.some(accepted => accepted?.term !== term)) continue;
		for (const [offset, accepted] of started.entries()) assert.equal(accepted?.index, first.index + offset + 1);
		const found = [];
		for (let offset = 0; offset < count; offset++) {
			found.push(await raft.wait(first.index + offset + 1, servers, term));
		}
		if (found.includes(undefined)) continue;
		assert.deepEqual(found, commands.slice(0, count));
		if (await raft.hasLeft(term)) continue;
		const rpcs = raft.received() - before;
		assert(rpcs <= (count + 1 + 3) * 3, `too many RPCs (${rpcs}) for ${count} entries`);
		return true;
	}
	return false;
}
