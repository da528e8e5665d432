/** `threadraft start` as a process of its own, as a person runs it. */
import {type ChildProcessByStdio, spawn} from 'node:child_process';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import {type Trial, TortureError} from '../trial.js';
import type {HostOptions} from './host-process.js';

export const cli = fileURLToPath(new URL('../../../workers/cli.js', import.meta.url));
const host = fileURLToPath(new URL('host-process.js', import.meta.url));
/** A busy machine starts slowly; longer than this nobody waits. */
export const startTimeoutMs = 60_000;
/** A process that logs without end must not fill the memory of the row. */
const textMax = 2 ** 20;

export interface Exit {
	/** `null` where a signal ended it. */
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly output: string;
	readonly errors: string;
}

export interface ServerOptions {
	/** Of `threadraft start`, whose Redis port is any free one; or all that the library's own process is told. */
	readonly args: readonly string[] | HostOptions;
	readonly env?: Readonly<Record<string, string>>;
	/** Flags of Node itself. */
	readonly nodeArgs?: readonly string[];
	/** Limits of the shell, as `ulimit` takes them: `-n 256`. */
	readonly ulimit?: string;
}

export class Server {
	readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
	readonly exit: Promise<Exit>;
	#output = '';
	#errors = '';
	#hasExited = false;
	readonly #listeners = new Set<() => void>();

	/** Starts it; see `ready` for the port. It is killed when the row ends. */
	constructor(trial: Trial, {args, env = {}, nodeArgs = [], ulimit}: ServerOptions) {
		const program = 'length' in args ? [cli, 'start', '--redis-port', '0', ...args] : [host, JSON.stringify(args)];
		const words = [process.execPath, ...nodeArgs, ...program];
		const command = ulimit === undefined ? words : ['sh', '-c', `ulimit ${ulimit} && exec "$@"`, 'sh', ...words];
		this.process = spawn(command[0] as string, command.slice(1), {
			stdio: ['pipe', 'pipe', 'pipe'],
			env: {...process.env, ...env},
		});
		// A process that ends before it has read its script is no error of the writer.
		this.process.stdin.on('error', () => undefined);
		this.process.stdout.on('data', (chunk: Buffer) => {
			this.#output = `${this.#output}${chunk.toString()}`.slice(-textMax);
			for (const listener of this.#listeners) listener();
		});
		this.process.stderr.on(
			'data',
			(chunk: Buffer) => (this.#errors = `${this.#errors}${chunk.toString()}`.slice(-textMax)),
		);
		this.exit = new Promise(resolve => {
			this.process.once('close', (code, signal) => {
				this.#hasExited = true;
				resolve({code, signal, output: this.#output, errors: this.#errors});
			});
		});
		trial.defer(() => this.kill());
	}

	get hasExited(): boolean {
		return this.#hasExited;
	}

	get output(): string {
		return this.#output;
	}

	get errors(): string {
		return this.#errors;
	}

	get pid(): number {
		return this.process.pid ?? -1;
	}

	/** The Redis port, once it is open. */
	async ready(): Promise<number> {
		return Number(await this.said(/127\.0\.0\.1:(\d+)/, startTimeoutMs));
	}

	/** What the first group of the pattern is in the output, once it is there. */
	async said(pattern: RegExp, timeoutMs: number): Promise<string> {
		return new Promise((resolve, reject) => {
			const settle = (error: Error | undefined, text: string): void => {
				clearTimeout(timer);
				this.#listeners.delete(look);
				if (error === undefined) resolve(text);
				else reject(error);
			};
			const look = (): void => {
				const match = pattern.exec(this.#output);
				if (match !== null) settle(undefined, match[1] ?? match[0]);
			};
			const fail = (why: string): void =>
				settle(new TortureError(`${why} before it said ${String(pattern)}:\n${this.#output}\n${this.#errors}`), '');
			const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
			this.#listeners.add(look);
			void this.exit.then(({code, signal}) => fail(`the process ended with ${signal ?? code}`));
			look();
		});
	}

	/** A line for the console. */
	command(line: string): void {
		this.process.stdin.write(`${line}\n`);
	}

	/** SIGKILL, wherever it is. */
	async kill(): Promise<void> {
		this.process.kill('SIGKILL');
		await this.exit;
	}

	/** As a person ends it; one that does not end is killed, and that is an error. */
	async stop(trial: Trial, timeoutMs = 20_000): Promise<Exit> {
		this.process.kill('SIGTERM');
		const timer = setTimeout(() => {
			trial.find(`the process did not end within ${timeoutMs} ms of SIGTERM`);
			this.process.kill('SIGKILL');
		}, timeoutMs);
		const exit = await this.exit;
		clearTimeout(timer);
		return exit;
	}
}

export interface CommandRun {
	readonly args: readonly string[];
	/** On stdin. */
	readonly script?: string;
	readonly timeoutMs: number;
}

/** Any command of the command line, to its end. One that takes longer is killed, and `signal` says so. */
export async function runCommand({args, script = '', timeoutMs}: CommandRun): Promise<Exit> {
	const child = spawn(process.execPath, [cli, ...args], {stdio: ['pipe', 'pipe', 'pipe']});
	let output = '';
	let errors = '';
	child.stdout.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-textMax)));
	child.stderr.on('data', (chunk: Buffer) => (errors = `${errors}${chunk.toString()}`.slice(-textMax)));
	child.stdin.on('error', () => undefined);
	child.stdin.end(script);
	const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
	return new Promise(resolve => {
		child.once('close', (code, signal) => {
			clearTimeout(timer);
			resolve({code, signal, output, errors});
		});
	});
}
