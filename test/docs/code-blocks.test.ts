/** The code in the documents fits the package that is published, and whole programs do what their page says. */
import {execFile} from 'node:child_process';
import {copyFile, mkdir, readdir, readFile, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {installPackage, type InstalledPackage} from '../package/installed-package.js';
import {type CodeBlock, codeBlocksOf, isPrinted} from './code-blocks.js';

const run = promisify(execFile);
/** Where the environment asks for colours (FORCE_COLOR), even a number would be printed in one. */
const plain = {...process.env, FORCE_COLOR: '0'};
const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Ms; for a machine whose cores are all busy. */
const timeout = 120_000;

/** A page that is wrong, to see that it is noticed. */
const wrongPage = [
	'# Wrong',
	'',
	'```ts',
	"import {Cluster} from 'threadraft';",
	'',
	'const nodes: string = 3;',
	'```',
	'',
];

const folderOf = (page: string): string => page.replaceAll('/', '-').replace('.md', '');

async function blocksOfDocuments(): Promise<readonly CodeBlock[]> {
	const names = await readdir(path.join(root, 'docs'));
	const pages = ['README.md', ...names.filter(name => name.endsWith('.md')).map(name => `docs/${name}`)];
	const texts = await Promise.all(pages.map(page => readFile(path.join(root, page), 'utf8')));
	return pages.flatMap((page, place) => codeBlocksOf(page, texts[place] ?? ''));
}

let installed: InstalledPackage;
let blocks: readonly CodeBlock[] = [];
/** Each error: in which page and line, and what. */
let errors: readonly string[] = [];

const fileOf = ({page, file}: CodeBlock): string => path.join(installed.folder, folderOf(page), file);

async function writeBlocks(all: readonly CodeBlock[]): Promise<void> {
	for (const block of all) {
		const file = fileOf(block);
		await mkdir(path.dirname(file), {recursive: true});
		await writeFile(file, block.code);
		// Pages import the example as if it lay beside their code.
		await copyFile(path.join(root, 'examples/ledger.ts'), path.join(path.dirname(file), 'ledger.ts'));
	}
	await writeFile(path.join(installed.folder, 'package.json'), '{"type": "module"}');
	const types = path.join(installed.folder, 'node_modules/@types');
	await mkdir(types, {recursive: true});
	await symlink(path.join(root, 'node_modules/@types/node'), path.join(types, 'node'), 'dir');
	const compilerOptions = {
		target: 'es2022',
		lib: ['es2023', 'esnext.disposable'],
		module: 'nodenext',
		strict: true,
		exactOptionalPropertyTypes: true,
		skipLibCheck: true,
		types: ['node'],
	};
	const include = [...new Set(all.map(({page}) => folderOf(page)))];
	await writeFile(path.join(installed.folder, 'tsconfig.json'), JSON.stringify({compilerOptions, include}));
}

async function compile(all: readonly CodeBlock[]): Promise<readonly string[]> {
	const typescript = path.join(root, 'node_modules/typescript7/bin/tsc');
	const words = [typescript, '-p', installed.folder, '--pretty', 'false'];
	const {stdout} = await run(process.execPath, words, {timeout, cwd: installed.folder}).catch(
		(error: {stdout: string}) => error,
	);
	return [...stdout.matchAll(/^(\S.*?)\((\d+),\d+\): error (.*)$/gm)].map(([, file = '', line, what = '']) => {
		const block = all.find(each => path.relative(installed.folder, fileOf(each)) === file);
		return block === undefined ? `${file}: ${what}` : `${block.page}:${block.line + Number(line) - 2}: ${what}`;
	});
}

test.before(async t => {
	t.timeout(timeout);
	installed = await installPackage();
	blocks = await blocksOfDocuments();
	const all = [...blocks, ...codeBlocksOf('wrong.md', wrongPage.join('\n'))];
	await writeBlocks(all);
	errors = await compile(all);
});
test.after.always(() => installed?.remove());

test('every block of the documents fits the types of the package', t => {
	t.true(blocks.length >= 15);
	t.deepEqual(
		errors.filter(error => !error.startsWith('wrong.md')),
		[],
	);
});

test('a block that does not fit is found, by its page and line', t => {
	t.deepEqual(
		errors.filter(error => error.startsWith('wrong.md')),
		["wrong.md:6: TS2322: Type 'number' is not assignable to type 'string'."],
	);
});

test('each page with code has a block that is run, but for those that need other programs', t => {
	const pages = new Set(blocks.map(({page}) => page));
	const withPrograms = new Set(blocks.filter(({prints}) => prints !== undefined).map(({page}) => page));
	t.deepEqual(
		[...pages].filter(page => !withPrograms.has(page)),
		['docs/etcd-engine.md'],
	);
});

test('programs of the documents print what their page says', async t => {
	t.timeout(timeout * 2);
	for (const block of blocks) {
		if (block.prints === undefined) continue;
		const file = fileOf(block).replace(/\.ts$/, '.js');
		const cwd = path.join(installed.folder, `run-${folderOf(block.page)}-${block.line}`);
		await mkdir(cwd);
		const {stdout} = await run(process.execPath, [file], {cwd, timeout, env: plain});
		t.true(isPrinted(stdout, block.prints), `${block.page}:${block.line} prints ${stdout}`);
	}
});

test('notes are read, and a note of another kind is refused', t => {
	const page = (note: string): string => `${note}\n   \`\`\`ts\n   first();\n     second();\n   \`\`\`\n`;
	const [block] = codeBlocksOf('a.md', page('<!-- code: given\nlet a;\nlet b; -->\n<!-- code: prints 1 … 3 -->'));
	t.like(block, {
		line: 6,
		code: 'let a; let b;\nfirst();\n  second();\nexport {};\n',
		prints: '1 … 3',
		file: 'block-1.ts',
	});
	t.is(codeBlocksOf('a.md', page('<!-- code: file x.ts -->'))[0]?.file, 'x.ts');
	t.throws(() => codeBlocksOf('a.md', page('<!-- code: skip it -->')), {message: /is not one of file, given, prints/});
	t.true(isPrinted('1\n2\n3\n', '1 … 3'.replaceAll(' ', '')));
	t.false(isPrinted('1\n2\n', '1'));
});
