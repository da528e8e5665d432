/** The table of planted bugs, which is kept by hand after a run, held against the bugs that there are. */
import {readFileSync} from 'node:fs';
import test from 'ava';
import {rowsIn} from '../../bench/page-sources.js';
import {mutants} from './catalogue.js';

const page = readFileSync(new URL('../../../bench/results/mutants.md', import.meta.url), 'utf8');

test('each planted bug has one row in the table of bench/results, with its title, and there is no other row', t => {
	t.deepEqual(
		rowsIn(page)
			.map(({id, title}) => `${id}: ${title}`)
			.sort(),
		mutants.map(({id, title}) => `${id}: ${title}`).sort(),
	);
});
