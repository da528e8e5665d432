/** A recorded session and its replay, each on a real cluster: what the clusters themselves say was set and cleared. */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {ClusterTarget} from '../../actors/cli/cluster-target.js';
import {Cluster} from '../../actors/cluster/cluster.js';
import {allCommands} from '../../actors/console/commands/all.js';
import {type LineResult, LineRunner, withoutTerminal} from '../../actors/console/line-runner.js';
import {defaultSettings} from '../../actors/console/settings.js';
import {onPresentClock} from '../../actors/chaos/cluster-faults.js';
import type {Fault} from '../../src/faults/faults.js';

interface World {
	readonly run: (line: string) => Promise<LineResult>;
	/** What was set and cleared, as the cluster told it. */
	readonly told: readonly {readonly type: string; readonly name: string; readonly fault: Fault}[];
}

async function startWorld(t: ExecutionContext): Promise<World> {
	const cluster = await Cluster.start({nodes: 3});
	const target = new ClusterTarget(cluster, {close: async () => undefined});
	t.teardown(() => target.close());
	await cluster.waitForLeader(30_000);
	const told: {type: string; name: string; fault: Fault}[] = [];
	cluster.on('event', event => {
		if (event.type !== 'faultSet' && event.type !== 'faultCleared') return;
		const {type, name, fault} = event;
		told.push({type, name, fault: withoutClock(fault)});
	});
	const runner = new LineRunner({
		...withoutTerminal,
		target,
		commands: allCommands,
		settings: defaultSettings,
		columns: () => 80,
		print: () => undefined,
	});
	return {run: async line => runner.run(line, new AbortController().signal), told};
}

/** A clog ends at a time of the machine's clock. */
const withoutClock = (fault: Fault): Fault => (fault.type === 'clog' ? {...fault, untilMs: 0} : fault);

/** Each fault with what became of it; those of processes and disks may take long to set, and be told after later ones. */
const byName = (told: World['told']): readonly object[] =>
	[...told].sort((one, other) => one.name.localeCompare(other.name));
const ofNetwork = (told: World['told']): World['told'] =>
	told.filter(({fault}) => !('node' in fault) && fault.type !== 'crashAll');

test.serial(
	'a replay sets and clears the faults that the recorded session set and cleared, in the same order',
	async t => {
		const folder = mkdtempSync(path.join(tmpdir(), 'threadraft-recorded-'));
		t.teardown(() => rmSync(folder, {recursive: true, force: true}));
		const file = path.join(folder, 'session');
		const first = await startWorld(t);
		for (const line of [
			`record ${file}`,
			'put a b',
			'chaos 4s 11',
			'partition 0 | 1,2',
			'heal',
			'put a c',
			'record stop',
		]) {
			const result = await first.run(line);
			t.is(result.type, 'answered', JSON.stringify(result));
		}
		t.true(first.told.length > 10, readFileSync(file, 'utf8'));
		const second = await startWorld(t);
		const result = await second.run(`replay ${file}`);
		t.like(result, {type: 'answered'}, JSON.stringify(result));
		t.deepEqual(ofNetwork(second.told), ofNetwork(first.told));
		t.deepEqual(byName(second.told), byName(first.told));
	},
);

test('a clog of a script ends so many ms after it is set', t => {
	const clog = {type: 'clog', links: {from: 'nodes', to: 'nodes'}, untilMs: 500} as const;
	const before = performance.now();
	const set = onPresentClock(clog);
	t.true(set.type === 'clog' && set.untilMs >= before + 500 && set.untilMs <= performance.now() + 500);
});
