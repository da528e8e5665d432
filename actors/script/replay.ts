/** Runs a script again: each line is begun at the time at which it was recorded. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {Script, ScriptLine} from './script-reader.js';
import {scriptTimeText} from './script-time.js';

/** What became of a line. */
export type LineEnd =
	| {readonly type: 'empty' | 'quit'}
	| {readonly type: 'answered'; readonly text: string}
	| {readonly type: 'failed'; readonly message: string};

export interface BegunReplayLine {
	/** The next lines do not wait for it: it is an operation of a client. */
	readonly isOfClient: boolean;
	readonly result: Promise<LineEnd>;
}

export interface ReplayOptions {
	readonly begin: (line: string, signal: AbortSignal) => BegunReplayLine;
	readonly print: (text: string) => void;
	/** Once it is aborted, no other line is begun. */
	readonly signal: AbortSignal;
	/** Monotonic ms. */
	readonly now: () => number;
}

/** A line that failed, and why. */
export interface FailedLine {
	readonly line: ScriptLine;
	readonly isOfClient: boolean;
	readonly message: string;
}

export interface ReplayReport {
	/** In the order in which they failed. */
	readonly failures: readonly FailedLine[];
	readonly isCancelled: boolean;
}

/** Told where a line is begun later than it was recorded by more than this, ms. */
const lateMs = 100;

/**
 * Resolves when all lines are over and the time of the recording is, too. Operations of clients hold up no other line: a put that
 * waits for a majority must not keep the node from starting that it waits for.
 */
export async function replay(script: Script, options: ReplayOptions): Promise<ReplayReport> {
	const {signal, now, print} = options;
	const startedAt = now();
	const failures: FailedLine[] = [];
	const underWay = new Set<Promise<void>>();
	const waitUntil = async (atMs: number): Promise<void> => {
		const leftMs = atMs - (now() - startedAt);
		if (leftMs > 0 && !signal.aborted) await sleep(leftMs, undefined, {signal}).catch(() => undefined);
	};
	const endOf = async (result: Promise<LineEnd>, line: ScriptLine, isOfClient: boolean): Promise<void> => {
		const end = await result;
		if (end.type === 'failed') failures.push({line, isOfClient, message: end.message});
		const text = end.type === 'failed' ? `error: ${end.message}` : end.type === 'answered' ? end.text : '';
		if (text !== '') print(isOfClient ? `${line.text}: ${text}` : text);
	};
	for (const line of script.lines) {
		await waitUntil(line.atMs);
		if (signal.aborted) break;
		const behindMs = now() - startedAt - line.atMs;
		const late = behindMs > lateMs ? `   (${(behindMs / 1000).toFixed(1)} s late)` : '';
		print(`${scriptTimeText(line.atMs)} ${line.text}${late}`);
		const {isOfClient, result} = options.begin(line.text, signal);
		const ended = endOf(result, line, isOfClient);
		if (!isOfClient) await ended;
		else underWay.add(ended);
	}
	await waitUntil(script.durationMs);
	await Promise.all(underWay);
	return {failures, isCancelled: signal.aborted};
}
