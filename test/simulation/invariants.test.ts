/** An invariant that nobody judges promises something that nobody looks at. */
import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {invariants} from '../../src/simulation/violation.js';

const room = new URL('../../../src/simulation/', import.meta.url);

/** The names that a judge's source hands to `report`, whatever the function is called there. */
const reportedIn = (source: string): readonly string[] =>
	[...source.matchAll(/(?:\breport|#report|#fail)\(\s*'(\w+)'/g)].map(([, name = '']) => name);

test('each invariant is reported by a judge, and judges report nothing else', t => {
	const files = readdirSync(room).filter(file => file.endsWith('.ts'));
	const reported = new Set(files.flatMap(file => reportedIn(readFileSync(new URL(file, room), 'utf8'))));
	t.deepEqual([...reported].sort(), Object.keys(invariants).sort());
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
