import {createHash} from 'node:crypto';
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {ExecutionContext} from 'ava';

export function scratch(t: ExecutionContext): string {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-recovery-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

/** All names and bytes under a directory. */
export function fingerprint(directory: string): string {
	const hash = createHash('sha256');
	for (const name of readdirSync(directory, {recursive: true, encoding: 'utf8'}).sort()) {
		const file = path.join(directory, name);
		hash.update(name);
		if (statSync(file).isFile()) hash.update(readFileSync(file));
	}
	return hash.digest('hex');
}

/** Changes one bit in the middle of the frames of a node's first log file. */
export function flipBitOfLog(directory: string, node: number): void {
	const file = path.join(directory, `node-${node}`, 'log-0000000001');
	const bytes = readFileSync(file);
	bytes[200] = (bytes[200] ?? 0) ^ 1;
	writeFileSync(file, bytes);
}
