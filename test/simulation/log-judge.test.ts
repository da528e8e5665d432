import test from 'ava';
import type {Invariant} from '../../src/simulation/violation.js';
import {logBreakers} from './breakers/log-breakers.js';

for (const {invariant, what, show} of logBreakers) {
	test(`${what}: that breaks the invariant ${invariant}`, t => {
		const shown = (isBroken: boolean): readonly Invariant[] => {
			const reported: Invariant[] = [];
			show(name => reported.push(name), isBroken);
			return reported;
		};
		t.deepEqual(shown(false), []);
		t.deepEqual(shown(true), [invariant]);
	});
}
