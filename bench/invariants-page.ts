/** Writes the page of the invariants: who judges each, which planted bugs and tests it was found to be broken by, and back. */
import type {PageSources, TableRow} from './page-sources.js';

/** Invariants that nothing was ever found to break: neither a planted bug nor a test. A judge that is blind would have one. */
export const unbroken = ({invariants, bugs, tests}: PageSources): readonly string[] =>
	Object.keys(invariants).filter(
		name => !bugs.some(({foundBy}) => foundBy === name) && !tests.some(({invariant}) => invariant === name),
	);

const fileLink = (file: string): string => `[\`${file}\`](../${file})`;
const bugLink = ({id}: TableRow): string => `[${id}](#${id})`;

function invariantPart(name: string, {invariants, judges, bugs, tests}: PageSources): readonly string[] {
	const found = bugs.filter(({foundBy}) => foundBy === name);
	const breaking = tests.filter(({invariant}) => invariant === name);
	const {[name]: sentence = ''} = invariants;
	return [
		`### ${name}`,
		'',
		`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
		'',
		`- Judge: ${(judges.get(name) ?? []).map(fileLink).join(', ')}`,
		...(found.length === 0 ? [] : [`- Planted bugs that it found: ${found.map(bugLink).join(', ')}`]),
		...[...new Set(breaking.map(({file}) => file))].map(file => {
			const titles = breaking.filter(test => test.file === file).map(({title}) => `“${title}”`);
			return `- Broken by hand in ${fileLink(file)}: ${titles.join('; ')}`;
		}),
		'',
	];
}

/** In Markdown. */
export function invariantsPage(sources: PageSources): string {
	const {invariants, bugs} = sources;
	const names = Object.keys(invariants);
	const isInvariant = (name: string): boolean => Object.hasOwn(invariants, name);
	const found = bugs.filter(({foundBy}) => isInvariant(foundBy));
	return [
		'# Invariants and planted bugs',
		'',
		'<!-- `npm run invariants` writes this page. Change what it is made of: src/simulation/violation.ts, the judges, the tests,',
		'and the table in bench/results/mutants.md. -->',
		'',
		`In a simulated cluster, judges hold ${names.length} invariants. A run ends with the first one that breaks. Whether the judges see`,
		`anything is tried with ${bugs.length} planted bugs: mistakes of real systems, each put into a copy of the code. The simulator has found`,
		`${found.length} of them. Each invariant here was found to be broken at least once: by a planted bug, or by a test that hands its`,
		'judge a broken cluster.',
		'',
		'[The table of the runs](../bench/results/mutants.md) has the source of each planted bug, and the date.',
		'[The simulator](simulator.md) says how to run it.',
		'',
		'## Invariants',
		'',
		...names.flatMap(name => invariantPart(name, sources)),
		'## Planted bugs',
		'',
		'`npm run mutants -- --only NAME` looks for one of them. The last column says how many seeds were tried until it was found.',
		'',
		'| planted bug | what it does | found by | seeds |',
		'| --- | --- | --- | ---: |',
		...bugs.map(({id, title, foundBy, seeds}) => {
			const finder = isInvariant(foundBy) ? `[${foundBy}](#${foundBy.toLowerCase()})` : foundBy;
			return `| <a id="${id}"></a>${id} | ${title} | ${finder} | ${seeds} |`;
		}),
		'',
	].join('\n');
}
