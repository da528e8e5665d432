/** What is read, computed and written: what others do meanwhile, failures, and limits. */
import test from 'ava';
import {bytesOf, textOf} from '../../actors/text.js';
import type {Operation} from '../../src/kv/types.js';
import {openGateway, request, talk} from './harness.js';
import {StoreClient} from './store-client.js';

const ask = async (port: number, ...parts: readonly string[]): Promise<string> => talk({port}, request(...parts));

/** Before each transaction is carried out, at most so often, somebody else puts the number of times into the key. */
function interfered(times: number): StoreClient {
	const client = new StoreClient();
	let count = 0;
	client.failWith = operation => {
		if (operation.type === 'transaction' && count < times)
			client.apply({type: 'put', key: 'k', value: bytesOf(String(++count))});
		return undefined;
	};
	return client;
}

const valueOf = (client: StoreClient, key: string): string => textOf(client.store.get(key)?.value ?? bytesOf(''));

test('what was computed from a value that another client has replaced is computed anew', async t => {
	const client = interfered(3);
	const {port} = await openGateway(t, {client});
	t.is(await ask(port, 'INCRBYFLOAT', 'k', '0.25'), '$4\r\n3.25\r\n');
	t.is(valueOf(client, 'k'), '3.25');
	t.is(client.batches.filter(([type]) => type === 'transaction').length, 4);
});

test('a command that others overtake each time is given up, and was not executed', async t => {
	const client = interfered(Infinity);
	const {port} = await openGateway(t, {client});
	t.regex(await ask(port, 'INCRBYFLOAT', 'k', '0.25'), /^-TRYAGAIN the command was not executed: /);
	t.is(valueOf(client, 'k'), '1000');
});

test('sums of many connections at once lose nothing', async t => {
	let turn = 0;
	const client = new StoreClient(() => turn++ % 3);
	const {port} = await openGateway(t, {client});
	const replies = await Promise.all(Array.from({length: 40}, () => ask(port, 'INCRBYFLOAT', 'k', '0.5')));
	t.is(new Set(replies).size, 40, 'each sees a sum of its own');
	t.is(valueOf(client, 'k'), '20');
});

test('a transaction of unknown outcome is told as such, a read that failed as not executed', async t => {
	const client = new StoreClient();
	let failing: Operation['type'] = 'transaction';
	client.failWith = ({type}) => (type === failing ? Object.assign(new Error('no answer'), {code: 'X'}) : undefined);
	client.apply({type: 'put', key: 'k', value: bytesOf('x')});
	const {port} = await openGateway(t, {client});
	t.regex(await ask(port, 'RENAME', 'k', 'l'), /^-UNCERTAIN the command may have been executed/);
	failing = 'get';
	t.regex(await ask(port, 'RENAME', 'k', 'l'), /^-TRYAGAIN the command was not executed/);
	t.is(valueOf(client, 'k'), 'x');
});

test('a pipeline sees each change in its turn', async t => {
	const {port} = await openGateway(t);
	const lines = ['SET a 5', 'RENAME a b', 'GET a', 'INCRBYFLOAT b 1.5', 'COPY b c', 'SETRANGE c 1 !', 'MGET b c'];
	const replies = await talk({port}, Buffer.concat(lines.map(line => request(...line.split(' ')))));
	t.is(replies, '+OK\r\n+OK\r\n$-1\r\n$3\r\n6.5\r\n:1\r\n:3\r\n*2\r\n$3\r\n6.5\r\n$3\r\n6!5\r\n');
});

test('many sources of BITOP are read in pieces, and no more than it takes', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const keys = Array.from({length: 20}, (_, place) => `bit ${place}`);
	for (const [place, key] of keys.entries()) t.is(await ask(port, 'SETBIT', key, String(place), '1'), ':0\r\n');
	client.batches.length = 0;
	t.is(await ask(port, 'BITOP', 'OR', 'all', ...keys), ':3\r\n');
	t.deepEqual(
		client.batches.map(({length}) => length),
		[8, 8, 4, 1],
	);
	t.is(await ask(port, 'BITCOUNT', 'all'), ':20\r\n');
	const tooMany = Array.from({length: 1001}, () => 'a');
	t.is(await ask(port, 'BITOP', 'OR', 'all', ...tooMany), '-ERR BITOP of more than 1000 keys is not supported\r\n');
});

test('what would make a value too large is refused, and so is another database', async t => {
	const {port} = await openGateway(t);
	const tooLarge = '-ERR value exceeds the limit of 1048576 bytes\r\n';
	t.is(await ask(port, 'SETRANGE', 'k', '1048576', 'x'), tooLarge);
	t.is(await ask(port, 'SETBIT', 'k', '8388608', '1'), tooLarge);
	t.is(await ask(port, 'SETBIT', 'k', '8388607', '1'), ':0\r\n');
	t.is(await ask(port, 'STRLEN', 'k'), ':1048576\r\n');
	t.regex(await ask(port, 'COPY', 'k', 'l', 'DB', '1'), /^-ERR COPY to database 1 is not supported: there is one/);
});

test('what reads before it writes is refused inside MULTI, and EXEC carries out nothing', async t => {
	const {port} = await openGateway(t);
	const refused = ['RENAME k l', 'RENAMENX k l', 'COPY k l', 'SETRANGE k 0 x', 'INCRBYFLOAT k 1', 'SETBIT k 1 1'];
	for (const line of [...refused, 'BITOP NOT k l', 'MSETNX k 1']) {
		const lines = ['MULTI', 'SET m 1', line, 'EXEC', 'EXISTS m'];
		const [multi, set, refusal, exec, exists] = (
			await talk({port}, Buffer.concat(lines.map(each => request(...each.split(' ')))))
		).split('\r\n');
		const [name] = line.split(' ');
		t.deepEqual([multi, set, exists], ['+OK', '+QUEUED', ':0'], name);
		t.true(refusal?.startsWith(`-ERR ${name} is not supported inside MULTI: `), refusal);
		t.true(exec?.startsWith('-EXECABORT'), exec);
	}
});

test('WAIT tells the replicas of a majority, whatever number is asked for', async t => {
	for (const [nodes, replicas] of [
		[1, 0],
		[3, 1],
		[4, 2],
		[5, 2],
	] as const) {
		const {port} = await openGateway(t, {info: () => Promise.resolve({nodes})});
		for (const asked of ['0', '1', '9'])
			t.is(await ask(port, 'WAIT', asked, '0'), `:${replicas}\r\n`, `${asked} of ${nodes} nodes`);
	}
});
