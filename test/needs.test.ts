/** What is skipped must not count as passed: AVA itself is asked, by its TAP. */
import {execFile} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const ava = fileURLToPath(new URL('../../node_modules/ava/entrypoints/cli.mjs', import.meta.url));

const inner = `
	import {needing} from './needs.js';
	needing(undefined)('a test that has what it needs', t => t.pass());
	needing('etcd is not installed')('a test that lacks something', t => t.fail('it ran'));
`;

test('a test that lacks what it needs is counted as skipped, with the reason in its title', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'needs-'));
	t.teardown(() => rmSync(directory, {recursive: true}));
	mkdirSync(path.join(directory, 'test'));
	cpSync(fileURLToPath(new URL('needs.js', import.meta.url)), path.join(directory, 'test/needs.js'));
	writeFileSync(path.join(directory, 'test/inner.test.js'), inner);
	writeFileSync(path.join(directory, 'package.json'), '{"type": "module", "ava": {"files": ["test/*.test.js"]}}');
	symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), path.join(directory, 'node_modules'));
	const tap = await new Promise<string>(resolve => {
		execFile(process.execPath, [ava, '--tap'], {cwd: directory}, (_, stdout) => resolve(stdout));
	});
	t.regex(tap, /^ok \d+ - a test that has what it needs$/m);
	t.regex(tap, /^ok \d+ - a test that lacks something \[etcd is not installed\] # SKIP$/m);
	t.regex(tap, /^# skip 1$/m);
});

test('no test says in its log that it was skipped, and passes', t => {
	const folder = new URL('../../test/', import.meta.url);
	const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(file => file.endsWith('.ts'));
	t.true(files.length > 100);
	t.deepEqual(
		files.filter(file => /\.log\(\s*['"`]skipped\b/.test(readFileSync(new URL(file, folder), 'utf8'))),
		[],
	);
});
