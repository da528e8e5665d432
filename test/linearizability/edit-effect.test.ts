/** What the checker says of edits, against the state machine's own: they share no code. */
import {inspect} from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import {execute} from '../../src/kv/operations.js';
import type {KvEdit, KvEditName, KvPart, KvResult} from '../../src/linearizability/kv-operation.js';
import {effectOfEdit, isSameReply} from '../../src/linearizability/models/edit-effect.js';
import {operationOf, outputOf} from '../../actors/load/recorded-operation.js';
import {Moment} from './moment.js';

const names = ['a', 'b', 'c'];
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const textOf = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString('latin1');

/** What is there before, and what is asked for. */
type Case = readonly [there: readonly (string | undefined)[], edit: KvEdit];

/** Both carry it out: answers, values, and which keys were written. */
function compare(t: {fail: (message: string) => void}, [there, edit]: Case, seen?: Map<string, number>): void {
	const store = new Moment();
	for (const [place, value] of there.entries()) if (value !== undefined) store.set(names[place] ?? '', bytes(value), 1);
	const run = (part: KvPart): KvResult =>
		outputOf(part, execute({store, version: 2, now: 0, valueBytesMax: 2 ** 20}, operationOf(part))) as KvResult;
	const held = new Map(names.map((name, place) => [name, there[place]]));
	const {reply, writes, hasSize} = effectOfEdit(edit, name => held.get(name));
	const result = run(edit);
	const written = new Set<string>();
	for (const {key, value} of result.type === 'edited' ? writes : []) {
		if (value !== undefined || held.get(key) !== undefined) written.add(key);
		held.set(key, value);
	}
	const expected = names.map(name => [held.get(name), written.has(name) && held.get(name) !== undefined]);
	const found = names.map(name => [textOf(store.get(name)?.value), store.get(name)?.version === 2]);
	const isRight = result.type === 'invalid' ? hasSize : result.type === 'edited' && isSameReply(reply, result.reply);
	const kind = `${edit.name} ${result.type === 'edited' && isSameReply({type: 'error', text: ''}, result.reply) ? 'refused' : result.type}`;
	seen?.set(kind, (seen.get(kind) ?? 0) + 1);
	if (isRight && inspect(expected) === inspect(found)) return;
	t.fail(inspect({there, edit, reply, result, expected, found}, {depth: 9, maxStringLength: 200}));
}

const byte = fc.constantFrom('\0', '\u0001', '0', '7', 'a', '\u007F', '\u0080', '\u00FF', '-', '.');
const value = fc.string({unit: byte, maxLength: 12});
const anyThere = fc.array(fc.option(value, {nil: undefined}), {minLength: 3, maxLength: 3});
const key = fc.constantFrom(...names);
const number = fc.oneof(
	{weight: 5, arbitrary: fc.nat(90).map(String)},
	fc.constantFrom(
		'-1',
		'01',
		'',
		'x',
		'+1',
		'4294967295',
		'4294967296',
		'536870912',
		'2000000',
		'99999999999999999999',
	),
);
const words = (name: KvEditName, keys: readonly string[], values: readonly string[]): KvEdit => ({
	type: 'edit',
	name,
	keys,
	values,
});

const fieldWord = fc.oneof(
	fc.constantFrom('get', 'SET', 'set', 'incrby', 'overflow', 'wrap', 'sat', 'FAIL', 'fail'),
	fc
		.tuple(fc.constantFrom('i', 'u', 'I', ''), fc.oneof(fc.nat(66), fc.constantFrom(1, 8, 63, 64)))
		.map(([sign, width]) => `${sign}${width}`),
	fc.tuple(fc.constantFrom('#', '', '##'), fc.nat(40)).map(([unit, place]) => `${unit}${place}`),
	fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}).map(String),
);
const width = fc.oneof(fc.integer({min: 1, max: 64}), fc.constantFrom(1, 8, 62, 63, 64));
const operand = fc.oneof(
	fc.integer({min: -300, max: 300}).map(String),
	fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}).map(String),
	fc.constantFrom(String(-(2n ** 63n)), String(2n ** 63n - 1n)),
);
/** Mostly in the right order. */
const fieldStep = fc
	.tuple(
		fc.constantFrom('i', 'u'),
		width,
		fc.constantFrom('', '#'),
		fc.nat(30),
		operand,
		fc.constantFrom('get', 'set', 'incrby'),
		fc.constantFrom('', 'wrap', 'sat', 'fail'),
	)
	.map(([sign, bits, unit, place, by, action, overflow]) =>
		(overflow === '' ? [] : ['overflow', overflow]).concat(
			[action, `${sign}${bits}`, `${unit}${place}`],
			action === 'get' ? [] : [by],
		),
	);
const fields = fc.oneof(
	{weight: 6, arbitrary: fc.array(fieldStep, {maxLength: 4}).map(steps => steps.flat())},
	fc.array(fieldWord, {maxLength: 6}),
);

const anyEdit: fc.Arbitrary<KvEdit> = fc.oneof(
	fc
		.tuple(fc.constantFrom('rename' as const, 'renamenx' as const), key, key)
		.map(([name, ...keys]) => words(name, keys, [])),
	fc
		.tuple(key, key, fc.boolean())
		.map(([from, to, replaces]) => words('copy', [from, to], replaces ? ['replace'] : [])),
	fc.tuple(key, number, value).map(([at, offset, patch]) => words('setrange', [at], [offset, patch])),
	fc.tuple(key, number, fc.constantFrom('0', '1', '2', '')).map(([at, ...bit]) => words('setbit', [at], bit)),
	fc
		.tuple(fc.array(key, {minLength: 2, maxLength: 4}), fc.constantFrom('and', 'OR', 'xor', 'not', 'Not', 'nand'))
		.map(([keys, operator]) => words('bitop', keys, [operator])),
	fc.array(fc.tuple(key, value), {minLength: 1, maxLength: 3}).map(pairs =>
		words(
			'msetnx',
			pairs.map(([at]) => at),
			pairs.map(([, written]) => written),
		),
	),
	fc.tuple(key, fields).map(([at, steps]) => words('bitfield', [at], steps)),
);

test('the checker and the state machine carry out every edit alike', t => {
	const seen = new Map<string, number>();
	fc.assert(
		fc.property(fc.tuple(anyThere, anyEdit), drawn => compare(t, drawn, seen)),
		{seed: Number(process.env['SEED'] ?? 1), numRuns: Number(process.env['ROUNDS'] ?? 20_000)},
	);
	t.log([...seen].map(([kind, count]) => `${kind}: ${count}`).join(', '));
	for (const name of ['rename', 'renamenx', 'copy', 'setrange', 'setbit', 'bitop', 'msetnx', 'bitfield'] as const) {
		t.true((seen.get(`${name} edited`) ?? 0) > 100, `${name} is carried out`);
		if (name !== 'msetnx') t.true((seen.get(`${name} refused`) ?? 0) > 20, `${name} is refused`);
	}
	t.true((seen.get('setrange invalid') ?? 0) > 20, 'a value is too large');
});

const digits = (base: string, maxLength: number): fc.Arbitrary<string> =>
	fc.string({unit: fc.constantFrom(...base.split('')), maxLength});
const decimal = fc
	.tuple(
		fc.constantFrom('', '', '-', '+'),
		digits('0123456789', 30),
		fc.constantFrom('', '.'),
		digits('0123456789', 25),
		fc.oneof(
			{weight: 4, arbitrary: fc.constant('')},
			fc.integer({min: -40, max: 40}).map(power => `e${power}`),
			fc.constantFrom('e4900', 'e-4900', 'E5000', 'e-5000', 'e', 'e+3', 'e99999999999999999999'),
		),
	)
	.map(([sign, whole, point, part, power]) => `${sign}${whole}${point}${point === '' ? '' : part}${power}`);
const hexadecimal = fc
	.tuple(
		fc.constantFrom('', '-'),
		digits('0123456789abcdefABCDEF', 24),
		fc.constantFrom('', '.8', '.'),
		fc.oneof(
			fc.constant(''),
			fc.integer({min: -70, max: 70}).map(power => `p${power}`),
			fc.constantFrom('p16383', 'p-16445', 'p99999'),
		),
	)
	.map(([sign, whole, part, power]) => `${sign}0x${whole}${part}${power}`);
const float = fc.oneof(
	{weight: 6, arbitrary: decimal},
	{weight: 2, arbitrary: hexadecimal},
	fc.constantFrom(
		'',
		'x',
		'inf',
		'-Infinity',
		'nan',
		' 1',
		'1 ',
		'0x',
		'.',
		'1e',
		'--1',
		'3.0e3',
		'18446744073709551615.5',
	),
	value,
);

test('the checker and the state machine add decimal numbers alike', t => {
	const seen = new Map<string, number>();
	const drawn = fc.tuple(fc.option(float, {nil: undefined}), float);
	fc.assert(
		fc.property(drawn, ([there, by]) => compare(t, [[there], words('incrbyfloat', ['a'], [by])], seen)),
		{seed: Number(process.env['SEED'] ?? 2), numRuns: Number(process.env['ROUNDS'] ?? 10_000)},
	);
	t.log([...seen].map(([kind, count]) => `${kind}: ${count}`).join(', '));
	t.true((seen.get('incrbyfloat edited') ?? 0) > 2000 && (seen.get('incrbyfloat refused') ?? 0) > 500);
});
