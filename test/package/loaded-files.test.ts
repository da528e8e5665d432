/** What a program loads that imports the package: each file costs every start of every process. */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {isBuiltin} from 'node:module';
import test from 'ava';

/** The files that this one imports before any of its code runs, and theirs, as URLs. */
function filesLoadedBy(entry: URL): ReadonlySet<string> {
	const found = new Set<string>([entry.href]);
	for (const file of found) {
		const text = readFileSync(new URL(file), 'utf8');
		for (const [, target = ''] of text.matchAll(/^(?:import|export)\b[^;]*?\bfrom ['"](\.[^'"]*)['"]/gm)) {
			found.add(new URL(target, file).href);
		}
		for (const [, target = ''] of text.matchAll(/^import ['"](\.[^'"]*)['"]/gm)) found.add(new URL(target, file).href);
	}
	return found;
}

const inDist = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const startingWith = (files: ReadonlySet<string>, folder: string): readonly string[] =>
	[...files].filter(file => file.startsWith(inDist(folder).href));

test('a cluster without a Redis port loads none of its commands', t => {
	const files = filesLoadedBy(inDist('actors/index.js'));
	t.true(startingWith(files, 'actors/cluster/').length > 20, 'the files are found');
	t.deepEqual(startingWith(files, 'actors/redis/commands/'), []);
	t.deepEqual(startingWith(filesLoadedBy(inDist('actors/cli/start.js')), 'actors/redis/commands/'), []);
	t.not(startingWith(filesLoadedBy(inDist('actors/redis/gateway.js')), 'actors/redis/commands/').length, 0);
});

test('what runs scripts is loaded by the replicas alone, and by whoever looks into files of keys and values', t => {
	for (const entry of ['actors/index.js', 'actors/cli/start.js']) {
		t.deepEqual(startingWith(filesLoadedBy(inDist(entry)), 'src/lua/'), [], entry);
	}
	t.not(startingWith(filesLoadedBy(inDist('actors/replica/replica-host.js')), 'src/lua/').length, 0);
});

test('the thread of a node begins with one file, which needs no other but those of Node', t => {
	for (const name of ['replica', 'kv-server']) {
		const file = inDist(`workers/${name}.js`);
		const text = readFileSync(file, 'utf8');
		const imported = [...text.matchAll(/^import\b[^;]*?["']([^"']+)["'];$/gm)].map(([, target = '']) => target);
		t.true(imported.length > 0);
		t.deepEqual(
			imported.filter(target => !isBuiltin(target)),
			[],
			name,
		);
		for (const other of ['cbor-x', 'comlink', 'luaparse'])
			t.regex(text, new RegExp(`^${other} \\d+\\.\\d+`, 'm'), 'its licence');
	}
});

test('what people start is one file with what every start needs, and neither simulator nor checker in it', t => {
	const main = inDist('workers/cli/main.js');
	t.regex(readFileSync(inDist('workers/cli.js'), 'utf8'), /^#!.*\nimport '\.\/cli\/main\.js';\n$/);
	const loaded = [...filesLoadedBy(main)].map(file => readFileSync(new URL(file), 'utf8')).join('\n');
	t.true(loaded.includes('// dist/actors/cluster/cluster.js'), 'the cluster is in it');
	for (const name of ['src/simulation/simulation.js', 'actors/check/check-command.js']) {
		t.false(loaded.includes(`// dist/${name}`), name);
	}
	for (const [, target = ''] of loaded.matchAll(/^import\b[^;]*?["']([^"'.][^"']*)["'];$/gm)) {
		t.true(isBuiltin(target) || target === 'piscina', target);
	}
	const licences = readFileSync(inDist('workers/cli/LICENCES.txt'), 'utf8');
	for (const other of ['cbor-x', 'commander', 'comlink', 'valibot', 'prom-client', 'cli-table3']) {
		t.regex(licences, new RegExp(`^${other} \\d+\\.\\d+`, 'm'));
	}
});

test('what a part of the command finds by its own place is there', t => {
	const folder = inDist('workers/cli/');
	const found = readdirSync(folder)
		.map(name => readFileSync(new URL(name, folder), 'utf8'))
		.flatMap(text =>
			Array.from(text.matchAll(/["']([^"'\n]+)["'],\s*import\.meta\.url/g), ([, target = '']) => target),
		);
	t.true(found.length >= 5, found.join());
	for (const target of found) t.true(existsSync(new URL(target, folder)), target);
});

test('the thread of a node loads nothing of the console, of the port, of the checker, or of other clusters', t => {
	const files = filesLoadedBy(inDist('actors/replica/replica-host.js'));
	t.true(files.size > 50, 'the files are found');
	for (const folder of ['cli', 'console', 'redis', 'web', 'engines', 'chaos', 'observe', 'cluster']) {
		t.deepEqual(startingWith(files, `actors/${folder}/`), [], folder);
	}
	t.deepEqual(startingWith(files, 'src/linearizability/'), []);
	t.deepEqual(startingWith(files, 'src/simulation/'), []);
});
