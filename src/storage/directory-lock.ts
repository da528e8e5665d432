/**
 * One owner for a data directory. Node has no `flock`, so the claim is a symbolic link, `lock -> owner`: like a file
 * made with O_EXCL it comes into being for one claimant only, and unlike it with its content at once, so nobody ever
 * reads a claim that is half written.
 *
 * A claim whose process is dead is taken over: the successor makes a second link, named after the claim that it
 * replaces and exclusive like the first, looks again whether the lock still holds that dead claim, and renames its link
 * over the lock. Of two that start at the same moment one makes that link, and nobody else may replace this claim while
 * it exists, so the look and the rename are one step. Who dies in between leaves a link of the same kind,
 * which is taken over in the same way.
 *
 * Processes that do not see each other (containers with process tables of their own, machines on a network file
 * system) cannot tell whether the other lives: they must not share a directory.
 */
import {readFileSync, readlinkSync, renameSync, symlinkSync, unlinkSync} from 'node:fs';
import {join} from 'node:path';
import {DataDirectoryError} from './errors.js';

/** Every name of a claim begins so. */
export const lockName = 'lock';

interface Claim {
	readonly pid: number;
	/** When that process started, in the kernel's own units: a number is given to another process some day. */
	readonly startTime: string;
	/** Tells the users of one process apart. */
	readonly owner: string;
}

/**
 * Claims `directory`, or throws a `DataDirectoryError`. The same owner in the same process may claim again: its thread
 * was killed, and could not let go.
 */
export function claimDirectory(directory: string, owner: string): void {
	const {pid} = process;
	acquire(directory, lockName, encodeClaim({pid, startTime: startTimeOf(pid) ?? '0', owner}));
}

/** Lets go of it, if it still is this owner's. */
export function releaseDirectory(directory: string, owner: string): void {
	const {pid} = process;
	const claim = encodeClaim({pid, startTime: startTimeOf(pid) ?? '0', owner});
	if (readClaim(directory, lockName) === claim) unlinkSync(join(directory, lockName));
}

function acquire(directory: string, name: string, claim: string): void {
	for (;;) {
		if (makeLink(directory, name, claim)) return;
		const found = readClaim(directory, name);
		if (found === claim) return;
		if (found === undefined) continue;
		const holder = decodeClaim(found);
		if (holder === undefined || isAlive(holder)) throw inUse(directory, name, holder);
		const successor = `${name}.${holder.pid}-${holder.startTime}`;
		acquire(directory, successor, claim);
		if (readClaim(directory, name) === found) {
			renameSync(join(directory, successor), join(directory, name));
			return;
		}
		unlinkSync(join(directory, successor));
	}
}

function makeLink(directory: string, name: string, claim: string): boolean {
	try {
		symlinkSync(claim, join(directory, name));
		return true;
	} catch (error) {
		if (codeOf(error) === 'EEXIST') return false;
		throw error;
	}
}

function readClaim(directory: string, name: string): string | undefined {
	try {
		return readlinkSync(join(directory, name));
	} catch (error) {
		if (codeOf(error) === 'ENOENT') return undefined;
		// A file of this name that is no link: nobody that we know made it.
		if (codeOf(error) === 'EINVAL') return '';
		throw error;
	}
}

const encodeClaim = ({pid, startTime, owner}: Claim): string => `${pid}:${startTime}:${encodeURIComponent(owner)}`;

function decodeClaim(text: string): Claim | undefined {
	const match = /^(\d+):(\d+):(.*)$/.exec(text);
	if (match === null) return undefined;
	const [, pid = '', startTime = '', owner = ''] = match;
	return {pid: Number(pid), startTime, owner: decodeURIComponent(owner)};
}

function isAlive({pid, startTime}: Claim): boolean {
	const found = startTimeOf(pid);
	if (found !== undefined) return found === startTime;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return codeOf(error) === 'EPERM';
	}
}

/** Field 22 of /proc/<pid>/stat, where there is one (proc(5)); the second field may hold any character. */
function startTimeOf(pid: number): string | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
	} catch {
		return undefined;
	}
}

function inUse(directory: string, name: string, holder: Claim | undefined): DataDirectoryError {
	const who = holder === undefined ? 'somebody unknown' : `process ${holder.pid}`;
	const remedy =
		holder?.pid === process.pid
			? 'another cluster of this very process has it: give each cluster a directory of its own'
			: `stop it, or use another directory; if no such node runs, delete ${join(directory, name)}`;
	return new DataDirectoryError('ERR_DIRECTORY_IN_USE', directory, `${directory} is in use by ${who}: ${remedy}`);
}

export const codeOf = (error: unknown): string | undefined =>
	error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
