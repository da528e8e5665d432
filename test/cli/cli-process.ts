/** The command line as a process of its own. */
import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

export const cli = fileURLToPath(new URL('../../workers/cli.js', import.meta.url));
/** A process that hangs is a failure of its test, and must not outlive it. */
const killAfterMs = 90_000;

export interface Exit {
	readonly status: number | null;
	readonly output: string;
	readonly errors: string;
}

export interface Running {
	readonly process: ChildProcess;
	readonly exit: Promise<Exit>;
	/** Resolves with what the output says in the first group of the pattern. */
	said(pattern: RegExp): Promise<string>;
}

/** `through`: a program and its arguments that run the command behind them. */
export function launch(t: ExecutionContext, args: readonly string[], through: readonly string[] = []): Running {
	// Where CI is set, colour libraries take a pipe for a terminal: what is meant for terminals alone must not show.
	const env = {...process.env, CI: 'true'};
	const [program = process.execPath, ...words] = [...through, process.execPath, cli, ...args];
	const child = spawn(program, words, {stdio: ['pipe', 'pipe', 'pipe'], env});
	const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
	let output = '';
	let errors = '';
	const exit = new Promise<Exit>(resolve => {
		child.once('close', status => {
			clearTimeout(timer);
			resolve({status, output, errors});
		});
	});
	t.teardown(async () => {
		child.kill('SIGKILL');
		await exit;
	});
	const listeners = new Set<() => void>();
	child.stdout.on('data', (chunk: Buffer) => {
		output += chunk.toString();
		for (const listener of listeners) listener();
	});
	child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
	// A process that ends before it has read all of its script is no error of the writer.
	child.stdin.on('error', () => undefined);
	const said = (pattern: RegExp): Promise<string> =>
		new Promise((resolve, reject) => {
			const look = (): void => {
				const match = pattern.exec(output);
				if (match !== null) resolve(match[1] ?? '');
			};
			listeners.add(look);
			void exit.then(() => reject(new Error(`it ended without saying ${String(pattern)}:\n${output}\n${errors}`)));
			look();
		});
	return {process: child, exit, said};
}

/** Runs it with this script on stdin, to its end. */
export async function run(t: ExecutionContext, args: readonly string[], script: string): Promise<Exit> {
	const {process: child, exit} = launch(t, args);
	child.stdin?.end(script);
	return exit;
}

export async function temporaryDirectory(t: ExecutionContext): Promise<string> {
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-test-'));
	t.teardown(() => rm(directory, {recursive: true, force: true}));
	return directory;
}
