/** What the page of the invariants is made of, read from the project: judges, the table of planted bugs, and tests. */
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {invariants} from '../src/simulation/violation.js';
import {logBreakers} from '../test/simulation/breakers/log-breakers.js';

/** A row of bench/results/mutants.md. */
export interface TableRow {
	readonly id: string;
	readonly title: string;
	/** An invariant, or why there is none: "not ...". */
	readonly foundBy: string;
	/** Until it was found; empty where nothing found it. */
	readonly seeds: string;
}

export interface BreakingTest {
	readonly invariant: string;
	readonly file: string;
	/** `…` stands for what the test fills in. */
	readonly title: string;
}

export interface PageSources {
	/** Their sentences, by name. */
	readonly invariants: Readonly<Record<string, string>>;
	/** By invariant: the files that report it. */
	readonly judges: ReadonlyMap<string, readonly string[]>;
	readonly bugs: readonly TableRow[];
	readonly tests: readonly BreakingTest[];
}

const root = new URL('../../', import.meta.url);
const table = 'bench/results/mutants.md';
const judges = 'src/simulation';
const tests = 'test/simulation';

const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

/** From the root of the project, in the order of the alphabet. */
const filesIn = (folder: string, ending: string): readonly string[] =>
	readdirSync(new URL(`${folder}/`, root), {recursive: true, encoding: 'utf8'})
		.filter(file => file.endsWith(ending))
		.map(file => path.posix.join(folder, file.replaceAll(path.sep, '/')))
		.sort();

/** The names that a judge's source hands to `report`, whatever the function is called there. */
export const reportedIn = (source: string): readonly string[] =>
	[...source.matchAll(/(?:\breport|#report|#fail)\(\s*'(\w+)'/g)].map(([, name = '']) => name);

/** The rows of the table of all planted bugs, which has more columns than the other tables of its page. */
export const rowsIn = (page: string): readonly TableRow[] =>
	page
		.split('\n')
		.filter(line => line.startsWith('| '))
		.map(line => line.slice(2, -2).split(' | '))
		.filter(cells => cells.length >= 5 && cells[0] !== 'mutant' && !/^-+$/.test(cells[0] ?? ''))
		.map(([id = '', title = '', , foundBy = '', seeds = '']) => ({id, title, foundBy, seeds: seeds.trim()}));

/** The titles that say which invariant their test breaks. */
export const breakingTestsIn = (file: string, source: string): readonly BreakingTest[] =>
	[
		...source.matchAll(
			/test(?:\.serial)?\(\s*(['"`])((?:\\.|(?!\1).)*?\bbreaks? the invariant (\w+)(?:\\.|(?!\1).)*)\1/g,
		),
	].map(([, , title = '', invariant = '']) => ({
		invariant,
		file,
		title: title.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(String.raw`\'`, "'"),
	}));

/** All of it, as it is now. */
export function pageSources(): PageSources {
	const byInvariant = new Map<string, string[]>();
	for (const file of filesIn(judges, '.ts')) {
		for (const name of new Set(reportedIn(read(file)))) {
			byInvariant.set(name, [...(byInvariant.get(name) ?? []), file]);
		}
	}
	const byHand = logBreakers.map(({invariant, what}) => ({
		invariant,
		file: `${tests}/log-judge.test.ts`,
		title: what,
	}));
	const titled = filesIn(tests, '.test.ts').flatMap(file => breakingTestsIn(file, read(file)));
	return {invariants, judges: byInvariant, bugs: rowsIn(read(table)), tests: [...byHand, ...titled]};
}
