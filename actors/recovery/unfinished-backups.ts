/**
 * What a backup is called until it is whole, and what becomes of it when its process ends before that: the next backup into
 * the same folder removes it, whatever that one's own name is. The name tells which process writes it, so that two that
 * write at a time leave each other's file alone.
 */
import {randomBytes} from 'node:crypto';
import {readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {isProcessAlive, startTimeOf} from '../../src/storage/proof-of-life.js';

const pattern = /\.threadraft-(\d+)-(\d+)-[0-9a-f]{8}\.tmp$/;

/** A name that no other backup has, beside the one that the file gets in the end. */
export const unfinishedName = (file: string): string =>
	`${file}.threadraft-${process.pid}-${startTimeOf(process.pid) ?? 0}-${randomBytes(4).toString('hex')}.tmp`;

/** Removes the unfinished files of ended processes from the folder. A file that cannot be removed stays: it prevents no backup. */
export async function clearUnfinished(folder: string): Promise<void> {
	const names = await readdir(folder).catch((): string[] => []);
	for (const name of names) {
		const [, pid, startTime = ''] = pattern.exec(name) ?? [];
		if (pid === undefined || isProcessAlive(Number(pid), startTime)) continue;
		await rm(path.join(folder, name), {force: true}).catch(() => undefined);
	}
}
