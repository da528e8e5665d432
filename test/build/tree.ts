/** A small project that is built as this one is. */
import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const taken = [
	'build',
	'package.json',
	'package-lock.json',
	'tsconfig.base.json',
	'tsconfig.json',
	'src/tsconfig.json',
	'src/storage/tsconfig.json',
	'src/simulation/tsconfig.json',
	'actors/codec/cbor-x.ts',
	'actors/web/page',
	'actors/web/protocol.ts',
	'actors/trace/trace.ts',
	'actors/trace/parse-trace.ts',
	'src/base/errors.ts',
];

const sources = {
	'src/raft/one.ts': 'export const one = 1;\n',
	'src/storage/two.ts': "import {one} from '../raft/one.js';\n\nexport const two = one + 1;\n",
	'src/simulation/three.ts': "import {two} from '../storage/two.js';\n\nexport const three = two + 1;\n",
	// The page's own reads records, too, with the types of all that can be in one.
	'actors/trace/trace-text.ts': 'export const traceTextOf = (text: string): string => text;\n',
	// Each is bundled with what it imports.
	'workers/replica.ts':
		"import {three} from '../src/simulation/three.js';\n\nconsole.log(`the thread has ${three}`);\n",
	'workers/kv-server.ts': "import {one} from '../src/raft/one.js';\n\nconsole.log(one);\n",
	'workers/cli.ts': "import {three} from '../src/simulation/three.js';\n\nconsole.log(`three is ${three}`);\n",
};

export interface Outcome {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export class Tree {
	readonly root: string;

	constructor(t: ExecutionContext) {
		this.root = mkdtempSync(path.join(tmpdir(), 'threadraft-build-'));
		t.teardown(() => rmSync(this.root, {recursive: true, force: true, maxRetries: 10}));
		for (const name of taken) cpSync(path.join(project, name), path.join(this.root, name), {recursive: true});
		symlinkSync(path.join(project, 'node_modules'), path.join(this.root, 'node_modules'), 'dir');
		for (const [name, text] of Object.entries(sources)) this.write(name, text);
	}

	write(name: string, text: string): void {
		mkdirSync(path.dirname(this.#at(name)), {recursive: true});
		writeFileSync(this.#at(name), text);
	}

	remove(name: string): void {
		rmSync(this.#at(name));
	}

	has(name: string): boolean {
		return existsSync(this.#at(name));
	}

	read(name: string): string {
		return readFileSync(this.#at(name), 'utf8');
	}

	/** What is in a folder; nothing where there is none. */
	list(name: string): readonly string[] {
		return this.has(name) ? readdirSync(this.#at(name)) : [];
	}

	/** The built program's output. */
	async output(name = 'cli'): Promise<string> {
		return (await run(process.execPath, [this.#at(`dist/workers/${name}.js`)], this.root)).stdout;
	}

	async build(): Promise<Outcome> {
		return run(process.execPath, ['build/main.mjs'], this.root);
	}

	/** A process group of its own, as of a terminal's line. */
	begin(script: string): ChildProcess {
		return spawn(process.execPath, [script], {cwd: this.root, detached: true, stdio: ['pipe', 'pipe', 'ignore']});
	}

	/** Begins a build, and ends its process group with this signal while it compiles. */
	async interrupt(signal: NodeJS.Signals): Promise<void> {
		const child = this.begin('build/main.mjs');
		const ended = once(child, 'exit');
		while (!this.list('.builds').some(name => name.startsWith('.work-')) && child.exitCode === null) await pause();
		process.kill(-(child.pid ?? 0), signal);
		await ended;
	}

	#at(name: string): string {
		return path.join(this.root, name);
	}
}

const pause = (): Promise<void> => new Promise(resolve => void setTimeout(resolve, 1));

function run(file: string, words: readonly string[], cwd: string): Promise<Outcome> {
	return new Promise(resolve => {
		const child = execFile(file, words, {cwd}, (_, stdout, stderr) =>
			resolve({status: child.exitCode, stdout, stderr}),
		);
	});
}
