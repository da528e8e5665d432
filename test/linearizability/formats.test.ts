import test from 'ava';
import fc from 'fast-check';
import {HistoryError} from '../../src/linearizability/history-error.js';
import {parseHistory} from '../../src/linearizability/formats/format.js';
import {writeJsonLines} from '../../src/linearizability/formats/write-json-lines.js';
import {Recorder} from '../../src/linearizability/recorder.js';
import {needing} from '../needs.js';
import {historiesMissing, publicHistories} from './public-histories.js';
import {randomFrom, randomHistory} from './random-history.js';

test('an empty file is an empty history', t => {
	t.deepEqual(parseHistory(' \n\n'), {
		format: 'empty',
		model: 'kv',
		initial: undefined,
		timeOrigin: 0n,
		history: [],
	});
});

test('a Jepsen log is a compare-and-set register; lost operations have no return, a failed cas is evidence', t => {
	const {format, model, history} = parseHistory(
		[
			'INFO  jepsen.core - Everything is up',
			'INFO  jepsen.util - 0\t:invoke\t:write\t3',
			'INFO  jepsen.util - 1   :invoke   :cas   [3 4]',
			'INFO  jepsen.util - 0\t:info\t:write\t:timed-out',
			'INFO  jepsen.util - 1\t:fail\t:cas\t[3 4]',
			'INFO  jepsen.util - 1\t:invoke\t:read\tnil',
			'INFO  jepsen.util - 1\t:ok\t:read\tnil',
			'INFO  jepsen.util - 2\t:invoke\t:read\tnil',
			'INFO  jepsen.util - 2\t:fail\t:read\t:timed-out',
		].join('\n'),
	);
	t.is(format, 'jepsen-log');
	t.is(model, 'cas-register');
	t.deepEqual(history, [
		{process: '0', call: 2, return: Infinity, input: {type: 'put', key: '', value: '3'}, output: undefined},
		{
			process: '1',
			call: 3,
			return: 5,
			input: {type: 'compareAndSet', key: '', expected: {value: '3'}, value: '4'},
			output: {type: 'conditionFailed', observed: undefined, version: undefined},
		},
		{
			process: '1',
			call: 6,
			return: 7,
			input: {type: 'get', key: ''},
			output: {type: 'value', value: undefined, version: undefined},
		},
	]);
});

test('a lab log is a key/value history whose absent keys read as the empty string', t => {
	const {format, initial, history} = parseHistory(
		'{:process 3, :type :invoke, :f :append, :key "0", :value "x \\"3\\" y"}\n{:process 3, :type :ok, :f :append, :key "0", :value "x \\"3\\" y"}\n',
	);
	t.is(format, 'lab-log');
	t.is(initial, '');
	t.deepEqual(history, [
		{
			process: '3',
			call: 1,
			return: 2,
			input: {type: 'append', key: '0', value: 'x "3" y'},
			output: {type: 'written', version: undefined},
		},
	]);
});

test('JSON lines carry versions, unknown outcomes and what was not run', t => {
	const {format, history} = parseHistory(
		[
			'{"format":"threadraft-history","version":1,"model":"kv"}',
			'{"process":0,"time":10,"type":"invoke","f":"put","key":"k","value":"1"}',
			'{"process":"b","time":12,"type":"invoke","f":"cas","key":"k","expectedVersion":0,"value":"2"}',
			'{"process":0,"time":15,"type":"ok","version":7}',
			'{"process":"b","time":16,"type":"fail","f":"cas","value":"1","version":7}',
			'{"process":0,"time":17,"type":"invoke","f":"get","key":"k"}',
			'{"process":0,"time":18,"type":"info"}',
			'{"process":"b","time":19,"type":"invoke","f":"cas","key":"k","expected":null,"value":"2"}',
			'{"process":"b","time":20,"type":"fail","f":"cas","error":"overloaded"}',
		].join('\n'),
	);
	t.is(format, 'json-lines');
	t.deepEqual(history, [
		{
			process: '0',
			call: 10,
			return: 15,
			input: {type: 'put', key: 'k', value: '1'},
			output: {type: 'written', version: 7},
		},
		{
			process: 'b',
			call: 12,
			return: 16,
			input: {type: 'compareAndSet', key: 'k', expected: {version: 0}, value: '2'},
			output: {type: 'conditionFailed', observed: {value: '1'}, version: 7},
		},
		{process: '0', call: 17, return: Infinity, input: {type: 'get', key: 'k'}, output: undefined},
	]);
});

test('JSON lines carry edits with all kinds of answers, and conditions on values', t => {
	const lines = [
		'{"process":0,"type":"invoke","f":"edit","name":"msetnx","keys":["a","b"],"values":["1","x"]}',
		'{"process":0,"type":"ok","f":"edit","keys":["a","b"],"reply":1,"version":3}',
		'{"process":0,"type":"invoke","f":"edit","name":"incrbyfloat","keys":["a"],"values":["0.5"]}',
		'{"process":0,"type":"ok","reply":"1.5","version":4}',
		'{"process":0,"type":"invoke","f":"edit","name":"bitfield","keys":["c"],"values":["set","i64","0","-1","get","i64","0"]}',
		'{"process":0,"type":"ok","reply":[0,{"integer":"-9007199254740993"},null],"version":5}',
		'{"process":0,"type":"invoke","f":"edit","name":"rename","keys":["a","b"],"values":[]}',
		'{"process":0,"type":"ok","reply":{"status":"OK"},"version":6}',
		'{"process":0,"type":"invoke","f":"edit","name":"rename","keys":["a","b"],"values":[]}',
		'{"process":0,"type":"ok","reply":{"error":"ERR no such key"},"version":7}',
		'{"process":0,"type":"invoke","f":"edit","name":"setrange","keys":["b"],"values":["9999999","x"]}',
		'{"process":0,"type":"fail","invalid":"valueTooLarge"}',
		'{"process":0,"type":"invoke","f":"delete","key":"b","condition":{"is":"1.5"}}',
		'{"process":0,"type":"fail","value":"x","version":6}',
		'{"process":0,"type":"invoke","f":"put","key":"b","value":"y","condition":{"isNot":"y"}}',
		'{"process":0,"type":"ok","previous":"1.5","version":9}',
	];
	const {history} = parseHistory(lines.join('\n'));
	t.deepEqual(
		history.map(({input, output}) => [input, output]),
		[
			[
				{type: 'edit', name: 'msetnx', keys: ['a', 'b'], values: ['1', 'x']},
				{type: 'edited', reply: 1n, version: 3},
			],
			[
				{type: 'edit', name: 'incrbyfloat', keys: ['a'], values: ['0.5']},
				{type: 'edited', reply: '1.5', version: 4},
			],
			[
				{type: 'edit', name: 'bitfield', keys: ['c'], values: ['set', 'i64', '0', '-1', 'get', 'i64', '0']},
				{type: 'edited', reply: {type: 'list', items: [0n, -9007199254740993n, undefined]}, version: 5},
			],
			[
				{type: 'edit', name: 'rename', keys: ['a', 'b'], values: []},
				{type: 'edited', reply: {type: 'status', text: 'OK'}, version: 6},
			],
			[
				{type: 'edit', name: 'rename', keys: ['a', 'b'], values: []},
				{type: 'edited', reply: {type: 'error', text: 'ERR no such key'}, version: 7},
			],
			[
				{type: 'edit', name: 'setrange', keys: ['b'], values: ['9999999', 'x']},
				{type: 'invalid', reason: 'valueTooLarge', version: undefined},
			],
			[
				{type: 'delete', key: 'b', condition: {is: '1.5'}},
				{type: 'conditionFailed', observed: {value: 'x'}, version: 6},
			],
			[
				{type: 'put', key: 'b', value: 'y', condition: {isNot: 'y'}},
				{type: 'written', version: 9, previous: {value: '1.5'}},
			],
		],
	);
	const written = [...writeJsonLines(history, {model: 'kv', initial: undefined})];
	t.deepEqual(parseHistory(written.join('\n')).history, history);
});

test('JSON lines carry batches, counters and conditions', t => {
	const {history} = parseHistory(
		[
			'{"process":0,"type":"invoke","f":"increment","key":"n","by":"9007199254740993"}',
			'{"process":0,"type":"ok","f":"increment","by":"9007199254740993","value":"9007199254740993","version":1}',
			'{"process":0,"type":"invoke","f":"increment","key":"k","by":1}',
			'{"process":0,"type":"fail","f":"increment","by":1,"invalid":"notANumber","version":3}',
			'{"process":0,"type":"invoke","f":"put","key":"k","value":"a","condition":"present"}',
			'{"process":0,"type":"ok","f":"put","previous":"b","version":4}',
			'{"process":0,"type":"invoke","f":"batch","operations":[{"f":"put","key":"k","value":"c","condition":"absent"},{"f":"get","key":"n"},{"f":"clear"}]}',
			'{"process":0,"type":"ok","f":"batch","results":[{"type":"fail","value":"a","version":4},{"type":"ok","value":null},{"type":"ok","count":1,"version":6}]}',
		].join('\n'),
	);
	t.deepEqual(
		history.map(({input, output}) => [input, output]),
		[
			[
				{type: 'increment', key: 'n', by: 9_007_199_254_740_993n},
				{type: 'number', value: 9_007_199_254_740_993n, version: 1},
			],
			[
				{type: 'increment', key: 'k', by: 1n},
				{type: 'invalid', reason: 'notANumber', version: 3},
			],
			[
				{type: 'put', key: 'k', value: 'a', condition: 'present'},
				{type: 'written', version: 4, previous: {value: 'b'}},
			],
			[
				{
					type: 'batch',
					operations: [
						{type: 'put', key: 'k', value: 'c', condition: 'absent'},
						{type: 'get', key: 'n'},
						{type: 'clear'},
					],
				},
				{
					type: 'batch',
					results: [
						{type: 'conditionFailed', observed: {value: 'a'}, version: 4},
						{type: 'value', value: undefined, version: undefined},
						{type: 'cleared', count: 1, version: 6},
					],
				},
			],
		],
	);
});

const refuses = test.macro({
	exec(t, text: string, line: number, expected: RegExp) {
		const error = t.throws(() => parseHistory(text), {instanceOf: HistoryError});
		t.is(error.line, line);
		t.regex(error.message, expected);
	},
	title: (name = '') => `unreadable input names its line and what was expected: ${name}`,
});

const invoke = '{"process":0,"type":"invoke","f":"get","key":"k"}';
test('no format', refuses, '\nhello', 2, /expected a history: JSON lines/u);
test('broken JSON', refuses, `${invoke}\n{"process":`, 2, /a JSON object/u);
test('another format version', refuses, '{"format":"threadraft-history","version":9}', 1, /"version":1/u);
test(
	'an unknown operation',
	refuses,
	'{"process":0,"type":"invoke","f":"frob","key":"k"}',
	1,
	/get, put, append, delete, cas, increment, edit, clear, batch or transaction/u,
);
test(
	'a batch within a batch',
	refuses,
	'{"process":0,"type":"invoke","f":"batch","operations":[{"f":"batch","operations":[]}]}',
	1,
	/only fields that this line can have/u,
);
test(
	'a batch with an answer too few',
	refuses,
	'{"process":0,"type":"invoke","f":"batch","operations":[{"f":"clear"}]}\n{"process":0,"type":"ok","results":[]}',
	2,
	/1 "results"/u,
);
test(
	'a sum that is no number of 64 bits',
	refuses,
	'{"process":0,"type":"invoke","f":"increment","by":1}\n{"process":0,"type":"ok","value":"9223372036854775808"}',
	2,
	/whole number of 64 bits/u,
);
test(
	'an edit that does not exist',
	refuses,
	'{"process":0,"type":"invoke","f":"edit","name":"hset","keys":["k"],"values":[]}',
	1,
	/"name" to be rename, renamenx, copy/u,
);
test(
	'a copy with a word that is none',
	refuses,
	'{"process":0,"type":"invoke","f":"edit","name":"copy","keys":["a","b"],"values":["replce"]}',
	1,
	/"values" of copy to be empty, or "replace"/u,
);
test(
	'an edit with too few keys',
	refuses,
	'{"process":0,"type":"invoke","f":"edit","name":"rename","keys":["k"],"values":[]}',
	1,
	/as many "keys" and "values" as rename takes, found 1 keys and 0 values/u,
);
test(
	'an edit that is completed with other words',
	refuses,
	'{"process":0,"type":"invoke","f":"edit","name":"rename","keys":["k","l"],"values":[]}\n{"process":0,"type":"ok","keys":["k","m"],"reply":1}',
	2,
	/as invoked/u,
);
test(
	'an edit without an answer',
	refuses,
	'{"process":0,"type":"invoke","f":"edit","name":"rename","keys":["k","l"],"values":[]}\n{"process":0,"type":"ok"}',
	2,
	/"reply": what was answered/u,
);
test(
	'an answer that no edit gives',
	refuses,
	'{"process":0,"type":"invoke","f":"edit","name":"rename","keys":["k","l"],"values":[]}\n{"process":0,"type":"ok","reply":{"status":1}}',
	2,
	/a "reply" that an edit can give/u,
);
test(
	'a condition that does not exist',
	refuses,
	'{"process":0,"type":"invoke","f":"put","value":"a","condition":"maybe"}',
	1,
	/"condition" that this operation can have/u,
);
test(
	'a reason that does not exist',
	refuses,
	'{"process":0,"type":"invoke","f":"increment","by":1}\n{"process":0,"type":"fail","invalid":"tired"}',
	2,
	/notANumber, numberOverflow, valueTooLarge/u,
);
test('a completion without invocation', refuses, '\n{"process":0,"type":"ok"}', 2, /an invocation of process 0 first/u);
test('two open operations of one process', refuses, `${invoke}\n${invoke}`, 2, /complete its open operation first/u);
test('a get without a value', refuses, `${invoke}\n{"process":0,"type":"ok"}`, 2, /"value": what was read/u);
test(
	'a completion of another key',
	refuses,
	`${invoke}\n{"process":0,"type":"ok","key":"x","value":null}`,
	2,
	/"key":"k", as invoked/u,
);
test(
	'a time on some lines only',
	refuses,
	`${invoke}\n{"process":0,"time":1,"type":"ok","value":null}`,
	2,
	/no "time"/u,
);
test(
	'a return before its call',
	refuses,
	'{"process":0,"time":5,"type":"invoke","f":"get"}\n{"process":0,"time":4,"type":"ok","value":null}',
	2,
	/at or after its invocation/u,
);
test('a broken Jepsen line', refuses, 'INFO  jepsen.util - 0\t:invoke\t:frob\t3', 1, /:read, :write or :cas/u);
test('a broken cas argument', refuses, 'INFO  jepsen.util - 0\t:invoke\t:cas\t3', 1, /\[FROM TO\]/u);
test('a lab line without a key', refuses, '{:process 0, :type :invoke, :f :get, :value nil}', 1, /:key, a string/u);

test('what is written as JSON lines is read back the same, whatever the history', t => {
	const random = randomFrom(5);
	for (let round = 0; round < 300; round++) {
		const history = randomHistory(
			{
				operations: ['get', 'put', 'append', 'delete', 'compareAndSet'],
				count: 12,
				clients: 3,
				values: 3,
				isVersioned: round % 2 === 0,
				unknown: 0.2,
				damage: 0.2,
				tellsOnRefusal: round % 3 === 0,
			},
			random,
		);
		const read = parseHistory([...writeJsonLines(history, {model: 'kv', initial: undefined})].join('\n'));
		t.deepEqual(sorted(read.history), sorted(history));
	}
});

function sorted<T extends {readonly process: string; readonly call: number}>(history: readonly T[]): T[] {
	return history.toSorted((a, b) => a.call - b.call || a.process.localeCompare(b.process));
}

test('values are binary safe in JSON lines', t => {
	const anyValue = fc.oneof(
		fc.string({unit: 'binary'}),
		fc.uint8Array().map(bytes => String.fromCodePoint(...bytes)),
		fc.constant('\ud800\n"\\'),
	);
	fc.assert(
		fc.property(anyValue, value => {
			let time = 0;
			const recorder = new Recorder(() => time++);
			recorder.invoke('a', {type: 'put', key: value, value});
			recorder.complete('a', {type: 'written', version: 1});
			t.deepEqual(parseHistory([...recorder.jsonLines()].join('\n')).history, recorder.history());
		}),
		{seed: 11},
	);
});

test('a recorder stamps each event with its clock, and what is open or lost is unknown', t => {
	let time = 100;
	const recorder = new Recorder(() => (time += 5));
	recorder.invoke('a', {type: 'put', key: 'k', value: '1'});
	recorder.invoke('b', {type: 'get', key: 'k'});
	recorder.loseTrack('a');
	recorder.complete('b', {type: 'value', value: '1', version: undefined});
	recorder.invoke('b', {type: 'get', key: 'k'});
	recorder.discard('b');
	recorder.invoke('c', {type: 'delete', key: 'k'});
	t.deepEqual(recorder.history(), [
		{process: 'a', call: 105, return: Infinity, input: {type: 'put', key: 'k', value: '1'}, output: undefined},
		{
			process: 'b',
			call: 110,
			return: 115,
			input: {type: 'get', key: 'k'},
			output: {type: 'value', value: '1', version: undefined},
		},
		{process: 'c', call: 125, return: Infinity, input: {type: 'delete', key: 'k'}, output: undefined},
	]);
});

needing(historiesMissing)('public histories survive our own format', t => {
	const histories = publicHistories();
	t.true(histories.length > 0);
	for (const {text} of histories) {
		const {model, initial, history} = parseHistory(text);
		const again = parseHistory([...writeJsonLines(history, {model, initial})].join('\n'));
		t.deepEqual(again, {format: 'json-lines', model, initial, timeOrigin: 0n, history});
	}
});
