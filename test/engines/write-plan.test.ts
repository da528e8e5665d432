import test from 'ava';
import fc from 'fast-check';
import {
	tryDecodeRecord,
	encodeRecord,
	pendingVersion,
	settleVersion,
} from '../../actors/engines/etcd/session-record.js';
import {nameOfLease} from '../../actors/engines/etcd/keyspace.js';
import {candidates, keysToRead, type Known, type KnownValue, planWrites} from '../../actors/engines/etcd/write-plan.js';
import {execute} from '../../src/kv/operations.js';
import type {Stored} from '../../src/kv/shard.js';
import {Store} from '../../src/kv/store.js';
import type {Part, WriteOperation} from '../../src/kv/types.js';

/** Of 5 s and of the lease 1. */
const [deadline, leaseEnd] = [5000, 7000];
const deadlines = new Map([[5, {leaseId: 99, expiresAt: deadline}]]);
const limits = {valueBytesMax: 6, requestBytesMax: 1000, keyOverheadBytes: 10, deadlines};
const key = fc.constantFrom('a', 'b', 'c');
const value = fc.string({unit: 'grapheme-ascii', maxLength: 8}).map(text => new Uint8Array(Buffer.from(text)));
const digits = fc.integer({min: 0, max: 999}).map(number => new Uint8Array(Buffer.from(String(number))));
const expected = fc.oneof(
	fc.record({value: fc.option(fc.oneof(value, digits), {nil: undefined})}),
	fc.record({version: fc.integer({min: 0, max: 4})}),
);
const condition = fc.constantFrom(undefined, 'absent' as const, 'present' as const);
const expiry = fc.constantFrom(undefined, {ttlMs: 5000}, {ttlMs: 0}, {leaseId: 1}, {leaseId: 2}, 'keep' as const);
type EditPart = Extract<Part, {type: 'edit'}>;
const part: fc.Arbitrary<Exclude<Part, {type: 'clear'}>> = fc.oneof(
	fc.record({
		type: fc.constant('put' as const),
		key,
		value: fc.oneof(value, digits),
		condition,
		returnPrevious: fc.boolean(),
		expiry,
	}),
	fc.record({
		type: fc.constant('expire' as const),
		key,
		expiry: fc.constantFrom({ttlMs: 5000}, {ttlMs: 0}, 'never' as const),
		condition,
	}),
	fc.record({type: fc.constant('append' as const), key, value}),
	fc.record({type: fc.constant('delete' as const), key}),
	fc.record({type: fc.constant('compareAndSet' as const), key, expected, value}),
	fc.record({type: fc.constant('increment' as const), key, by: fc.bigInt({min: -5n, max: 5n})}),
	fc.record({type: fc.constant('get' as const), key}),
	fc
		.tuple(fc.constantFrom('rename' as const, 'renamenx' as const, 'copy' as const), key, key)
		.map(([name, from, to]): EditPart => ({type: 'edit', name, keys: [from, to], values: []})),
	fc.tuple(key, fc.constantFrom('0.5', '-3', 'x')).map(([to, by]): EditPart => ({
		type: 'edit',
		name: 'incrbyfloat',
		keys: [to],
		values: [new Uint8Array(Buffer.from(by))],
	})),
);
const operation: fc.Arbitrary<WriteOperation> = fc.oneof(
	part.filter(one => one.type !== 'get'),
	fc.record({type: fc.constant('batch' as const), operations: fc.array(part, {maxLength: 4})}),
	fc.constant({type: 'clear' as const}),
);
/** As `KeyValues.set` takes it: for ever, with a deadline, with the lease. */
const until = fc.constantFrom(0, deadline, -1);
const entries = fc.uniqueArray(fc.tuple(key, fc.oneof(value, digits), fc.integer({min: 1, max: 4}), until), {
	selector: ([name]) => name,
});

/** A deadline is a lease, too. */
function knownOf(stored: Stored | undefined): KnownValue | undefined {
	if (stored === undefined) return undefined;
	const {version, expiresAt, leaseId = expiresAt === undefined ? undefined : 99} = stored;
	const lease = leaseId === undefined ? undefined : BigInt(leaseId);
	return {value: new Uint8Array(stored.value), version, lease, expiresAt};
}

const lease: KnownValue = {value: new Uint8Array(0), version: 1, lease: 1n, expiresAt: leaseEnd};

/** What the transaction would do, carried out on the same state as in a replica: by one operation after the other. */
test('a plan gives the results and the state that a replica gives, for as many of the operations as it carries out', t => {
	const revision = 77;
	fc.assert(
		fc.property(fc.array(operation, {minLength: 1, maxLength: 6}), entries, (operations, present) => {
			const replica = new Store();
			replica.leases.grant(1, leaseEnd, leaseEnd);
			for (const [name, bytes, version, end] of present) replica.set(name, bytes, version, end);
			const before = new Map([...replica].map(([name, stored]) => [name, knownOf(stored)]));
			const taken = candidates(operations, limits.requestBytesMax);
			const asked = [...keysToRead(taken, limits.valueBytesMax)];
			const known: Known = new Map(asked.map(name => [name, name === nameOfLease(1) ? lease : before.get(name)]));
			const plan = planWrites(taken, known, limits);

			t.true(plan.count >= 1);
			const wanted = operations
				.slice(0, plan.count)
				.map(one => execute({store: replica, version: revision, now: 0, valueBytesMax: limits.valueBytesMax}, one));
			// How many keys a clear meets, etcd tells.
			if (plan.clears) return;
			t.deepEqual(
				plan.results.map(result => settleVersion(result, revision)),
				wanted,
			);
			const after = new Map(before);
			for (const [name, planned] of plan.changes) {
				if (planned === undefined) after.delete(name);
				else {
					if (planned.keepsLease) t.is(before.get(name)?.lease, planned.lease);
					if (planned.keepsLease) t.true(plan.conditions.has(name));
					const {value: bytes, lease: id, expiresAt} = planned;
					after.set(name, {value: bytes, version: revision, lease: id, expiresAt});
				}
			}
			t.deepEqual(
				Object.fromEntries(after),
				Object.fromEntries([...replica].map(([name, stored]) => [name, knownOf(stored)])),
			);
			const record = {sequence: 5, results: plan.results};
			t.deepEqual(tryDecodeRecord(encodeRecord(record)), record);
		}),
		{seed: 20_240_607, numRuns: 1000},
	);
});

test('no two operations of one plan change the same key, so that each has a version of its own', t => {
	const append = {type: 'append', key: 'a', value: Buffer.from('x')} as const;
	const put = {type: 'put', key: 'b', value: Buffer.from('x')} as const;
	const plan = planWrites([append, put, append, put], new Map([['a', undefined]]), limits);
	t.is(plan.count, 2);
	t.deepEqual([...plan.changes.keys()], ['a', 'b']);
	t.deepEqual([...plan.conditions], [['a', 0]]);
});

test('an unconditional put needs no read, and no condition but that of its session', t => {
	const put = {type: 'put', key: 'a', value: Buffer.from('x')} as const;
	t.deepEqual([...keysToRead([put], limits.valueBytesMax)], []);
	t.is(planWrites([put], new Map(), limits).conditions.size, 0);
	t.deepEqual([...keysToRead([{...put, returnPrevious: true}], limits.valueBytesMax)], ['a']);
});

test('operations that together are too large for a request travel in several; one that is too large alone is seen', t => {
	const put = (name: string, length: number) => ({type: 'put', key: name, value: new Uint8Array(length)}) as const;
	const wide = {...limits, valueBytesMax: 5000};
	t.is(planWrites([put('a', 300), put('b', 300), put('c', 300)], new Map(), wide).count, 2);
	const alone = planWrites([put('a', 3000)], new Map(), wide);
	t.is(alone.count, 1);
	t.true(alone.byteLength > limits.requestBytesMax);
});

test('a transaction has at most 127 keys', t => {
	const operations = Array.from({length: 200}, (_, name) => ({type: 'delete', key: String(name)}) as const);
	t.is(candidates(operations, limits.requestBytesMax * 100).length, 127);
});

test('the version that stands for a revision to come is replaced wherever it is, and no other', t => {
	const result = {
		type: 'batch',
		results: [
			{type: 'written', version: pendingVersion, length: 1},
			{type: 'value', value: undefined, version: 0},
			{type: 'conditionFailed', value: undefined, version: 3},
		],
	} as const;
	t.deepEqual(settleVersion(result, 9), {
		type: 'batch',
		results: [
			{type: 'written', version: 9, length: 1},
			{type: 'value', value: undefined, version: 0},
			{type: 'conditionFailed', value: undefined, version: 3},
		],
	});
});
