/** What every engine's client must do: one suite, run on each. Keys differ from test to test, so one cluster serves all. */
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {setTimeout as sleep} from 'node:timers/promises';
import {
	CompactedError,
	InvalidOperationError,
	type KeyValueClient,
	type Operation,
	OperationAbortedError,
	type WatchedRevision,
} from '../../actors/index.js';
import {ClerkClosedError, ValueTooLargeError} from '../../src/service/errors.js';
import {keyOf, textOf} from '../../actors/text.js';
import {needing} from '../needs.js';

export interface EngineUnderTest {
	readonly name: string;
	/** Why it cannot be tested here; `undefined`: it can. */
	readonly missing?: string | undefined;
	/** What etcd cannot do exactly is refused without this; and what is expired is told as deleted. */
	readonly isOurs: boolean;
	/** A client of its own each time; closed by the test. */
	readonly open: () => Promise<KeyValueClient>;
	/** From now on no change is told that was made before. */
	readonly forget: (client: KeyValueClient) => Promise<void>;
}

type Body = (t: ExecutionContext, client: KeyValueClient) => Promise<void>;

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Comparing large values as assertions do takes seconds. */
const isSame = (entry: {readonly value: Uint8Array} | undefined, value: Uint8Array): boolean =>
	entry !== undefined && Buffer.from(entry.value).equals(value);

/** So many revisions. */
export async function take(watch: AsyncGenerator<WatchedRevision>, count: number): Promise<readonly WatchedRevision[]> {
	const taken: WatchedRevision[] = [];
	while (taken.length < count) {
		const next = await watch.next();
		if (next.done === true) break;
		taken.push(next.value);
	}
	return taken;
}

export const linesOf = ({changes}: WatchedRevision): readonly string[] =>
	changes.map(change => {
		if (change.type === 'clear') return change.type;
		const key = textOf(change.key);
		return change.type === 'put' ? `put ${key}=${textOf(change.value)}` : `${change.type} ${key}`;
	});

export function testConformance({name, missing, isOurs, open, forget}: EngineUnderTest): void {
	const conforms = (title: string, body: Body): void => {
		needing(missing)(`${name}: ${title}`, async t => {
			const client = await open();
			t.teardown(() => client.close());
			await body(t, client);
		});
	};

	conforms('what was put is there, until it is put again or deleted', async (t, client) => {
		t.is(await client.get('a'), undefined);
		const first = await client.put('a', 'one');
		t.is(first.length, 3);
		t.deepEqual(await client.get('a'), {value: bytes('one'), version: first.version});
		const second = await client.put('a', '');
		t.true(second.version > first.version);
		t.deepEqual(await client.get('a'), {value: bytes(''), version: second.version});
		t.true(await client.delete('a'));
		t.false(await client.delete('a'));
		t.is(await client.get('a'), undefined);
	});

	conforms('keys and values are any bytes', async (t, client) => {
		const every = Uint8Array.from({length: 256}, (_, byte) => byte);
		await client.put(every, every);
		t.deepEqual((await client.get(every))?.value, every);
		await client.put('', 'of the empty key');
		t.is(await client.getText(''), 'of the empty key');
		await client.put('Zürich', 'größer');
		t.is(await client.getText('Zürich'), 'größer');
		await client.put('/', 'slash');
		t.is(await client.getText('/'), 'slash');
	});

	conforms('append makes a value or adds to it, and tells its length', async (t, client) => {
		t.is((await client.append('log', 'ab')).length, 2);
		const {length, version} = await client.append('log', 'cd');
		t.is(length, 4);
		t.deepEqual(await client.get('log'), {value: bytes('abcd'), version});
	});

	conforms('compare-and-set by value and by version; what fails tells what is there', async (t, client) => {
		t.is((await client.compareAndSet('c', {value: undefined}, '1')).type, 'written');
		const failed = await client.compareAndSet('c', {value: undefined}, '2');
		t.is(failed.type, 'conditionFailed');
		t.deepEqual(failed.type === 'conditionFailed' ? failed.value : undefined, bytes('1'));
		t.is((await client.get('c'))?.version, failed.version);
		t.is((await client.compareAndSet('c', {value: '1'}, '2')).type, 'written');
		const {version} = (await client.get('c'))!;
		t.is((await client.compareAndSet('c', {version: version - 1}, '3')).type, 'conditionFailed');
		t.is((await client.compareAndSet('c', {version}, '3')).type, 'written');
		t.is((await client.compareAndSet('c', {version}, '4')).type, 'conditionFailed');
		t.is((await client.compareAndSet('d', {version: 0}, '1')).type, 'written');
	});

	conforms(
		'a transaction compares several keys and changes several in one step, or does something else',
		async (t, client) => {
			const {version} = await client.put('t/a', '5');
			const transfer = () =>
				client.transaction({
					if: [
						{key: 't/a', is: {version}},
						{key: 't/b', is: 'absent'},
						{key: 't/a', isNot: {value: '6'}},
					],
					do: [
						{type: 'increment', key: 't/a', by: -2},
						{type: 'put', key: 't/b', value: '2'},
						{type: 'get', key: 't/a'},
					],
					else: [{type: 'get', key: 't/b'}],
				});
			const first = await transfer();
			t.true(first.isCommitted);
			if (!first.isCommitted) return;
			t.deepEqual(
				first.results.map(result => result.version),
				[first.revision, first.revision, first.revision],
			);
			t.deepEqual(first.results[2].value, bytes('3'));
			const second = await transfer();
			t.false(second.isCommitted);
			if (!second.isCommitted) t.deepEqual(second.results[0].value, bytes('2'));
			t.true(second.revision >= first.revision);
			t.is(await client.getText('t/a'), '3');
		},
	);

	conforms('a step of a transaction that cannot be carried out undoes none of the others', async (t, client) => {
		await client.put('t/word', 'word');
		const {isCommitted, results} = await client.transaction({
			do: [
				{type: 'append', key: 't/word', value: 's'},
				{type: 'increment', key: 't/word'},
				{type: 'delete', key: 't/none'},
			],
		});
		t.true(isCommitted);
		t.deepEqual(
			results.map(({type}) => type),
			['written', 'invalid', 'deleted'],
		);
		t.is(await client.getText('t/word'), 'words');
	});

	conforms('a key without a deadline has none to keep or to take', async (t, client) => {
		t.false(await client.persist('none'));
		await client.put('kept', '1', {keepsExpiry: true});
		t.false(await client.persist('kept'));
		const get = {type: 'get', key: 'kept'} as const;
		const both = await client.execute({
			type: 'batch',
			operations: [get, {type: 'expire', key: 'kept', expiry: 'never'}],
		});
		const {version} = (await client.get('kept'))!;
		t.deepEqual(both, {
			type: 'batch',
			results: [
				{type: 'value', value: bytes('1'), version},
				{type: 'expirySet', isSet: false, version},
			],
		});
		t.deepEqual(await client.get('kept'), {value: bytes('1'), version});
	});

	conforms('a key is compared and deleted in one step: a lock is released by its owner alone', async (t, client) => {
		await client.put('lock', 'mine');
		const refused = await client.compareAndDelete('lock', {value: 'yours'});
		t.is(refused.type, 'conditionFailed');
		t.deepEqual(refused.type === 'conditionFailed' ? refused.value : undefined, bytes('mine'));
		t.is((await client.compareAndDelete('lock', {value: 'mine'})).type, 'deleted');
		t.is(await client.get('lock'), undefined);
	});

	conforms('a lock with a time to live is taken in one step, once, and is gone by itself', async (t, client) => {
		const take = (ttlMs: number) =>
			client.transaction({
				if: [{key: 'timed lock', is: 'absent'}],
				do: [
					{type: 'put', key: 'timed lock', value: 'mine', ttlMs},
					{type: 'persist', key: 'never there'},
					{type: 'get', key: 'timed lock'},
				],
				else: [{type: 'get', key: 'timed lock'}],
			});
		const earliest = performance.now() + 1000;
		const taken = await take(1000);
		t.like(taken, {isCommitted: true, results: [{type: 'written'}, {type: 'expirySet', isSet: false}]});
		const again = await take(1000);
		t.like(again, {isCommitted: false, results: [{type: 'value', value: bytes('mine')}]});
		while (!(await take(600_000)).isCommitted);
		t.true(performance.now() >= earliest, 'not before its time');
		t.true(((await client.get('timed lock'))?.expiresAt ?? 0) > Date.now() + 300_000);
		await t.throwsAsync(client.transaction({do: [{type: 'put', key: 'a', value: '', ttlMs: 1, keepsExpiry: true}]}), {
			code: 'ERR_OPTION',
		});
	});

	conforms('a deadline is told, kept by what changes the value, and taken away by a put', async (t, client) => {
		const isTimed = async (): Promise<boolean> => {
			const [ttl, entry] = [await client.ttl('timed'), await client.get('timed')];
			t.is(typeof ttl === 'number', entry?.expiresAt !== undefined);
			return typeof ttl === 'number' && ttl > 500_000;
		};
		await client.put('timed', '1', {ttlMs: 600_000});
		t.true(await isTimed());
		await client.append('timed', '0');
		t.is(await client.increment('timed'), 11n);
		await client.put('timed', '12', {keepsExpiry: true});
		t.true(await isTimed());
		await client.put('timed', '13');
		t.is(await client.ttl('timed'), 'never');
		t.false(await client.persist('timed'));
		const {version} = (await client.get('timed'))!;
		t.true(await client.expire('timed', {ttlMs: 600_000}));
		t.true((await client.get('timed'))!.version > version);
		t.true(await isTimed());
		t.true(await client.persist('timed'));
		t.is(await client.ttl('timed'), 'never');
		t.is(await client.getText('timed'), '13');
		t.false(await client.expire('untimed', {ttlMs: 600_000}));
		t.is(await client.ttl('untimed'), undefined);
		await client.put('timed', '14', {ttlMs: 0});
		t.is(await client.get('timed'), undefined, 'over at once');
		await client.put('timed', '15');
		t.true(await client.expire('timed', {ttlMs: 0}));
		t.is(await client.get('timed'), undefined);
	});

	conforms('a deadline is set only where there is none, or only where there is one', async (t, client) => {
		const key = keyOf('deadlines');
		const expire = {type: 'expire', key, expiry: {ttlMs: 600_000}} as const;
		const isSet = async (condition: 'absent' | 'present'): Promise<boolean> => {
			const result = await client.execute({...expire, condition});
			return result.type === 'expirySet' && result.isSet;
		};
		t.false(await isSet('absent'));
		await client.put('deadlines', '1');
		t.false(await isSet('present'));
		t.true(await isSet('absent'));
		t.false(await isSet('absent'));
		t.true(await isSet('present'));
	});

	conforms('a key that is renamed or copied takes its deadline along', async (t, client) => {
		await client.put('from', '1', {ttlMs: 600_000});
		await client.put('to', '2');
		const edit = (name: 'copy' | 'rename', ...keys: string[]) =>
			client.execute({
				type: 'edit',
				name,
				keys: keys.map(key => keyOf(key)),
				values: name === 'copy' ? [bytes('replace')] : [],
			});
		t.like(await edit('copy', 'from', 'copied'), {type: 'scripted', isApplied: true});
		t.like(await edit('rename', 'from', 'to'), {type: 'scripted', isApplied: true});
		for (const key of ['copied', 'to']) t.is(typeof (await client.ttl(key)), 'number', key);
		t.is(await client.ttl('from'), undefined);
	});

	conforms('deadlines that this engine cannot keep are refused, and nothing has happened', async (t, client) => {
		const key = keyOf('exact');
		await client.put('exact', '1', {ttlMs: 600_000});
		const before = await client.get('exact');
		const asked: readonly [Operation, RegExp][] = [
			[{type: 'put', key, value: bytes('2'), expiry: {ttlMs: 999}}, /from 1000 ms/],
			[{type: 'put', key, value: bytes('2'), expiry: {expiresAt: 4_102_444_800_000}}, /ttlMs/],
			[{type: 'expire', key, expiry: {expiresAt: 4_102_444_800_000}}, /ttlMs/],
			[{type: 'expire', key, expiry: {ttlMs: 900_000}, order: 'later'}, /not compared/],
			[{type: 'lease', action: 'grant', ttlMs: 999}, /from 1000 ms/],
		];
		for (const [operation, message] of asked) {
			const answer = client.execute(operation);
			if (isOurs) t.not((await answer).type, 'invalid');
			else await t.throwsAsync(answer, {code: 'ERR_UNSUPPORTED_OPERATION', message});
		}
		if (!isOurs) t.is((await client.get('exact'))?.version, before?.version);
	});

	conforms('keys of a lease go together when it is revoked, and none can be put with it then', async (t, client) => {
		const lease = await client.grantLease(600_000);
		const first = await lease.put('leased/a', '1');
		await client.put('leased/b', '2', {leaseId: lease.id});
		const {revision} = await client.transaction({
			if: [{key: 'leased/c', is: 'absent'}],
			do: [{type: 'put', key: 'leased/c', value: '3', leaseId: lease.id}],
		});
		t.true(revision > first.version);
		await client.append('leased/a', '0');
		await lease.put('leased/out', '4');
		await client.put('leased/out', '5');
		const told = async () => {
			const state = await lease.state();
			return {ttlMs: state?.ttlMs, keyCount: state?.keyCount, keys: state?.keys};
		};
		// Who was asked may have the last put a moment later.
		while ((await told()).keyCount !== 3);
		t.deepEqual(await told(), {ttlMs: 600_000, keyCount: 3, keys: ['leased/a', 'leased/b', 'leased/c']});
		t.like(await lease.state({keysMax: 2}), {keyCount: 3, keys: []});
		t.is(typeof (await client.ttl('leased/a')), 'number');
		const other = await open();
		t.teardown(() => other.close());
		t.is((await other.put('leased/d', '6', {leaseId: lease.id})).type, 'written');
		t.true(await lease.revoke());
		t.deepEqual(await Promise.all(['a', 'b', 'c', 'd', 'out'].map(key => client.getText(`leased/${key}`))), [
			undefined,
			undefined,
			undefined,
			undefined,
			'5',
		]);
		t.false(await lease.revoke());
		t.is(await lease.state(), undefined);
		for (const one of [client, other]) {
			const late = one.put('leased/a', '1', {leaseId: lease.id});
			await t.throwsAsync(late, {code: 'ERR_INVALID_OPERATION', message: /grant a new one/});
			// A client that learned it meanwhile says so again.
			const later = one.transaction({do: [{type: 'put', key: 'leased/a', value: '1', leaseId: lease.id}]});
			t.like(await later, {isCommitted: true, results: [{type: 'invalid', reason: 'noSuchLease'}]});
		}
		t.is(await client.get('leased/a'), undefined);
		await t.throwsAsync(lease.keepAlive(), {code: 'ERR_LEASE_LOST'});
	});

	conforms('a lease that is kept outlives its time, and one that is not is over with it', async (t, client) => {
		const askedAt = performance.now();
		const [kept, left] = [await client.grantLease(2000), await client.grantLease(2000)];
		t.true(kept.ttlMs >= 2000);
		const keeper = kept.keep();
		t.teardown(() => keeper.close());
		await kept.put('kept by lease', '1');
		await left.put('left by lease', '1');
		while ((await client.get('left by lease')) !== undefined);
		t.true(performance.now() >= askedAt + left.ttlMs, 'not before its time');
		t.is(await left.state(), undefined);
		await t.throwsAsync(left.keepAlive(), {code: 'ERR_LEASE_LOST'});
		const {expiresAt = 0} = (await client.get('kept by lease')) ?? {};
		while ((await client.get('kept by lease'))!.expiresAt! < expiresAt + kept.ttlMs);
		t.true(keeper.isHeld);
		keeper.close();
		while ((await client.get('kept by lease')) !== undefined);
		t.false(keeper.signal.aborted);
	});

	conforms('changes are told as they come, of the prefix, those of one transaction together', async (t, client) => {
		const {version} = await client.put('w/mode', 'off');
		const watch = client.watch({prefix: 'w/', from: version});
		const taking = take(watch, 5);
		await client.put('w', 'before');
		await client.put('w0', 'behind');
		const both = await client.transaction({
			do: [
				{type: 'put', key: 'w/mode', value: 'on'},
				{type: 'put', key: 'w/rate', value: '5'},
				{type: 'put', key: 'else', value: 'y'},
			],
		});
		await client.delete('w/rate');
		await client.delete('w/none');
		const kept = await client.put('w/short', 'z', {ttlMs: 1000});
		const taken = await taking;
		const ended = isOurs ? 'expire' : 'delete';
		t.deepEqual(taken.map(linesOf), [
			['put w/mode=off'],
			['put w/mode=on', 'put w/rate=5'],
			['delete w/rate'],
			['put w/short=z'],
			[`${ended} w/short`],
		]);
		t.is(taken[0]?.revision, version);
		t.is(taken[1]?.revision, both.revision);
		t.like(taken[3], {revision: kept.version, changes: [{version: kept.version}]});
		// Where one watch has ended, the next one goes on.
		await watch.return();
		const next = client.watch({prefix: 'w/', from: taken[2]!.revision + 1});
		t.deepEqual((await take(next, 2)).map(linesOf), [['put w/short=z'], [`${ended} w/short`]]);
		await next.return();
	});

	conforms('keys of any bytes are watched by any prefix', async (t, client) => {
		const {version} = await client.put(Uint8Array.of(255, 255, 1), '1');
		await client.put(Uint8Array.of(255), '2');
		await client.put('', '3');
		await client.put(Uint8Array.of(255, 255), '4');
		const all = client.watch({from: version});
		t.is((await take(all, 4)).length, 4);
		const some = client.watch({prefix: Uint8Array.of(255, 255), from: version});
		const changes = (await take(some, 2)).flatMap(each => each.changes);
		t.deepEqual(
			changes.map(change => change.type === 'put' && `${change.key.join(' ')} ${textOf(change.value)}`),
			['255 255 1 1', '255 255 4'],
		);
		await Promise.all([all.return(), some.return()]);
	});

	conforms('a watch without a first revision begins with what comes after it', async (t, client) => {
		await client.put('from now on', '0');
		const watch = client.watch({prefix: 'from now on'});
		const first = watch.next();
		let written = 0;
		const writeUntilTold = async (): Promise<IteratorResult<WatchedRevision, void>> => {
			for (;;) {
				await client.put('from now on', String(++written));
				const told = await Promise.race([first, nextTurn()]);
				if (told !== undefined) return told;
			}
		};
		const {value} = await writeUntilTold();
		const [line = ''] = value === undefined ? [] : linesOf(value);
		t.regex(line, /^put from now on=[1-9]/);
		const begin = Number(line.slice(line.indexOf('=') + 1));
		const rest = await take(watch, written - begin);
		t.deepEqual(
			rest.map(linesOf),
			rest.map((_, place) => [`put from now on=${begin + 1 + place}`]),
		);
		await watch.return();
	});

	conforms('a watch whose changes are not kept any more says so, and from where on they are', async (t, client) => {
		const {version} = await client.put('old/a', '1');
		await client.put('old/a', '2');
		await forget(client);
		const error = await t.throwsAsync(client.watch({prefix: 'old/', from: version}).next(), {
			instanceOf: CompactedError,
		});
		t.is(error?.from, version);
		t.true((error?.firstRevision ?? 0) > version);
		const again = client.watch({prefix: 'old/', from: error?.firstRevision});
		await client.put('old/a', '3');
		const [last] = (await take(again, 1)).flatMap(linesOf);
		t.is(last, 'put old/a=3');
		await again.return();
	});

	conforms('a watch ends with its signal, with the loop and with its client, at once', async (t, client) => {
		const controller = new AbortController();
		const waiting = [
			client.watch({signal: controller.signal}).next(),
			client.watch({from: 2 ** 40, signal: controller.signal}).next(),
		];
		await sleep(100);
		controller.abort(new Error('enough'));
		for (const each of waiting) await t.throwsAsync(each, {instanceOf: OperationAbortedError});
		await t.throwsAsync(client.watch({signal: controller.signal}).next(), {instanceOf: OperationAbortedError});
		const left = client.watch();
		const next = left.next();
		await sleep(100);
		await left.return();
		t.true((await next).done);
		t.throws(() => client.watch({from: 0}), {code: 'ERR_OPTION'});
		const other = await open();
		const late = t.throwsAsync(other.watch().next(), {instanceOf: ClerkClosedError});
		await sleep(100);
		await other.close();
		await late;
		await t.throwsAsync(other.watch().next(), {instanceOf: ClerkClosedError});
	});

	conforms('a watch that is slow hinders nobody, and is told all', async (t, client) => {
		const {version} = await client.put('slow/0', 'x');
		const watch = client.watch({prefix: 'slow/', from: version});
		t.is((await take(watch, 1)).length, 1);
		const value = new Uint8Array(2 ** 19).fill(65);
		for (let number = 1; number <= 6; number++) await client.put(`slow/${number}`, value);
		t.is((await client.get('slow/6'))?.value.length, value.length);
		const changes = (await take(watch, 6)).flatMap(each => each.changes);
		t.deepEqual(
			changes.map(change => change.type === 'put' && `${textOf(change.key)} ${change.value.length}`),
			[1, 2, 3, 4, 5, 6].map(number => `slow/${number} ${value.length}`),
		);
		await watch.return();
	});

	conforms('a range has each key of its prefix once, and a watch goes on from it', async (t, client) => {
		const names = Array.from({length: 2500}, (_, number) => `range/${number}`);
		await client.put('range', 'beside');
		const value = new Uint8Array(2000).fill(65);
		const written = await Promise.all(names.map(name => client.put(name, value)));
		const found = new Map<string, number>();
		const revisions: number[] = [];
		for await (const {revision, entries} of client.range({prefix: 'range/'})) {
			revisions.push(revision);
			for (const {key, value: read, version} of entries) {
				t.false(found.has(textOf(key)));
				if (read.length === value.length) found.set(textOf(key), version);
			}
			// What comes now is no part of it, or comes later.
			await client.put('range', 'x');
		}
		t.true(revisions.length > 1);
		t.deepEqual(
			revisions,
			[...revisions].sort((one, other) => one - other),
		);
		t.deepEqual(
			names.map(name => found.get(name)),
			written.map(({version}) => version),
		);
		const watch = client.watch({prefix: 'range/', from: revisions[0]! + 1});
		await client.put('range/0', 'y');
		t.deepEqual((await take(watch, 1)).map(linesOf), [['put range/0=y']]);
		await watch.return();
		for await (const {entries} of client.range({prefix: 'nothing'})) t.is(entries.length, 0);
		const controller = new AbortController();
		const ranging = client.range({prefix: 'range/', signal: controller.signal});
		await ranging.next();
		controller.abort();
		await t.throwsAsync(ranging.next(), {instanceOf: OperationAbortedError});
	});

	conforms('a value is replaced and deleted if it is, or is not, a certain one', async (t, client) => {
		const key = keyOf('compared');
		const types = async (...operations: readonly Operation[]): Promise<readonly string[]> => {
			const told: string[] = [];
			for (const operation of operations) told.push((await client.execute(operation)).type);
			return told;
		};
		const put = {type: 'put', key, value: bytes('2')} as const;
		t.deepEqual(
			await types(
				{...put, condition: {is: bytes('')}},
				{...put, condition: {isNot: bytes('1')}},
				{...put, condition: {isNot: bytes('2')}},
				{...put, condition: {is: bytes('2')}},
				{type: 'delete', key, condition: {is: bytes('1')}},
				{type: 'delete', key, condition: {isNot: bytes('2')}},
			),
			['conditionFailed', 'written', 'conditionFailed', 'written', 'conditionFailed', 'conditionFailed'],
		);
		t.is(await client.getText('compared'), '2');
		t.deepEqual(await types({type: 'delete', key, condition: {is: bytes('2')}}), ['deleted']);
		t.is(await client.get('compared'), undefined);
	});

	conforms('a key that is absent is watched, or that is refused and nothing has happened', async (t, client) => {
		const watched = keyOf('watched');
		const put = {type: 'put', key: keyOf('beside'), value: bytes('1')} as const;
		const watch = await client.execute({type: 'transaction', compares: [], operations: [put], watched: [watched]});
		if (!isOurs) {
			t.like(watch, {type: 'invalid', reason: 'notWatched'});
			t.is(await client.get('beside'), undefined);
			return;
		}
		const absentSince = watch.type === 'transaction' ? watch.revision : 0;
		const ask = async (): Promise<unknown> => {
			const result = await client.execute({
				type: 'transaction',
				compares: [{key: watched, expected: {absentSince}}],
				operations: [],
			});
			return result.type === 'transaction' && result.isCommitted;
		};
		t.true(await ask());
		await client.put('watched', '1');
		await client.delete('watched');
		t.false(await ask());
	});

	conforms('many transactions that compare a version and raise it lose nothing', async (t, client) => {
		const raise = async (): Promise<void> => {
			for (;;) {
				const entry = await client.get('raised');
				const {isCommitted} = await client.transaction({
					if: [{key: 'raised', is: {version: entry?.version ?? 0}}],
					do: [{type: 'increment', key: 'raised'}],
				});
				if (isCommitted) return;
			}
		};
		await Promise.all(Array.from({length: 8}, raise));
		t.is(await client.getText('raised'), '8');
	});

	conforms('a version tells each change of a key from the next, also in one turn', async (t, client) => {
		const written = await Promise.all(Array.from({length: 10}, (_, token) => client.append('turn', String(token))));
		const versions = written.map(({version}) => version);
		t.deepEqual(
			versions,
			[...new Set(versions)].sort((one, other) => one - other),
		);
		t.is(await client.getText('turn'), '0123456789');
	});

	conforms('writes that begin in one turn take effect in their order', async (t, client) => {
		const written = await Promise.all(Array.from({length: 300}, (_, number) => client.put(`order ${number}`, 'x')));
		t.true(written.every(({version}, offset) => offset === 0 || version >= written[offset - 1]!.version));
		const entries = await Promise.all(Array.from({length: 300}, (_, number) => client.get(`order ${number}`)));
		t.deepEqual(
			entries.map(entry => entry?.version),
			written.map(({version}) => version),
		);
	});

	conforms('increment counts in 64 bits, and refuses what is no number', async (t, client) => {
		t.is(await client.increment('n'), 1n);
		t.is(await client.increment('n', 2n ** 62n), 2n ** 62n + 1n);
		t.is(await client.increment('n', -1), 2n ** 62n);
		await t.throwsAsync(client.increment('n', 2n ** 62n), {instanceOf: InvalidOperationError});
		await client.put('n', 'many');
		const error = await t.throwsAsync(client.increment('n'), {instanceOf: InvalidOperationError});
		t.is(error?.reason, 'notANumber');
		t.is(await client.getText('n'), 'many');
	});

	conforms(
		'a batch is one step: its parts see those before, and a part that fails undoes nothing',
		async (t, client) => {
			const [key, other] = [keyOf('batch'), keyOf('other')];
			const operation: Operation = {
				type: 'batch',
				operations: [
					{type: 'put', key, value: bytes('1'), condition: 'present'},
					{type: 'put', key, value: bytes('2'), returnPrevious: true},
					{type: 'increment', key, by: 5n},
					{type: 'get', key},
					{type: 'delete', key: other},
					{type: 'append', key, value: bytes('!')},
				],
			};
			const result = await client.execute(operation);
			const results = result.type === 'batch' ? result.results : [];
			t.deepEqual(
				results.map(({type}) => type),
				['conditionFailed', 'written', 'number', 'value', 'deleted', 'written'],
			);
			const [failed, , number, read, deleted] = results;
			t.is(failed?.type === 'conditionFailed' ? failed.version : undefined, 0);
			t.is(number?.type === 'number' ? number.value : undefined, 7n);
			t.deepEqual(read?.type === 'value' ? read.value : undefined, bytes('7'));
			t.is(deleted?.type === 'deleted' ? deleted.existed : undefined, false);
			t.is(await client.getText('batch'), '7!');
			t.deepEqual(await client.execute({type: 'batch', operations: []}), {type: 'batch', results: []});
		},
	);

	conforms('a value over the limit is refused, and changes nothing', async (t, client) => {
		const largest = new Uint8Array(2 ** 20).fill(7);
		await client.put('large', largest);
		t.true(isSame(await client.get('large'), largest));
		const error = await t.throwsAsync(client.append('large', 'x'), {instanceOf: InvalidOperationError});
		t.is(error?.reason, 'valueTooLarge');
		await t.throwsAsync(client.put('larger', new Uint8Array(2 ** 20 + 1)), {code: 'ERR_INVALID_OPERATION'});
		const beyond = await t.throwsAsync(client.put('larger', new Uint8Array(2 ** 21)), {instanceOf: ValueTooLargeError});
		t.is(beyond?.outcome, 'notExecuted');
		t.is(await client.get('larger'), undefined);
		// Together they are more than one request may have.
		await Promise.all([client.put('l1', largest), client.put('l2', largest), client.append('l3', largest)]);
		t.true(isSame(await client.get('l3'), largest));
	});

	conforms('clear deletes every key, and counts them', async (t, client) => {
		await client.execute({type: 'clear'});
		await Promise.all(['x', 'y', 'z'].map(key => client.put(key, key)));
		const results = await Promise.all([
			client.put('w', 'w'),
			client.execute({type: 'clear'}),
			client.put('after', 'clear'),
		]);
		t.like(results[1], {type: 'cleared', count: 4});
		t.is(await client.get('x'), undefined);
		t.is(await client.getText('after'), 'clear');
	});

	conforms('many clients that append to one key lose nothing and double nothing', async (t, client) => {
		const others = await Promise.all([open(), open(), open()]);
		for (const other of others) t.teardown(() => other.close());
		const clients = [client, ...others];
		await Promise.all(
			clients.map(async (each, number) => {
				for (let token = 0; token < 15; token++) await each.append('shared', `${number}.${token} `);
			}),
		);
		const tokens = (await client.getText('shared'))!.trim().split(' ');
		t.is(tokens.length, 15 * clients.length);
		for (const number of clients.keys()) {
			const own = tokens.filter(token => token.startsWith(`${number}.`));
			t.deepEqual(
				own,
				Array.from({length: 15}, (_, token) => `${number}.${token}`),
			);
		}
	});

	conforms('closing settles what is under way, and later calls', async (t, client) => {
		await client.put('closing', 'before');
		const underWay = client.put('closing', 'after');
		const settled = t.throwsAsync(underWay, {instanceOf: ClerkClosedError});
		await client.close();
		await settled;
		await nextTurn();
		const late = await t.throwsAsync(client.get('closing'), {instanceOf: ClerkClosedError});
		t.is(late?.outcome, 'notExecuted');
		await client.close();
		const other = await open();
		t.teardown(() => other.close());
		t.regex(textOf((await other.get('closing'))!.value), /^(?:before|after)$/);
	});
}
