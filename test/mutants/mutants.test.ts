import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {transform} from 'esbuild';
import {buildMutant} from './build-mutant.js';
import {mutants, quickMutants} from './catalogue.js';
import hunt from './hunt-task.js';
import {applyPatch} from './mutant.js';

test('every planted bug fits the code of today, under a name of its own', t => {
	t.true(mutants.length >= 40);
	t.is(new Set(mutants.map(({id}) => id)).size, mutants.length);
	for (const {id, patches} of mutants) {
		const texts = new Map<string, string>();
		for (const patch of patches) {
			const url = new URL(`../../src/${patch.file}.js`, import.meta.url);
			const text = texts.get(patch.file) ?? readFileSync(url, 'utf8');
			t.notThrows(() => texts.set(patch.file, applyPatch(text, patch, id)));
		}
	}
});

test('every planted bug leaves a module: what cannot be loaded is no mistake that somebody made', async t => {
	for (const {id, patches} of mutants) {
		for (const patch of patches) {
			const text = readFileSync(new URL(`../../src/${patch.file}.js`, import.meta.url), 'utf8');
			await t.notThrowsAsync(transform(applyPatch(text, patch, id), {logLevel: 'silent'}), id);
		}
	}
	await t.throwsAsync(transform('class Server { request() { this.#machine.run(); } }', {logLevel: 'silent'}));
});

test('a patch that fits twice, or nowhere, is refused', t => {
	const patch = {file: 'any', find: 'a  b', replace: 'c'};
	t.is(applyPatch('x a\n\tb y', patch, 'id'), 'x c y');
	t.throws(() => applyPatch('a b a b', patch, 'id'), {message: /fits 2 times/});
	t.throws(() => applyPatch('ab', patch, 'id'), {message: /fits 0 times/});
});

const directory = mkdtempSync(path.join(tmpdir(), 'mutants-'));
test.after.always(() => rmSync(directory, {recursive: true, force: true}));

for (const {mutant, firstSeed} of quickMutants) {
	test.serial(`the simulator finds within a few seeds: ${mutant.title} (${mutant.id})`, async t => {
		const copy = buildMutant(mutant, path.join(directory, mutant.id));
		const found = await hunt({copy, firstSeed, seeds: 20});
		t.truthy(found);
		t.log(`${found?.invariant} after ${found?.seeds} seeds`);
	});
}
