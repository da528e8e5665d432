/** Histories that begin in the middle of the life of a key. */
import test from 'ava';
import {check} from '../../src/linearizability/check.js';
import type {KvHistory, KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import {unknownStartModel} from '../../src/linearizability/models/unknown-start-model.js';

type Step = readonly [input: KvInput, output: KvOutput | undefined];

const key = 'k';
const get = (value: string | undefined): Step => [
	{type: 'get', key},
	{type: 'value', value, version: undefined},
];
const put = (value: string, isKnown = true): Step => [{type: 'put', key, value}, isKnown ? written : undefined];
const append = (value: string, isKnown = true): Step => [{type: 'append', key, value}, isKnown ? written : undefined];
const remove = (existed: boolean): Step => [
	{type: 'delete', key},
	{type: 'deleted', existed, version: undefined},
];
const cas = (expected: string | undefined, value: string, output: KvOutput | undefined): Step => [
	{type: 'compareAndSet', key, expected: {value: expected}, value},
	output,
];
const written: KvOutput = {type: 'written', version: undefined};
const failed = (value: string | undefined): KvOutput => ({
	type: 'conditionFailed',
	observed: {value},
	version: undefined,
});

/** One after the other; what has no answer goes on for ever. */
function historyOf(steps: readonly Step[]): KvHistory {
	return steps.map(([input, output], number) => ({
		process: String(number),
		call: 2 * number,
		return: output === undefined ? Infinity : 2 * number + 1,
		input,
		output,
	}));
}

const fits = test.macro({
	exec(t, isPossible: boolean, ...steps: readonly Step[]) {
		t.is(check(historyOf(steps), {model: unknownStartModel}).verdict, isPossible ? 'ok' : 'violation');
	},
	title: (name = '', isPossible) => `${name}: ${isPossible ? 'possible' : 'impossible'}`,
});

test('the first read shows anything', fits, true, get('old'), get('old'));
test('a second read shows something else that nobody wrote', fits, false, get('old'), get('older'));
test('an append to what was there, and a read that ends with it', fits, true, append('c'), get('abc'));
test('an append, and a read that does not end with it', fits, false, append('c'), get('ab'));
test('two appends in the order of their answers', fits, true, append('b'), append('c'), get('abc'));
test('two appends in the other order', fits, false, append('b'), append('c'), get('acb'));
test('a key that was appended to is gone', fits, false, append('b'), get(undefined));
test('a deletion that found something, or nothing', fits, true, remove(true), remove(false), get(undefined));
test('a deletion that found what another had deleted', fits, false, remove(true), remove(true));
test('a deletion that finds nothing of what was appended', fits, false, append('a'), remove(false));
test('a comparison that holds with what was there', fits, true, cas('x', 'y', written), get('y'));
test('a comparison that holds with the end of it', fits, true, append('c'), cas('abc', 'y', written), get('y'));
test('a comparison that cannot hold', fits, false, append('c'), cas('ab', 'y', written));
test('a comparison that does not hold shows what is there', fits, true, cas('x', 'y', failed('z')), get('z'));
test('a comparison that does not hold, and shows what was asked for', fits, false, cas('x', 'y', failed('x')));
test('a comparison with an absent key that holds', fits, true, cas(undefined, 'y', written), get('y'));
test('a write of unknown outcome that is seen', fits, true, put('a'), put('b', false), get('a'), get('b'));
test('a write of unknown outcome that comes twice', fits, false, put('a'), append('b', false), get('abb'));
test('a write that was seen and is gone', fits, false, put('a'), put('b', false), get('b'), get('a'));

test('operations of more than one key are refused', t => {
	const history = historyOf([[{type: 'batch', operations: []}, undefined]]);
	t.throws(() => check(history, {model: unknownStartModel}), {code: 'ERR_HISTORY'});
});
