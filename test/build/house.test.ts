/** `node build/house.mjs` counts what it says it counts. */
import {execFile} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';

const script = fileURLToPath(new URL('../../../build/house.mjs', import.meta.url));

const sources = {
	'src/base/one.ts': 'export function one(): number {\n\treturn 1;\n}\n\nexport const two = (): number => 2;\n',
	'src/raft/left.ts':
		"import {one} from '../base/one.js';\nimport type {Right} from './right.js';\n\nexport const left = (): Right => one();\n",
	'src/raft/right.ts':
		"import type {left} from './left.js';\n\nexport type Right = number | ReturnType<typeof left>;\n",
	'actors/edge/edge.ts': "export const edge = async () => import('../../src/raft/left.js');\n",
};

test('the table has the sizes, a circle that is one of types alone, and the arrows, of later imports too', async t => {
	const root = mkdtempSync(path.join(tmpdir(), 'threadraft-house-'));
	t.teardown(() => rmSync(root, {recursive: true, force: true}));
	for (const [name, text] of Object.entries(sources)) {
		mkdirSync(path.dirname(path.join(root, name)), {recursive: true});
		writeFileSync(path.join(root, name), text);
	}
	const {stdout} = await promisify(execFile)(process.execPath, [script, root]);
	const rows = stdout.split('\n').slice(2, -1);
	t.deepEqual(
		rows.map(row => row.split(' | ').map(cell => cell.replaceAll('|', '').trim())),
		[
			['files', '4'],
			['lines of a file, median', '4'],
			['lines of a file, maximum', '5'],
			['functions with a name', '4'],
			['lines of a function, median', '1'],
			['lines of a function, maximum', '3'],
			['circles of files, types included', '1'],
			['files in circles', '2'],
			['rooms', '3'],
			['arrows between rooms', '2'],
			['imports that cross rooms', '2'],
		],
	);
});
