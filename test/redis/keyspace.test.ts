/** SCAN, KEYS, DBSIZE, RANDOMKEY, and what is told about one key. */
import test from 'ava';
import fc from 'fast-check';
import {matchesGlob} from '../../actors/redis/commands/glob.js';
import {bytesOf} from '../../actors/text.js';
import {openGateway, request, talk} from './harness.js';
import {StoreClient} from './store-client.js';

const exchange = async (port: number, ...lines: readonly (readonly string[])[]): Promise<readonly string[]> => {
	const replies = await talk({port}, Buffer.concat(lines.map(parts => request(...parts))));
	return replies.split('\r\n');
};

/** Keys of a reply of bulk strings; and of SCAN the cursor before them. */
const bulks = (lines: readonly string[]): readonly string[] =>
	lines.filter((_, place) => lines[place - 1]?.startsWith('$'));

async function scanAll(port: number, ...options: readonly string[]): Promise<readonly string[]> {
	const found: string[] = [];
	let cursor = '0';
	do {
		const [next = '0', ...keys] = bulks(await exchange(port, ['SCAN', cursor, ...options]));
		found.push(...keys);
		cursor = next;
	} while (cursor !== '0');
	return found.sort();
}

function filled(count: number): StoreClient {
	const client = new StoreClient();
	for (let number = 0; number < count; number++) client.store.set(`key:${number}`, bytesOf(`${number}`), 1);
	return client;
}

const names = (count: number): readonly string[] => Array.from({length: count}, (_, number) => `key:${number}`).sort();

test('SCAN walks over every key once, whatever the COUNT; MATCH and TYPE choose', async t => {
	const {port} = await openGateway(t, {client: filled(120)});
	t.deepEqual(await scanAll(port), names(120));
	t.deepEqual(await scanAll(port, 'COUNT', '1000000'), names(120));
	t.deepEqual(
		await scanAll(port, 'match', 'key:1?', 'count', '50'),
		names(20).filter(name => name.length === 6),
	);
	t.deepEqual(await scanAll(port, 'TYPE', 'STRING', 'COUNT', '90'), names(120));
	t.deepEqual(await scanAll(port, 'TYPE', 'list', 'COUNT', '90'), []);
	const [cursor] = bulks(await exchange(port, ['SCAN', '0']));
	t.true(Number(cursor) > 0, 'ten of a hundred and twenty are not all');
});

test('a cursor that no answer has named begins somewhere, and what is none is refused', async t => {
	const {port} = await openGateway(t, {client: filled(3)});
	for (const cursor of ['', '-1', '+5', '18446744073709551615', '99999999999'])
		t.is((await exchange(port, ['SCAN', cursor]))[0], '*2', cursor);
	for (const cursor of ['x', ' 1', '1 ', '0x1', '18446744073709551616', '1.5'])
		t.is((await exchange(port, ['SCAN', cursor]))[0], '-ERR invalid cursor', cursor);
});

test('KEYS finds what its pattern matches, also in a store that is read in many parts, and DBSIZE counts', async t => {
	const {port} = await openGateway(t, {client: filled(40_000)});
	const [count, ...lines] = await exchange(port, ['KEYS', 'key:1234?'], ['DBSIZE']);
	t.is(count, '*10');
	t.deepEqual(
		[...bulks(lines)].sort(),
		Array.from({length: 10}, (_, digit) => `key:1234${digit}`),
	);
	t.is(lines.at(-2), ':40000');
	t.is((await exchange(port, ['KEYS', '*']))[0], '*40000');
});

test('KEYS refuses a reply that is too large, and says what to do', async t => {
	const client = new StoreClient();
	for (let number = 0; number < 300; number++) client.store.set(`${number}${'x'.repeat(60_000)}`, bytesOf(''), 1);
	const {port} = await openGateway(t, {client});
	const [refusal = ''] = await exchange(port, ['KEYS', '*']);
	t.regex(refusal, /^-ERR the reply has more than the 16777216 bytes that are allowed: use SCAN$/);
	t.is(
		(await exchange(port, ['KEYS', '1*']))[0],
		`*${Array.from({length: 300}, (_, number) => `${number}`).filter(text => text.startsWith('1')).length}`,
	);
});

test('RANDOMKEY gives a key if there is one, and in time each', async t => {
	const client = filled(4);
	const {port} = await openGateway(t, {client});
	const drawn = new Set<string>();
	const draws = Array.from({length: 200}, () => ['RANDOMKEY']);
	for (const key of bulks(await exchange(port, ...draws))) drawn.add(key);
	t.deepEqual([...drawn].sort(), names(4));
	client.store.clear();
	t.deepEqual(await exchange(port, ['RANDOMKEY']), ['$-1', '']);
});

test('a key whose deadline is over is neither found, counted nor drawn', async t => {
	const client = new StoreClient();
	client.store.set('early', bytesOf(''), 1, 1);
	client.store.advance(1);
	client.store.set('gone', bytesOf(''), 1, 5);
	client.store.advance(5);
	t.is(client.store.heldCount, 1, 'it is still held');
	const {port} = await openGateway(t, {client});
	const replies = await exchange(port, ['KEYS', '*'], ['DBSIZE'], ['RANDOMKEY'], ['SCAN', '0'], ['TYPE', 'gone']);
	t.deepEqual(replies, ['*0', ':0', '$-1', '*2', '$1', '0', '*0', '+none', '']);
});

test('a part that cannot be read is an error in the place of the reply', async t => {
	const client = filled(40_000);
	let reads = 0;
	client.failWith = () => (++reads === 2 ? Object.assign(new Error('no answer'), {code: 'ERR_TIMEOUT'}) : undefined);
	const {port} = await openGateway(t, {client});
	const [refusal = '', pong] = await exchange(port, ['KEYS', '*'], ['PING']);
	t.regex(refusal, /^-TRYAGAIN the command was not executed \(ERR_TIMEOUT\)/);
	t.is(pong, '+PONG');
});

test('MEMORY USAGE tells what a key and its value take, and null for none', async t => {
	const client = new StoreClient();
	client.store.set('key', bytesOf('x'.repeat(1000)), 1);
	const {port} = await openGateway(t, {client});
	const [bytes = '', none] = await exchange(
		port,
		['MEMORY', 'USAGE', 'key', 'SAMPLES', '0'],
		['memory', 'usage', 'no'],
	);
	const told = Number(bytes.slice(1));
	t.true(told > 1003 && told < 1100, bytes);
	t.is(none, '$-1');
	t.regex((await exchange(port, ['OBJECT', 'IDLETIME', 'key']))[0] ?? '', /^-ERR OBJECT IDLETIME is not supported: /);
	t.regex((await exchange(port, ['MEMORY', 'HELP']))[0] ?? '', /^\*/);
	t.regex((await exchange(port, ['OBJECT', 'HELP']))[0] ?? '', /^\*/);
});

const matching = test.macro({
	title: (_ = '', pattern: string, texts: readonly string[]) =>
		`of some texts the pattern ${pattern} matches ${texts.join(', ') || 'none'}`,
	exec(t, pattern: string, texts: readonly string[]) {
		const all = ['', 'a', 'b', 'c', 'ab', 'abc', 'abbc', '*', 'a*c', '[', ']', '\\', '^', 'a-c', '-'];
		t.deepEqual(
			all.filter(text => matchesGlob(pattern, text)),
			texts,
		);
	},
});

test(matching, 'a*c', ['abc', 'abbc', 'a*c', 'a-c']);
test(matching, 'a?c', ['abc', 'a*c', 'a-c']);
test(matching, '[a-b]', ['a', 'b']);
test(matching, '[b-a]', ['a', 'b']);
test(matching, '[^a-b]', ['c', '*', '[', ']', '\\', '^', '-']);
test(matching, '[^a', ['b', 'c', '*', '[', ']', '\\', '^', '-']);
test(matching, String.raw`a\*c`, ['a*c']);
test(matching, String.raw`[\]]`, [']']);
test(matching, '\\', ['\\']);
test(matching, '[]', []);
test(matching, '', ['']);

test('a pattern takes no more than its length times that of the text', t => {
	const pattern = `${'*a'.repeat(30)}*b`;
	t.false(matchesGlob(pattern, 'a'.repeat(20_000)));
	fc.assert(
		fc.property(fc.string(), text => {
			t.true(text === '' || matchesGlob('*', text));
		}),
	);
});
