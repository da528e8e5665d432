/** How many connections the process has file descriptors for. */
import {readdirSync, readFileSync} from 'node:fs';

/** As many as Redis keeps for itself (server.c, CONFIG_MIN_RESERVED_FDS). */
export const reservedDescriptors = 32;
/** About what Node itself has open, where the system does not tell. */
const openDescriptorsGuess = 64;

export interface Descriptors {
	/** That the process may have open at once; `undefined` where there is no limit, or none is told. */
	readonly max: number | undefined;
	/** That it has open now. */
	readonly open: number;
}

/** Of this process. Node raises its soft limit to the hard one at start, so the soft one is what counts. */
export function descriptorsOfProcess(): Descriptors {
	return {max: maxFromProc() ?? maxFromReport(), open: openDescriptors()};
}

/** `undefined` for a text that does not tell, and for "unlimited". */
export function parseProcLimits(text: string): number | undefined {
	const soft = /^Max open files +(\d+) /m.exec(text)?.[1];
	return soft === undefined ? undefined : Number(soft);
}

/** How many of `wanted` connections may be open at once while `reserved` descriptors stay free for files. At least 1. */
export function clientsWithin({max, open}: Descriptors, reserved: number, wanted: number): number {
	return max === undefined ? wanted : Math.max(1, Math.min(wanted, max - open - reserved));
}

function maxFromProc(): number | undefined {
	try {
		return parseProcLimits(readFileSync('/proc/self/limits', 'latin1'));
	} catch {
		return undefined;
	}
}

/** Where there is no /proc. `undefined` on Windows, which has no such limit. */
function maxFromReport(): number | undefined {
	const {userLimits} = process.report.getReport() as {userLimits?: {open_files?: {soft?: unknown}}};
	const soft = userLimits?.open_files?.soft;
	return typeof soft === 'number' ? soft : undefined;
}

function openDescriptors(): number {
	try {
		return readdirSync('/proc/self/fd').length;
	} catch {
		return openDescriptorsGuess;
	}
}
