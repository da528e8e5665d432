import test from 'ava';
import * as fc from 'fast-check';
import {allCommands} from '../../actors/console/commands/all.js';
import {ConsoleSyntaxError} from '../../actors/console/errors.js';
import {parseLine} from '../../actors/console/parser.js';
import {valueText} from '../../actors/console/value-text.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const number = (node: number): {readonly type: 'number'; readonly node: number} => ({type: 'number', node});
const put = (key: string, value: string): readonly unknown[] => ['put', {key: bytes(key), value: bytes(value)}];

const means = test.macro({
	/** `meaning`: the name of the command, and what its words mean. */
	exec: (t, line: string, meaning: readonly unknown[] | undefined) => {
		const parsedLine = parseLine(line, 5, allCommands);
		t.deepEqual(parsedLine && [parsedLine.command.name, parsedLine.parsed], meaning && [...meaning]);
	},
	title: (_, line: string) => `means something: ${line}`,
});

test(means, '', undefined);
test(means, '   # only a comment', undefined);
test(means, 'status', ['status', undefined]);
test(means, 'health', ['health', undefined]);
test(means, '  STATUS  # all nodes', ['status', undefined]);
test(means, 'put a 1', put('a', '1'));
test(means, 'put "a b" "c # d"', put('a b', 'c # d'));
test(means, String.raw`put a\ b \"\#\\`, put('a b', '"#\\'));
test(means, String.raw`put k "line\nnext\ttab\x41"`, put('k', 'line\nnext\ttabA'));
test(means, 'put k ""', put('k', ''));
test(means, 'put k pre"fix and"post', put('k', 'prefix andpost'));
test(means, 'put ключ 🦊', put('ключ', '🦊'));
test(means, 'put k a#b', put('k', 'a#b'));
test(means, String.raw`put k \xff\x00`, ['put', {key: bytes('k'), value: Uint8Array.of(0xff, 0)}]);
test(means, 'get k', ['get', bytes('k')]);
test(means, 'append k v', ['append', {key: bytes('k'), value: bytes('v')}]);
test(means, 'delete k', ['delete', bytes('k')]);
test(means, 'cas k 1 2', ['cas', {key: bytes('k'), expected: bytes('1'), value: bytes('2')}]);
test(means, 'cas k (absent) 2', ['cas', {key: bytes('k'), expected: undefined, value: bytes('2')}]);
test(means, 'cas k "(absent)" 2', ['cas', {key: bytes('k'), expected: bytes('(absent)'), value: bytes('2')}]);
test(means, 'put k (absent)', put('k', '(absent)'));
test(means, 'kill 4', ['kill', number(4)]);
test(means, 'kill leader', ['kill', {type: 'leader'}]);
test(means, 'restart 0', ['restart', number(0)]);
test(means, 'transfer', ['transfer', undefined]);
test(means, 'transfer 2', ['transfer', 2]);
test(means, 'restart all', ['restart', undefined]);
test(means, 'partition 0,1 | 2,3,4', [
	'partition',
	[
		[number(0), number(1)],
		[number(2), number(3), number(4)],
	],
]);
test(means, 'partition 0 1|2, 3', [
	'partition',
	[
		[number(0), number(1)],
		[number(2), number(3)],
	],
]);
test(means, 'pause 3 1.5s', ['pause', {reference: number(3), durationMs: 1500, clockStops: false}]);
test(means, 'pause leader 250 clock', ['pause', {reference: {type: 'leader'}, durationMs: 250, clockStops: true}]);
test(means, 'isolate 2', ['isolate', {reference: number(2), way: 'both'}]);
test(means, 'isolate leader in', ['isolate', {reference: {type: 'leader'}, way: 'in'}]);
test(means, 'heal', ['heal', '']);
test(means, 'heal clockDrift 1', ['heal', 'clockDrift 1']);
test(means, 'drop off', ['drop', undefined]);
test(means, 'cut 0->1', ['cut', {from: [number(0)], to: [number(1)], isBothWays: false}]);
test(means, 'cut 0 -> 1', ['cut', {from: [number(0)], to: [number(1)], isBothWays: false}]);
test(means, 'cut 0,1<->clients', ['cut', {from: [number(0), number(1)], to: 'clients', isBothWays: true}]);
test(means, 'cut leader', ['cut', {from: [{type: 'leader'}], to: 'nodes', isBothWays: true}]);
test(means, 'cut clients', ['cut', {from: 'clients', to: 'nodes', isBothWays: true}]);
test(means, 'cut all', ['cut', {from: 'everyone', to: 'everyone', isBothWays: false}]);
test(means, 'slow 1 x1.5', ['slow', {reference: number(1), factor: 1.5}]);
test(means, 'slow 1 10x', ['slow', {reference: number(1), factor: 10}]);
test(means, 'crashloop 2 1s', ['crashloop', {reference: number(2), upMs: 1000}]);
test(means, 'unreliable on', ['unreliable', true]);
test(means, 'unreliable off', ['unreliable', false]);
test(means, 'wait leader', ['wait', 'leader']);
test(means, 'sleep 250', ['sleep', 250]);
test(means, 'sleep 250ms', ['sleep', 250]);
test(means, 'sleep 1.5s', ['sleep', 1500]);
test(means, 'help', ['help', undefined]);
test(means, 'help put', ['help', 'put']);
test(means, 'quit', ['quit', undefined]);
test(means, 'exit', ['quit', undefined]);
test(means, '?', ['help', undefined]);
test(means, 'help exit', ['help', 'exit']);
test(means, 'faults', ['faults', undefined]);

const isRefused = test.macro({
	exec: (t, line: string, message: string) => {
		const error = t.throws(() => parseLine(line, 5, allCommands), {
			instanceOf: ConsoleSyntaxError,
			code: 'ERR_CONSOLE_SYNTAX',
		});
		t.is(error.message, message);
	},
	title: (_, line: string) => `is refused with a remedy: ${line}`,
});

test(isRefused, 'stauts', 'there is no command "stauts": did you mean "status"?');
test(isRefused, 'part 0 | 1', 'there is no command "part": did you mean "partition"?');
test(isRefused, 'statsu', 'there is no command "statsu": did you mean "status"?');
test(isRefused, 'ext', 'there is no command "ext": did you mean "exit"?');
test(isRefused, 'stop', 'there is no command "stop": did you mean "quit"?');
test(isRefused, 'rm k', 'there is no command "rm": did you mean "delete"?');
test(isRefused, 'crash 1', 'there is no command "crash": did you mean "kill"?');
test(isRefused, 'start 1', 'there is no command "start": did you mean "restart"?');
test(isRefused, 'freeze 1', 'there is no command "freeze": did you mean "pause"?');
test(isRefused, 'split 0 | 1', 'there is no command "split": did you mean "partition"?');
test(isRefused, 'reconnect', 'there is no command "reconnect": did you mean "heal"?');
test(isRefused, 'lose 10%', 'there is no command "lose": did you mean "drop"?');
test(isRefused, 'latency 5', 'there is no command "latency": did you mean "delay"?');
test(isRefused, 'ls', 'there is no command "ls": did you mean "status"?');
test(isRefused, 'step', 'there is no command "step": see "help"');
test(isRefused, 'boot', 'there is no command "boot": see "help"');
test(isRefused, 'hello', 'there is no command "hello": see "help"');
test(isRefused, 'xyzzy', 'there is no command "xyzzy": see "help"');
test(isRefused, 'put k', 'a value is missing; write: put KEY VALUE');
test(isRefused, 'put k two words', '"words" is too much (a value with blanks needs quotes); write: put KEY VALUE');
test(isRefused, 'put k "open', 'a quote is open at the end of the line: close it with ", or write \\" for a plain one');
test(isRefused, 'put k v\\', 'a \\ ends the line: write \\\\ for a plain one');
test(isRefused, 'put k \\xg0', '\\x takes two hexadecimal digits, as in \\x0a');
test(isRefused, 'kill', 'a node is missing; write: kill N|leader');
test(isRefused, 'kill 5', 'there is no node "5": nodes are 0 to 4; write: kill N|leader');
test(isRefused, 'kill -1', 'there is no node "-1": nodes are 0 to 4; write: kill N|leader');
test(isRefused, 'kill 1.5', 'there is no node "1.5": nodes are 0 to 4; write: kill N|leader');
test(isRefused, 'kill all', 'there is no node "all": nodes are 0 to 4; write: kill N|leader');
test(isRefused, 'pause 1', 'a time is missing; write: pause N|leader TIME [clock]');
test(
	isRefused,
	'pause 1 1e3',
	'"1e3" is not a time such as 250, 250ms, 1.5s or 2m, of an hour at most; write: pause N|leader TIME [clock]',
);
test(
	isRefused,
	'sleep 61m',
	'"61m" is not a time such as 250, 250ms, 1.5s or 2m, of an hour at most; write: sleep TIME',
);
test(
	isRefused,
	'set plane on',
	'there is no setting "plane": there are deadline, background, colours, notices, plain; write: set NAME VALUE',
);
test(
	isRefused,
	'sleep 3600001',
	'"3600001" is not a time such as 250, 250ms, 1.5s or 2m, of an hour at most; write: sleep TIME',
);
test(isRefused, 'partition', 'a group has no nodes; write: partition 0,1 | 2,3,4');
test(isRefused, 'partition 0 | | 1', 'a group has no nodes; write: partition 0,1 | 2,3,4');
test(isRefused, 'partition 0 | 9', 'there is no node "9": nodes are 0 to 4; write: partition 0,1 | 2,3,4');
test(isRefused, 'unreliable', 'on or off is missing; write: unreliable on|off');
test(isRefused, 'unreliable maybe', '"maybe" is not on or off; write: unreliable on|off');
test(
	isRefused,
	'drop 10',
	'"10" is neither a percentage such as 10% nor a part from 0 to 1; write: drop P%|off [LINKS]',
);
test(
	isRefused,
	'drop 101%',
	'"101%" is neither a percentage such as 10% nor a part from 0 to 1; write: drop P%|off [LINKS]',
);
test(isRefused, 'drop x', '"x" is neither a percentage such as 10% nor a part from 0 to 1; write: drop P%|off [LINKS]');
test(isRefused, 'cut', 'links are missing; write: cut LINKS');
test(isRefused, 'cut 0->9', 'there is no node "9": nodes are 0 to 4; write: cut LINKS');
test(
	isRefused,
	'cut 0->',
	'a side of the arrow is empty: write links such as 0->1, leader<->2, leader or all; write: cut LINKS',
);
test(isRefused, 'cut 0->1->2', '"0->1->2" has more than one arrow: write one such as 0->1; write: cut LINKS');
test(isRefused, 'oneway 0', 'a one-way cut has nodes on both sides of one arrow; write: oneway 0,1 -> 2,3');
test(
	isRefused,
	'bandwidth 0kB/s',
	'a link that carries nothing is a cut: use "cut"; write: bandwidth RATE|off [LINKS]',
);
test(
	isRefused,
	'bandwidth fast',
	'"fast" is not a rate such as 500B/s, 100kB/s or 2MB/s; write: bandwidth RATE|off [LINKS]',
);
test(isRefused, 'slow 1 0.5', 'a factor is 1 or more; write: slow N|leader FACTOR|off');
test(
	isRefused,
	'clock 1 500',
	'"500" is not a leap such as +500ms, a time to stand still such as -2s, a rate such as x1.5, or ok; write: clock N|leader +TIME | -TIME | xRATE | ok',
);
test(isRefused, 'delay 50..10', 'the range "50..10" ends before it begins; write: delay A..B|off [LINKS]');
test(isRefused, 'delay 1..2..3', '"1..2..3" is not a range such as 10..50; write: delay A..B|off [LINKS]');
test(
	isRefused,
	'delay 1..',
	'"" is not a time such as 250, 250ms, 1.5s or 2m, of an hour at most; write: delay A..B|off [LINKS]',
);
test(isRefused, 'wait', 'leader is missing; write: wait leader');

test('any line is either a command or refused with one line', t => {
	const words = fc.oneof(fc.constantFrom(...allCommands.map(({name}) => name)), fc.string({unit: 'grapheme'}));
	fc.assert(
		fc.property(fc.array(words, {maxLength: 5}), drawn => {
			try {
				parseLine(drawn.join(' ').replaceAll(/[\n\r]/g, ''), 3, allCommands);
			} catch (error) {
				t.true(error instanceof ConsoleSyntaxError);
				t.false((error as Error).message.includes('\n'));
			}
		}),
		{seed: 31, numRuns: 500},
	);
	t.pass();
});

test('a value is printed so that it can be typed in again and gives the same bytes', t => {
	const values = fc.oneof(fc.uint8Array(), fc.string({unit: 'binary'}).map(bytes), fc.string().map(bytes));
	fc.assert(
		fc.property(values, value => {
			t.deepEqual(parseLine(`put k ${valueText(value)}`, 3, allCommands)?.parsed, {key: bytes('k'), value});
		}),
		{seed: 37, numRuns: 500},
	);
});

test('plain text is printed as it is, and only what is not plain is quoted and escaped', t => {
	t.is(valueText(bytes('héllo wörld')), '"héllo wörld"');
	t.is(valueText(bytes('🦊,=')), '🦊,=');
	t.is(valueText(bytes('')), '""');
	t.is(valueText(bytes('(absent)')), '"(absent)"');
	t.is(valueText(bytes('a\n"b"')), String.raw`"a\n\"b\""`);
	t.is(valueText(bytes('\u001B[2J')), String.raw`"\x1b[2J"`);
	t.is(valueText(Uint8Array.of(0x61, 0xff, 0x0a)), String.raw`"a\xff\n"`);
});
