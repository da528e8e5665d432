import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {CheckerCopy} from './checker-copy.js';
import {checkerMutants} from './checker-mutants.js';
import {applyPatch} from './mutant.js';

const only = process.env['MUTANT'];
const directory = mkdtempSync(path.join(tmpdir(), 'checker-mutants-'));
test.after.always(() => rmSync(directory, {recursive: true, force: true}));
const copy = new CheckerCopy(path.join(directory, 'copy'));

test.serial('every bug planted in the checker fits the code of today, under a name of its own', t => {
	t.is(new Set(checkerMutants.map(({mutant}) => mutant.id)).size, checkerMutants.length);
	for (const {mutant} of checkerMutants) {
		for (const patch of mutant.patches) {
			const text = readFileSync(new URL(`../../src/${patch.file}.js`, import.meta.url), 'utf8');
			t.notThrows(() => applyPatch(text, patch, mutant.id));
		}
	}
});

test.serial('a test that finds no bug, and one that is not there, are told apart from one that does', async t => {
	const harmless = {id: 'none', title: 'nothing', source: 'nobody', patches: []};
	t.is(await copy.run(harmless, 'formats', 'an empty file is an empty history'), 'passed');
	t.is(await copy.run(harmless, 'formats', 'no such test'), 'notFound');
});

for (const {mutant, file, title} of checkerMutants) {
	if (only !== undefined && only !== mutant.id) continue;
	test.serial(`a test of the checker finds: ${mutant.title} (${mutant.id})`, async t => {
		t.is(await copy.run(mutant, file, title), 'failed', `${file}: ${title}`);
	});
}
