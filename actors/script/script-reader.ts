/** Reads a script back. All of it is checked before anything is done. */
import {ScriptError} from './errors.js';
import {parseScriptTime} from './script-time.js';
import {scriptVersion} from './script-writer.js';

export interface ScriptLine {
	/** In the file, from 1. */
	readonly number: number;
	/** When it is begun, from the start of the script. */
	readonly atMs: number;
	readonly text: string;
}

export interface Script {
	/** Of the cluster that it was recorded on. */
	readonly nodes: number;
	/** `undefined`: somebody took it out. */
	readonly seed: number | undefined;
	/** What the console is to be given. */
	readonly lines: readonly ScriptLine[];
	/** How long it takes. */
	readonly durationMs: number;
	/** The recording was ended: it was not killed. */
	readonly isEnded: boolean;
}

const nodesMax = 9;

/**
 * `check`: throws for a line that the console would not take, of a cluster of so many nodes. Throws a `ScriptError` that names the
 * first line that is wrong.
 */
export function readScript(text: string, check: (line: string, nodes: number) => void): Script {
	const rows = text.split('\n');
	const rest = rows.pop() ?? '';
	const head = readHead(rows.length === 0 ? [rest] : rows);
	if (rest !== '' && rest !== '# end') {
		const message = 'the line has no end: the file was cut short. Complete the line, or remove it';
		throw new ScriptError('ERR_SCRIPT_CUT_SHORT', rows.length + 1, message);
	}
	const all = [...rows, rest].map((row, offset) => ({number: offset + 1, text: row.trim()}));
	const isEnded = all.findLast(row => row.text !== '')?.text === '# end';
	const lines: ScriptLine[] = [];
	let atMs = 0;
	for (const row of all) {
		if (row.text === '' || row.text.startsWith('#')) continue;
		if (/^at\s/.test(row.text)) atMs = timeOf(row.text, row.number, atMs);
		else lines.push({...row, atMs: checked(row, atMs, () => check(row.text, head.nodes))});
	}
	return {...head, lines, durationMs: atMs, isEnded};
}

function readHead(rows: readonly string[]): {readonly nodes: number; readonly seed: number | undefined} {
	const version = /^# threadraft script (\d+)\s*$/.exec(rows[0] ?? '')?.[1];
	if (version === undefined) {
		const message = `this is no recording: the first line must be "# threadraft script ${scriptVersion}"`;
		throw new ScriptError('ERR_SCRIPT_FORMAT', 1, message);
	}
	if (Number(version) > scriptVersion) {
		const message = `a newer threadraft has written this (script ${version}, and this one reads ${scriptVersion}): update threadraft`;
		throw new ScriptError('ERR_SCRIPT_VERSION', 1, message);
	}
	const nodes = numberIn(rows, 'nodes');
	if (nodes === undefined || nodes < 1 || nodes > nodesMax) {
		const message = `"# nodes N", with N from 1 to ${nodesMax}, is missing in the head: it says how many nodes the cluster has`;
		throw new ScriptError('ERR_SCRIPT_FORMAT', 2, message);
	}
	return {nodes, seed: numberIn(rows, 'seed')};
}

function numberIn(rows: readonly string[], name: string): number | undefined {
	const end = rows.findIndex(row => !row.startsWith('#'));
	const pattern = new RegExp(`^# ${name} (\\d{1,10})\\s*$`);
	for (const row of rows.slice(0, end === -1 ? rows.length : end)) {
		const digits = pattern.exec(row)?.[1];
		if (digits !== undefined) return Number(digits);
	}
	return undefined;
}

function timeOf(text: string, number: number, beforeMs: number): number {
	const atMs = parseScriptTime(
		text
			.slice('at'.length)
			.replace(/\s#.*$/, '')
			.trim(),
	);
	if (atMs === undefined) {
		const message = `"${text}" names no time of a script: write it as in "at +1.234s"`;
		throw new ScriptError('ERR_SCRIPT_LINE', number, message);
	}
	if (atMs >= beforeMs) return atMs;
	const message = `"${text}" is earlier than the time before it: times of a script only go on`;
	throw new ScriptError('ERR_SCRIPT_LINE', number, message);
}

/** Answers with the time, if the line passes. */
function checked({number}: {readonly number: number}, atMs: number, check: () => void): number {
	try {
		check();
		return atMs;
	} catch (cause) {
		throw new ScriptError('ERR_SCRIPT_LINE', number, (cause as Error).message, {cause});
	}
}
