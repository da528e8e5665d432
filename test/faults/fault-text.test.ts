import test from 'ava';
import {BETRAYAL_KINDS, TOLERATED_KINDS, type FaultKind} from '../../src/faults/fault-kinds.js';
import type {Fault} from '../../src/faults/faults.js';
import {faultOfWords, wordsOfFault} from '../../src/faults/fault-text.js';
import {Nemesis} from '../../src/faults/nemesis.js';

/** Some faults of each kind. */
function faultsOf(kind: FaultKind): readonly Fault[] {
	const drawer = new Nemesis({nodeCount: 5, durationMs: 20_000, kinds: [kind]});
	return [1, 2, 3]
		.flatMap(seed => drawer.draw(seed).events)
		.flatMap(event => (event.type === 'inject' ? [event.fault] : []));
}

for (const kind of [...TOLERATED_KINDS, ...BETRAYAL_KINDS]) {
	test(`faults of the kind ${kind} are read back from their words as they were`, t => {
		const faults = faultsOf(kind);
		t.not(faults.length, 0);
		for (const fault of faults) t.deepEqual(faultOfWords(wordsOfFault(fault)), fault);
	});
}

test('a fault is written so that one can read it, in words that need no quotes', t => {
	t.deepEqual(wordsOfFault({type: 'loss', links: {from: 'nodes', to: ['node:2', 'client:a b,"#']}, probability: 0.1}), [
		'loss',
		'links.from=nodes',
		'links.to=[node:2,client:a%20b%2C%22%23]',
		'probability=0.1',
	]);
	const partition = {type: 'partition', groups: [['node:0'], ['node:1', 'node:2']], oneWay: false} as const;
	t.deepEqual(wordsOfFault(partition), ['partition', 'groups=[[node:0],[node:1,node:2]]', 'oneWay=false']);
	t.deepEqual(faultOfWords(wordsOfFault({type: 'cut', links: {from: 'client:a b,"#', to: []}})), {
		type: 'cut',
		links: {from: 'client:a b,"#', to: []},
	});
});

for (const [words, about] of [
	[['loss', 'probability'], /FIELD=VALUE/],
	[['loss', '=1'], /FIELD=VALUE/],
	[['loss', 'probability='], /a value/],
	[['loss', 'probability=0.1', 'probability=0.2'], /given once/],
	[['partition', 'groups=[[node:0]'], /ends with a bracket/],
	[['partition', 'groups=[node:0]]'], /one value/],
	[['loss', 'links=nodes', 'links.from=nodes'], /has a value already/],
	[['loss', 'links=%zz'], /hexadecimal/],
] as const) {
	test(`the words ${words.join(' ')} are refused`, t => {
		t.throws(() => faultOfWords(words), {code: 'ERR_FAULT', message: about});
	});
}

test('a field with the name of what every object has changes nothing but the fault', t => {
	const fault = faultOfWords(['loss', '__proto__.polluted=true', 'constructor=1']) as object;
	t.false('polluted' in {});
	t.true(Object.hasOwn(fault, '__proto__'));
});
