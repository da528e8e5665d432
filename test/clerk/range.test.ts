/** Ranges that a clerk reads part by part. */
import test from 'ava';
import {Cluster, OperationAbortedError, OptionError, type RangePart} from '../../actors/index.js';
import type {OperationOptions} from '../../actors/executor.js';
import {KeyValueClient} from '../../actors/key-value-client.js';
import {bytesOf, textOf} from '../../actors/text.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {StoreClient} from '../redis/store-client.js';

/** A client of one store, without a cluster. */
class StoreClerk extends KeyValueClient {
	readonly client = new StoreClient();
	readonly asked: Operation[] = [];

	execute(operation: Operation, _options?: OperationOptions): Promise<Result> {
		this.asked.push(operation);
		return this.client.execute(operation);
	}

	set(key: string): void {
		this.client.apply({type: 'put', key, value: bytesOf(`value of ${key}`)});
	}

	close(): void {}
}

async function allOf(range: AsyncIterable<RangePart>): Promise<readonly RangePart[]> {
	const parts: RangePart[] = [];
	for await (const part of range) parts.push(part);
	return parts;
}

const namesIn = (parts: readonly RangePart[]): readonly string[] =>
	parts.flatMap(({entries}) => entries.map(({key}) => textOf(key)));

test('a range has the keys of its prefix, with values and versions', async t => {
	const clerk = new StoreClerk();
	for (const key of ['a/1', 'a/2', 'b/1']) clerk.set(key);
	await clerk.put('ä/1', 'x');
	const [part, ...others] = await allOf(clerk.range({prefix: 'a/'}));
	t.deepEqual(others, []);
	const found = part!.entries.map(({key, value, version}) => [textOf(key), textOf(value), version] as const);
	t.deepEqual(
		found.toSorted(([one], [other]) => (one < other ? -1 : 1)),
		[
			['a/1', 'value of a/1', 1],
			['a/2', 'value of a/2', 2],
		],
	);
	t.is(part!.revision, 4);
	t.is(namesIn(await allOf(clerk.range())).length, 4);
	t.deepEqual(namesIn(await allOf(clerk.range({prefix: 'ä'}))), ['ä/1']);
});

test('each key that is there all the time comes once, whatever comes and goes between the parts', async t => {
	const clerk = new StoreClerk();
	const lasting = Array.from({length: 40_000}, (_, number) => `k${number}`);
	for (const key of lasting) clerk.set(key);
	for (let number = 0; number < 5000; number++) clerk.set(`k gone ${number}`);
	const parts: RangePart[] = [];
	for await (const part of clerk.range({prefix: 'k'})) {
		parts.push(part);
		for (let number = 0; number < 5000; number++) {
			clerk.client.apply({type: 'delete', key: `k gone ${number}`});
			clerk.set(`k new ${parts.length} ${number}`);
		}
	}
	t.true(parts.length > 2);
	const names = namesIn(parts);
	t.is(new Set(names).size, names.length, 'none comes twice');
	const met = new Set(names);
	t.deepEqual(
		lasting.filter(key => !met.has(key)),
		[],
	);
	const revisions = parts.map(({revision}) => revision);
	t.deepEqual(
		revisions,
		revisions.toSorted((one, other) => one - other),
	);
});

test('whoever leaves the loop reads no more, and whoever aborts is told so', async t => {
	const clerk = new StoreClerk();
	for (let number = 0; number < 40_000; number++) clerk.set(`k${number}`);
	clerk.asked.length = 0;
	for await (const {entries} of clerk.range()) if (entries.length > 0) break;
	t.is(clerk.asked.length, 1);
	const controller = new AbortController();
	const reading = async (): Promise<void> => {
		for await (const {revision} of clerk.range({signal: controller.signal})) controller.abort(revision);
	};
	const error = await t.throwsAsync(reading, {instanceOf: OperationAbortedError});
	t.is(error?.cause, 40_000);
	t.is(clerk.asked.length, 2);
});

test('a prefix that is none is refused by name', async t => {
	const error = await t.throwsAsync(allOf(new StoreClerk().range({prefix: 5 as never})), {
		instanceOf: OptionError,
	});
	t.is(error?.option, 'prefix');
});

test('a range goes on at the next leader', async t => {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	const clerk = cluster.clerk({timeoutMs: 60_000});
	const names = Array.from({length: 4000}, (_, number) => `k${number}`);
	for (let first = 0; first < names.length; first += 500) {
		const part = names.slice(first, first + 500);
		const operations = part.map(key => ({type: 'put', key, value: new Uint8Array(1000)}) as const);
		await clerk.execute({type: 'batch', operations});
	}
	const parts: RangePart[] = [];
	for await (const part of clerk.range({prefix: 'k'})) {
		if (parts.push(part) === 1) await cluster.kill(await cluster.waitForLeader(60_000));
	}
	t.true(parts.length > 2, `${parts.length} parts`);
	t.deepEqual(namesIn(parts).toSorted(), names.toSorted());
});
