import test from 'ava';
import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import type {KvTypes} from '../../src/kv/words.js';
import {ReplicatedState} from '../../src/service/replicated-state.js';
import type {Command} from '../../src/service/types.js';
import type {GetOperation, LeaseOperation, Operation, Part, Value, WriteOperation} from '../../src/kv/types.js';
import {term} from '../../src/raft/types.js';
import {bytesOfText, isAlike} from '../../src/simulation/kv/operation-text.js';
import {KvModel} from '../../src/simulation/kv/kv-model.js';

const limits = {
	valueBytesMax: 12,
	sessionsMax: 2,
	sessionTimeoutMs: 50,
	sessionResultsMax: 4,
	sessionResultBytesMax: 150,
};

const key = fc.constantFrom('a', 'b', 'c');
const value: fc.Arbitrary<Value> = fc
	.constantFrom('', 'x', 'xy', '7', '-3', '007', '+1', '9223372036854775807', 'long enough')
	.map(bytesOfText);
const condition = fc.constantFrom('absent' as const, 'present' as const, undefined);
const time = fc.oneof(
	fc.record({ttlMs: fc.integer({min: 0, max: 100})}),
	fc.record({expiresAt: fc.integer({min: 0, max: 400})}),
);
/** A place among those that were granted, the last first: an id is a revision that depends on what went before. */
const leaseId = fc.nat({max: 4});
const attachment = fc.record({leaseId});
const lease: fc.Arbitrary<LeaseOperation> = fc.oneof(
	fc.record({
		type: fc.constant('lease' as const),
		action: fc.constant('grant' as const),
		ttlMs: fc.integer({min: 1, max: 200}),
	}),
	fc.record({
		type: fc.constant('lease' as const),
		action: fc.constantFrom('keepAlive' as const, 'revoke' as const),
		leaseId,
	}),
);
const single: fc.Arbitrary<Exclude<WriteOperation, {type: 'batch' | 'transaction' | 'lease' | 'keepChanges'}>> =
	fc.oneof(
		fc.record({type: fc.constant('put' as const), key, value, condition, returnPrevious: fc.boolean()}),
		fc.record({
			type: fc.constant('put' as const),
			key,
			value,
			condition,
			returnPrevious: fc.boolean(),
			expiry: fc.oneof(time, fc.constant('keep' as const), attachment),
		}),
		fc.record({
			type: fc.constant('expire' as const),
			key,
			expiry: fc.oneof({weight: 3, arbitrary: time}, {weight: 1, arbitrary: fc.constant('never' as const)}),
			condition,
			order: fc.constantFrom('later' as const, 'earlier' as const, undefined),
		}),
		fc.record({type: fc.constant('append' as const), key, value}),
		fc.record({type: fc.constant('delete' as const), key}),
		fc.record({
			type: fc.constant('compareAndSet' as const),
			key,
			value,
			expected: fc.oneof(
				fc.record({version: fc.integer({min: 0, max: 30})}),
				fc.record({value: fc.option(value, {nil: undefined})}),
			),
		}),
		fc.record({
			type: fc.constant('increment' as const),
			key,
			by: fc.constantFrom(1n, -5n, 2n ** 63n - 1n, -(2n ** 63n)),
		}),
		fc.constant({type: 'clear' as const}),
	);
const read: fc.Arbitrary<GetOperation> = fc.record({type: fc.constant('get' as const), key});
const operation: fc.Arbitrary<WriteOperation> = fc.oneof(
	{weight: 4, arbitrary: single},
	{weight: 1, arbitrary: fc.constant({type: 'keepChanges' as const})},
	{weight: 1, arbitrary: lease},
	{
		weight: 1,
		arbitrary: fc.record({
			type: fc.constant('batch' as const),
			operations: fc.array(fc.oneof(single, read), {maxLength: 4}),
		}),
	},
);
/** Sessions are opened at revisions that depend on what went before: a place among those that were. */
const command = fc.oneof(
	{weight: 1, arbitrary: fc.constant({type: 'openSession' as const, closes: 0})},
	{
		weight: 1,
		arbitrary: fc.record({
			type: fc.constant('clock' as const),
			logTime: fc.integer({min: 0, max: 400}),
			wallTime: fc.integer({min: 0, max: 400}),
		}),
	},
	{
		weight: 8,
		arbitrary: fc.record({
			type: fc.constant('writes' as const),
			session: fc.nat({max: 3}),
			acknowledged: fc.nat({max: 6}),
			distance: fc.nat({max: 3}),
			operations: fc.array(fc.record({ahead: fc.integer({min: 1, max: 4}), operation}), {minLength: 1, maxLength: 3}),
		}),
	},
);

/** The ids of leases in place of their places. */
function withLease(write: WriteOperation, idOf: (place: number) => number): WriteOperation {
	if (write.type === 'lease') return write.action === 'grant' ? write : {...write, leaseId: idOf(write.leaseId)};
	if (write.type === 'batch')
		return {
			...write,
			operations: write.operations.map(part => (part.type === 'put' ? withLease(part, idOf) : part) as Part),
		};
	if (write.type !== 'put' || typeof write.expiry !== 'object' || !('leaseId' in write.expiry)) return write;
	return {...write, expiry: {leaseId: idOf(write.expiry.leaseId)}};
}

test('the model and the state machine give the same answers and come to the same state, for all operations and sessions', t => {
	fc.assert(
		fc.property(fc.array(command, {minLength: 1, maxLength: 60}), commands => {
			const machine = new ReplicatedState({codec, machine: kvMachine(limits), limits});
			const model = new KvModel(limits, () => undefined);
			const opened: number[] = [];
			const granted: number[] = [];
			for (const [place, drawn] of commands.entries()) {
				const made: Command<KvTypes> =
					drawn.type === 'writes'
						? {
								type: 'writes',
								session: opened.at(-1 - drawn.session) ?? 0,
								acknowledged: drawn.acknowledged,
								after: drawn.acknowledged + drawn.distance,
								writes: drawn.operations.map(({ahead, operation: write}) => ({
									sequence: drawn.acknowledged + ahead,
									write: withLease(write, place => granted.at(-1 - place) ?? 1),
								})),
							}
						: drawn;
				const entry = {
					index: place + 1,
					term: term(1),
					type: 'command',
					command: machine.commands.encodeCommand(made),
				} as const;
				const outcomes = machine.apply(entry);
				if (made.type === 'writes') {
					const runs = model.writes(made, entry);
					for (const [part, {outcome, write}] of runs.entries()) {
						if (outcome.type === 'result' && outcome.result.type === 'lease') granted.push(outcome.result.leaseId);
						if (!isAlike(outcome, outcomes?.[part])) t.deepEqual(outcomes?.[part], outcome, write?.type);
					}
				} else {
					model.other(made);
					if (made.type === 'openSession') opened.push(model.revision);
				}
				t.is(machine.revision, model.revision);
				t.is(machine.logTime, model.sessions.logTime);
				t.is(machine.wallTime, model.wallTime);
				t.is(machine.sessionCount, model.sessions.size);
				t.is(machine.machine.itemCount, model.keys.size);
				for (const [name, there] of model.keys) {
					const {value: held, version} = there;
					const right = {type: 'value', value: held, version, expiresAt: model.deadlineOf(there)};
					t.true(isAlike(machine.read({type: 'get', key: name}), right));
				}
				for (const id of granted) {
					const read = {type: 'getLease', leaseId: id, keysMax: 2} as const;
					t.true(isAlike(machine.read(read), model.leaseTold(read)));
				}
			}
		}),
		{seed: 12, numRuns: 1500},
	);
});

test('operations mean what their words say', t => {
	const model = new KvModel({...limits, sessionResultsMax: 100, sessionResultBytesMax: 1e6}, () => undefined);
	model.other({type: 'openSession', closes: 0});
	let sequence = 0;
	const run = (asked: Operation): unknown => {
		sequence += 1;
		const writes = [{sequence, write: asked as WriteOperation}];
		const outcome = model.writes(
			{type: 'writes', session: 1, acknowledged: 0, after: 0, writes},
			{index: sequence, term: term(1)},
		)[0]?.outcome;
		return outcome?.type === 'result' ? outcome.result : outcome;
	};
	const text = bytesOfText;
	const put = {type: 'put', key: 'a'} as const;
	t.like(run({...put, value: text('1'), condition: 'present'}), {
		type: 'conditionFailed',
		value: undefined,
		version: 0,
	});
	t.like(run({...put, value: text('1'), condition: 'absent', returnPrevious: true}), {type: 'written', version: 3});
	t.like(run({...put, value: text('2'), condition: 'absent'}), {type: 'conditionFailed', value: text('1'), version: 3});
	t.like(run({...put, value: text('2'), condition: 'present', returnPrevious: true}), {
		previous: text('1'),
		version: 5,
	});
	t.like(run({type: 'append', key: 'a', value: text('3')}), {type: 'written', length: 2, version: 6});
	t.like(run({type: 'increment', key: 'a', by: 4n}), {type: 'number', value: 27n, version: 7});
	t.like(run({type: 'compareAndSet', key: 'a', expected: {version: 6}, value: text('x')}), {type: 'conditionFailed'});
	t.like(run({type: 'compareAndSet', key: 'a', expected: {value: text('27')}, value: text('x')}), {type: 'written'});
	t.like(run({type: 'increment', key: 'a', by: 4n}), {type: 'invalid', reason: 'notANumber', version: 9});
	t.like(run({type: 'compareAndSet', key: 'z', expected: {version: 0}, value: text('y')}), {
		type: 'written',
		version: 11,
	});
	t.like(run({type: 'delete', key: 'a'}), {type: 'deleted', existed: true, version: 12});
	t.like(run({type: 'delete', key: 'a'}), {type: 'deleted', existed: false, version: 13});
	t.like(run({type: 'clear'}), {type: 'cleared', count: 1, version: 14});
});
