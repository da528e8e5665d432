/** Whether the holder of a claim lives: see directory-lock.ts. */
import * as fs from 'node:fs';
import {codeOf} from './error-code.js';

/** A file without a name, open as long as the thread that made it lives, and no longer. */
export class LifeProof {
	readonly descriptor: number;

	/** `path`: the name that the file has for a moment. */
	constructor(path: string, text: string) {
		this.descriptor = fs.openSync(path, 'w+');
		// Whoever has just claimed the directory may have taken the name away already.
		fs.rmSync(path, {force: true});
		fs.writeSync(this.descriptor, text, 0);
	}

	close(): void {
		fs.closeSync(this.descriptor);
	}
}

/**
 * Whether a process has its proof of life open under this descriptor. `unknown`: the system does not show it, because it
 * is another user's process, or because the system has no /proc.
 */
export function proofOf(pid: number, descriptor: number, text: string): 'present' | 'absent' | 'unknown' {
	try {
		if (pid === process.pid) return holdsText(descriptor, text) ? 'present' : 'absent';
		// The files of a process are shown where its state is.
		if (statOf(pid) === undefined) return 'unknown';
		const path = `/proc/${pid}/fd/${descriptor}`;
		// Opening anything else than a plain file might wait, or take something away from its reader.
		if (!fs.statSync(path).isFile()) return 'absent';
		const opened = fs.openSync(path, 'r');
		try {
			return holdsText(opened, text) ? 'present' : 'absent';
		} finally {
			fs.closeSync(opened);
		}
	} catch (error) {
		return ['ENOENT', 'EBADF'].includes(codeOf(error) ?? '') ? 'absent' : 'unknown';
	}
}

function holdsText(descriptor: number, text: string): boolean {
	const expected = Buffer.from(text);
	const stat = fs.fstatSync(descriptor);
	if (!stat.isFile() || stat.size !== expected.length) return false;
	const found = Buffer.alloc(expected.length);
	return fs.readSync(descriptor, found, 0, found.length, 0) === found.length && found.equals(expected);
}

/** A process of this number that started then, and has not ended: a zombie has, though it keeps its number. */
export function isProcessAlive(pid: number, startTime: string): boolean {
	const stat = statOf(pid);
	if (stat !== undefined) return stat.startTime === startTime && !stat.hasEnded;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return codeOf(error) === 'EPERM';
	}
}

export const startTimeOf = (pid: number): string | undefined => statOf(pid)?.startTime;

/** Differs after each start of the machine; empty where the system does not tell. */
export function bootId(): string {
	try {
		return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
	} catch {
		return '';
	}
}

export interface ProcessStat {
	/** In the kernel's own units. */
	readonly startTime: string;
	/** No thread of it runs any more, so no file of it is open. */
	readonly hasEnded: boolean;
}

function statOf(pid: number): ProcessStat | undefined {
	try {
		return parseStat(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
	} catch {
		return undefined;
	}
}

/** The fields of /proc/<pid>/stat are numbered from 1 (proc(5)); the second may hold any character. */
export function parseStat(text: string): ProcessStat | undefined {
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	const fieldOf = (number: number): string | undefined => fields[number - 3];
	const [state, threads, startTime] = [fieldOf(3), fieldOf(20), fieldOf(22)];
	if (state === undefined || startTime === undefined) return undefined;
	// The first thread of a killed process waits as a zombie for the others, which may still be writing to the disk.
	const hasEnded = /^[ZXx]$/.test(state) && Number(threads) <= 1;
	return {startTime, hasEnded};
}
