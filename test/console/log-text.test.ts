/** Entries of a log in words, and the lines that ask for them. */
import test from 'ava';
import type {LoggedEntry, NodeLog} from '../../actors/cluster/node-log.js';
import {logText} from '../../actors/console/log-text.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {Part, WriteOperation} from '../../src/kv/types.js';
import {nodeId, term} from '../../src/raft/types.js';
import {MemoryTarget} from './memory-target.js';
import {runScript} from './run-script.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const base = {term: term(3), bytes: 10};

type Told = Extract<LoggedEntry<KvTypes>, {type: 'command'}>['command'];
const entry = (index: number, command: Told): LoggedEntry<KvTypes> => ({...base, index, type: 'command', command});
const writes = (...list: readonly (WriteOperation | undefined)[]): Told => ({
	type: 'writes',
	session: 7,
	acknowledged: 0,
	after: 0,
	writes: list.map((write, offset) => ({sequence: offset + 1, write})),
});

const logOf = (entries: readonly LoggedEntry<KvTypes>[], rest: Partial<NodeLog<KvTypes>> = {}): NodeLog<KvTypes> => ({
	snapshotIndex: 8,
	lastIndex: 120,
	commitIndex: 11,
	lastApplied: 10,
	entries,
	...rest,
});

test('an entry says where it stands, of which term it is and what it does', t => {
	const configuration = {voters: [0, 1, 2].map(nodeId), learners: [nodeId(3)]};
	const text = logText(
		1,
		logOf([
			{...base, index: 9, type: 'noop'},
			{...base, index: 10, type: 'configuration', configuration},
			entry(11, {type: 'openSession', closes: 0}),
			entry(12, writes({type: 'put', key: 'city', value: bytes('New York')}, undefined)),
			entry(13, undefined),
			entry(14, {type: 'clock', logTime: 500, wallTime: 0}),
			entry(15, {type: 'closeSession', session: 7}),
			entry(16, {type: 'openSession', closes: 7}),
		]),
	);
	t.deepEqual(text.split('\n'), [
		'node 1: snapshot up to 8, applied up to 10, committed up to 11, log up to 120',
		'   s entries up to 8 are in the snapshot',
		' 9 a term 3  noop: a leader begins its term',
		'10 a term 3  configuration: voters 0 1 2, learners 3',
		'11 c term 3  session opened',
		'12 - term 3  session 7 #1 put city "New York"; #2 (no memory for it)',
		'13 - term 3  command of 10 bytes',
		'14 - term 3  log time 500 ms',
		'15 - term 3  session 7 closed',
		'16 - term 3  session opened, in the place of session 7',
	]);
	t.is(
		logText(2, logOf([], {snapshotIndex: 0})),
		'node 2: no snapshot, applied up to 10, committed up to 11, log up to 120\nno entries there',
	);
});

const shows = test.macro({
	title: (_ = '', write: WriteOperation, text: string) => `${write.type} is shown as ${text}`,
	exec: (t, write: WriteOperation, text: string) => {
		t.is(logText(0, logOf([entry(20, writes(write))])).split('\n')[1], `20 - term 3  session 7 #1 ${text}`);
	},
});

test(shows, {type: 'put', key: 'a', value: bytes('1'), condition: 'absent'}, 'put a 1 if absent');
test(shows, {type: 'append', key: 'a', value: bytes('')}, 'append a ""');
test(shows, {type: 'delete', key: 'a b'}, 'delete "a b"');
test(shows, {type: 'clear'}, 'clear');
test(shows, {type: 'increment', key: 'n', by: -3n}, 'increment n -3');
test(shows, {type: 'compareAndSet', key: 'a', expected: {value: undefined}, value: bytes('1')}, 'cas a (absent) 1');
test(shows, {type: 'compareAndSet', key: 'a', expected: {value: bytes('0')}, value: bytes('1')}, 'cas a 0 1');
test(shows, {type: 'compareAndSet', key: 'a', expected: {version: 4}, value: bytes('1')}, 'cas a version 4 1');
test(
	shows,
	{type: 'put', key: 'k', value: bytes(`${'x'.repeat(39)}ä and more`)},
	`put k ${'x'.repeat(39)}...(50 bytes)`,
);
const parts = Array.from({length: 6}, (): Part => ({
	type: 'get',
	key: 'a',
}));
test(shows, {type: 'batch', operations: [{type: 'clear'}, ...parts]}, 'batch (clear; get a; get a; get a; and 3 more)');

test('of the many writes of one entry the first are shown', t => {
	const many = Array.from({length: 6}, (): WriteOperation => ({type: 'clear'}));
	t.regex(logText(0, logOf([entry(20, writes(...many))])), /#4 clear; and 2 more$/);
});

test('the lines ask for the last entries, for one, or for a range', async t => {
	const target = new MemoryTarget();
	const {status, output} = await runScript('log leader\nlog 0 7\nlog 0 7..9\nsnapshot 2\n', target);
	t.is(status, 0, output);
	t.deepEqual(target.calls, [
		'log 1 {"countMax":20}',
		'log 0 {"from":7,"to":7,"countMax":1000}',
		'log 0 {"from":7,"to":9,"countMax":1000}',
		'snapshot 2',
	]);
	t.true(output.endsWith('node 2 has a snapshot up to index 119, of 4096 bytes\n'), output);
	t.deepEqual(target.lines, ['snapshot 2'], 'only that one may change something');
});

const refused: readonly (readonly [string, RegExp])[] = [
	['log 0 9..7', /the range 9\.\.7 ends before it begins/],
	['log 0 0..7', /the first index of a log is 1/],
	['log 0 1..1001', /a range has at most 1000 entries/],
	['log 0 7..', /"7\.\." is not a range of indexes such as 100\.\.120/],
];
for (const [line, message] of refused) {
	test(`${line} is refused`, async t => {
		const target = new MemoryTarget();
		const {status, errors, output} = await runScript(line, target);
		t.not(status, 0);
		t.regex(`${errors}${output}`, message);
		t.deepEqual(target.calls, []);
	});
}
