/** What is read, computed and written: what others do meanwhile, failures, and limits. */
import test from 'ava';
import {bytesOf, textOf} from '../../actors/text.js';
import {openGateway, request, talk} from './harness.js';
import {StoreClient} from './store-client.js';

const ask = async (port: number, ...parts: readonly string[]): Promise<string> => talk({port}, request(...parts));

const valueOf = (client: StoreClient, key: string): string => textOf(client.store.get(key)?.value ?? bytesOf(''));

test('what computes from what is there is one write, and reads nothing before it', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	t.is(await ask(port, 'INCRBYFLOAT', 'k', '0.25'), '$4\r\n0.25\r\n');
	t.is(valueOf(client, 'k'), '0.25');
	t.deepEqual(client.batches, [['edit']]);
});

test('sums of many connections at once lose nothing', async t => {
	let turn = 0;
	const client = new StoreClient(() => turn++ % 3);
	const {port} = await openGateway(t, {client});
	const replies = await Promise.all(Array.from({length: 40}, () => ask(port, 'INCRBYFLOAT', 'k', '0.5')));
	t.is(new Set(replies).size, 40, 'each sees a sum of its own');
	t.is(valueOf(client, 'k'), '20');
});

test('an edit of unknown outcome is told as such', async t => {
	const client = new StoreClient();
	client.failWith = ({type}) => (type === 'edit' ? Object.assign(new Error('no answer'), {code: 'X'}) : undefined);
	client.apply({type: 'put', key: 'k', value: bytesOf('x')});
	const {port} = await openGateway(t, {client});
	t.regex(await ask(port, 'RENAME', 'k', 'l'), /^-UNCERTAIN the command may have been executed/);
	t.is(valueOf(client, 'k'), 'x');
});

test('a pipeline sees each change in its turn', async t => {
	const {port} = await openGateway(t);
	const lines = ['SET a 5', 'RENAME a b', 'GET a', 'INCRBYFLOAT b 1.5', 'COPY b c', 'SETRANGE c 1 !', 'MGET b c'];
	const replies = await talk({port}, Buffer.concat(lines.map(line => request(...line.split(' ')))));
	t.is(replies, '+OK\r\n+OK\r\n$-1\r\n$3\r\n6.5\r\n:1\r\n:3\r\n*2\r\n$3\r\n6.5\r\n$3\r\n6!5\r\n');
});

test('BITOP takes many sources, and no more than may be read in one step', async t => {
	const client = new StoreClient();
	const {port} = await openGateway(t, {client});
	const keys = Array.from({length: 20}, (_, place) => `bit ${place}`);
	for (const [place, key] of keys.entries()) t.is(await ask(port, 'SETBIT', key, String(place), '1'), ':0\r\n');
	t.is(await ask(port, 'BITOP', 'OR', 'all', ...keys), ':3\r\n');
	t.is(await ask(port, 'BITCOUNT', 'all'), ':20\r\n');
	const tooMany = Array.from({length: 1001}, () => 'a');
	t.is(await ask(port, 'BITOP', 'OR', 'all', ...tooMany), '-ERR BITOP of more than 1000 keys is not supported\r\n');
	client.apply({type: 'put', key: 'a', value: new Uint8Array(2 ** 20)});
	const seventeen = Array.from({length: 17}, () => 'a');
	t.is(await ask(port, 'BITOP', 'OR', 'all', ...seventeen.slice(1)), ':1048576\r\n');
	const tooLarge = '-ERR BITOP of more than 16777216 bytes is not supported\r\n';
	t.is(await ask(port, 'BITOP', 'OR', 'other', ...seventeen), tooLarge);
	t.is(valueOf(client, 'other'), '');
});

test('LCS of values that would take long is refused', async t => {
	const {port} = await openGateway(t);
	await ask(port, 'MSET', 'a', 'x'.repeat(1023), 'b', 'x'.repeat(1023), 'c', 'x'.repeat(1024));
	t.is(await ask(port, 'LCS', 'a', 'b', 'LEN'), ':1023\r\n');
	t.regex(await ask(port, 'LCS', 'a', 'c', 'LEN'), /^-ERR LCS of values whose lengths multiply to more than 1048576/);
});

test('what would make a value too large is refused', async t => {
	const {port} = await openGateway(t);
	const tooLarge = '-ERR value exceeds the limit of 1048576 bytes\r\n';
	t.is(await ask(port, 'SETRANGE', 'k', '1048576', 'x'), tooLarge);
	t.is(await ask(port, 'SETBIT', 'k', '8388608', '1'), tooLarge);
	t.is(await ask(port, 'SETBIT', 'k', '8388607', '1'), ':0\r\n');
	t.is(await ask(port, 'STRLEN', 'k'), ':1048576\r\n');
});

test('a value that an edit makes too large is refused in its place of a transaction, and stops nothing else', async t => {
	const {port} = await openGateway(t);
	const lines = ['SET k abc', 'MULTI', 'SETRANGE k 1048576 x', 'RENAME k l', 'RENAME k m', 'EXEC', 'GET l'];
	const replies = await talk({port}, Buffer.concat(lines.map(line => request(...line.split(' ')))));
	t.is(
		replies,
		'+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n-ERR value exceeds the limit of 1048576 bytes\r\n+OK\r\n-ERR no such key\r\n$3\r\nabc\r\n',
	);
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
