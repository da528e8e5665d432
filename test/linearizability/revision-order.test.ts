/** Histories with transactions: the order that their revisions tell, tested and not believed. */
import test from 'ava';
import {check} from '../../src/linearizability/check.js';
import {decideByRevisions} from '../../src/linearizability/engines/revision-order.js';
import {explainViolation} from '../../src/linearizability/explain.js';
import {parseJsonLines} from '../../src/linearizability/formats/json-lines.js';
import {writeJsonLines} from '../../src/linearizability/formats/write-json-lines.js';
import type {
	KvEditName,
	KvHistory,
	KvInput,
	KvOperation,
	KvOutput,
	KvPart,
	KvReply,
	KvResult,
} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';

type Compares = Extract<KvInput, {type: 'transaction'}>['compares'];

let processes = 0;

const operation = (call: number, end: number, input: KvInput, output: KvOutput | undefined): KvOperation => ({
	process: `p${(processes += 1)}`,
	call,
	return: end,
	input,
	output,
});
const put = (key: string, value: string): KvPart => ({type: 'put', key, value});
const edit = (name: KvEditName, keys: readonly string[], ...values: readonly string[]): KvInput => ({
	type: 'edit',
	name,
	keys,
	values,
});
const ok: KvReply = {type: 'status', text: 'OK'};
const get = (key: string): KvPart => ({type: 'get', key});
const written = (version: number): KvResult => ({type: 'written', version});
const value = (text: string | undefined, version: number): KvResult => ({type: 'value', value: text, version});

function transaction(
	[call, end]: readonly [number, number],
	compares: Compares,
	operations: readonly KvPart[],
	answer: {readonly isCommitted: boolean; readonly revision: number; readonly results: readonly KvResult[]} | undefined,
): KvOperation {
	const input: KvInput = {type: 'transaction', compares, operations, otherwise: []};
	return operation(call, end, input, answer && {type: 'transaction', ...answer});
}

/** Both keys are put at revision 1. */
const begin = transaction([0, 1], [], [put('x', 'a'), put('y', 'a')], {
	isCommitted: true,
	revision: 1,
	results: [written(1), written(1)],
});
const committed = (revision: number, ...results: readonly KvResult[]) => ({isCommitted: true, revision, results});
const refused = (revision: number) => ({isCommitted: false, revision, results: []});
const isFirst: Compares = [{key: 'x', expected: {version: 1}}];

function verdictOf(history: KvHistory): string {
	const decision = decideByRevisions(history, undefined);
	const searched = check(history, {model: kvModel('kv', {chain: false})}).verdict;
	if (decision.type !== 'notApplicable')
		return decision.type === searched ? searched : `${decision.type}, but ${searched}`;
	return `left to the search: ${searched}`;
}

const cases: Readonly<Record<string, readonly [KvHistory, string]>> = {
	'transactions whose order is that of their revisions': [
		[
			begin,
			transaction([2, 9], isFirst, [put('x', 'b')], committed(4, written(4))),
			transaction([3, 8], isFirst, [put('x', 'c')], refused(5)),
			operation(10, 11, {type: 'get', key: 'x'}, value('b', 4)),
		],
		'ok',
	],
	'two that both compared the same version and both changed it': [
		[
			begin,
			transaction([2, 9], isFirst, [put('x', 'b')], committed(4, written(4))),
			transaction([3, 8], isFirst, [put('x', 'c')], committed(5, written(5))),
		],
		'violation',
	],
	'one that saw half of another': [
		[
			begin,
			transaction([2, 3], [], [put('x', 'b'), put('y', 'b')], committed(4, written(4), written(4))),
			transaction([2, 5], [], [get('x'), get('y')], committed(5, value('b', 4), value('a', 1))),
		],
		'violation',
	],
	'a smaller revision for one that was called later': [
		[
			begin,
			transaction([2, 3], isFirst, [], committed(9)),
			transaction([4, 5], [], [put('y', 'b')], committed(6, written(6))),
		],
		'violation',
	],
	'a read of what was replaced before it was called': [
		[
			begin,
			transaction([2, 3], [], [put('x', 'b')], committed(4, written(4))),
			operation(5, 6, {type: 'get', key: 'x'}, value('a', 1)),
		],
		'violation',
	],
	'reads of two keys, each of them old by the other': [
		[
			begin,
			transaction([2, 20], [], [put('x', 'b')], committed(4, written(4))),
			transaction([2, 20], [], [put('y', 'b')], committed(5, written(5))),
			operation(5, 6, {type: 'get', key: 'y'}, value('b', 5)),
			operation(7, 8, {type: 'get', key: 'x'}, value('a', 1)),
		],
		'violation',
	],
	'a transaction of unknown outcome that was seen': [
		[
			begin,
			transaction([2, Infinity], isFirst, [put('x', 'b'), put('y', 'b')], undefined),
			operation(5, 6, {type: 'get', key: 'y'}, value('b', 4)),
		],
		'ok',
	],
	'half of a transaction of unknown outcome': [
		[
			begin,
			transaction([2, Infinity], isFirst, [put('x', 'b'), put('y', 'b')], undefined),
			operation(5, 6, {type: 'get', key: 'y'}, value('b', 4)),
			operation(7, 8, {type: 'get', key: 'x'}, value('a', 1)),
		],
		'violation',
	],
	'a transaction of unknown outcome that ran unseen': [
		[
			begin,
			operation(2, Infinity, {type: 'delete', key: 'x'}, undefined),
			operation(5, 6, {type: 'get', key: 'x'}, value(undefined, 0)),
		],
		'left to the search: ok',
	],
	'two of unknown outcome that can both have made what was seen': [
		[
			begin,
			transaction([2, Infinity], isFirst, [put('x', 'b')], undefined),
			transaction([3, Infinity], isFirst, [put('x', 'b')], undefined),
			operation(5, 6, {type: 'get', key: 'x'}, value('b', 4)),
		],
		'left to the search: ok',
	],
	'edits, each at a revision of its own': [
		[
			begin,
			operation(2, 3, edit('setrange', ['x'], '1', 'b'), {type: 'edited', reply: 2n, version: 3}),
			operation(4, 9, edit('copy', ['x', 'y']), {type: 'edited', reply: 0n, version: 5}),
			operation(4, 8, edit('rename', ['x', 'z']), {type: 'edited', reply: ok, version: 6}),
			operation(10, 11, {type: 'get', key: 'z'}, value('ab', 6)),
		],
		'ok',
	],
	'an edit that was told what was there before another': [
		[
			begin,
			operation(2, 3, edit('setrange', ['x'], '1', 'b'), {type: 'edited', reply: 2n, version: 3}),
			operation(4, 5, edit('setrange', ['x'], '0', ''), {type: 'edited', reply: 1n, version: 4}),
		],
		'violation',
	],
	'a key that was renamed and is still there': [
		[
			begin,
			operation(2, 3, edit('rename', ['x', 'z']), {type: 'edited', reply: ok, version: 3}),
			operation(4, 5, {type: 'get', key: 'x'}, value('a', 1)),
		],
		'violation',
	],
	'an edit of unknown outcome that was seen': [
		[
			begin,
			operation(2, Infinity, edit('rename', ['x', 'z']), undefined),
			operation(4, 5, {type: 'get', key: 'z'}, value('a', 4)),
			operation(6, 7, {type: 'get', key: 'x'}, value(undefined, 0)),
		],
		'ok',
	],
	'half of an edit of unknown outcome': [
		[
			begin,
			operation(2, Infinity, edit('rename', ['x', 'z']), undefined),
			operation(4, 5, {type: 'get', key: 'z'}, value('a', 4)),
			operation(6, 7, {type: 'get', key: 'x'}, value('a', 1)),
		],
		'violation',
	],
	'what nobody can have written': [[begin, operation(5, 6, {type: 'get', key: 'x'}, value('z', 4))], 'violation'],
	'a refusal without a reason': [[begin, transaction([2, 3], isFirst, [], refused(4))], 'violation'],
};

for (const [name, [history, expected]] of Object.entries(cases)) {
	test(`${name}: ${expected}`, t => {
		t.is(verdictOf(history), expected);
		const lines = [...writeJsonLines(history, {model: 'kv', initial: undefined})];
		t.is(verdictOf(parseJsonLines(lines).history), expected, 'the same when it was written down and read back');
	});
}

test('an explanation of a violated transaction is small, and has words for it', t => {
	const others = Array.from({length: 40}, (_, count) =>
		transaction(
			[100 + 2 * count, 101 + 2 * count],
			[],
			[put('y', String(count))],
			committed(10 + count, written(10 + count)),
		),
	);
	const [history] = cases['two that both compared the same version and both changed it'] as [KvHistory, string];
	const {core, anomaly} = explainViolation([...history, ...others], {model: kvModel('kv')});
	t.true(core.length <= 3, `${core.length} operations`);
	t.regex(anomaly.detail, /transaction if "x" is version 1: committed at revision 5/);
});

test('a hundred thousand transactions are judged without a search', t => {
	const history = [begin];
	for (let count = 0; count < 100_000; count++) {
		const revision = 2 + count;
		history.push(
			transaction(
				[2 * count + 2, 2 * count + 7],
				[{key: `k${count % 100}`, expected: {version: count < 100 ? 0 : revision - 100}}],
				[put(`k${count % 100}`, String(count)), get('x')],
				committed(revision, written(revision), value('a', 1)),
			),
		);
	}
	const {verdict, keys} = check(history, {model: kvModel('kv')});
	t.is(verdict, 'ok');
	t.deepEqual(
		keys.map(({engine, modelSteps}) => ({engine, modelSteps})),
		[{engine: 'chain', modelSteps: 0}],
	);
});
