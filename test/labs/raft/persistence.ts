/** Part 2C: what must survive a crash. */
import assert from 'node:assert/strict';
import {background} from '../background.js';
import type {RaftTester} from './raft-tester.js';

const retry = {retry: true} as const;

export async function basicPersistence(raft: RaftTester): Promise<void> {
	await raft.one('11', 3, retry);
	await raft.restartConnected(...raft.servers);
	await raft.one('12', 3, retry);
	const first = await raft.checkOneLeader();
	raft.disconnect(first);
	await raft.restartConnected(first);
	await raft.one('13', 3, retry);
	const second = await raft.checkOneLeader();
	raft.disconnect(second);
	await raft.one('14', 2, retry);
	await raft.restartConnected(second);
	await raft.wait(4, 3);
	const follower = raft.after(await raft.checkOneLeader());
	raft.disconnect(follower);
	await raft.one('15', 2, retry);
	await raft.restartConnected(follower);
	await raft.one('16', 3, retry);
}

export async function morePersistence(raft: RaftTester): Promise<void> {
	let index = 1;
	for (let round = 0; round < 5; round++) {
		await raft.one(String(10 + index++), 5, retry);
		const leader = await raft.checkOneLeader();
		const [next, second, third, fourth] = [1, 2, 3, 4].map(offset => raft.after(leader, offset));
		raft.disconnect(next!, second!);
		await raft.one(String(10 + index++), 3, retry);
		raft.disconnect(leader, third!, fourth!);
		await raft.restartConnected(next!, second!);
		await raft.world.sleep(1000);
		await raft.restartConnected(third!);
		await raft.one(String(10 + index++), 3, retry);
		raft.connect(fourth!, leader);
	}
	await raft.one('1000', 5, retry);
}

export async function leaderRestarts(raft: RaftTester): Promise<void> {
	await raft.one('101', 3, retry);
	const leader = await raft.checkOneLeader();
	const [next, last] = [raft.after(leader), raft.after(leader, 2)];
	raft.disconnect(last);
	await raft.one('102', 2, retry);
	await raft.crash(leader, next);
	raft.connect(last);
	await raft.restartConnected(leader);
	await raft.one('103', 2, retry);
	await raft.restartConnected(next);
	await raft.one('104', 3, retry);
}

/** Starts on all of these servers at once; the last one that accepts. */
async function startOn(raft: RaftTester, servers: readonly number[], command: string): Promise<number | undefined> {
	const accepted = await Promise.all(servers.map(server => raft.start(server, command)));
	return servers.findLast((_, offset) => accepted[offset] !== undefined);
}

/** Mostly a moment, sometimes as long as an election. */
async function pause({world}: RaftTester): Promise<void> {
	const ms = world.random.chance(0.1) ? world.random.integer(0, 499) : world.random.integer(0, 12);
	await world.sleep(ms);
}

/** Leaders that crash soon after they have begun to replicate (the paper's figure 8). */
export async function figure8(raft: RaftTester): Promise<void> {
	await raft.one(raft.command(), 1, retry);
	for (let iteration = 0; iteration < 1000; iteration++) {
		const live = raft.servers.filter(server => raft.isUp(server));
		const leader = await startOn(raft, live, raft.command());
		await pause(raft);
		if (leader !== undefined) await raft.crash(leader);
		if (raft.upCount < 3) {
			const server = raft.world.random.pick(raft.servers);
			if (!raft.isUp(server)) await raft.restartConnected(server);
		}
	}
	await raft.restartConnected(...raft.servers.filter(server => !raft.isUp(server)));
	await raft.one(raft.command(), 5, retry);
}

export async function unreliableAgreement(raft: RaftTester): Promise<void> {
	raft.setMode('unreliable', true);
	const beside: Promise<number>[] = [];
	for (let round = 1; round < 50; round++) {
		for (let number = 0; number < 4; number++)
			beside.push(background(raft.one(String(100 * round + number), 1, retry)));
		await raft.one(String(round), 1, retry);
	}
	raft.setMode('unreliable', false);
	await Promise.all(beside);
	await raft.one('100', 5, retry);
}

/** As figure 8, with leaders that are cut off and go on taking commands; from the middle on replies come in any order. */
export async function figure8Unreliable(raft: RaftTester): Promise<void> {
	const {random} = raft.world;
	const command = (): string => String(random.integer(0, 9999));
	raft.setMode('unreliable', true);
	await raft.one(command(), 1, retry);
	for (let iteration = 0; iteration < 1000; iteration++) {
		if (iteration === 200) raft.setMode('longReordering', true);
		const text = command();
		const accepted = await Promise.all(raft.servers.map(server => raft.start(server, text)));
		const leader = raft.servers.findLast(server => accepted[server] !== undefined && raft.isConnected(server));
		await pause(raft);
		if (leader !== undefined && random.chance(0.5)) raft.disconnect(leader);
		if (raft.connectedCount < 3) {
			const server = random.pick(raft.servers);
			if (!raft.isConnected(server)) raft.connect(server);
		}
	}
	raft.connect(...raft.servers);
	await raft.one(command(), 5, retry);
}

export const reliableChurn = (raft: RaftTester): Promise<void> => churn(raft, {unreliable: false});
export const unreliableChurn = (raft: RaftTester): Promise<void> => churn(raft, {unreliable: true});

/** Servers come and go, while three clients note what they have seen applied: all of it must be in the log at the end. */
async function churn(raft: RaftTester, {unreliable}: {readonly unreliable: boolean}): Promise<void> {
	const {world} = raft;
	raft.setMode('unreliable', unreliable);
	const isOver = {value: false};
	const clients = [0, 1, 2].map(client => background(churnClient(raft, client, isOver)));
	for (let round = 0; round < 20; round++) {
		if (world.random.chance(0.2)) raft.disconnect(world.random.pick(raft.servers));
		if (world.random.chance(0.5)) {
			const server = world.random.pick(raft.servers);
			if (!raft.isUp(server)) await raft.restart(server);
			raft.connect(server);
		}
		if (world.random.chance(0.2)) {
			const server = world.random.pick(raft.servers);
			if (raft.isUp(server)) await raft.crash(server);
		}
		await world.sleep(700);
	}
	await world.sleep(1000);
	raft.setMode('unreliable', false);
	await raft.restart(...raft.servers.filter(server => !raft.isUp(server)));
	raft.connect(...raft.servers);
	isOver.value = true;
	const seen = (await Promise.all(clients)).flat();
	await world.sleep(1000);
	const last = await raft.one(raft.command(), raft.servers.length, retry);
	const found = new Set<string | undefined>();
	for (let index = 1; index <= last; index++) found.add(await raft.wait(index, raft.servers.length));
	const lost = seen.filter(command => !found.has(command));
	assert(lost.length === 0, `${lost.length} of ${seen.length} commands that were applied are lost: ${lost[0]}`);
}

async function churnClient(raft: RaftTester, client: number, isOver: {readonly value: boolean}): Promise<string[]> {
	const seen: string[] = [];
	while (!isOver.value) {
		const command = `${client}-${raft.command()}`;
		let index: number | undefined;
		for (const server of raft.servers) {
			if (raft.isUp(server)) index = (await raft.start(server, command))?.index ?? index;
		}
		if (index === undefined) {
			await raft.world.sleep(79 + client * 17);
			continue;
		}
		for (const ms of [10, 20, 50, 100, 200]) {
			const {command: applied} = raft.committed(index);
			if (applied === command) seen.push(command);
			if (applied !== undefined) break;
			await raft.world.sleep(ms);
		}
	}
	return seen;
}
