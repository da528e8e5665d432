import {readFileSync} from 'node:fs';

/** What a process has in memory, bytes. */
export function residentBytes(pid: number): number {
	const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
	return Number(kibibytes ?? 0) * 1024;
}
