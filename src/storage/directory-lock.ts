/**
 * One owner for a data directory. Node has no `flock`, so the claim is a symbolic link, `lock -> claim`: like a file
 * made with O_EXCL it comes into being for one claimant only, and unlike it with its content at once, so nobody ever
 * reads a claim that is half written.
 *
 * A claim counts as long as its holder lives, and a number of a process proves little: the number may be another's by
 * now, a zombie has one, and a thread may end long before its process. So the holder keeps a file open that has no name
 * any more, and the claim says under which descriptor. The kernel closes it with the process, Node with the thread. Who
 * wants the directory looks into that descriptor, its own or (on Linux) that of another process in /proc.
 *
 * A dead claim is taken over: the successor makes a second link, named after the claim that it replaces and exclusive
 * like the first, looks again whether the lock still holds that dead claim, and renames its link over the lock. Of two
 * that start at the same moment one makes that link, and nobody else may replace this claim while it exists, so the look
 * and the rename are one step. Who dies in between leaves a link of the same kind, which is taken over in the same way.
 *
 * Processes that do not see each other (containers with process tables of their own, machines on a network file
 * system) cannot tell whether the other lives: they must not share a directory. Without /proc (macOS, Windows) another
 * process counts as alive as long as its number is in use. Windows makes symbolic links only in its developer mode.
 */
import {readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, unlinkSync} from 'node:fs';
import {join} from 'node:path';
import {codeOf} from './error-code.js';
import {DataDirectoryError} from './errors.js';
import {bootId, isProcessAlive, LifeProof, proofOf, startTimeOf} from './proof-of-life.js';

/** Every name of a claim begins so. */
export const lockName = 'lock';
/** Of the names that proofs of life have for a moment. */
const proofPrefix = `${lockName}.proof-`;

interface Claim {
	readonly pid: number;
	/** When that process started, in the kernel's own units: a number is given to another process some day. */
	readonly startTime: string;
	/** Times of another boot mean nothing. */
	readonly bootId: string;
	/** Under which the holder has its proof of life open. */
	readonly descriptor: number;
	/** Tells the users of one process apart, and is what the proof of life says. */
	readonly owner: string;
}

/** What this thread holds: the text of the claim and the proof of life, by directory and owner. */
const held = new Map<string, {readonly claim: string; readonly proof: LifeProof}>();

const keyOf = (directory: string, owner: string): string => JSON.stringify([directory, owner]);

/**
 * Claims `directory`, or throws a `DataDirectoryError`. The same owner in the same process may claim again: its thread
 * was killed, and could not let go. `owner`: a name that no other user of the directory has.
 */
export function claimDirectory(directory: string, owner: string): void {
	const proof = new LifeProof(join(directory, `${proofPrefix}${encodeURIComponent(owner)}`), owner);
	const {pid} = process;
	const {descriptor} = proof;
	const claim = encodeClaim({pid, startTime: startTimeOf(pid) ?? '0', bootId: bootId(), descriptor, owner});
	try {
		acquire(directory, lockName, claim);
	} catch (error) {
		proof.close();
		throw error;
	}
	held.get(keyOf(directory, owner))?.proof.close();
	held.set(keyOf(directory, owner), {claim, proof});
	clearProofs(directory);
}

/** Removes the names of proofs whose makers were killed at that moment. One that lives needs the file, and not its name. */
function clearProofs(directory: string): void {
	try {
		for (const name of readdirSync(directory)) {
			if (name.startsWith(proofPrefix)) rmSync(join(directory, name), {force: true});
		}
	} catch {
		// What is left keeps nobody from anything.
	}
}

/** Lets go of it, if it still is this owner's. */
export function releaseDirectory(directory: string, owner: string): void {
	const own = held.get(keyOf(directory, owner));
	if (own === undefined) return;
	held.delete(keyOf(directory, owner));
	try {
		// First the name, so that nobody sees a claim of a living process whose proof is gone.
		if (readClaim(directory, lockName) === own.claim) unlinkSync(join(directory, lockName));
	} finally {
		own.proof.close();
	}
}

/** The process that has the directory; `undefined` when nobody has. Only looks. */
export function processUsing(directory: string): number | undefined {
	const holder = decodeClaim(readClaim(directory, lockName) ?? '');
	return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

/** Lets go of what a thread of this owner in this process claimed, and could not let go of before it ended. */
export function releaseAbandoned(directory: string, owner: string): void {
	const holder = decodeClaim(readClaim(directory, lockName) ?? '');
	if (holder?.pid !== process.pid || holder.owner !== owner) return;
	claimDirectory(directory, owner);
	releaseDirectory(directory, owner);
}

function acquire(directory: string, name: string, claim: string): void {
	for (;;) {
		if (makeLink(directory, name, claim)) return;
		const found = readClaim(directory, name);
		if (found === undefined) continue;
		const holder = decodeClaim(found);
		if (holder === undefined || (!isOfSameOwner(holder, claim) && isAlive(holder)))
			throw inUse(directory, name, holder);
		const successor = `${name}.${holder.pid}-${holder.startTime}-${holder.descriptor}`;
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

const encodeClaim = ({pid, startTime, bootId: boot, descriptor, owner}: Claim): string =>
	[pid, startTime, boot, descriptor, encodeURIComponent(owner)].join(':');

function decodeClaim(text: string): Claim | undefined {
	const match = /^(\d+):(\d+):([\w-]*):(\d+):([^:]*)$/.exec(text);
	if (match === null) return undefined;
	const [, pid = '', startTime = '', boot = '', descriptor = '', owner = ''] = match;
	return {
		pid: Number(pid),
		startTime,
		bootId: boot,
		descriptor: Number(descriptor),
		owner: decodeURIComponent(owner),
	};
}

function isOfSameOwner(holder: Claim, claim: string): boolean {
	const own = decodeClaim(claim);
	return own?.pid === holder.pid && own.startTime === holder.startTime && own.owner === holder.owner;
}

function isAlive({pid, startTime, bootId: boot, descriptor, owner}: Claim): boolean {
	if (boot !== bootId() || !isProcessAlive(pid, startTime)) return false;
	return proofOf(pid, descriptor, owner) !== 'absent';
}

function inUse(directory: string, name: string, holder: Claim | undefined): DataDirectoryError {
	const who = holder === undefined ? 'somebody unknown' : `process ${holder.pid}`;
	const remedy =
		holder?.pid === process.pid
			? 'another cluster of this very process has it: close that one, or give each cluster a directory of its own'
			: `stop it, or use another directory; if no such node runs, delete ${join(directory, name)}`;
	return new DataDirectoryError('ERR_DIRECTORY_IN_USE', directory, `${directory} is in use by ${who}: ${remedy}`);
}
