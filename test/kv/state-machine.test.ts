import test from 'ava';
import fc from 'fast-check';
import {bytesOf, textOf} from '../../actors/text.js';
import type {NamedOperation, Result, WriteOperation} from '../../src/kv/types.js';
import {term} from '../../src/raft/types.js';
import {
	append,
	applyTo,
	entryOf,
	newState,
	noopAt,
	operationOf,
	put,
	runs,
	seen,
	writeArbitrary,
	writerTo,
	type Command,
	type KvState,
	type Outcome,
} from './helpers.js';

const big = bytesOf('9223372036854775807');

/** What an operation gives on a machine where `k` was put to "5" at index 2 and the operation comes at index 3. */
const operations = test.macro({
	exec(t, operation: WriteOperation, expected: Result, valueAfter: string | undefined) {
		const machine = newState({valueBytesMax: 8});
		const write = writerTo(machine);
		write(put('k', '5'));
		t.deepEqual(write(operation), expected as Outcome);
		const after = machine.read({type: 'get', key: 'k'});
		t.is(after.type === 'value' && after.value !== undefined ? textOf(after.value) : undefined, valueAfter);
	},
	title: (given = '') => given,
});

const five = bytesOf('5');
const six = bytesOf('6');
const k = {key: 'k'} as const;

test('put replaces', operations, put('k', '6'), {type: 'written', version: 3, length: 1}, '6');
test(
	'put if absent fails on a present key and tells what is there',
	operations,
	{type: 'put', ...k, value: six, condition: 'absent'},
	{type: 'conditionFailed', value: five, version: 2},
	'5',
);
test(
	'put if present returns the previous value when asked',
	operations,
	{type: 'put', ...k, value: six, condition: 'present', returnPrevious: true},
	{type: 'written', version: 3, length: 1, previous: five},
	'6',
);
test(
	'put if present fails on an absent key',
	operations,
	{type: 'put', key: 'other', value: six, condition: 'present'},
	{type: 'conditionFailed', value: undefined, version: 0},
	'5',
);
test(
	'put refuses a value over the limit',
	operations,
	put('k', '123456789'),
	{type: 'invalid', reason: 'valueTooLarge', version: 2},
	'5',
);
test('append adds at the end', operations, append('k', '67'), {type: 'written', version: 3, length: 3}, '567');
test('append creates', operations, append('other', 'x'), {type: 'written', version: 3, length: 1}, '5');
test(
	'append refuses a result over the limit',
	operations,
	append('k', '12345678'),
	{type: 'invalid', reason: 'valueTooLarge', version: 2},
	'5',
);
test('delete removes', operations, {type: 'delete', ...k}, {type: 'deleted', existed: true, version: 3}, undefined);
test(
	'delete of an absent key says so',
	operations,
	{type: 'delete', key: 'other'},
	{type: 'deleted', existed: false, version: 3},
	'5',
);
test(
	'compare-and-set by value sets when equal',
	operations,
	{type: 'compareAndSet', ...k, expected: {value: bytesOf('5')}, value: six},
	{type: 'written', version: 3, length: 1},
	'6',
);
test(
	'compare-and-set by value fails when different',
	operations,
	{type: 'compareAndSet', ...k, expected: {value: six}, value: six},
	{type: 'conditionFailed', value: five, version: 2},
	'5',
);
test(
	'compare-and-set to absent fails on a present key',
	operations,
	{type: 'compareAndSet', ...k, expected: {value: undefined}, value: six},
	{type: 'conditionFailed', value: five, version: 2},
	'5',
);
test(
	'compare-and-set by version sets at that version',
	operations,
	{type: 'compareAndSet', ...k, expected: {version: 2}, value: six},
	{type: 'written', version: 3, length: 1},
	'6',
);
test(
	'compare-and-set by version 0 creates',
	operations,
	{type: 'compareAndSet', key: 'other', expected: {version: 0}, value: six},
	{type: 'written', version: 3, length: 1},
	'5',
);
test('increment adds', operations, {type: 'increment', ...k, by: -7n}, {type: 'number', value: -2n, version: 3}, '-2');
test(
	'increment counts an absent key as 0',
	operations,
	{type: 'increment', key: 'other', by: 3n},
	{type: 'number', value: 3n, version: 3},
	'5',
);
test('clear deletes every key', operations, {type: 'clear'}, {type: 'cleared', count: 1, version: 3}, undefined);
test(
	'a batch runs in order at one version, and a part that fails does not undo the others',
	operations,
	{
		type: 'batch',
		operations: [
			{type: 'append', ...k, value: six},
			{type: 'put', ...k, value: six, condition: 'absent'},
			{type: 'get', ...k},
		],
	},
	{
		type: 'batch',
		results: [
			{type: 'written', version: 3, length: 2},
			{type: 'conditionFailed', value: bytesOf('56'), version: 3},
			{type: 'value', value: bytesOf('56'), version: 3},
		],
	},
	'56',
);

test('increment refuses what is no signed 64-bit decimal number, and overflow', t => {
	const machine = newState();
	const write = writerTo(machine);
	for (const text of ['', '-', '+1', '01', '-0', '1 ', '1e3', '0x1', '9223372036854775808', '1'.repeat(40)]) {
		write(put('k', text));
		const version = machine.appliedIndex;
		t.deepEqual(write({type: 'increment', key: 'k', by: 1n}), {type: 'invalid', reason: 'notANumber', version}, text);
	}
	write({type: 'put', key: 'k', value: big});
	const version = machine.appliedIndex;
	t.deepEqual(write({type: 'increment', key: 'k', by: 1n}), {type: 'invalid', reason: 'numberOverflow', version});
	t.like(write({type: 'increment', key: 'k', by: -1n}), {value: 9_223_372_036_854_775_806n});
});

test('noop and configuration entries move index and revision, and nothing else', t => {
	const machines = [newState(), newState()] as const;
	for (const machine of machines) writerTo(machine)(put('k', 'v'));
	const [machine, other] = machines;
	t.is(machine.apply(noopAt(3)), undefined);
	t.is(machine.apply({...noopAt(4), type: 'configuration'}), undefined);
	t.is(machine.appliedIndex, 4);
	t.is(machine.revision, 4);
	t.deepEqual(machine.read({type: 'get', key: 'k'}), other.read({type: 'get', key: 'k'}));
	t.is(machine.sessionCount, other.sessionCount);
});

test('bytes in the log that are no command are an outcome, the same on every replica, and stop none', t => {
	const entry = {index: 1, term: term(1), type: 'command', command: Uint8Array.of(0xff, 1)} as const;
	const replicas = [newState(), newState()];
	for (const replica of replicas) {
		t.deepEqual(replica.apply(entry), [{type: 'malformed'}]);
		t.deepEqual(applyTo(replica, {type: 'openSession', closes: 0}), {
			type: 'sessionOpened',
			session: 2,
			timeoutMs: 600_000,
		});
	}
	t.is(replicas[0]!.stateHash(), replicas[1]!.stateHash());
});

test('an entry out of order is a broken invariant', t => {
	const machine = newState();
	t.throws(() => machine.apply(noopAt(2)), {code: 'ERR_INVARIANT'});
	machine.apply(noopAt(1));
	t.throws(() => machine.apply(noopAt(1)), {code: 'ERR_INVARIANT'});
});

/** A second, naive implementation: texts, a plain map, no limits. */
class Model {
	readonly map = new Map<string, {text: string; version: number}>();

	run(operation: NamedOperation, index: number): unknown {
		if (operation.type === 'clear') {
			const count = this.map.size;
			this.map.clear();
			return {type: 'cleared', count, version: index};
		}
		if (operation.type === 'batch') {
			return {type: 'batch', results: operation.operations.map(part => this.run(part, index))};
		}
		if (operation.type === 'transaction') {
			const isCommitted = operation.compares.every(({key, expected, isNegated = false}) => {
				if ('absentSince' in expected) throw new TypeError('this model watches no keys');
				const there = this.map.get(key);
				const wanted =
					'version' in expected ? expected.version : expected.value && Buffer.from(expected.value).toString('latin1');
				return (wanted === ('version' in expected ? (there?.version ?? 0) : there?.text)) !== isNegated;
			});
			const parts = isCommitted ? operation.operations : (operation.otherwise ?? []);
			const results = parts.map(part => this.run(part, index));
			return {type: 'transaction', isCommitted, revision: index, results};
		}
		if (operation.type === 'script') throw new TypeError('this model runs no scripts');
		if (operation.type === 'edit') throw new TypeError('this model knows no edits');
		if (operation.type === 'lease') throw new TypeError('the model has no leases');
		if (operation.type === 'keepChanges') throw new TypeError('the model tells no changes');
		const {key} = operation;
		const current = this.map.get(key);
		const there = {
			value: current && Buffer.from(current.text, 'latin1').toString('hex'),
			version: current?.version ?? 0,
		};
		const write = (text: string): unknown => {
			this.map.set(key, {text, version: index});
			return {type: 'written', version: index, length: text.length};
		};
		const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
		switch (operation.type) {
			case 'get':
				return {type: 'value', ...there};
			case 'put': {
				if (operation.condition === 'absent' && current) return {type: 'conditionFailed', ...there};
				if (operation.condition === 'present' && !current) return {type: 'conditionFailed', ...there};
				const result = write(latin1(operation.value)) as object;
				return operation.returnPrevious === true && current ? {...result, previous: there.value} : result;
			}
			case 'append':
				return write((current?.text ?? '') + latin1(operation.value));
			case 'delete':
				return {type: 'deleted', existed: this.map.delete(key), version: index};
			case 'compareAndSet': {
				const {expected} = operation;
				const holds =
					'version' in expected
						? there.version === expected.version
						: current?.text === (expected.value && latin1(expected.value));
				return holds ? write(latin1(operation.value)) : {type: 'conditionFailed', ...there};
			}
			case 'increment': {
				const text = current?.text ?? '0';
				if (
					!/^-?\d{1,19}$/.test(text) ||
					String(BigInt(text)) !== text ||
					BigInt.asIntN(64, BigInt(text)) !== BigInt(text)
				)
					return {type: 'invalid', reason: 'notANumber', version: there.version};
				const sum = BigInt(text) + operation.by;
				if (BigInt.asIntN(64, sum) !== sum) return {type: 'invalid', reason: 'numberOverflow', version: there.version};
				write(String(sum));
				return {type: 'number', value: sum, version: index};
			}
			default:
				return undefined;
		}
	}
}

const withHex = (value: unknown): unknown => {
	if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
	if (Array.isArray(value)) return value.map(part => withHex(part));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withHex(part)]));
};

test('any sequence of operations gives what a plain map gives', t => {
	fc.assert(
		fc.property(fc.array(writeArbitrary, {maxLength: 40, size: 'max'}), writes => {
			const machine = newState();
			const write = writerTo(machine);
			const model = new Model();
			for (const operation of writes) {
				const expected = model.run(operation, machine.appliedIndex + 1);
				t.deepEqual(withHex(write(operation)), expected);
			}
			t.is(machine.machine.itemCount, model.map.size);
			for (const [key, {version}] of model.map) t.like(machine.read({type: 'get', key}), {version});
		}),
		runs(200),
	);
	t.pass();
});

// ------------------------------------------------------------------------------------------------------ sessions

test('a repeated request is not run again, and gets the answer of its first run (dissertation §6.3)', t => {
	const machine = newState();
	applyTo(machine, {type: 'openSession', closes: 0});
	const command = operationOf(1, 1, 0, append('k', 'x'));
	const first = applyTo(machine, command);
	t.deepEqual(applyTo(machine, command), first);
	t.deepEqual(machine.keptOf(command as never)!.map(seen), [first]);
	t.like(machine.read({type: 'get', key: 'k'}), {value: bytesOf('x'), version: 2});
});

test('a repeat of what the client acknowledged is refused, not run', t => {
	const machine = newState();
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, operationOf(1, 1, 0, append('k', 'x')));
	applyTo(machine, operationOf(1, 3, 2, append('k', 'z')));
	t.deepEqual(applyTo(machine, operationOf(1, 1, 0, append('k', 'x'))), {type: 'alreadyAcknowledged'});
	t.deepEqual(applyTo(machine, operationOf(1, 2, 0, append('k', 'y'))), {type: 'alreadyAcknowledged'});
	t.like(machine.read({type: 'get', key: 'k'}), {value: bytesOf('xz')});
});

test('a write runs behind the one that its client names, and until then it is told to wait', t => {
	const machine = newState();
	applyTo(machine, {type: 'openSession', closes: 0});
	t.deepEqual(applyTo(machine, operationOf(1, 2, 0, append('k', 'b'), 1)), {type: 'outOfOrder'});
	t.is(machine.machine.itemCount, 0);
	t.like(applyTo(machine, operationOf(1, 1, 0, append('k', 'a'))), {type: 'written'});
	t.like(applyTo(machine, operationOf(1, 2, 0, append('k', 'b'), 1)), {type: 'written'});
	t.like(machine.read({type: 'get', key: 'k'}), {value: bytesOf('ab')});
	t.is(restarted(machine).stateHash(), machine.stateHash());
});

test('of the operations of one command none overtakes another that did not run', t => {
	const machine = newState({sessionResultsMax: 1});
	applyTo(machine, {type: 'openSession', closes: 0});
	const writes = ['a', 'b', 'c'].map((text, place) => ({sequence: place + 1, write: append('k', text)}));
	const command: Command = {type: 'writes', session: 1, acknowledged: 0, after: 0, writes};
	t.deepEqual(
		machine.apply(entryOf(2, command))!.map(outcome => seen(outcome).type),
		['written', 'sessionFull', 'outOfOrder'],
	);
});

test('what its client has given up is passed over, and never runs after a later write, also behind a snapshot', t => {
	const machine = newState();
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, operationOf(1, 1, 0, append('k', 'a')));
	// Its answer to 1 is still to come, 2 and 3 it has given up.
	applyTo(machine, operationOf(1, 4, 0, append('k', 'd'), 1));
	const late = operationOf(1, 3, 0, append('k', 'c'), 1);
	for (const replica of [machine, restarted(machine)]) {
		t.deepEqual(applyTo(replica, late), {type: 'alreadyAcknowledged'});
		t.like(replica.read({type: 'get', key: 'k'}), {value: bytesOf('ad')});
	}
	// Given up only after this was sent, and acknowledged by what overtook it.
	const early = operationOf(1, 7, 4, append('k', 'g'), 6);
	t.deepEqual(applyTo(machine, early), {type: 'outOfOrder'});
	t.deepEqual(applyTo(machine, operationOf(1, 8, 6, append('k', 'h'), 7)), {type: 'outOfOrder'});
	t.like(applyTo(machine, early), {type: 'written'});
});

test('an unknown session is told so, and nothing runs', t => {
	const machine = newState();
	t.deepEqual(applyTo(machine, operationOf(7, 1, 0, put('k', 'x'))), {type: 'sessionExpired'});
	t.is(machine.machine.itemCount, 0);
});

test('a session keeps a bounded number of results: the next request is refused until some are acknowledged', t => {
	const machine = newState({sessionResultsMax: 2});
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, operationOf(1, 1, 0, append('k', '1')));
	applyTo(machine, operationOf(1, 2, 0, append('k', '2')));
	const third = operationOf(1, 3, 0, append('k', '3'));
	t.deepEqual(applyTo(machine, third), {type: 'sessionFull'});
	t.like(
		applyTo(machine, operationOf(1, 2, 0, append('k', '2'))),
		{type: 'written', version: 3},
		'a repeat is answered',
	);
	t.like(applyTo(machine, operationOf(1, 3, 1, append('k', '3'))), {type: 'written', length: 3});
});

test('operations of one command run in order, each once, under a revision of its own', t => {
	const machine = newState({sessionResultsMax: 3});
	applyTo(machine, {type: 'openSession', closes: 0});
	const commandOf = (...texts: readonly string[]): Command => ({
		type: 'writes',
		session: 1,
		acknowledged: 0,
		after: 0,
		writes: texts.map(text => ({sequence: Number(text), write: append('k', text)})),
	});
	const outcomes = machine.apply(entryOf(2, commandOf('1', '2')))!.map(seen);
	t.deepEqual(outcomes, [
		{type: 'written', version: 2, length: 1},
		{type: 'written', version: 3, length: 2},
	]);
	t.deepEqual(machine.apply(entryOf(3, commandOf('2', '3', '3', '4')))?.map(seen), [
		outcomes[1]!,
		{type: 'written', version: 5, length: 3},
		{type: 'written', version: 5, length: 3},
		{type: 'sessionFull'},
	]);
	t.like(machine.read({type: 'get', key: 'k'}), {value: bytesOf('123'), version: 5});
	t.is(machine.revision, 7);
	const kept = [outcomes[0]!, {type: 'written', version: 5, length: 3}];
	t.deepEqual(machine.keptOf(commandOf('1', '3') as never)?.map(seen), kept as never);
	t.is(machine.keptOf(commandOf('1', '4') as never), undefined, 'not all of it was run');
	t.deepEqual(machine.apply(noopAt(4)), undefined);
	t.is(machine.revision, 8);
	const restored = restarted(machine);
	t.is(restored.revision, 8);
	t.is(restored.stateHash(), machine.stateHash());
});

test('a session keeps bounded bytes of results', t => {
	const machine = newState({sessionResultBytesMax: 100});
	applyTo(machine, {type: 'openSession', closes: 0});
	const large = 'x'.repeat(90);
	applyTo(machine, operationOf(1, 1, 0, put('k', large)));
	const swap = {type: 'put', key: 'k', value: bytesOf('y'), returnPrevious: true} as const;
	t.like(applyTo(machine, operationOf(1, 2, 1, swap)), {type: 'written', length: 1});
	t.deepEqual(applyTo(machine, operationOf(1, 3, 1, swap)), {type: 'sessionFull'});
	t.like(applyTo(machine, operationOf(1, 3, 2, swap)), {type: 'written', previous: bytesOf('y')});
});

test('sessions expire by log time only, and log time never goes back', t => {
	const machine = newState({sessionTimeoutMs: 1000});
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, {type: 'clock', logTime: 500, wallTime: 0});
	applyTo(machine, operationOf(2, 1, 0, put('k', 'x')));
	applyTo(machine, {type: 'clock', logTime: 100, wallTime: 0});
	t.is(machine.logTime, 500);
	applyTo(machine, {type: 'clock', logTime: 1000, wallTime: 0});
	t.is(machine.sessionCount, 1);
	t.deepEqual(applyTo(machine, operationOf(1, 1, 0, put('k', 'y'))), {type: 'sessionExpired'});
	t.like(applyTo(machine, operationOf(2, 2, 1, put('k', 'y'))), {type: 'written'});
});

test('a session that is closed, or replaced by another, takes no place, and nothing of it runs any more', t => {
	const machine = newState({sessionsMax: 2, sessionTimeoutMs: 1000});
	applyTo(machine, {type: 'openSession', closes: 0});
	t.deepEqual(applyTo(machine, {type: 'openSession', closes: 0}), {
		type: 'sessionOpened',
		session: 2,
		timeoutMs: 1000,
	});
	applyTo(machine, {type: 'closeSession', session: 2});
	t.is(machine.sessionCount, 1);
	applyTo(machine, {type: 'openSession', closes: 0});
	t.like(applyTo(machine, operationOf(1, 1, 0, put('k', 'x'))), {type: 'written'});
	applyTo(machine, {type: 'openSession', closes: 1});
	t.is(machine.sessionCount, 2);
	t.deepEqual(applyTo(machine, operationOf(1, 1, 0, put('k', 'x'))), {type: 'sessionExpired'});
	t.deepEqual(applyTo(machine, operationOf(2, 1, 0, put('k', 'x'))), {type: 'sessionExpired'});
	t.like(applyTo(machine, operationOf(4, 1, 0, put('k', 'y'))), {type: 'written'});
	t.is(restarted(machine).stateHash(), machine.stateHash());
});

test('when all sessions are taken, a new one evicts the longest silent', t => {
	const machine = newState({sessionsMax: 2});
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, operationOf(1, 1, 0, put('k', 'x')));
	applyTo(machine, {type: 'openSession', closes: 0});
	t.deepEqual(applyTo(machine, operationOf(2, 1, 0, put('k', 'y'))), {type: 'sessionExpired'});
	t.like(applyTo(machine, operationOf(1, 2, 0, put('k', 'y'))), {type: 'written'});
});

// ---------------------------------------------------------------------------------------------------- properties

const small = {sessionTimeoutMs: 100, sessionsMax: 3, sessionResultsMax: 4, valueBytesMax: 16};

type Step =
	| {readonly type: 'open'}
	| {readonly type: 'clock'}
	| {readonly type: 'fresh'; readonly session: number; readonly lag: number; readonly operation: WriteOperation}
	| {readonly type: 'repeat'; readonly session: number; readonly back: number; readonly operation: WriteOperation};

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
	{weight: 1, arbitrary: fc.constant({type: 'open' as const})},
	{weight: 1, arbitrary: fc.constant({type: 'clock' as const})},
	{
		weight: 8,
		arbitrary: fc.record({
			type: fc.constant('fresh' as const),
			session: fc.nat({max: 3}),
			lag: fc.nat({max: 5}),
			operation: writeArbitrary,
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			type: fc.constant('repeat' as const),
			session: fc.nat({max: 3}),
			back: fc.nat({max: 6}),
			operation: writeArbitrary,
		}),
	},
);

/** Commands of a few sessions: mostly new requests, with repeats, late acknowledgements, evictions and expiry between. */
function scriptOf(steps: readonly Step[]): readonly Command[] {
	const opened: {readonly id: number; last: number}[] = [];
	let logTime = 0;
	const openings: readonly Step[] = [{type: 'open'}, {type: 'open'}];
	return [...openings, ...steps].map((step, offset): Command => {
		if (step.type === 'clock') return {type: 'clock', logTime: (logTime += 60), wallTime: 0};
		if (step.type === 'open') {
			opened.push({id: offset + 1, last: 0});
			return {type: 'openSession', closes: 0};
		}
		const session = opened.at(-1 - (step.session % opened.length))!;
		if (step.type === 'fresh') session.last += 1;
		const sequence = Math.max(1, session.last - (step.type === 'fresh' ? 0 : step.back));
		const acknowledged = Math.max(0, sequence - 1 - (step.type === 'fresh' ? step.lag : 0));
		return operationOf(session.id, sequence, acknowledged, step.operation);
	});
}

test('what changes after a snapshot began does not show in it, and nothing that was there is missing', t => {
	const machine = newState();
	const write = writerTo(machine);
	const keys = Array.from({length: 50}, (_, number) => `key${number}`);
	for (const key of keys) write(put(key, 'before'));
	const hash = machine.stateHash();
	for (const change of ['put', 'append', 'delete', 'clear', 'none'] as const) {
		const fresh = restarted(machine);
		const writeFresh = (operation: WriteOperation): Outcome =>
			applyTo(fresh, operationOf(1, fresh.appliedIndex, fresh.appliedIndex - 1, operation));
		const writer = fresh.beginSnapshot(40);
		const reader = fresh.beginRestore();
		for (let place = 0, done = false; !done; place += 1) {
			const key = keys[(place * 7) % keys.length]!;
			const chunk = writer.nextChunk();
			({done} = chunk);
			reader.push(chunk.data);
			if (change === 'clear') writeFresh({type: 'clear'});
			else if (change === 'delete') writeFresh({type: 'delete', key});
			else if (change === 'put') writeFresh(put(`${key}${place}`, 'new'));
			else if (change === 'append') writeFresh(append(key, 'after'));
		}
		const target = newState();
		target.restore(reader);
		t.is(target.stateHash(), hash, change);
		t.is(fresh.stateHash() === hash, change === 'none');
	}
});

test('a snapshot taken at any point while entries go on, cut anywhere, restores to the state at that point', t => {
	const seen = new Set<Outcome['type']>();
	fc.assert(
		fc.property(
			fc.array(stepArbitrary, {maxLength: 60, size: 'max'}),
			fc.nat(),
			fc.integer({min: 1, max: 80}),
			fc.integer({min: 1, max: 50}),
			fc.boolean(),
			(steps, point, chunkBytes, cut, abandonOneBefore) => {
				const commands = scriptOf(steps);
				const live = newState(small);
				const plain = newState(small);
				const begin = point % commands.length;
				const rest = commands.slice(begin);
				for (const command of commands.slice(0, begin)) {
					if (abandonOneBefore) live.beginSnapshot(chunkBytes).nextChunk();
					t.deepEqual(applyTo(live, command), applyTo(plain, command));
				}
				const hashAtPoint = live.stateHash();
				t.is(hashAtPoint, plain.stateHash());
				const writer = live.beginSnapshot(chunkBytes);
				const chunks: Uint8Array[] = [];
				let isDone = false;
				const outcomes: Outcome[] = [];
				for (const command of rest) {
					outcomes.push(applyTo(live, command));
					if (!isDone) {
						const {data, done} = writer.nextChunk();
						chunks.push(data);
						isDone = done;
					}
				}
				while (!isDone) {
					const {data, done} = writer.nextChunk();
					chunks.push(data);
					isDone = done;
				}
				const restored = newState(small);
				const reader = restored.beginRestore();
				const stream = Buffer.concat(chunks);
				for (let offset = 0; offset < stream.length; offset += cut) {
					reader.push(new Uint8Array(stream.subarray(offset, offset + cut)));
					while (reader.step() > 0);
				}
				restored.restore(reader);
				t.is(restored.appliedIndex, begin);
				t.is(restored.stateHash(), hashAtPoint);
				t.deepEqual(
					rest.map(command => applyTo(restored, command)),
					outcomes,
				);
				for (const command of rest) applyTo(plain, command);
				t.is(restored.stateHash(), live.stateHash());
				t.is(plain.stateHash(), live.stateHash());
				for (const {type} of outcomes) seen.add(type);
			},
		),
		runs(200),
	);
	// That these runs meet what they are to test.
	for (const type of ['written', 'cleared', 'sessionExpired', 'sessionFull', 'alreadyAcknowledged'] as const) {
		t.true(seen.has(type), type);
	}
});

test('requests take effect once and in order under any duplication and reordering, across a restart from a snapshot', t => {
	fc.assert(
		fc.property(
			fc.integer({min: 1, max: 12}),
			fc.array(fc.nat({max: 11}), {minLength: 1, maxLength: 60, size: 'max'}),
			fc.nat({max: 60}),
			(count, deliveries, restartAt) => {
				let machine = newState();
				applyTo(machine, {type: 'openSession', closes: 0});
				let ran = 0;
				for (const [step, delivery] of deliveries.entries()) {
					if (step === restartAt) machine = restarted(machine);
					const sequence = 1 + (delivery % count);
					const element = `<${sequence}>`;
					const outcome = applyTo(machine, operationOf(1, sequence, 0, append('k', element), sequence - 1));
					t.is(outcome.type, sequence <= ran + 1 ? 'written' : 'outOfOrder');
					if (sequence === ran + 1) ran = sequence;
				}
				const {value = new Uint8Array(0)} = machine.read({type: 'get', key: 'k'}) as {value: Uint8Array | undefined};
				t.is(textOf(value), Array.from({length: ran}, (_, place) => `<${place + 1}>`).join(''));
			},
		),
		runs(200),
	);
	t.pass();
});

function restarted(machine: KvState): KvState {
	const next = newState();
	const reader = next.beginRestore();
	const writer = machine.beginSnapshot(64);
	for (;;) {
		const {data, done} = writer.nextChunk();
		reader.push(data);
		if (done) break;
	}
	next.restore(reader);
	return next;
}

test('a snapshot of one key and two sessions takes less than 150 bytes', t => {
	const machine = newState();
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, {type: 'openSession', closes: 0});
	applyTo(machine, operationOf(1, 1, 0, put('x', '0')));
	applyTo(machine, operationOf(2, 800, 799, put('x', '1')));
	const {data, done} = machine.beginSnapshot(64 * 1024).nextChunk();
	t.true(done);
	t.true(data.length < 150, `${data.length} bytes`);
});

test('a snapshot that is cut, damaged, mixed up or of another version is refused, and the state stays', t => {
	const source = newState();
	const write = writerTo(source);
	for (let key = 0; key < 20; key += 1) write(put(`key${key}`, 'value'));
	const stream = source.beginSnapshot(2 ** 20).nextChunk().data;
	const target = newState();
	writerTo(target)(put('mine', 'value'));
	const before = target.stateHash();
	const attempt = (bytes: Uint8Array): void => {
		const reader = target.beginRestore();
		reader.push(bytes);
		target.restore(reader);
	};
	const refused = {code: 'ERR_SNAPSHOT_FORMAT'};
	for (let length = 0; length < stream.length; length += 1)
		t.throws(() => attempt(stream.subarray(0, length)), refused);
	const version = stream.slice();
	version[5] = 1;
	t.throws(() => attempt(version), {...refused, message: /version 1, and this program reads 2 to 4/});
	const count = stream.slice();
	count[9] = 19;
	t.throws(() => attempt(count), refused);
	t.throws(() => attempt(Uint8Array.of(...stream, ...stream)), refused);
	t.is(target.stateHash(), before);
	t.notThrows(() => attempt(stream));
	t.is(target.stateHash(), source.stateHash());
});

test('the state hash tells apart states that differ in a value, a version, a session, log time or the revision', t => {
	const histories: readonly (readonly Command[])[] = [
		[{type: 'openSession', closes: 0}],
		[
			{type: 'openSession', closes: 0},
			{type: 'openSession', closes: 0},
		],
		[{type: 'openSession', closes: 0}, operationOf(1, 1, 0, put('k', 'a'))],
		[{type: 'openSession', closes: 0}, operationOf(1, 1, 0, put('k', 'b'))],
		[{type: 'openSession', closes: 0}, operationOf(1, 2, 0, put('k', 'b'))],
		[{type: 'openSession', closes: 0}, operationOf(1, 2, 1, put('k', 'b'))],
		[
			{type: 'openSession', closes: 0},
			{type: 'clock', logTime: 1, wallTime: 0},
		],
		[
			{type: 'openSession', closes: 0},
			{type: 'clock', logTime: 1, wallTime: 0},
			{type: 'clock', logTime: 1, wallTime: 0},
		],
		[{type: 'openSession', closes: 0}, {type: 'clock', logTime: 0, wallTime: 0}, operationOf(1, 1, 0, put('k', 'a'))],
	];
	const hashes = histories.map(history => {
		const machine = newState();
		for (const [offset, command] of history.entries()) machine.apply(entryOf(offset + 1, command));
		return machine.stateHash();
	});
	t.is(new Set(hashes).size, hashes.length);
});
