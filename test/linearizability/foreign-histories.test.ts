/** Histories as others write them: what can be read is read right, and what looks like an operation is never passed over. */
import test from 'ava';
import {check} from '../../src/linearizability/check.js';
import {HistoryError} from '../../src/linearizability/history-error.js';
import {parseHistory} from '../../src/linearizability/formats/format.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';

function verdictOf(text: string): string {
	const {model, initial, history} = parseHistory(text);
	return check(history, {model: kvModel(model, {initial})}).verdict;
}

/** A write of 1 is acknowledged; then the last event reads `seen`. */
const events = (seen: string): readonly (readonly [string, string, string, string])[] => [
	['3', 'invoke', 'write', '1'],
	[':nemesis', 'info', 'start', '"cut"'],
	['3', 'ok', 'write', '1'],
	['2', 'invoke', 'read', 'nil'],
	['2', 'ok', 'read', seen],
];

const jepsenLines: Readonly<Record<string, (process: string, type: string, f: string, value: string) => string>> = {
	'a log without dates': (...words) => `INFO  jepsen.util - ${columns(words)}`,
	'a log with dates and threads': (process, ...words) =>
		`INFO [2026-05-04 10:20:30,733] jepsen worker ${process} - jepsen.util ${columns([process, ...words])}`,
	'a log that begins with the date': (process, ...words) =>
		`2026-05-04 10:20:30,733{GMT}\tINFO\t[jepsen worker ${process}] jepsen.util: ${columns([process, ...words])}`,
	'history.txt': (...words) => columns(words),
	'history.edn': (process, type, f, value) =>
		`{:type :${type}, :f :${f}, :value ${value}, :process ${process}, :time 5}`,
	'history.edn of tagged maps': (process, type, f, value) =>
		`#jepsen.history.Op{:index 1, :type :${type}, :process ${process}, :f :${f} :value ${value}}`,
};

function columns([process, type, f, value]: readonly string[]): string {
	return `${process}\t:${type}\t:${f}\t${value}`;
}

for (const [name, line] of Object.entries(jepsenLines)) {
	for (const end of ['\n', '\r\n']) {
		test(`${name} is read, with line ends ${JSON.stringify(end)}`, t => {
			const text = (seen: string): string =>
				events(seen)
					.map(event => line(...event) + end)
					.join('');
			t.is(parseHistory(text('1')).history.length, 2);
			t.is(verdictOf(text('1')), 'ok');
			t.is(verdictOf(text('7')), 'violation');
			t.is(verdictOf(text('nil')), 'violation');
		});
	}
}

test('a vector of maps over many lines is a history, and errors name the line of their map', t => {
	const text =
		'[{:process 0 :type :invoke :f :write :value 1}\n {:process 0\n  :type :ok\n  :f :write :value 1}\n ; and\n {:process 1 :type :ok :f :read :value 1}]\n';
	const error = t.throws(() => parseHistory(text), {instanceOf: HistoryError});
	t.is(error.line, 6);
	t.is(parseHistory(text.replace(':ok :f :read', ':invoke :f :read')).history.length, 2);
});

test('what EDN discards is not there, and what looks like a tag or a bracket may be a value', t => {
	const text = `#_{:process 9 :type :invoke :f :write :value 2}
{:process 0 :type :invoke :f :write :value 1} #_ #_ {:process 9 :type :invoke :f :write :value 2} {:process 8}
{:process 0 :type :ok :f :write :value 1 #_:error #_{:a [1 2]}}
{:process 1 :type :invoke :f :read :value nil}
{:process 1 :type :ok :f :read :value SEEN}`;
	t.is(verdictOf(text.replace('SEEN', '1')), 'ok');
	t.is(verdictOf(text.replace('SEEN', '2')), 'violation');
	t.is(parseHistory(text.replace('SEEN', '1')).history.length, 2);
	for (const value of ['##Inf', String.raw`\[`, String.raw`\newline`, String.raw`\"`]) {
		t.is(verdictOf(text.replaceAll(' 1}', ` ${value}}`).replace(' 1 #', ` ${value} #`).replace('SEEN', value)), 'ok');
		t.is(verdictOf(text.replace('SEEN', value)), 'violation');
	}
	t.throws(() => parseHistory(`${text.replace('SEEN', '1')} #_`), {instanceOf: HistoryError});
	t.throws(() => parseHistory('#_'.repeat(9999)), {message: /levels/});
});

test('a string of many escapes is read', t => {
	const value = JSON.stringify('a\\"bc'.repeat(2_000_000));
	const lab = `{:process 0 :type :invoke :f :put :key "k" :value ${value}}`;
	t.is(parseHistory(lab).history.length, 1);
	const json = `{"process":0,"type":"invoke","f":"put","value":${value}}`;
	t.is(parseHistory(json).history.length, 1);
});

test('registers of jepsen.independent are judged apart', t => {
	const line = jepsenLines['a log with dates and threads']!;
	const text = [
		line('0', 'invoke', 'write', '["x" 1]'),
		line('1', 'invoke', 'cas', '["y" [nil 2]]'),
		line('0', 'ok', 'write', '["x" 1]'),
		line('1', 'ok', 'cas', '["y" [nil 2]]'),
		line('0', 'invoke', 'read', '["y" nil]'),
		line('0', 'ok', 'read', '["y" 2]'),
	].join('\n');
	t.is(verdictOf(text), 'ok');
	t.is(verdictOf(text.replace('"y" 2]', '"y" 1]')), 'violation');
	t.throws(() => parseHistory(text.replace('["y" nil]', 'nil')), {message: /line 5.*\[KEY VALUE\]/});
});

test('what a log holds beside operations is passed over', t => {
	const text = [
		'INFO [2026-05-04 10:20:30,733] jepsen node n1 - jepsen.etcd :n1 installing 3.1',
		...events('1').map(event => jepsenLines['a log with dates and threads']!(...event)),
		'WARN [2026-05-04 10:20:30,733] jepsen worker 3 - jepsen.core Process 3 crashed',
		'java.net.SocketTimeoutException: Read timed out',
		'\tat java.net.SocketInputStream.socketRead0(Native Method) ~[na:1.8.0]',
		'INFO [2026-05-04 10:20:31,000] main - jepsen.core {:linear',
		' {:valid? true, :last-op {:process 4, :type :ok, :f :read,',
		'   :type :ok,',
		'  :value 1}}}',
		'Everything looks good!',
	].join('\n');
	t.is(parseHistory(text).history.length, 2);
});

const refuses = test.macro({
	exec(t, last: string) {
		const log = events('1').map(event => jepsenLines['a log with dates and threads']!(...event));
		const error = t.throws(() => parseHistory([...log, last].join('\n')), {instanceOf: HistoryError});
		t.is(error.line, log.length + 1);
	},
	title: (name = '') => `a line of a log that may be an operation and cannot be read is refused: ${name}`,
});
const dated = 'INFO [2026-05-04 10:20:30,733] jepsen worker 2 - jepsen.util';
test('another function', refuses, `${dated} 2\t:invoke\t:enqueue\t7`);
test('another type', refuses, `${dated} 2\t:okay\t:read\t7`);
test('no keywords', refuses, `${dated} 2 ok read 7`);
test('another logger', refuses, 'INFO  my.logger - two\t:ok\t:read\t7');
test('no process', refuses, 'INFO  jepsen.util - :ok\t:read\t7');
test('no value', refuses, `${dated} 2\t:invoke\t:read`);
test('too many values', refuses, `${dated} 2\t:invoke\t:read\tnil nil`);
test('a value that is no EDN', refuses, `${dated} 2\t:invoke\t:write\t[1`);
test('cut off behind the type', refuses, `${dated} 2\t:ok`);
test('cut off behind the logger', refuses, dated);
test('cut off behind the thread', refuses, 'INFO [2026-05-04 10:20:30,733] jepsen worker 2 - jep');
test('a completion without an invocation', refuses, `${dated} 2\t:ok\t:read\t1`);
test('a completion in a transaction', refuses, `${dated} 2\t:invoke\t:txn\t[[:r 1 nil]]`);

const failed = test.macro({
	exec(t, reason: string, expected: string) {
		const log = (reasonText: string): string =>
			[
				'INFO  jepsen.util - 0\t:invoke\t:write\t1',
				'INFO  jepsen.util - 0\t:ok\t:write\t1',
				'INFO  jepsen.util - 1\t:invoke\t:cas\t[1 2]',
				`INFO  jepsen.util - 1\t:fail\t:cas\t${reasonText}`,
				'INFO  jepsen.util - 1\t:invoke\t:read\tnil',
				'INFO  jepsen.util - 1\t:ok\t:read\t1',
			].join('\n');
		t.is(verdictOf(log(reason)), expected);
	},
	title: (name = '') => `a failed compare-and-set ${name}`,
});
test('that says no more is a refusal: the register did not hold the value', failed, '[1 2]', 'violation');
for (const reason of [
	'[1 2]\t:timed-out',
	'[1 2] :connection-refused',
	':no-leader',
	'[:no-leader 5]',
	'"no [leader"',
	'[1 2] #<E',
	'nil',
]) {
	test(`may never have been sent: ${reason}`, failed, reason, 'ok');
}

test('a failed compare-and-set with an error is no refusal in EDN either', t => {
	const text = (error: string): string =>
		`{:process 0 :type :invoke :f :write :value 1}{:process 0 :type :ok :f :write :value 1}
{:process 0 :type :invoke :f :cas :value [1 2]}{:process 0 :type :fail :f :cas :value [1 2] ${error}}`;
	t.is(verdictOf(text('')), 'violation');
	t.is(verdictOf(text(':error :connection-refused')), 'ok');
});

test('a completion that says something else than its invocation is refused', t => {
	const log = (completion: string): string => `0\t:invoke\t:cas\t[1 2]\n0\t${completion}`;
	t.notThrows(() => parseHistory(log(':ok :cas [1, 2]')));
	t.throws(() => parseHistory(log(':ok :cas [1 3]')), {message: /line 2.*as invoked/});
	t.throws(() => parseHistory(log(':ok :write 2')), {message: /line 2.*as invoked/});
});

const jsonRefuses = test.macro({
	exec(t, line: string, expected: RegExp) {
		const text = `{"process":0,"type":"invoke","f":"cas","key":"k","expected":"1","value":"2"}\n${line}`;
		const error = t.throws(() => parseHistory(text), {instanceOf: HistoryError});
		t.is(error.line, 2);
		t.regex(error.message, expected);
	},
	title: (name = '') => `a JSON line is refused: ${name}`,
});
test(
	'a field that nobody knows',
	jsonRefuses,
	'{"process":0,"type":"fail","reason":"refused"}',
	/only fields.*"reason"/u,
);
test('another value than was invoked', jsonRefuses, '{"process":0,"type":"ok","value":"3"}', /as invoked/u);
test(
	'a process that is a number here and a string there',
	jsonRefuses,
	'{"process":"0","type":"ok"}',
	/"process":0, as before/u,
);
test('a process that no number can hold', jsonRefuses, '{"process":9007199254740993,"type":"ok"}', /whole number/u);
test('a key that is no string', jsonRefuses, '{"process":1,"type":"invoke","f":"get","key":7}', /"key": a string/u);
test('cut off', jsonRefuses, '{"process":0,"type":"o', /a JSON object/u);
test('a field twice', jsonRefuses, '{"process":0,"type":"ok","type":"fail"}', /each field once/u);
test(
	'a field twice, once with an escape',
	jsonRefuses,
	'{"process":0,"type":"ok","typ\\u0065":"fail"}',
	/each field once/u,
);
test(
	'a field twice within a batch',
	jsonRefuses,
	'{"process":1,"type":"invoke","f":"batch","operations":[{"f":"put","key":"a","key":"b","value":"c"}]}',
	/each field once/u,
);
test('values within values', jsonRefuses, `{"process":0,"value":${'['.repeat(9999)}${']'.repeat(9999)}}`, /levels/u);

test('text in a value is no field of its line', t => {
	const value = JSON.stringify('"value":"b","value":"c", \\');
	const text = `{"process":0,"type":"invoke","f":"put","value":${value}}\n{"process":0,"type":"ok"}`;
	t.is(parseHistory(text).history.length, 1);
	const colon = '{"process":0,"type":"invoke","f":"put","key":"","value":":,\\":"}';
	t.is(parseHistory(colon).history.length, 1);
});

/** A write ends at `end`, a read that misses it begins at `begin`. */
const timed = (first: string, end: string, begin: string, last: string): string =>
	[
		`{"process":0,"time":${first},"type":"invoke","f":"put","value":"\\"time\\":1"}`,
		`{"process":0,"time":${end},"type":"ok"}`,
		`{"process":1,"time":${begin},"type":"invoke","f":"get"}`,
		`{"process":1,"time":${last},"type":"ok","value":null}`,
	].join('\n');

test('times are exact, however large', t => {
	t.is(
		verdictOf(timed('1764300000123456789', '1764300000123456790', '1764300000123456791', '1764300000123456792')),
		'violation',
	);
	t.is(
		verdictOf(timed('-1764300000123456789', '-1764300000123456788', '-1764300000123456787', '-1764300000123456786')),
		'violation',
	);
	t.is(
		verdictOf(timed('1764300000123456789', '1764300000123456791', '1764300000123456791', '1764300000123456792')),
		'ok',
	);
	t.is(verdictOf(timed('0.1', '0.2', '0.3', '0.4')), 'violation');
	t.is(verdictOf(timed('1e3', '2e3', '3e3', '4e3')), 'violation');
	const {timeOrigin, history} = parseHistory(
		timed('1764300000123456789', '1764300000123456790', '1764300000123456780', '1764300000123456792'),
	);
	t.is(timeOrigin, 1764300000123456789n);
	t.deepEqual(
		history.map(({call}) => call),
		[0, -9],
	);
});

for (const [name, begin] of Object.entries({
	'a decimal of more digits than a number holds': '1764300000.123456789',
	'a decimal that would be rounded to a whole number': '5.00000000000000001',
	'too far from the first': '1764300000123456791',
	'an escaped name': '1,"ti\\u006de":3',
	'a name twice': '1,"time":3',
	'a string': '"3"',
	'too large for any number': '1e999',
})) {
	test(`a time that cannot be read exactly is refused: ${name}`, t => {
		const error = t.throws(() => parseHistory(timed('1', '2', begin, '4000000000')), {instanceOf: HistoryError});
		t.is(error.line, 3);
	});
}
