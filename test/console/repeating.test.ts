/** Chaos, recordings and replays in a console, with a cluster that only notes what it is asked for. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {allCommands} from '../../actors/console/commands/all.js';
import {lineOfEvent} from '../../actors/console/chaos-text.js';
import {LineRunner, type LineResult, withoutTerminal} from '../../actors/console/line-runner.js';
import {defaultSettings} from '../../actors/console/settings.js';
import {chaosKinds} from '../../actors/chaos/chaos.js';
import {drawChaos} from '../../src/faults/chaos-schedule.js';
import {MemoryTarget} from './memory-target.js';

function makeConsole(t: ExecutionContext) {
	const folder = mkdtempSync(path.join(tmpdir(), 'threadraft-repeating-'));
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	const target = new MemoryTarget();
	const printed: string[] = [];
	const runner = new LineRunner({
		...withoutTerminal,
		target,
		commands: allCommands,
		settings: defaultSettings,
		columns: () => 80,
		print: line => printed.push(line),
	});
	const run = async (line: string): Promise<LineResult> => runner.run(line, new AbortController().signal);
	return {target, printed, runner, run, file: path.join(folder, 'session')};
}

const commandsOf = (text: string): readonly string[] =>
	text.split('\n').filter(line => line !== '' && !line.startsWith('#') && !line.startsWith('at '));

test('what is typed is recorded, but for what concerns the console alone', async t => {
	const {run, file} = makeConsole(t);
	t.like(await run(`record ${file}`), {type: 'answered'});
	for (const line of ['put a "b c"', 'help', 'sleep 1', 'kill 2', 'nonsense', 'status', 'record stop']) await run(line);
	const text = readFileSync(file, 'utf8');
	t.deepEqual(commandsOf(text), ['put a "b c"', 'kill 2', 'status']);
	t.regex(text, /^# threadraft script 1\n# nodes 3\n# seed \d+\n/);
	t.regex(text, /\n# node 2 is down\n/);
	t.regex(text, /\nat \+\d+\.\d{3}s\n# end\n$/);
});

test('a load is recorded with its seed, so that its replay asks for the same', async t => {
	const {run, file, target} = makeConsole(t);
	await run(`record ${file}`);
	for (const line of ['load 4 500/s', 'load stop', 'load start seed=7', 'load stop "a b"', 'record stop'])
		await run(line);
	const [first = '', ...others] = commandsOf(readFileSync(file, 'utf8'));
	const seed = /^load start 4 500\/s seed=(\d+)$/.exec(first)?.[1];
	t.deepEqual(others, ['load stop', 'load start seed=7', 'load stop "a b"']);
	t.deepEqual(target.calls.splice(0), [
		`load ${JSON.stringify({clients: 4, perSecondMax: 500, seed: Number(seed)})}`,
		`load ${JSON.stringify({clients: 8, seed: 7})}`,
	]);
	await run(first);
	t.deepEqual(target.calls, [`load ${JSON.stringify({clients: 4, perSecondMax: 500, seed: Number(seed)})}`]);
});

test('chaos that is cancelled heals, and its sum is the answer to its line', async t => {
	const {runner, target} = makeConsole(t);
	const carryOut = target.chaos.bind(target);
	target.chaos = async options => {
		await new Promise(resolve => options.signal?.addEventListener('abort', resolve));
		return carryOut(options);
	};
	const cancelled = new AbortController();
	const {result} = runner.begin('chaos 60s 42', cancelled.signal);
	await new Promise(setImmediate);
	cancelled.abort();
	t.regex(((await result) as {text?: string}).text ?? '', /^chaos was cancelled: \d+ faults, all healed\n/);
});

test('chaos is recorded as the faults that it drew, and told', async t => {
	const {run, file, printed, target} = makeConsole(t);
	await run(`record ${file}`);
	const result = await run('chaos 5s 42');
	await run('record stop');
	const {events} = drawChaos({nodeCount: 3, durationMs: 5000, kinds: chaosKinds}, 42);
	t.not(events.length, 0);
	const text = readFileSync(file, 'utf8');
	t.deepEqual(commandsOf(text), events.map(lineOfEvent));
	t.regex(text, /^# chaos for 5 s, seed 42/m);
	t.regex(printed[0] ?? '', /^chaos for 5 s, seed 42, (?:mild|extreme): \w/);
	t.is(printed.length, events.length + 1);
	for (const line of printed.slice(1)) t.regex(line, /^\+\d+\.\d s {2}\w+ #\d+(?:: .| is over)/);
	t.regex(
		result.type === 'answered' ? result.text : '',
		/^chaos is over: \d+ faults, all healed\n\d+ \w+.*\n"chaos 5s 42" does the same again$/,
	);
	t.true(target.calls.includes('chaos 5000 42'));
});

test('each fault that chaos records is a line that the console takes', async t => {
	const {run, runner, target} = makeConsole(t);
	for (let seed = 0; seed < 30; seed++) {
		for (const event of drawChaos({nodeCount: 3, durationMs: 10_000, kinds: chaosKinds}, seed).events) {
			t.notThrows(() => runner.parse(lineOfEvent(event)), lineOfEvent(event));
		}
	}
	t.deepEqual(await run('inject "loss #1" loss links.from=nodes links.to=node:2 probability=0.5'), {
		type: 'answered',
		text: 'loss #1: 50 % of messages lost from all nodes to node 2',
	});
	t.deepEqual(await run('inject "loss #1" off'), {type: 'answered', text: 'loss #1 is over'});
	t.like(await run('inject none off'), {text: 'no fault has the name none'});
	t.like(await run('inject a crash node=3 disk=kept'), {type: 'failed'});
	t.like(await run('inject a nonsense'), {type: 'failed'});
	t.deepEqual(target.calls, ['inject loss links.from=nodes links.to=node:2 probability=0.5']);
	t.deepEqual(target.set, []);
});

test('a seed and a time that are none are refused', async t => {
	const {run, target} = makeConsole(t);
	for (const line of ['chaos', 'chaos soon', 'chaos 1s x', 'chaos 1s 4294967296', 'chaos 1s 1 2', 'at 1s', 'at +1']) {
		t.like(await run(line), {type: 'failed'}, line);
	}
	t.deepEqual(target.calls, []);
});

test('one recording goes on at a time', async t => {
	const {run, file} = makeConsole(t);
	t.like(await run('record stop'), {type: 'failed'});
	await run(`record ${file}`);
	t.regex(JSON.stringify(await run(`record ${file}-2`)), /failed.*already/);
	t.like(await run('record stop'), {type: 'answered'});
	t.like(await run(`record ${file}`), {type: 'failed'});
});

test('a console that ends ends its recording', async t => {
	const {run, runner, file} = makeConsole(t);
	await run(`record ${file}`);
	runner.session.close();
	t.regex(readFileSync(file, 'utf8'), /\n# end\n$/);
});

test('a replay does what was recorded, and heals all at its end', async t => {
	const {run, file, target, printed} = makeConsole(t);
	writeFileSync(
		file,
		'# threadraft script 1\n# nodes 3\nkill 1\ninject x stalledSync node=2\ninject y diskFull node=0\nat +20ms\ninject x off\nload start 2\n# end\n',
	);
	const result = await run(`replay ${file}`);
	t.is(result.type, 'answered', JSON.stringify(result));
	t.deepEqual(
		target.calls.filter(call => !call.startsWith('mark')),
		['kill 1', 'inject stalledSync node=2', 'inject diskFull node=0', 'load {"clients":2}'],
	);
	t.deepEqual(target.set, []);
	t.true(printed.includes('healed: disk 0: full'));
	t.true(printed.includes('+0.020s inject x off') || printed.some(line => line.startsWith('+0.020s inject x off ')));
});

test('a replay on another number of nodes is refused', async t => {
	const {run, file, target} = makeConsole(t);
	writeFileSync(file, '# threadraft script 1\n# nodes 5\nkill 1\n# end\n');
	t.regex(
		JSON.stringify(await run(`replay ${file}`)),
		/failed.*recorded on 5 nodes, and this cluster has 3.*--nodes 5/,
	);
	t.deepEqual(target.calls, []);
});

test('a violation fails a replay', async t => {
	const {run, file, target} = makeConsole(t);
	writeFileSync(file, '# threadraft script 1\n# nodes 3\nload start 2\n# end\n');
	target.report = {verdict: 'violation', violation: {key: 'k', detail: 'bad', isByHand: false}, file: 'f'};
	t.regex(JSON.stringify(await run(`replay ${file}`)), /failed.*NOT linearizable/);
});

test('a fault that cannot be set fails a replay, even if all is linearizable', async t => {
	const {run, file, target} = makeConsole(t);
	writeFileSync(file, '# threadraft script 1\n# nodes 3\nkill leader\nload start 2\n# end\n');
	target.leader = undefined;
	t.regex(JSON.stringify(await run(`replay ${file}`)), /failed.*line 3, .*kill leader.*there is no leader/);
});
