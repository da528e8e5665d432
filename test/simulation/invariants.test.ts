/**
 * An invariant that nobody judges promises something that nobody looks at, and one that nothing was ever found to break may
 * have a judge that is blind.
 */
import {readFileSync} from 'node:fs';
import test from 'ava';
import {invariantsPage, unbroken} from '../../bench/invariants-page.js';
import {breakingTestsIn, pageSources, reportedIn, rowsIn, type PageSources} from '../../bench/page-sources.js';
import {invariants} from '../../src/simulation/violation.js';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const sources = pageSources();

test('each invariant is reported by a judge, and judges report nothing else', t => {
	t.deepEqual([...sources.judges.keys()].sort(), Object.keys(invariants).sort());
});

test('each invariant was found to be broken: by a planted bug, or by a test that hands its judge a broken cluster', t => {
	t.deepEqual(unbroken(sources), []);
});

test('the table of planted bugs names as finders invariants alone, and tests break none that is gone', t => {
	const isKnown = (name: string): boolean => Object.hasOwn(invariants, name);
	t.deepEqual(
		sources.bugs.filter(({foundBy}) => !isKnown(foundBy) && !foundBy.startsWith('not ')),
		[],
	);
	t.deepEqual(
		sources.tests.filter(({invariant}) => !isKnown(invariant)),
		[],
	);
});

test('the page of the invariants is what `npm run invariants` writes', t => {
	t.is(read('docs/invariants.md'), invariantsPage(sources), 'npm run invariants');
});

test('the README and the report of the benchmarks have the numbers of the page', t => {
	const {length} = sources.bugs;
	const found = sources.bugs.filter(({foundBy}) => Object.hasOwn(invariants, foundBy)).length;
	t.true(read('README.md').includes(`${Object.keys(invariants).length} invariants and ${length} planted bugs`));
	t.true(read('bench/README.md').includes(`[${found} of ${length}](results/mutants.md)`));
	t.true(read('bench/results/mutants.md').includes(`**${found} of the ${length} planted bugs were found`));
});

const small: PageSources = {
	invariants: {one: 'the first holds', two: 'the second holds'},
	judges: new Map([
		['one', ['src/a.ts', 'src/b.ts']],
		['two', ['src/a.ts']],
	]),
	bugs: [
		{id: 'bug-a', title: 'a goes wrong', foundBy: 'one', seeds: '7 †'},
		{id: 'bug-b', title: 'b goes wrong', foundBy: 'not found in 400', seeds: ''},
	],
	tests: [
		{invariant: 'two', file: 'test/a.test.ts', title: 'a … in its place'},
		{invariant: 'two', file: 'test/a.test.ts', title: 'b'},
	],
};

test('an invariant that neither a planted bug nor a test breaks is found', t => {
	t.deepEqual(unbroken(small), []);
	t.deepEqual(unbroken({...small, tests: []}), ['two']);
	t.deepEqual(unbroken({...small, bugs: small.bugs.slice(1)}), ['one']);
});

test('the page leads from an invariant to its judges, bugs and tests, and from a bug to its invariant', t => {
	const page = invariantsPage(small);
	t.true(
		page.includes(`### one

The first holds.

- Judge: [\`src/a.ts\`](../src/a.ts), [\`src/b.ts\`](../src/b.ts)
- Planted bugs that it found: [bug-a](#bug-a)

### two

The second holds.

- Judge: [\`src/a.ts\`](../src/a.ts)
- Broken by hand in [\`test/a.test.ts\`](../test/a.test.ts): “a … in its place”; “b”
`),
	);
	t.true(page.includes('| <a id="bug-a"></a>bug-a | a goes wrong | [one](#one) | 7 † |'));
	t.true(page.includes('| <a id="bug-b"></a>bug-b | b goes wrong | not found in 400 |  |'));
});

test('a report is found in each form that judges use, and no other text is taken for one', t => {
	t.deepEqual(
		reportedIn(`
			report('one', told);
			this.#report(
				'two',
				told,
			);
			this.#context.report('three', told);
			this.#fail('four', told);
			case 'five':
		`),
		['one', 'two', 'three', 'four'],
	);
});

test('the rows of the table and the titles that name an invariant are read, and nothing else', t => {
	t.deepEqual(
		rowsIn('| mutant | what | source | found by | seeds |\n| --- | --- | --- | --- | ---: |\n| a | b | c | |\n'),
		[],
	);
	t.deepEqual(rowsIn('| a | b | c, d | one | 5 † |\n| e | f | g | not looked for |  |\n'), [
		{id: 'a', title: 'b', foundBy: 'one', seeds: '5 †'},
		{id: 'e', title: 'f', foundBy: 'not looked for', seeds: ''},
	]);
	// In two parts, so that this very file has no such title.
	const breaks = 'breaks the invariant';
	const source = [
		`test('it ${breaks} one', t => {});`,
		`test.serial(\`what \${is} done ${breaks} two, as \${ever}\`, t => {});`,
		`test('that they don\\'t ${breaks} three', t => {});`,
		`test(\`it ${breaks} \${name}\`, t => {}); test('it breaks nothing', t => {});`,
	].join('\n');
	t.deepEqual(
		breakingTestsIn('a.test.ts', source).map(({invariant, title}) => [invariant, title]),
		[
			['one', 'it breaks the invariant one'],
			['two', 'what … done breaks the invariant two, as …'],
			['three', "that they don't breaks the invariant three"],
		],
	);
});
