/** Draws histories, and holds every engine and reduction against the permutation of operations. */
import {setImmediate as turn} from 'node:timers/promises';
import {inspect} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {check, hasAnswers} from '../../src/linearizability/check.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {findDisagreement} from './disagreement.js';
import {randomFrom} from './random-history.js';

export interface Agreement<Options> {
	/** Of the test of a family. */
	readonly titleOf: (family: string) => string;
	readonly families: Readonly<Record<string, Partial<Options>>>;
	readonly seed: number;
	readonly rounds: number;
	readonly draw: (family: Partial<Options>, random: () => number) => KvHistory;
	/** By definition. */
	readonly expectedOf: (history: KvHistory) => 'ok' | 'violation';
}

/** A test for each family, half of whose histories are damaged. */
export function testAgreement<Options>({titleOf, families, seed, rounds, draw, expectedOf}: Agreement<Options>): void {
	for (const [name, family] of Object.entries(families)) {
		test(titleOf(name), async t => {
			// So that what is done is told while the next one runs.
			await turn();
			const random = randomFrom(seed * 7919 + name.length * 104_729);
			const seen = {ok: 0, violation: 0};
			for (let round = 0; round < rounds; round++) {
				const history = draw(family, random);
				if (!hasAnswers(history)) continue;
				const expected = expectedOf(history);
				seen[expected]++;
				const wrong = findDisagreement(history, expected, round);
				if (wrong !== undefined)
					t.fail(`SEED=${seed} round ${round}: ${inspect({expected, wrong, history}, {depth: 9})}`);
			}
			t.log(`SEED=${seed}: ${JSON.stringify(seen)}`);
			t.true(seen.ok > rounds / 20 && seen.violation > rounds / 20, 'the generator makes both verdicts');
		});
	}
}

/** Each family in turn, without damage: every history is linearizable, by construction. */
export function expectAllOk<Options>(
	t: ExecutionContext,
	{families, seed, rounds, draw}: Agreement<Options>,
	undamaged: Partial<Options>,
): void {
	const random = randomFrom(seed);
	for (const [name, family] of Object.entries(families)) {
		for (let round = 0; round < rounds / 10; round++) {
			const history = draw({...family, ...undamaged}, random);
			const {verdict} = check(history, {model: kvModel('kv')});
			if (verdict !== 'ok') t.fail(`SEED=${seed} ${name}, round ${round}: ${verdict} ${inspect(history, {depth: 9})}`);
		}
	}
	t.pass();
}
