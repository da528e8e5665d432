/** Commands that ask about a key and not for its value, which may have a mebibyte, leave it where it is. */
import test from 'ava';
import type {Operation, Result} from '../../src/kv/types.js';
import {openGateway, request, talk} from './harness.js';
import {StoreClient} from './store-client.js';

class CountingClient extends StoreClient {
	/** Of the values in the answers to reads. */
	valueBytes = 0;

	override async execute(operation: Operation): Promise<Result> {
		const result = await super.execute(operation);
		if (operation.type === 'get' && result.type === 'value') this.valueBytes += result.value?.length ?? 0;
		return result;
	}
}

const value = 'x'.repeat(100_000);
const asking =
	'EXISTS k none;TOUCH k;TYPE k;STRLEN k;TTL k;PTTL k;EXPIRETIME k;PEXPIRETIME k;MEMORY USAGE k;TYPE none;STRLEN none;TTL none;MEMORY USAGE none'.split(
		';',
	);
const replies = ':1 :1 +string :100000 :-1 :-1 :-1 :-1 :100023 +none :0 :-2 $-1'.split(' ');
const asked = Buffer.concat(asking.map(line => request(...line.split(' '))));

test('what is asked about a key brings no value, and the right answer', async t => {
	const client = new CountingClient();
	const {port} = await openGateway(t, {client});
	await talk({port}, request('SET', 'k', value));
	t.deepEqual((await talk({port}, asked)).split('\r\n').slice(0, -1), replies);
	t.is(client.valueBytes, 0);
	await talk({port}, request('GET', 'k'));
	t.is(client.valueBytes, value.length, 'a value is counted');
});

test('behind a write of its pipeline and in a transaction the answer is the same', async t => {
	const {port} = await openGateway(t);
	const written = await talk({port}, Buffer.concat([request('SET', 'k', value), asked]));
	t.deepEqual(written.split('\r\n').slice(1, -1), replies);
	const executed = await talk({port}, Buffer.concat([request('MULTI'), asked, request('EXEC')]));
	t.deepEqual(executed.split('\r\n').slice(asking.length + 2, -1), replies);
});

test('EXISTS of three thousand keys is read in few pieces', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	t.is(await talk({port}, request('EXISTS', ...Array.from({length: 3000}, (_, number) => `k${number}`))), ':0\r\n');
	t.deepEqual(
		client.batches.map(batch => batch.length),
		[1024, 1024, 952],
	);
});
