/** CPU seconds of processes, where the system tells. */
import {readFileSync} from 'node:fs';

/** Of `/proc/PID/stat`, which counts in hundredths of a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU time spent so far, in seconds; `undefined` where it cannot be known. */
export type CpuClock = () => number | undefined;

/** All threads of this process, and of the servers with these process ids. */
export const cpuClock =
	(serverPids: readonly number[] = []): CpuClock =>
	() => {
		const {user, system} = process.cpuUsage();
		let seconds = (user + system) / 1e6;
		for (const pid of serverPids) {
			const fields = statOf(pid);
			if (fields === undefined) return undefined;
			seconds += (fields.own ?? 0) / ticksPerSecond;
		}
		return seconds;
	};

/** Also processes that this one has started and that have ended. */
export const cpuClockWithEnded =
	(serverPids: readonly number[] = []): CpuClock =>
	() => {
		const own = cpuClock(serverPids)();
		const ended = statOf(process.pid)?.ended;
		return own === undefined || ended === undefined ? undefined : own + ended / ticksPerSecond;
	};

/** Since an earlier reading. */
export function cpuSince(clock: CpuClock, earlier: number | undefined): number | undefined {
	const later = clock();
	return later === undefined || earlier === undefined ? undefined : later - earlier;
}

function statOf(pid: number): {readonly own: number; readonly ended: number} | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The name, in brackets, may hold anything: fields are counted from behind it, where the third of the file is first.
		const fields = text
			.slice(text.lastIndexOf(')') + 2)
			.split(' ')
			.map(Number);
		const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
		return {own: user + system, ended: endedUser + endedSystem};
	} catch {
		return undefined;
	}
}
