/** Runs one row in a process of its own, and takes with it whatever it leaves behind. */
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync, readFileSync} from 'node:fs';
import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Figures, RowMessage, RowResult, RowTask, RunnerMessage} from './protocol.js';

export interface RowRun extends RowResult {
	readonly seconds: number;
}

export interface RunOptions {
	/** Ends the row early. */
	readonly signal: AbortSignal;
	readonly progress: (line: string, figures: Figures) => void;
}

/** A row may finish what it has begun; one that is still running after this hangs. */
const graceMs = 120_000;
/** Until a row that was told to end is killed. */
const stopTimeoutMs = 10_000;

const entry = fileURLToPath(new URL('row-process.js', import.meta.url));
const nothing: Figures = {faults: 0, operations: 0, longestPauseMs: undefined, notes: []};

export async function runRow(task: RowTask, {signal, progress}: RunOptions): Promise<RowRun> {
	await mkdir(task.folder, {recursive: true});
	const output = openSync(path.join(task.folder, 'output.txt'), 'w');
	const startedAt = performance.now();
	// A group of its own: a Ctrl-C reaches the runner alone, and one signal ends the row with all that it has started.
	const child = spawn(process.execPath, ['--expose-gc', entry, JSON.stringify(task)], {
		detached: true,
		stdio: ['ignore', output, output, 'ipc'],
	});
	closeSync(output);
	const result = await resultOf(child, task, {signal, progress});
	endGroup(child);
	unmountAllIn(task.folder);
	if (result.verdict !== 'failed') await rm(task.folder, {recursive: true, force: true, maxRetries: 3});
	return {...result, seconds: (performance.now() - startedAt) / 1000};
}

async function resultOf(child: ChildProcess, task: RowTask, {signal, progress}: RunOptions): Promise<RowResult> {
	let result: RowResult | undefined;
	let figures = nothing;
	let isHung = false;
	child.on('message', (message: RowMessage) => {
		if (message.type === 'result') result = message.result;
		else progress(message.line, (figures = message.figures));
	});
	const hung = setTimeout(() => {
		isHung = true;
		endGroup(child);
	}, task.budgetMs + graceMs);
	let stopped: NodeJS.Timeout | undefined;
	const stop = (): void => {
		const message: RunnerMessage = 'stop';
		if (child.connected) child.send(message);
		stopped = setTimeout(() => endGroup(child), stopTimeoutMs);
	};
	signal.addEventListener('abort', stop, {once: true});
	if (signal.aborted) stop();
	const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
	clearTimeout(hung);
	clearTimeout(stopped);
	signal.removeEventListener('abort', stop);
	const failed = (reason: string): RowResult => ({...figures, verdict: 'failed', reasons: [reason]});
	if (isHung) return failed(`still running ${graceMs / 1000} s after its time; its output is in ${task.folder}`);
	if (result === undefined) {
		if (signal.aborted) return {...figures, verdict: 'skipped', reasons: ['broken off']};
		return failed(`its process ended with ${killedBy ?? code} before it had a result: ${lastLines(task.folder)}`);
	}
	// What it left open would keep the process of a user as well.
	if (code !== 0 && result.verdict === 'passed')
		return failed(`its process did not end by itself: ${lastLines(task.folder)}`);
	return result;
}

/** The row's process and all that it has started. */
function endGroup({pid}: ChildProcess): void {
	try {
		if (pid !== undefined) process.kill(-pid, 'SIGKILL');
	} catch (error) {
		// All of them have ended.
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

function unmountAllIn(folder: string): void {
	if (process.platform !== 'linux') return;
	for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
		const place = line.split(' ')[1];
		if (place?.startsWith(`${folder}/`)) spawnSync('umount', ['--lazy', place]);
	}
}

function lastLines(folder: string): string {
	const text = readFileSync(path.join(folder, 'output.txt'), 'utf8');
	return text.trimEnd().split('\n').slice(-5).join('\n');
}
