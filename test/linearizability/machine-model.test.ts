/** Histories of a user's machine, judged by a model made of the machine: against the definition, tried order by order. */
import test from 'ava';
import fc from 'fast-check';
import {defineMachine} from '../../actors/machine/index.js';
import ledger from '../../examples/ledger.js';
import type {LedgerRead, LedgerResult, LedgerWrite} from '../../examples/ledger.js';
import {check} from '../../src/linearizability/check.js';
import {explainViolation} from '../../src/linearizability/explain.js';
import {HistoryError} from '../../src/linearizability/history-error.js';
import {HistoryBuilder, type History, type Operation} from '../../src/linearizability/history.js';
import {machineModel, type MachineInput, type MachineOutput} from '../../src/linearizability/models/machine-model.js';

type LedgerInput = MachineInput<LedgerWrite, LedgerRead>;
type LedgerHistory = History<LedgerInput, MachineOutput<LedgerResult>>;
type LedgerOperation = Operation<LedgerInput, MachineOutput<LedgerResult>>;

const model = machineModel(ledger);

const open = (account: string, cents: number): LedgerInput => ({write: {type: 'open', account, cents}});
const transfer = (from: string, to: string, cents: number): LedgerInput => ({
	write: {type: 'transfer', from, to, cents},
});
const balance = (account: string): LedgerInput => ({read: {type: 'balance', account}});
const done = (transfers: number): LedgerResult => ({type: 'done', transfers});
const cents = (number: number): LedgerResult => ({type: 'cents', cents: number});

/** One after the other, each with its answer. */
function inOrder(...told: readonly (readonly [LedgerInput, LedgerResult])[]): LedgerHistory {
	return told.map(([input, result], place) => ({
		process: 'p',
		call: 10 * place,
		return: 10 * place + 5,
		input,
		output: {result},
	}));
}

test('a history of a ledger that one client saw is judged', t => {
	const start = [
		[open('a', 100), done(0)],
		[open('b', 0), done(0)],
		[transfer('a', 'b', 30), done(1)],
	] as const;
	t.is(check(inOrder(...start, [balance('b'), cents(30)]), {model}).verdict, 'ok');
	t.is(check(inOrder(...start, [balance('b'), cents(0)]), {model}).verdict, 'violation', 'a stale read');
	t.is(check(inOrder(...start, [balance('b'), cents(60)]), {model}).verdict, 'violation', 'run twice');
	t.is(check(inOrder(...start, [transfer('b', 'a', 31), done(2)]), {model}).verdict, 'violation');
});

test('a write whose answer nobody got may have run, once, at any later time, or not', t => {
	const builder = new HistoryBuilder<LedgerInput, MachineOutput<LedgerResult>>();
	let time = 0;
	const told = (input: LedgerInput, result: LedgerResult): void => {
		builder.invoke('p', input, ++time);
		builder.complete('p', {result}, ++time);
	};
	told(open('a', 100), done(0));
	told(open('b', 0), done(0));
	builder.invoke('q', transfer('a', 'b', 40), ++time);
	builder.loseTrack('q');
	told(balance('b'), cents(0));
	told(balance('b'), cents(40));
	t.is(check(builder.build(), {model}).verdict, 'ok');
	told(balance('b'), cents(80));
	t.is(check(builder.build(), {model}).verdict, 'violation');
});

test('a violation is explained in the words of the machine', t => {
	const history = inOrder([open('a', 100), done(0)], [balance('a'), cents(7)]);
	const explanation = explainViolation(history, {model});
	t.truthy(explanation);
	t.is(
		model.describe(balance('a'), {result: cents(7)}),
		'read {"type":"balance","account":"a"} -> {"type":"cents","cents":7}',
	);
	t.is(model.describe(balance('a'), undefined), 'read {"type":"balance","account":"a"} -> ?');
});

/** The definition: some order that agrees with real time gives every answer. Each order is run from the beginning. */
function isLinearizable(rest: LedgerHistory, before: readonly LedgerOperation[] = []): boolean {
	if (!isRight(before)) return false;
	if (rest.every(({output}) => output === undefined)) return true;
	const firstReturn = Math.min(...rest.map(operation => operation.return));
	return rest.some(
		(operation, place) =>
			operation.call <= firstReturn && isLinearizable(rest.toSpliced(place, 1), [...before, operation]),
	);
}

function isRight(order: readonly LedgerOperation[]): boolean {
	const state = ledger.create();
	const place = {index: 1, term: 1 as never, revision: 1, logTime: 0, emit: () => undefined};
	return order.every(({input, output}) => {
		const result = 'write' in input ? state.apply(input.write, place) : state.read(input.read);
		return output === undefined || JSON.stringify(result) === JSON.stringify(output.result);
	});
}

const account = fc.constantFrom('a', 'b');
const input: fc.Arbitrary<LedgerInput> = fc.oneof(
	fc.record({account, sum: fc.constantFrom(1, 2)}).map(drawn => open(drawn.account, drawn.sum)),
	fc.record({from: account, to: account}).map(({from, to}) => transfer(from, to, 1)),
	account.map(balance),
);
const result: fc.Arbitrary<LedgerResult> = fc.oneof(
	fc.nat({max: 2}).map(done),
	fc
		.constantFrom('accountExists' as const, 'noSuchAccount' as const, 'notEnoughMoney' as const)
		.map(reason => ({type: 'refused', reason}) as const),
	fc.constantFrom(0, 1, 2, 3, undefined).map(number => ({type: 'cents', cents: number}) as const),
);

/** Run in some order, which gives the answers; then some answers are changed or lost. */
const history: fc.Arbitrary<LedgerHistory> = fc
	.array(
		fc.record({
			input,
			call: fc.nat({max: 12}),
			lasts: fc.nat({max: 6}),
			fate: fc.constantFrom('right', 'right', 'right', 'right', 'right', 'lost', 'changed'),
			other: result,
		}),
		{minLength: 1, maxLength: 6},
	)
	.map(drawn => {
		const state = ledger.create();
		const place = {index: 1, term: 1 as never, revision: 1, logTime: 0, emit: () => undefined};
		const sorted = drawn.toSorted((one, next) => one.call - next.call);
		return sorted.map(({input: asked, call, lasts, fate, other}, process): LedgerOperation => {
			const right = 'write' in asked ? state.apply(asked.write, place) : state.read(asked.read);
			const output = fate === 'lost' ? undefined : {result: fate === 'right' ? right : other};
			return {
				process: `p${process}`,
				call,
				return: output === undefined ? Infinity : call + lasts,
				input: asked,
				output,
			};
		});
	});

test('the verdict is that of the definition, for small histories of all kinds', t => {
	const verdicts = {ok: 0, violation: 0};
	fc.assert(
		fc.property(history, drawn => {
			// Where nobody was told anything, there is nothing to judge.
			fc.pre(drawn.some(({output}) => output !== undefined));
			const expected = isLinearizable(drawn) ? 'ok' : 'violation';
			verdicts[expected] += 1;
			t.is(check(drawn, {model}).verdict, expected);
		}),
		{seed: 5, numRuns: 400},
	);
	t.true(verdicts.ok > 50 && verdicts.violation > 50, JSON.stringify(verdicts));
});

interface CounterTypes {
	readonly write: number;
	readonly read: 'sum';
	readonly result: bigint | number;
	readonly effect: number;
}

const counter = defineMachine<CounterTypes, {sum: number}>({
	name: 'counter',
	parseWrite: value => (typeof value === 'number' ? value : undefined),
	parseRead: value => (value === 'sum' ? value : undefined),
	create: () => ({sum: 0}),
	apply: (state, by, place) => {
		if (by > 100) return place.revision;
		place.emit(by);
		return (state.sum += by);
	},
	read: ({sum}) => BigInt(sum),
	items: ({sum}) => [sum],
	restore: ([sum]) => (typeof sum === 'number' ? {sum} : undefined),
});

test('effects count for nothing, and a small bigint is the number that it is on the wire', t => {
	const told = (sum: number | bigint) => [
		{process: 'p', call: 0, return: 1, input: {write: 3}, output: {result: 3}},
		{process: 'p', call: 2, return: 3, input: {read: 'sum'} as const, output: {result: sum}},
	];
	t.is(check(told(3), {model: machineModel(counter)}).verdict, 'ok');
	t.is(check(told(3n), {model: machineModel(counter)}).verdict, 'ok');
	t.is(check(told(4), {model: machineModel(counter)}).verdict, 'violation');
});

test('a machine that looks at its place in the log, or does not read its snapshots, is refused', t => {
	const one = [{process: 'p', call: 0, return: 1, input: {write: 101}, output: {result: 9}}];
	const error = t.throws(() => check(one, {model: machineModel(counter)}), {instanceOf: HistoryError});
	t.regex(error.message, /counter uses place\.revision/);
	const forgetful = {...counter, beginRestore: () => undefined};
	t.throws(() => check(one, {model: machineModel(forgetful)}), {
		instanceOf: HistoryError,
		message: /reads its own snapshots/,
	});
});
