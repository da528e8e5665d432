/** `threadraft simulate --machine`: a machine of one's own from the command line. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {exitStatus, simulateCommand} from '../../actors/simulate/simulate-command.js';

const directory = mkdtempSync(path.join(tmpdir(), 'machine-command-'));
test.after.always(() => rmSync(directory, {recursive: true, force: true}));

const example = new URL('../../examples/', import.meta.url);
const simulation = fileURLToPath(new URL('ledger-simulation.js', example));

interface Told {
	readonly status: number;
	readonly output: string;
	readonly errors: string;
}

async function simulate(...words: readonly string[]): Promise<Told> {
	const told = {output: '', errors: ''};
	const stream = (name: 'output' | 'errors') => ({write: (text: string) => ((told[name] += text), true)});
	const io = {output: stream('output'), errors: stream('errors') as unknown as NodeJS.WritableStream};
	const status = await simulateCommand(['--threads', '1', '--duration', '2000', ...words], io);
	return {status, ...told};
}

test.serial('the machine of a module runs, and is counted', async t => {
	const {status, output} = await simulate('--machine', simulation, '--seeds', '2');
	t.is(status, exitStatus.ok);
	t.regex(output, /machine: write run +\d+/);
	t.notRegex(output, /get of a value/);
});

test.serial('a violation of a machine names the command that repeats it', async t => {
	const file = path.join(directory, 'strict.mjs');
	writeFileSync(
		file,
		`export {default, draw} from '${new URL('ledger-simulation.js', example).href}';
export const invariant = ledger => (ledger.read({type: 'total'}).cents > 0 ? 'there is money' : undefined);`,
	);
	const {status, output} = await simulate('--machine', file, '--seeds', '1');
	t.is(status, exitStatus.violation);
	t.regex(output, /machineInvariant is broken/);
	t.regex(output, /found +there is money, after/);
	t.regex(output, /replay .*--machine file:\S+strict\.mjs/);
});

const wrong: readonly (readonly [module: string, told: RegExp])[] = [
	['nowhere.js', /its module cannot be loaded/],
	[fileURLToPath(new URL('ledger.js', example)), /export a function `draw\(random\)`/],
];
for (const [module, told] of wrong) {
	test.serial(`a module that is no machine to simulate is wrong usage: ${path.basename(module)}`, async t => {
		const {status, errors} = await simulate('--machine', module, '--seeds', '1');
		t.is(status, exitStatus.usage);
		t.regex(errors, told);
	});
}
