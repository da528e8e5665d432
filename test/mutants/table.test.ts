/** The table of planted bugs, which is kept by hand after a run, held against the bugs that there are. */
import {readFileSync} from 'node:fs';
import test from 'ava';
import {mutants} from './catalogue.js';

const page = readFileSync(new URL('../../../bench/results/mutants.md', import.meta.url), 'utf8');

/** The rows of the table of all bugs, which has the most columns. */
const rowsIn = (text: string): readonly (readonly string[])[] =>
	text
		.split('\n')
		.filter(line => line.startsWith('| '))
		.map(line => line.slice(2, -2).split(' | '))
		.filter(cells => cells.length >= 5 && cells[0] !== 'mutant' && !/^-+$/.test(cells[0] ?? ''));

test('each planted bug has one row in the table of bench/results, with its title, and there is no other row', t => {
	t.deepEqual(
		rowsIn(page)
			.map(([id, title]) => `${id}: ${title}`)
			.sort(),
		mutants.map(({id, title}) => `${id}: ${title}`).sort(),
	);
});
