/**
 * The checker of whole histories, as a second opinion: it shares no code with the judge of answers, which sees nearly all of the
 * same earlier. So that judge is made deaf here, in a copy of the simulator whose servers answer reads from what they have.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {buildMutant} from '../mutants/build-mutant.js';
import {mutants} from '../mutants/catalogue.js';
import hunt from '../mutants/hunt-task.js';

const directory = mkdtempSync(path.join(tmpdir(), 'linearizable-'));
test.after.always(() => rmSync(directory, {recursive: true, force: true}));

const deafJudge = {
	file: 'simulation/kv/answer-judge',
	find: "this.#report('freshRead',",
	replace: "(() => undefined)('freshRead',",
};

test('a stale read that no other judge sees breaks the invariant linearizable', async t => {
	const mutant = mutants.find(({id}) => id === 'reads-from-local-state');
	t.truthy(mutant);
	if (mutant === undefined) return;
	const copy = buildMutant({...mutant, patches: [...mutant.patches, deafJudge]}, path.join(directory, 'copy'));
	const found = await hunt({copy, firstSeed: 30, seeds: 20});
	t.is(found?.invariant, 'linearizable');
	t.log(`after ${found?.seeds} seeds`);
});
