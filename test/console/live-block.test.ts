/** Lines that are drawn anew above the prompt: what a person sees of them, of the prompt, and of what is typed meanwhile. */
import {createInterface, type Interface} from 'node:readline';
import {PassThrough, Writable} from 'node:stream';
import test from 'ava';
import {Interrupts} from '../../actors/console/terminal/interrupts.js';
import {LiveBlock, type PressedKey} from '../../actors/console/terminal/live-block.js';
import {LiveViews} from '../../actors/console/live-views.js';
import {Screen} from './screen.js';

const columns = 40;

interface Setting {
	readonly screen: Screen;
	readonly block: LiveBlock;
	readonly lines: Interface;
	readonly type: (text: string) => Promise<void>;
}

function setUp(height = 12): Setting {
	const screen = new Screen(columns, height);
	const output = Object.assign(
		new Writable({
			write: (chunk, _, done) => {
				screen.write(String(chunk));
				done();
			},
		}),
		{columns, rows: height},
	);
	const input = new PassThrough();
	const lines = createInterface({input, output, terminal: true, prompt: '> '});
	const block = new LiveBlock({lines, output, prompt: '> ', isAtPrompt: () => true});
	input.on('keypress', (_, key: PressedKey | undefined) => block.keyPressed(key));
	block.beforePrompt();
	lines.prompt();
	const type = async (text: string): Promise<void> => {
		input.write(text);
		await new Promise(resolve => void setImmediate(resolve));
	};
	return {screen, block, lines, type};
}

test('a block is drawn anew in its place, and what is typed stays', async t => {
	const {screen, block, type} = setUp();
	block.set(['one 1', 'two 1']);
	await type('put a');
	block.set(['one 2', 'two 2']);
	block.set(['one 3', 'two 3']);
	await type('bc');
	t.deepEqual(screen.rows, ['one 3', 'two 3', '> put abc']);
	block.set([]);
	t.deepEqual(screen.rows, ['> put abc']);
});

for (const length of [columns - 3, columns - 2, columns - 1, columns, 2 * columns, 3 * columns - 2]) {
	test(`a line of ${length} characters stays whole, and nothing above it is written over or left behind`, async t => {
		const {screen, block, type} = setUp();
		block.writeAbove('said before');
		block.set(['live 1']);
		const typed = 'x'.repeat(length);
		await type(typed);
		for (let number = 2; number < 5; number++) block.set([`live ${number}`]);
		block.writeAbove('said later');
		block.set(['live 5']);
		const [first, second, third, ...rest] = screen.rows;
		t.deepEqual([first, second, third], ['said before', 'said later', 'live 5']);
		t.is(rest.join(''), `> ${typed}`);
	});
}

test('a cursor in the first row of a long line does not move the block', async t => {
	const {screen, block, lines, type} = setUp();
	block.set(['live 1']);
	await type('y'.repeat(columns + 10));
	lines.write(null, {ctrl: true, name: 'a'});
	block.set(['live 2']);
	block.set(['live 3']);
	t.deepEqual(screen.rows.slice(0, 1), ['live 3']);
	t.is(screen.rows.slice(1).join(''), `> ${'y'.repeat(columns + 10)}`);
});

test('a line that is entered leaves no copy of the block above it', async t => {
	const {screen, block, lines, type} = setUp();
	block.set(['live 1']);
	lines.once('line', line => {
		block.entered(line);
		screen.write('the answer\n');
		block.beforePrompt();
		lines.prompt();
	});
	await type('status\n');
	block.set(['live 2']);
	t.deepEqual(screen.rows, ['> status', 'the answer', 'live 2', '>']);
});

test('Ctrl-C that ends one of two views leaves no copy of the other one behind', async t => {
	const {screen, block, lines, type} = setUp();
	const cancelWaiting = (): boolean => {
		block.set(['load 1']);
		return true;
	};
	const interrupts = new Interrupts(lines, new PassThrough(), {cancelWaiting, showPrompt: () => undefined});
	lines.on('SIGINT', () => interrupts.atPrompt());
	block.set(['load 1', 'watched']);
	await type('\u0003');
	block.set(['load 2']);
	t.deepEqual(screen.rows, ['load 2', '>']);
});

test('Ctrl-C that takes back a line shows the block anew above the next prompt, and there it stays', async t => {
	const {screen, block, lines, type} = setUp();
	const output = new Writable({
		write: (chunk, _, done) => {
			screen.write(String(chunk));
			done();
		},
	});
	const showPrompt = (): void => {
		block.beforePrompt();
		lines.prompt();
	};
	const interrupts = new Interrupts(lines, output, {cancelWaiting: () => false, showPrompt});
	lines.on('SIGINT', () => interrupts.atPrompt());
	block.set(['load 1']);
	await type('put a');
	await type('\u0003');
	block.set(['load 2']);
	t.deepEqual(screen.rows.slice(-2), ['load 2', '>']);
	t.is(screen.rows.filter(row => row.startsWith('load')).length, 2);
});

test('a block that does not fit into the window is cut, and so is a line that is too long', t => {
	const {screen, block} = setUp(8);
	block.set(Array.from({length: 20}, (_, number) => `${number} ${'z'.repeat(60)}`));
	block.set(Array.from({length: 20}, (_, number) => `${number} ${'w'.repeat(60)}`));
	t.is(screen.rows.length, 5);
	t.true(screen.rows.every(row => row.length <= columns));
	t.true(screen.rows[0]?.startsWith('0 w'));
	t.is(screen.rows.at(-1), '>');
});

test('views of several names stand below each other, and each ends by itself', async t => {
	const drawn: (readonly string[])[] = [];
	const views = new LiveViews({isInPlace: () => true, draw: lines => drawn.push(lines), print: () => undefined});
	t.teardown(() => views.endAll());
	let ended = 0;
	const viewOf = (line: string) => ({
		everyMs: 100_000,
		toldEveryMs: 100_000,
		draw: async () => [line],
		tell: async () => [],
		ended: () => void ended++,
	});
	views.begin('a', viewOf('line a'));
	views.begin('b', viewOf('line b'));
	await new Promise(resolve => void setImmediate(resolve));
	t.deepEqual(drawn.at(-1), ['line a', 'line b']);
	t.true(views.end('a'));
	t.deepEqual(drawn.at(-1), ['line b']);
	t.false(views.end('a'));
	t.true(views.endAll());
	t.is(ended, 2);
	t.deepEqual(drawn.at(-1), []);
});
