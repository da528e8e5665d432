/** What the figures were taken on. */
import {closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {median} from './median.js';
import {versionOf} from './systems/servers.js';

export interface Machine {
	readonly cpu: string;
	readonly cores: number;
	readonly memoryGiB: number;
	readonly system: string;
	readonly node: string;
	readonly v8: string;
	readonly etcd: string | undefined;
	readonly redis: string | undefined;
	/** Of the directory that durable systems write to. */
	readonly fileSystem: string;
	/** Median of a small append with fdatasync there, us. Under 20: this file system syncs nothing. */
	readonly fdatasyncUs: number;
	/** Processes that wanted a core before the run, as a share of the cores. Above 0.2 the figures are noise. */
	readonly loadPerCore: number;
}

const fileSystems: Readonly<Record<number, string>> = {
	0xef53: 'ext4',
	0x01021994: 'tmpfs',
	0x58465342: 'xfs',
	0x9123683e: 'btrfs',
	0x794c7630: 'overlayfs',
};

export function describeMachine(directory: string): Machine {
	mkdirSync(directory, {recursive: true});
	const {type} = statfsSync(directory);
	return {
		cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
		cores: os.availableParallelism(),
		memoryGiB: Math.round(os.totalmem() / 2 ** 30),
		system: `${os.type()} ${os.release()} ${os.arch()}`,
		node: process.versions.node,
		v8: process.versions.v8,
		etcd: versionOf('etcd'),
		redis: versionOf('redis-server'),
		fileSystem: fileSystems[type] ?? `0x${type.toString(16)}`,
		fdatasyncUs: fdatasyncUs(directory),
		loadPerCore: runningShare(),
	};
}

function fdatasyncUs(directory: string): number {
	const file = path.join(directory, 'fdatasync-probe');
	const descriptor = openSync(file, 'w');
	const bytes = new Uint8Array(130);
	const times = Array.from({length: 51}, (_, n) => {
		const startedAt = performance.now();
		writeSync(descriptor, bytes, 0, bytes.length, n * bytes.length);
		fdatasyncSync(descriptor);
		return (performance.now() - startedAt) * 1000;
	});
	closeSync(descriptor);
	rmSync(file);
	return Math.round(median(times));
}

/** The last minute's load average. This process has only just begun. */
function runningShare(): number {
	try {
		return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]) / os.availableParallelism();
	} catch {
		return (os.loadavg()[0] ?? 0) / os.availableParallelism();
	}
}
