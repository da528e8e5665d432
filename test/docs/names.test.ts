/** What the maps of the code name is there: files, and the names of the glossary. */
import {existsSync, readFileSync, statSync} from 'node:fs';
import test from 'ava';
import {missingFiles, wordsOf, wrongPlaces} from './names.js';

const root = new URL('../../../', import.meta.url);

function read(file: string): string | undefined {
	const url = new URL(file, root);
	if (!existsSync(url)) return undefined;
	return statSync(url).isDirectory() ? '' : readFileSync(url, 'utf8');
}

for (const page of ['docs/architecture.md', 'docs/glossary.md', 'CONTRIBUTING.md']) {
	test(`each file and folder that ${page} names is there`, t => {
		t.deepEqual(missingFiles(read(page) ?? '', read), []);
	});
}

test('a file that a page names and that is gone is found', t => {
	const page = 'See `src/a.ts`, `actors/b/` and `npm test`; `src/gone.ts` and `test/gone/` were removed.';
	const files = new Set(['src/a.ts', 'actors/b']);
	t.deepEqual(
		missingFiles(page, file => (files.has(file) ? '' : undefined)),
		['src/gone.ts', 'test/gone'],
	);
});

test('each word of the glossary stands there once, and its names are declared where it says', t => {
	const page = read('docs/glossary.md') ?? '';
	const words = wordsOf(page);
	t.true(words.length >= 30);
	t.is(new Set(words).size, words.length);
	t.deepEqual(wrongPlaces(page, read), []);
});

test('a name of the glossary that its file does not declare is found', t => {
	const files: Readonly<Record<string, string>> = {
		'src/a.ts': 'export class Right {\n\treadonly size: number;\n\tget first(): number {}\n}\nclass Hidden {}\n',
	};
	const problems = (places: string): readonly string[] =>
		wrongPlaces(`| word | what | where |\n|---|---|---|\n| it | It is. | ${places} |\n`, file => files[file]);
	t.deepEqual(problems('`Right`, `size`, `first` in `src/a.ts`'), []);
	t.deepEqual(problems('`Hidden` in `src/a.ts`'), ['it: src/a.ts does not declare Hidden']);
	t.deepEqual(problems('`last` in `src/a.ts`'), ['it: src/a.ts does not declare last']);
	t.deepEqual(problems('`Right` in `src/b.ts`'), ['it: there is no src/b.ts']);
	t.deepEqual(problems('`Right` in `src/a.ts`, somewhere'), [
		'it: "`Right` in `src/a.ts`, somewhere" is not NAME in FILE',
	]);
});
