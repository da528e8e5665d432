/** Whatever waits in the library ends when its signal is aborted: at once, with a typed error, and nothing is left of it. */
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {getEventListeners} from 'node:events';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Cluster, OperationAbortedError, WaitAbortedError} from '../../actors/index.js';
import {PendingOperation} from '../../actors/engines/etcd/pending-operation.js';

/** The listeners that a signal has. */
const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** A cluster that can elect nobody and commit nothing. */
async function headless(t: ExecutionContext): Promise<Cluster> {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	const leader = await cluster.waitForLeader(30_000);
	for (const id of cluster.nodeIds) if (id !== leader) await cluster.kill(id);
	while ((await cluster.leader()) !== undefined) await new Promise(resolve => void setTimeout(resolve, 5));
	return cluster;
}

function folder(t: ExecutionContext): string {
	const made = mkdtempSync(path.join(tmpdir(), 'threadraft-abort-'));
	t.teardown(() => rmSync(made, {recursive: true, force: true}));
	return made;
}

test.serial('a signal that is aborted already lets nothing begin', async t => {
	await using cluster = await Cluster.start({nodes: 1});
	await cluster.waitForLeader(30_000);
	await using clerk = cluster.clerk();
	await using machineClerk = cluster.machineClerk();
	const reason = new Error('changed my mind');
	const signal = AbortSignal.abort(reason);
	const backup = path.join(folder(t), 'backup');
	for (const wait of [
		() => cluster.waitForLeader(30_000, {signal}),
		() => cluster.backup(backup, 30_000, {signal}),
		() => cluster.onEffect(() => undefined, {signal}),
	]) {
		const error = await t.throwsAsync(wait(), {instanceOf: WaitAbortedError, code: 'ERR_ABORTED'});
		t.is(error?.cause, reason);
	}
	for (const operation of [
		() => clerk.put('a', '1', {signal}),
		() => clerk.append('a', '1', {signal}),
		() => clerk.delete('a', {signal}),
		() => clerk.increment('a', 1, {signal}),
		() => clerk.compareAndSet('a', {value: undefined}, '1', {signal}),
		() => clerk.get('a', {signal}),
		() => clerk.getText('a', {signal}),
		() => clerk.execute({type: 'clear'}, {signal}),
		() => machineClerk.write({type: 'clear'}, {signal}),
		() => machineClerk.read({type: 'get', key: 'a'}, {signal}),
		() => machineClerk.barrier({signal}),
	]) {
		const error = await t.throwsAsync(operation(), {instanceOf: OperationAbortedError, code: 'ERR_ABORTED'});
		t.like(error, {outcome: 'notExecuted', cause: reason});
	}
	t.is(await clerk.get('a'), undefined);
	t.false(existsSync(backup));
	t.is(listenersOf(signal), 0);
});

test.serial('waits for a cluster without a leader end with their signal, and leave nothing', async t => {
	const cluster = await headless(t);
	const directory = folder(t);
	const controller = new AbortController();
	const {signal} = controller;
	const waits = [
		cluster.waitForLeader(1_000_000, {signal}),
		cluster.backup(path.join(directory, 'backup'), 1_000_000, {signal}),
		cluster.onEffect(() => undefined, {timeoutMs: 1_000_000, signal}),
	].map(wait => t.throwsAsync(wait, {instanceOf: WaitAbortedError}));
	await new Promise(resolve => void setTimeout(resolve, 50));
	controller.abort(new Error('enough'));
	await Promise.all(waits);
	t.is(listenersOf(signal), 0);
	t.deepEqual(readdirSync(directory), []);
});

test.serial(
	'operations that wait end with their signal; those beside them go on, and later ones are in order',
	async t => {
		const cluster = await headless(t);
		const clerk = cluster.clerk({timeoutMs: 1_000_000});
		const controller = new AbortController();
		const {signal} = controller;
		const sent = [clerk.append('a', 'lost', {signal}), clerk.get('a', {signal})];
		const beside = clerk.append('a', '1');
		await new Promise(resolve => void setTimeout(resolve, 50));
		const unsent = clerk.append('a', 'never', {signal});
		t.is(clerk.pendingCount, 3, 'the last one is not even submitted');
		controller.abort(new Error('enough'));
		const results = await Promise.allSettled([...sent, unsent]);
		const errors = results.map(result => (result as PromiseRejectedResult).reason as OperationAbortedError);
		for (const error of errors)
			t.true(error instanceof OperationAbortedError && (error.cause as Error).message === 'enough');
		t.is(errors[1]?.outcome, 'notExecuted', 'a read changes nothing');
		t.is(errors[2]?.outcome, 'notExecuted');
		t.is(clerk.pendingCount, 1);
		t.is(listenersOf(signal), 0);
		for (const {id, state} of await cluster.status()) if (state === 'down') await cluster.restart(id);
		await beside;
		await clerk.append('a', '2');
		t.regex((await clerk.getText('a')) ?? '', /^(?:lost)?12$/);
	},
);

test.serial('an operation that is answered lets go of its signal, and so does one that fails', async t => {
	await using cluster = await Cluster.start({nodes: 1});
	const clerk = cluster.clerk();
	const {signal} = new AbortController();
	await clerk.put('a', '1', {signal});
	t.is(await clerk.getText('a', {signal}), '1');
	const pending = clerk.put('a', '2', {signal});
	clerk.close();
	await t.throwsAsync(pending, {code: 'ERR_CLERK_CLOSED'});
	const end = await cluster.onEffect(() => undefined, {signal});
	t.is(listenersOf(signal), 1);
	end();
	t.is(listenersOf(signal), 0);
});

test('an operation on etcd ends with its signal, and lets go of it', async t => {
	const controller = new AbortController();
	const {signal} = controller;
	const [aborted, done] = [1, 2].map(() => new PendingOperation({type: 'get', key: 'a'}, 1_000_000, signal));
	t.is(listenersOf(signal), 1, 'one for both');
	done?.complete({type: 'value', value: undefined, version: 0});
	t.is(listenersOf(signal), 1);
	if (aborted !== undefined) aborted.mayHaveRun = true;
	controller.abort(new Error('enough'));
	const error = await t.throwsAsync(aborted?.result ?? Promise.resolve(), {instanceOf: OperationAbortedError});
	t.is(error?.outcome, 'unknown');
	t.true(aborted?.isSettled);
	t.is(listenersOf(signal), 0);
});

test.serial('a hundred operations may wait with one signal: Node warns of no leak, and there is none', async t => {
	const cluster = await headless(t);
	const controller = new AbortController();
	const {signal} = controller;
	const warnings: Error[] = [];
	const note = (warning: Error): void => void warnings.push(warning);
	process.on('warning', note);
	t.teardown(() => process.off('warning', note));
	const clerks = [1, 2].map(() => cluster.clerk({timeoutMs: 1_000_000}));
	const waiting = [
		...clerks.flatMap(clerk => Array.from({length: 50}, () => clerk.get('a', {signal}))),
		...Array.from({length: 20}, () => cluster.waitForLeader(1_000_000, {signal})),
	];
	const events = Array.from({length: 5}, () => cluster.events({signal}));
	t.is(listenersOf(signal), 1);
	controller.abort();
	for (const {status} of await Promise.allSettled(waiting)) t.is(status, 'rejected');
	for (const each of events) for await (const event of each) t.fail(`${event.type} after the end`);
	t.is(listenersOf(signal), 0);
	await new Promise(resolve => void setImmediate(resolve));
	t.deepEqual(warnings, []);
});
