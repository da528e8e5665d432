/** `npm run build` and `npm start`: whatever happens to a build, the next one is right, and who runs one is not disturbed. */
import {once} from 'node:events';
import {statSync, utimesSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import {Tree} from './tree.js';

/** Ms; for a machine whose cores are all busy. */
const timeoutMs = 180_000;

async function builtTree(t: ExecutionContext): Promise<Tree> {
	t.timeout(timeoutMs);
	const tree = new Tree(t);
	t.like(await tree.build(), {status: 0, stdout: ''});
	return tree;
}

test.serial('a build says what it does, and one that has nothing to do says and changes nothing', async t => {
	t.timeout(timeoutMs);
	const tree = new Tree(t);
	const first = await tree.build();
	t.regex(first.stderr, /^build: the sources have changed since the last build: building\nbuild: built in [\d.]+ s\n$/);
	t.is(await tree.output(), 'three is 3\n');
	const builds = tree.list('.builds');
	t.deepEqual(await tree.build(), {status: 0, stdout: '', stderr: ''});
	t.deepEqual(tree.list('.builds'), builds);
});

test.serial('a change is built, and nothing of a source that is gone stays', async t => {
	const tree = await builtTree(t);
	tree.write('test/old.test.ts', 'export {};\n');
	tree.write('src/raft/one.ts', 'export const one = 11;\n');
	await tree.build();
	t.is(await tree.output(), 'three is 13\n');
	t.is(await tree.output('replica'), 'the thread has 13\n', 'though its own source has not changed');
	t.true(tree.has('dist/test/old.test.js'));
	tree.remove('test/old.test.ts');
	await tree.build();
	t.deepEqual(tree.list('dist/test'), []);
	t.is(await tree.output(), 'three is 13\n');
});

test.serial('a source that is changed and older than the build is built, as after cp -p or tar', async t => {
	const tree = await builtTree(t);
	tree.write('src/storage/two.ts', "import {one} from '../raft/one.js';\n\nexport const two = one + 21;\n");
	utimesSync(path.join(tree.root, 'src/storage/two.ts'), 1e9, 1e9);
	await tree.build();
	t.is(await tree.output(), 'three is 23\n');
});

test.serial('a build comes back with its sources, as when a branch is switched', async t => {
	const tree = await builtTree(t);
	const before = tree.read('src/raft/one.ts');
	tree.write('src/raft/one.ts', 'export const one = 31;\n');
	tree.write('src/raft/extra.ts', 'export const extra = 1;\n');
	await tree.build();
	t.is(await tree.output(), 'three is 33\n');
	tree.write('src/raft/one.ts', before);
	tree.remove('src/raft/extra.ts');
	t.deepEqual(await tree.build(), {status: 0, stdout: '', stderr: ''}, 'it was built before');
	t.is(await tree.output(), 'three is 3\n');
	t.false(tree.has('dist/src/raft/extra.js'));
});

test.serial('sources that cannot be compiled leave dist as it was, and the next build is right', async t => {
	const tree = await builtTree(t);
	tree.write('src/raft/one.ts', "export const one: number = 'one';\n");
	const {status, stderr} = await tree.build();
	t.is(status, 1);
	t.regex(stderr, /src\/raft\/one\.ts/);
	t.regex(stderr, /cannot be compiled: dist is as it was before/);
	t.is(await tree.output(), 'three is 3\n');
	tree.write('src/raft/one.ts', 'export const one = 41;\n');
	await tree.build();
	t.is(await tree.output(), 'three is 43\n');
});

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
	test.serial(`a build that is ended by ${signal} leaves dist as it was, and the next build is right`, async t => {
		const tree = await builtTree(t);
		const before = tree.read('src/raft/one.ts');
		tree.write('src/raft/one.ts', 'export const one = 51;\n');
		await tree.interrupt(signal);
		t.is(await tree.output(), 'three is 3\n');
		// The state of before: what was compiled of the other one must not be taken for it.
		tree.write('src/raft/one.ts', before);
		await tree.build();
		t.is(await tree.output(), 'three is 3\n');
		tree.write('src/raft/one.ts', 'export const one = 61;\n');
		await tree.build();
		t.is(await tree.output(), 'three is 63\n');
		t.deepEqual(
			tree.list('.builds').filter(name => name.startsWith('.')),
			[],
		);
	});
}

test.serial('what is missing or damaged in dist is put back', async t => {
	const tree = await builtTree(t);
	tree.remove('dist/src/raft/one.js');
	tree.write('dist/src/storage/two.js', 'export const two = 0;\n');
	tree.write('dist/test/nobodys.test.js', '');
	await tree.build();
	t.is(await tree.output(), 'three is 3\n');
	t.false(tree.has('dist/test/nobodys.test.js'));
});

test.serial('two builds at once make the same', async t => {
	const tree = await builtTree(t);
	tree.write('src/raft/one.ts', 'export const one = 71;\n');
	const [one, other] = await Promise.all([tree.build(), tree.build()]);
	t.is(one.status, 0);
	t.is(other.status, 0);
	t.is(await tree.output(), 'three is 73\n');
	t.is(tree.list('.builds').length, 2);
});

test.serial('a program that runs loads its own files, whatever is built beside it', async t => {
	t.timeout(timeoutMs);
	const tree = new Tree(t);
	tree.write('src/raft/later.ts', "export const later = 'as it was';\n");
	tree.write(
		'workers/cli.ts',
		"console.log('runs');\nprocess.stdin.once('data', async () => {\n" +
			"\tconsole.log((await import('../src/raft/later.js')).later);\n\tprocess.exit();\n});\n",
	);
	const child = tree.begin('build/run.mjs');
	t.teardown(() => child.kill('SIGKILL'));
	const ended = once(child, 'exit');
	const lines: string[] = [];
	const reader = createInterface({input: child.stdout as NodeJS.ReadableStream});
	reader.on('line', line => lines.push(line));
	await once(reader, 'line');
	tree.write('src/raft/later.ts', "export const later = 'otherwise';\n");
	for (const one of [81, 82, 83, 84, 85]) {
		tree.write('src/raft/one.ts', `export const one = ${one};\n`);
		await tree.build();
		makeOld(tree);
	}
	tree.remove('src/raft/later.ts');
	tree.write('workers/cli.ts', 'export {};\n');
	await tree.build();
	const inUse = tree.list('.builds').find(name => tree.list(`.builds/${name}/users`).length > 0);
	t.false(tree.has('dist/src/raft/later.js'));
	child.stdin?.write('go on\n');
	await ended;
	t.deepEqual(lines, ['runs', 'as it was']);
	tree.write('src/raft/one.ts', 'export const one = 86;\n');
	makeOld(tree);
	await tree.build();
	t.false(tree.has(`.builds/${inUse}`), 'nobody uses it any more');
	t.true(tree.list('.builds').length <= 4, 'builds that nobody uses are few');
});

/** As if all builds had been used an hour before they were, one after the other. */
function makeOld(tree: Tree): void {
	for (const name of tree.list('.builds')) {
		const file = path.join(tree.root, '.builds', name, 'package.json');
		const then = statSync(file).mtimeMs / 1000 - 3600;
		utimesSync(file, then, then);
	}
}
