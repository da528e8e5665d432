/** The checker's model against the real state machine: what it answers is ok, and nothing else is. */
import {inspect} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {check, hasAnswers} from '../../src/linearizability/check.js';
import {
	foundNothing,
	invalidReasons,
	isChange,
	isSingle,
	versionOf,
	type KvEdit,
	type KvEditName,
	type KvHistory,
	type KvInput,
	type KvOperation,
	type KvOutput,
	type KvPart,
	type KvReply,
	type KvResult,
	type KvValueCondition,
} from '../../src/linearizability/kv-operation.js';
import {parseJsonLines} from '../../src/linearizability/formats/json-lines.js';
import {writeJsonLines} from '../../src/linearizability/formats/write-json-lines.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {partition} from '../../src/linearizability/partition.js';
import type {KeyValues} from '../../src/kv/execution.js';
import {execute} from '../../src/kv/operations.js';
import {operationOf, outputOf} from '../../actors/load/recorded-operation.js';
import {Moment} from './moment.js';

/** The parts of an operation, each with its answer. */
type Part = readonly [KvPart, KvResult | undefined];

function partsOf(input: KvInput, output: KvOutput | undefined): readonly Part[] {
	if (input.type === 'transaction') return [];
	if (input.type !== 'batch') return [[input, output === undefined || isSingle(output) ? output : undefined]];
	return input.operations.map((part, place) => [part, output?.type === 'batch' ? output.results[place] : undefined]);
}

const bytesMax = 19;

/**
 * What the machine answers. The checker does not know how large a value may be: what `told` says was too large was too large, and
 * nothing else was. Of unknown outcome: that it was too large is as if it had not run.
 */
function run(store: KeyValues, input: KvInput, version: number, told?: KvOutput | 'unknown'): KvOutput {
	const results = partsOf(input, told === 'unknown' ? undefined : told).map(([part, result]): KvResult => {
		const isTooLarge = result?.type === 'invalid' && result.reason === 'valueTooLarge';
		const valueBytesMax = told === undefined ? bytesMax : isTooLarge ? 0 : 100;
		return outputOf(part, execute({store, version, now: 0, valueBytesMax}, operationOf(part))) as KvResult;
	});
	return input.type === 'batch' ? {type: 'batch', results} : (results[0] as KvResult);
}

const key = fc.constantFrom('', 'b');
const largest = String(2n ** 63n - 1n);
const value = fc.oneof(
	{weight: 8, arbitrary: fc.constantFrom('a', 'b', 'ab', '7')},
	fc.constantFrom(largest, 'longer than nineteen'),
);
const valueCondition: fc.Arbitrary<KvValueCondition> = fc.oneof(
	value.map(is => ({is})),
	value.map(isNot => ({isNot})),
);
const place = fc.nat(20).map(String);
const words = (name: KvEditName, keys: readonly string[], ...values: readonly string[]): KvEdit => ({
	type: 'edit',
	name,
	keys,
	values,
});
const anyEdit: fc.Arbitrary<KvEdit> = fc
	.tuple(key, key, value, place, fc.boolean(), fc.constantFrom('and', 'or', 'xor', 'not'), fc.constantFrom('1', '-0.5'))
	.chain(([first, second, written, number, isLucky, operator, by]) =>
		fc.constantFrom(
			words('rename', [first, second]),
			words('renamenx', [first, second]),
			words('copy', [first, second], ...(isLucky ? ['replace'] : [])),
			words('setrange', [first], isLucky ? number : '-1', written),
			words('setrange', [first], number, ''),
			words('incrbyfloat', [first], by),
			words('setbit', [first], number, isLucky ? '1' : '0'),
			words('bitop', [first, second, ...(isLucky ? [first] : [])], operator),
			words('msetnx', [first, second], written, number),
			words('bitfield', [first], 'set', 'u8', number, number, 'get', 'i4', '2'),
			words('bitfield', [first], 'get', 'u3', number),
		),
	);
const anyPart: fc.Arbitrary<KvPart> = fc.oneof(
	{weight: 2, arbitrary: anyEdit},
	key.map((asked): KvPart => ({type: 'get', key: asked})),
	key.map((asked): KvPart => ({type: 'delete', key: asked})),
	fc.tuple(key, valueCondition).map(([asked, condition]): KvPart => ({type: 'delete', key: asked, condition})),
	fc
		.tuple(key, value, valueCondition)
		.map(([asked, written, condition]): KvPart => ({type: 'put', key: asked, value: written, condition})),
	fc
		.tuple(key, value, fc.constantFrom(undefined, 'absent' as const, 'present' as const))
		.map(([asked, written, condition]): KvPart => {
			const plain = {type: 'put', key: asked, value: written} as const;
			return condition === undefined ? plain : Object.assign(plain, {condition});
		}),
	fc.tuple(key, value).map(([asked, written]): KvPart => ({type: 'append', key: asked, value: written})),
	fc
		.tuple(
			key,
			fc.oneof(fc.record({version: fc.nat(6)}), fc.record({value: fc.option(value, {nil: undefined})})),
			value,
		)
		.map(([asked, expected, written]): KvPart => ({type: 'compareAndSet', key: asked, expected, value: written})),
	fc.tuple(key, fc.constantFrom(1n, -1n)).map(([asked, by]): KvPart => ({type: 'increment', key: asked, by})),
);
const clear: KvPart = {type: 'clear'};
const anyInput: fc.Arbitrary<KvInput> = fc.oneof(
	{weight: 6, arbitrary: anyPart},
	{weight: 1, arbitrary: fc.constant(clear)},
	{
		weight: 3,
		arbitrary: fc
			.array(fc.oneof({weight: 9, arbitrary: anyPart}, fc.constant(clear)), {maxLength: 3})
			.map((operations): KvInput => ({type: 'batch', operations})),
	},
);

/** As text; unlike JSON with numbers of 64 bits. */
const shown = (what: unknown): string => inspect(what, {depth: 9, breakLength: Infinity});
/** Where an error is right, any will do. */
const told = (output: KvOutput): string => shown(output).replaceAll(/(?<=type: 'error', text: ')[^']*/g, 'any');
const isSame = (one: KvOutput, other: KvOutput): boolean => told(one) === told(other);

/** The answers of the machine to one after the other, each at the next revision. */
function answersTo(inputs: readonly KvInput[]): KvOutput[] {
	const store = new Moment();
	return inputs.map((input, place) => run(store, input, place + 1));
}

function inRow(inputs: readonly KvInput[], outputs: readonly KvOutput[]): KvHistory {
	return inputs.map((input, place) => ({
		process: 'a',
		call: 2 * place,
		return: 2 * place + 1,
		input,
		output: outputs[place],
	}));
}

const verdictsOn = (history: KvHistory): Set<string> =>
	new Set(
		[
			{chain: true},
			{chain: false, searches: ['wgl'] as const},
			{chain: false, quotient: false, searches: ['jit'] as const},
		].map(
			({searches, ...options}) => check(history, {model: kvModel('kv', options), ...(searches && {searches})}).verdict,
		),
	);

/** What could be answered to such a request, right or wrong. */
function answersLike(input: KvInput, output: KvOutput, revision: number): KvOutput[] {
	const answers = partsOf(input, output).map(([part], place) =>
		resultsLike(part, revision).map((other): KvOutput => {
			return output.type === 'batch' ? {type: 'batch', results: output.results.with(place, other)} : other;
		}),
	);
	return [output, ...answers.flat()];
}

const replies: readonly KvReply[] = [
	undefined,
	0n,
	1n,
	2n,
	'8',
	'-0.5',
	{type: 'status', text: 'OK'},
	{type: 'error', text: 'ERR'},
	{type: 'list', items: []},
	{type: 'list', items: [0n]},
	{type: 'list', items: [0n, 0n]},
];

function resultsLike(input: KvPart, revision: number): KvResult[] {
	const versions = Array.from({length: revision + 1}, (_, version) => version);
	const values = [undefined, 'a', 'b', 'ab', 'aa', '7', '8'];
	const seen = versions.flatMap(version => values.map(each => ({value: each, version})));
	const written = versions.map((version): KvResult => ({type: 'written', version}));
	const refused = seen.map(({value: there, version}): KvResult => ({
		type: 'conditionFailed',
		observed: {value: there},
		version,
	}));
	const tooLarge = versions.map((version): KvResult => ({type: 'invalid', reason: 'valueTooLarge', version}));
	switch (input.type) {
		case 'get':
			return seen.map(each => ({type: 'value', ...each}));
		case 'edit': {
			const invalid: KvResult = {type: 'invalid', reason: 'valueTooLarge', version: undefined};
			return [
				invalid,
				...versions.flatMap(version => replies.map((reply): KvResult => ({type: 'edited', reply, version}))),
			];
		}
		case 'delete': {
			const deleted = versions.flatMap((version): KvResult[] => [
				{type: 'deleted', existed: true, version},
				{type: 'deleted', existed: false, version},
			]);
			return input.condition === undefined ? deleted : [...deleted, ...refused];
		}
		case 'clear':
			return versions.flatMap(version => [0, 1, 2].map((count): KvResult => ({type: 'cleared', count, version})));
		case 'increment':
			return versions.flatMap((version): KvResult[] => {
				const sums = [-1n, 1n, 6n, 7n, 8n, 9n, 2n ** 63n - 2n];
				const added = sums.map((sum): KvResult => ({type: 'number', value: sum, version}));
				return added.concat(invalidReasons.map((reason): KvResult => ({type: 'invalid', reason, version})));
			});
		case 'compareAndSet':
			return [...written, ...refused, ...tooLarge];
		case 'put': {
			if (input.condition === undefined) return [...written, ...tooLarge];
			const told = seen.map((each): KvResult => ({
				type: 'written',
				version: each.version,
				previous: {value: each.value},
			}));
			return [...told, ...refused, ...tooLarge];
		}
		default:
			return [...written, ...tooLarge];
	}
}

/** The versions that the answer tells of changes. */
function changedAt(input: KvInput, output: KvOutput | undefined): number[] {
	return partsOf(input, output).flatMap(([, result]) =>
		result !== undefined && isChange(result) ? (versionOf(result) ?? []) : [],
	);
}

/** Of a deletion that found nothing the revision may be that of the latest change. */
function isAfter(version: number, before: number, input: KvInput, output: KvOutput | undefined): boolean {
	const isPassing = partsOf(input, output).every(
		([, result]) => result === undefined || !isChange(result) || foundNothing(result),
	);
	return isPassing ? version >= before : version > before;
}

/** Whether the machine could answer so to the last: for a change any revision above all that were told will do. */
function isRight(answer: KvOutput, inputs: readonly KvInput[], outputs: readonly KvOutput[]): boolean {
	const last = inputs.length - 1;
	const input = inputs[last] as KvInput;
	// What has nothing to do with the key may have any revisions.
	const apart = [...partition(inRow(inputs, outputs), kvModel('kv')).values()];
	const together = apart.find(operations => operations.some(operation => operation.call === 2 * last)) ?? [];
	const told = together.flatMap(each => (each.call === 2 * last ? [] : changedAt(each.input, each.output)));
	const [version = last + 1] = changedAt(input, answer);
	if (!isAfter(version, Math.max(0, ...told), input, answer)) return false;
	const store = new Moment();
	for (const [place, earlier] of inputs.slice(0, -1).entries()) run(store, earlier, place + 1);
	return isSame(run(store, input, version, answer), answer);
}

test('of all answers to the last of some operations only those of the machine are ok', t => {
	fc.assert(
		fc.property(fc.array(anyInput, {minLength: 1, maxLength: 6}), inputs => {
			const outputs = answersTo(inputs);
			const last = inputs.length - 1;
			for (const answer of answersLike(inputs[last] as KvInput, outputs[last] as KvOutput, inputs.length)) {
				const history = inRow(inputs, outputs.with(last, answer));
				if (!hasAnswers(history)) continue;
				const expected = isRight(answer, inputs, outputs) ? 'ok' : 'violation';
				const verdicts = verdictsOn(history);
				if (verdicts.size !== 1 || !verdicts.has(expected)) {
					throw new Error(`${shown(answer)} is ${[...verdicts].join(' and ')}, not ${expected}: ${shown(history)}`);
				}
			}
		}),
		{seed: 9, numRuns: 150},
	);
	t.pass();
});

/** The definition, with the machine for a model: each operation at the revision that its answer tells. */
function isOrderOfMachine(rest: KvHistory, store: Moment, revision: number): boolean {
	if (rest.every(({output}) => output === undefined)) return true;
	const firstReturn = Math.min(...rest.map(operation => operation.return));
	return rest.some(({input, output, call}, place) => {
		if (call > firstReturn) return false;
		const left = rest.toSpliced(place, 1);
		return revisionsOf(input, output, revision).some(version => {
			const after = store.copy();
			const answer = run(after, input, version, output ?? 'unknown');
			return (
				(output === undefined || isSame(answer, output)) && isOrderOfMachine(left, after, Math.max(revision, version))
			);
		});
	});
}

/** At which an operation can have taken effect: what changes nothing takes no revision that anybody is told. */
function revisionsOf(input: KvInput, output: KvOutput | undefined, after: number): number[] {
	if (output === undefined) return Array.from({length: 12}, (_, index) => index + 1).filter(version => version > after);
	const [version = after] = changedAt(input, output);
	return isAfter(version, after, input, output) ? [version] : [];
}

/** Inputs with when they are called and return, in the order in which they take effect; and one answer taken from another. */
const anyHistory: fc.Arbitrary<KvHistory> = fc
	.array(fc.tuple(anyInput, fc.nat(6), fc.nat(6), fc.nat(5)), {minLength: 2, maxLength: 6})
	.chain(drafts => {
		const outputs = answersTo(drafts.map(([input]) => input));
		const history = drafts.map(([input, before, after, luck], place): KvOperation => ({
			process: String(place),
			call: 4 * place - before,
			return: luck === 0 ? Infinity : 4 * place + after,
			input,
			output: luck === 0 ? undefined : outputs[place],
		}));
		return fc.tuple(fc.nat(history.length - 1), fc.nat()).map(([place, choice]) => {
			const damaged = history[place] as KvOperation;
			const answers = damaged.output && answersLike(damaged.input, damaged.output, history.length);
			const output = answers?.[choice % answers.length];
			return history.with(place, {...damaged, output});
		});
	});

test('every order of overlapping operations that the machine could have taken is ok, and nothing else', t => {
	const seen = {ok: 0, violation: 0};
	fc.assert(
		fc.property(anyHistory, history => {
			if (!hasAnswers(history)) return;
			// What has nothing to do with each other may have any revisions.
			const apart = [...partition(history, kvModel('kv')).values()];
			const isOrder = apart.every(operations => isOrderOfMachine(operations, new Moment(), 0));
			const expected = isOrder ? 'ok' : 'violation';
			seen[expected]++;
			const verdicts = verdictsOn(history);
			// How many of unknown outcome have room between two revisions is not counted: see Limits in the README.
			if (history.filter(({output}) => output === undefined).length > 1) verdicts.delete('ok');
			verdicts.delete(expected);
			if (verdicts.size > 0) throw new Error(`${[...verdicts].join(' and ')}, not ${expected}: ${shown(history)}`);
		}),
		{seed: 10, numRuns: 2000},
	);
	t.log(JSON.stringify(seen));
	t.true(seen.ok > 100 && seen.violation > 100, 'both verdicts are drawn');
});

test('JSON lines keep every operation and every answer', t => {
	const byProcess = (history: KvHistory): KvHistory =>
		history.toSorted((one, other) => Number(one.process) - Number(other.process));
	fc.assert(
		fc.property(anyHistory, history => {
			const lines = writeJsonLines(history, {model: 'kv', initial: undefined});
			t.deepEqual(byProcess(parseJsonLines(lines).history), byProcess(history));
		}),
		{seed: 11, numRuns: 300},
	);
});
