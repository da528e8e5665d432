import {readFile} from 'node:fs/promises';
import test from 'ava';

interface Manifest {
	readonly exports: Readonly<Record<string, string>>;
}

test('every entry that package.json exports can be imported by its name, and exports something or begins a thread', async t => {
	const manifest = JSON.parse(
		await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
	) as unknown as Manifest;
	for (const entry of Object.keys(manifest.exports)) {
		if (entry.endsWith('.json')) continue;
		const name = `threadraft${entry.slice(1)}`;
		if (entry.startsWith('./workers/')) {
			// For bundlers, and for threads: whoever imports it by mistake is told.
			await t.throwsAsync(import(name), {message: /must be started as a worker thread, by a Cluster/});
			continue;
		}
		const exported = (await import(name)) as object;
		t.true(Object.keys(exported).length > 0, name);
	}
});
