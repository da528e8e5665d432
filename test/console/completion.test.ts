import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {allCommands} from '../../actors/console/commands/all.js';
import {complete} from '../../actors/console/completion.js';
import {temporaryDirectory} from '../cli/cli-process.js';
import {MemoryTarget} from './memory-target.js';

async function targetWithKeys(): Promise<MemoryTarget> {
	const target = new MemoryTarget();
	for (const key of ['New York', 'Newark', 'Zürich']) await target.put(Buffer.from(key), Buffer.from('1'));
	return target;
}

const offers = test.macro({
	exec: async (t, line: string, hits: readonly string[]) => {
		t.deepEqual((await complete(line, await targetWithKeys(), allCommands))[0], [...hits]);
	},
	title: (_, line: string) => `Tab offers what fits: "${line}"`,
});

test(offers, 'st', ['status ']);
test(offers, 'pa', ['pause ', 'partition ']);
test(offers, 'set p', ['plain']);
test(offers, 'set plain ', ['on', 'off']);
test(offers, 'kill ', ['0', '1', '2', 'leader']);
test(offers, 'kill l', ['leader']);
test(offers, 'restart ', ['0', '1', '2', 'leader', 'all']);
test(offers, 'pause 1 ', []);
test(offers, 'disk 1 f', ['fail', 'full']);
test(offers, 'disk 1 fail s', ['sync']);
test(offers, 'partition 0,1 | 2', ['2']);
test(offers, 'partition l', ['leader']);
test(offers, 'partition 0,', ['0', '1', '2', 'leader']);
test(offers, 'unreliable o', ['on', 'off']);
test(offers, 'help un', ['unreliable']);
test(offers, 'put ', ['"New York"', 'Newark', 'Zürich']);
test(offers, 'get Ne', ['"New York"', 'Newark']);
test(offers, 'get "New', ['"New York"']);
test(offers, 'get "New Y', ['"New York"']);
test(offers, 'get nothing', []);
test(offers, 'cas "New York" ', ['(absent)']);
test(offers, 'help net', ['network']);
test(offers, 'load stop no-such-folder/', []);
test(offers, 'put "ope', []);
test(offers, 'nonsense ', []);

test('Tab on nothing offers every command, and names the part of the line that it replaces', async t => {
	const target = new MemoryTarget();
	t.is((await complete('', target, allCommands))[0].length, allCommands.length);
	t.is((await complete('partition 0,1', target, allCommands))[1], '1');
	t.is((await complete('get "New Y', target, allCommands))[1], '"New Y');
});

test('Tab offers files and folders, and hidden ones only where a dot was typed', async t => {
	const folder = await temporaryDirectory(t);
	await mkdir(path.join(folder, 'two words'));
	await writeFile(path.join(folder, 'a.backup'), '');
	await writeFile(path.join(folder, '.hidden'), '');
	const offered = async (word: string): Promise<string[]> =>
		(await complete(`backup ${folder}/${word}`, new MemoryTarget(), allCommands))[0].sort();
	t.deepEqual(await offered('a'), [`${folder}/a.backup`]);
	t.deepEqual(await offered(''), [`"${folder}/two words/"`, `${folder}/a.backup`]);
	t.deepEqual(await offered('.h'), [`${folder}/.hidden`]);
});

test('Tab offers nothing where the target does not tell its keys in time, or fails', async t => {
	const target = new MemoryTarget();
	target.keys = () => new Promise(() => undefined);
	t.deepEqual((await complete('get ', target, allCommands))[0], []);
	target.keys = () => Promise.reject(new Error('gone'));
	t.deepEqual((await complete('get ', target, allCommands))[0], []);
});
