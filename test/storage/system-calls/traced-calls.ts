/**
 * The calls of a process as the kernel saw them: strace writes them down, and what it wrote becomes what promises.ts judges.
 * Nothing between Node and the kernel can hide from it, and it can let a real call fail.
 *
 *     4711 pwrite64(23</tmp/x/log-1>, ""..., 512, 0) = 512
 *     4712 fdatasync(23</tmp/x/log-1> <unfinished ...>
 *     4712 <... fdatasync resumed>)          = -1 EIO (Input/output error) (INJECTED)
 */
import {execFile, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {promisify} from 'node:util';
import {type DiskCall, theDirectory} from './promises.js';

/** Beside a directory that is watched: each write to it says that all before is durable there. */
export const acknowledgementsOf = (directory: string): string => `${directory}.acknowledgements`;

/** A name with `?` may be unknown: not each kind of machine has each call. */
const traced =
	'openat,?open,?creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,?rename,renameat,renameat2,?unlink,unlinkat,ftruncate,truncate';

/** Why there is none that can be used here; `undefined` when there is. */
export function straceMissing(): string | undefined {
	const {status, error, stderr} = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], {encoding: 'utf8'});
	if (error !== undefined) return 'strace is not installed (apt-get install strace)';
	return status === 0 ? undefined : `strace may not watch processes here: ${stderr.trim()}`;
}

export interface TraceOptions {
	/** Calls that are to fail, as strace's option `inject` has them. */
	readonly inject?: string;
	/** Bytes that are kept of what is written. @default 0 */
	readonly dataBytes?: number;
}

/** The words that run a program under strace, for the program and its arguments to follow. */
export const traceWords = (trace: string, {inject, dataBytes = 0}: TraceOptions = {}): readonly string[] => [
	'strace',
	'-f',
	'-y',
	'-o',
	trace,
	'-s',
	String(dataBytes),
	'-e',
	'signal=none',
	'-e',
	`trace=${traced}`,
	...(inject === undefined ? [] : ['-e', `inject=${inject}`]),
];

/** Runs Node with these arguments in one thread and one helper, so that calls are counted in one order. What it prints. */
export async function runTraced(trace: string, args: readonly string[], inject: string | undefined): Promise<string> {
	const [program = '', ...words] = traceWords(trace, inject === undefined ? {} : {inject});
	const env = {...process.env, UV_THREADPOOL_SIZE: '1'};
	const {stdout} = await promisify(execFile)(program, [...words, process.execPath, ...args], {env, maxBuffer: 2 ** 26});
	return stdout;
}

/** One call of any thread. */
export interface TracedCall {
	readonly name: string;
	/** What stands between the parentheses. */
	readonly args: string;
	readonly result: number;
	/** Of the error that it ended with. */
	readonly error: string | undefined;
	/** Numbers that grow along the trace. */
	readonly began: number;
	readonly ended: number;
}

/** In the order in which they ended. A call that never ended is none. */
export function parseTrace(file: string): readonly TracedCall[] {
	const calls: TracedCall[] = [];
	const unfinished = new Map<string, {readonly text: string; readonly began: number}>();
	for (const [moment, line] of readFileSync(file, 'latin1').split('\n').entries()) {
		const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
		const began = /^(.*) <unfinished \.\.\.>$/.exec(text)?.[1];
		if (began !== undefined) {
			unfinished.set(thread, {text: began, began: moment});
			continue;
		}
		const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
		const first = rest === undefined ? undefined : unfinished.get(thread);
		const call = parseCall(`${first?.text ?? ''}${rest ?? text}`);
		if (call !== undefined) calls.push({...call, began: first?.began ?? moment, ended: moment});
	}
	return calls;
}

function parseCall(text: string): Omit<TracedCall, 'began' | 'ended'> | undefined {
	const match = /^(\w+)\((.*)\) += (-?\d+)(?:<[^>]*>)?(?: (E\w+) )?.*$/.exec(text);
	if (match === null) return undefined;
	const [, name = '', args = '', result, error] = match;
	return {name, args, result: Number(result), error};
}

/** The path behind the descriptor that a call begins with. */
export const pathOf = ({args}: TracedCall): string => /^\d+<([^>]*)>/.exec(args)?.[1] ?? '';

/** Of the calls those that change one directory, as the judge knows them. */
export function callsIn(directory: string, calls: readonly TracedCall[]): readonly DiskCall[] {
	return calls.flatMap(call => diskCallOf(directory, call) ?? []);
}

function diskCallOf(directory: string, call: TracedCall): DiskCall | undefined {
	const {name, args, result, error} = call;
	const nameOf = (path: string): string | undefined => nameIn(directory, path);
	const moments = {began: call.began, ended: call.ended, ...(error === undefined ? {} : {error})};
	const file = nameOf(pathOf(call));
	const paths = [...args.matchAll(/"([^"]*)"/g)].map(([, path = '']) => path);
	const [from = '', to = ''] = paths;
	const at = nameOf(from);
	switch (name) {
		case 'openat':
		case 'open':
			return at !== undefined && args.includes('O_CREAT') ? {...moments, type: 'create', file: at} : undefined;
		case 'fsync':
		case 'fdatasync':
			return file === undefined ? undefined : {...moments, type: 'sync', file};
		case 'ftruncate':
			return file === undefined ? undefined : {...moments, type: 'truncate', file};
		case 'unlink':
		case 'unlinkat':
			return at === undefined ? undefined : {...moments, type: 'remove', file: at};
		case 'rename':
		case 'renameat':
		case 'renameat2':
			return at === undefined ? undefined : {...moments, type: 'rename', file: at, to: basename(to)};
		case 'pwrite64': {
			const [length = 0, offset = 0] = args.split(', ').slice(-2).map(Number);
			return file === undefined
				? undefined
				: {...moments, type: 'write', file, offset, length, written: Math.max(0, result)};
		}
		case 'write':
			// The process says so before it makes the call.
			if (pathOf(call) === acknowledgementsOf(directory)) {
				return {type: 'acknowledge', began: call.began, ended: call.began};
			}
	}
	if (file === undefined && at === undefined) return undefined;
	throw new Error(`a disk is not expected to call ${name}(${args})`);
}

/** What of a directory the judge wants to know: not its lock, and nothing outside of it. */
function nameIn(directory: string, path: string): string | undefined {
	if (path === directory) return theDirectory;
	return dirname(path) === directory && !basename(path).startsWith('lock') ? basename(path) : undefined;
}
