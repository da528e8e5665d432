/** What is typed or pasted, on its way to readline. */
import {PassThrough} from 'node:stream';
import test from 'ava';
import {TypedInput} from '../../actors/console/terminal/typed-input.js';

interface Handed {
	readonly input: PassThrough;
	/** What was inserted in one go, and the keys. */
	readonly pieces: string[];
	/** The bytes of both. */
	readonly all: Buffer[];
	readonly settled: () => Promise<void>;
}

function setUp(): Handed {
	const input = new PassThrough();
	const pieces: string[] = [];
	const all: Buffer[] = [];
	const typed = new TypedInput(input, {
		isBusy: () => false,
		insert: text => {
			pieces.push(`inserted ${text}`);
			all.push(Buffer.from(text));
		},
		interrupt: () => undefined,
		suspend: () => undefined,
	});
	typed.keys.on('data', (bytes: Buffer) => {
		pieces.push(`keys ${bytes.toString()}`);
		all.push(bytes);
	});
	typed.begin();
	const settled = async (): Promise<void> => {
		for (let turn = 0; turn < 20; turn++) await new Promise(resolve => void setImmediate(resolve));
	};
	return {input, pieces, all, settled};
}

test('what is typed comes as keys, and a long text in one go, with its end as keys', async t => {
	const {input, pieces, settled} = setUp();
	input.write('put k ');
	await settled();
	input.write(`${'v'.repeat(100_000)}\rget k\r`);
	await settled();
	t.deepEqual(pieces, ['keys put k ', `inserted ${'v'.repeat(100_000)}`, 'keys \r', 'keys get k\r']);
});

test('characters that come in two chunks stay whole', async t => {
	const text = `${'日本'.repeat(200)}😀\r`;
	const bytes = Buffer.from(text);
	for (let cut = 1; cut <= 12; cut++) {
		const {input, pieces, all, settled} = setUp();
		input.write(bytes.subarray(0, -cut));
		await settled();
		input.write(bytes.subarray(-cut));
		await settled();
		t.regex(pieces[0] ?? '', /^inserted (日本)+/);
		t.is(Buffer.concat(all).toString(), text);
	}
});
