import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {Cluster, type ClusterEvent} from '../../actors/index.js';
import {nodeId} from '../../src/raft/types.js';
import {tearTail} from '../storage/torn-tail.js';

test.serial(
	'a flush that a crash cut short is told once, with its file, place and length, and nothing else is lost',
	async t => {
		const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-tail-'));
		t.teardown(() => rmSync(directory, {recursive: true, force: true}));
		const cluster = await Cluster.start({nodes: 3, directory});
		t.teardown(() => cluster.close());
		const events: ClusterEvent[] = [];
		cluster.on('event', event => events.push(event));
		const told = (): readonly ClusterEvent[] => events.filter(({type}) => type === 'logTailCut');
		const clerk = cluster.clerk();
		await clerk.put('city', 'Bern');
		const node = nodeId(1);
		const folder = path.join(directory, 'node-1');

		await cluster.kill(node);
		const tail = tearTail(folder);
		await cluster.restart(node);
		t.deepEqual(told(), [{type: 'logTailCut', id: node, ...tail}]);
		const copies = readdirSync(folder).filter(name => name.endsWith('.broken'));
		t.deepEqual(copies, [`${tail.file}.at-${tail.offset}.broken`], 'a copy of what was cut off is kept');

		await cluster.kill(node);
		await cluster.restart(node);
		t.is(told().length, 1, 'a log that ends at a flush is nothing to tell');
		t.is(await clerk.getText('city'), 'Bern');
	},
);

test.serial('what the start of a cluster cuts off is told to a listener that comes after it', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-tail-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	const first = await Cluster.start({nodes: 3, directory});
	await first.clerk().put('city', 'Bern');
	// A node that is killed leaves its log as a crash does.
	await first.kill(nodeId(2));
	await first.close();
	const tail = tearTail(path.join(directory, 'node-2'));

	const second = await Cluster.start({nodes: 3, directory});
	t.teardown(() => second.close());
	const events: ClusterEvent[] = [];
	second.on('logTailCut', event => events.push(event));
	await second.status();
	t.deepEqual(events, [{type: 'logTailCut', id: nodeId(2), ...tail}]);
	t.is(await second.clerk().getText('city'), 'Bern');
});
