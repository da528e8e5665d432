/** Effects of a user's machine, told by the replicas of a whole cluster on threads. */
import {execFile} from 'node:child_process';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {Cluster, type EffectPlace, type MachineClerk} from '../../actors/index.js';
import type {LedgerTypes} from '../../examples/ledger.js';
import {scratch} from '../recovery/scratch.js';

const machine = new URL('../../examples/ledger.js', import.meta.url);
const run = promisify(execFile);

type Effect = LedgerTypes['effect'];

async function openAccounts(clerk: MachineClerk<LedgerTypes>): Promise<void> {
	await clerk.write({type: 'open', account: 'alice', cents: 1e9});
	await clerk.write({type: 'open', account: 'bob', cents: 0});
}

const transfer = (clerk: MachineClerk<LedgerTypes>, cents: number): Promise<LedgerTypes['result']> =>
	clerk.write({type: 'transfer', from: 'alice', to: 'bob', cents});

const numbers = (from: number, to: number): readonly number[] =>
	Array.from({length: to - from}, (_, place) => from + place);

/** Each transfer has its number for an amount; one clerk's writes are in the log in the order in which it gave them. */
async function transfers(clerk: MachineClerk<LedgerTypes>, from: number, to: number): Promise<void> {
	await Promise.all(numbers(from, to).map(cents => transfer(clerk, cents)));
}

async function untilThere(isThere: () => boolean): Promise<void> {
	for (let tries = 0; !isThere() && tries < 3000; tries++) await sleep(10);
}

for (const kvThread of [false, true]) {
	test(`each effect is told once and in the order of the log, while the leader is killed and nodes apply their logs again${kvThread ? ', on threads of their own' : ''}`, async t => {
		t.timeout(120_000);
		const options = {nodes: 3, machine, kvThread, maxRaftState: 20_000};
		const cluster = await Cluster.start<LedgerTypes>(options);
		t.teardown(() => cluster.close());
		const clerk = cluster.machineClerk({timeoutMs: 60_000});
		await openAccounts(clerk);
		await transfers(clerk, 1, 10);
		const told: number[] = [];
		const places: EffectPlace[] = [];
		await cluster.onEffect(
			({cents}, place) => {
				told.push(cents);
				places.push(place);
			},
			{missed: found => t.fail(JSON.stringify(found)), timeoutMs: 60_000},
		);
		await transfers(clerk, 10, 300);
		const leader = await cluster.waitForLeader(30_000);
		const during = transfers(clerk, 300, 600);
		await untilThere(() => told.length > 350);
		await cluster.kill(leader);
		await during;
		await cluster.restart(leader);
		await transfers(clerk, 600, 800);
		for (const id of cluster.nodeIds) {
			await cluster.restart(id);
			await transfers(clerk, 800 + id * 100, 900 + id * 100);
		}
		await untilThere(() => told.length >= 1090);
		t.deepEqual(told, numbers(10, 1100));
		t.true(places.every(({revision, number}, place) => number === 0 && revision > (places[place - 1]?.revision ?? 0)));
	});
}

test('who begins to listen is told nothing of what was acknowledged before, also after a restart of the cluster', async t => {
	const options = {nodes: 3, machine, directory: path.join(scratch(t), 'data')};
	const first = await Cluster.start<LedgerTypes>(options);
	t.teardown(() => first.close());
	await openAccounts(first.machineClerk());
	await transfers(first.machineClerk(), 1, 50);
	await first.close();
	await t.throwsAsync(
		first.onEffect(() => undefined),
		{code: 'ERR_CLUSTER_STATE', message: /closed/},
	);

	const cluster = await Cluster.start<LedgerTypes>(options);
	t.teardown(() => cluster.close());
	const told: string[] = [];
	const listener =
		(name: string) =>
		({cents}: Effect): void =>
			void told.push(`${name}${cents}`);
	const clerk = cluster.machineClerk();
	const stop = await cluster.onEffect(listener('a'));
	await transfer(clerk, 1001);
	await untilThere(() => told.length >= 1);
	const stopOther = await cluster.onEffect(listener('b'));
	await transfer(clerk, 1002);
	await untilThere(() => told.length >= 3);
	stop();
	await transfer(clerk, 1003);
	await untilThere(() => told.length >= 4);
	stopOther();
	await transfer(clerk, 1004);
	await cluster.onEffect(listener('c'));
	await transfer(clerk, 1005);
	await untilThere(() => told.length >= 5);
	t.deepEqual(told, ['a1001', 'a1002', 'b1002', 'b1003', 'c1005']);
});

test('without a majority nobody can begin to listen, and the error says what to look at', async t => {
	const cluster = await Cluster.start<LedgerTypes>({nodes: 3, machine});
	t.teardown(() => cluster.close());
	await cluster.kill(cluster.nodeIds[0]!);
	await cluster.kill(cluster.nodeIds[1]!);
	await t.throwsAsync(
		cluster.onEffect(() => undefined, {timeoutMs: 300}),
		{code: 'ERR_CLUSTER_STATE', message: /no leader answered within 300 ms.*is a majority/},
	);
	await t.throwsAsync(
		cluster.onEffect(() => undefined, {timeoutMs: -1}),
		{code: 'ERR_OPTION'},
	);
});

test('what a listener throws is the uncaught exception of its process, and every effect is told all the same', async t => {
	const file = fileURLToPath(new URL('throwing-listener-process.js', import.meta.url));
	const {stdout} = await run(process.execPath, [file], {timeout: 100_000});
	t.deepEqual(JSON.parse(stdout), {told: [1, 2, 3], thrown: ['of 1', 'of 2', 'of 3']});
});
