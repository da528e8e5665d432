import test from 'ava';
import {ClerkHost, type ClerkOptions, type ConnectNetwork} from '../../actors/clerk/clerk-host.js';
import type {RequestEnvelope} from '../../actors/network/envelope.js';
import {TimeoutError} from '../../src/service/errors.js';
import {kvWords, type KvTypes, serviceOperation} from '../../src/kv/words.js';
import {nodeId} from '../../src/raft/types.js';

const get = (key: string) => serviceOperation({type: 'get', key});
const hostOf = (network: ReturnType<ConnectNetwork>, options: ClerkOptions = {}): ClerkHost<KvTypes> =>
	new ClerkHost({words: kvWords, connect: () => network, servers: [nodeId(0)], options});

function block(ms: number): void {
	const end = performance.now() + ms;
	while (performance.now() < end);
}

test('an operation has its time from the end of its turn on: before, nobody can do anything for it', async t => {
	const sent: RequestEnvelope[] = [];
	const network = {
		client: 1,
		send: (batch: readonly RequestEnvelope[]) => void sent.push(...batch),
		close: () => undefined,
	};
	const clerk = hostOf(network, {timeoutMs: 50});
	t.teardown(() => clerk.close());
	const answer = clerk.ask(get('k'));
	block(100);
	const later = clerk.ask(get('l'));
	await t.throwsAsync(answer, {instanceOf: TimeoutError});
	await t.throwsAsync(later, {instanceOf: TimeoutError});
	t.is(sent.length, 1, 'both were sent, in one request');
});

test('what is begun in the turn in which the clerk is closed settles, too', async t => {
	const network = {client: 1, send: () => undefined, close: () => undefined};
	const clerk = hostOf(network);
	const before = clerk.ask(get('k'));
	clerk.close();
	const after = clerk.ask(get('l'));
	await t.throwsAsync(before, {code: 'ERR_CLERK_CLOSED'});
	await t.throwsAsync(after, {code: 'ERR_CLERK_CLOSED'});
});

test('what a waiter begins when it is told of the end of the clerk settles, too', async t => {
	const network = {client: 1, send: () => undefined, close: () => undefined};
	const clerk = hostOf(network);
	const errors = await new Promise<readonly unknown[]>(resolve => {
		const told: unknown[] = [];
		const last = {resolve: () => undefined, reject: (error: Error) => resolve([...told, error])};
		const first = {
			resolve: () => undefined,
			reject: (error: Error) => {
				told.push(error);
				clerk.begin(get('l'), last);
			},
		};
		clerk.begin(get('k'), first);
		clerk.close();
	});
	t.is(errors.length, 2);
	for (const error of errors) t.like(error, {code: 'ERR_CLERK_CLOSED'});
});

test('a waiter is told of a refusal later, not within the call', async t => {
	const refusal = new Error('not now');
	const network = {client: 1, send: () => undefined, close: () => undefined};
	const clerk = new ClerkHost({
		words: kvWords,
		connect: () => network,
		servers: [nodeId(0)],
		options: {},
		refusal: () => refusal,
	});
	t.teardown(() => clerk.close());
	let isWithin = true;
	const told = new Promise(resolve => {
		clerk.begin(get('k'), {
			resolve: () => undefined,
			reject: error => resolve({error, isWithin}),
		});
	});
	isWithin = false;
	t.deepEqual(await told, {error: refusal, isWithin: false});
});
