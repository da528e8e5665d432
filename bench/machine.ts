/** What the figures were taken on. */
import {closeSync, fdatasyncSync, mkdirSync, openSync, statfsSync, writeSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {median} from './median.js';
import {makeScratch, removeScratch} from './scratch.js';
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
	/** What other programs took of the cores just before the run, 0 to 1. Above 0.2 the figures are noise. */
	readonly loadPerCore: number;
}

/** os.cpus() counts in ticks of about 10 ms. */
const sampleMs = 500;

const fileSystems: Readonly<Record<number, string>> = {
	0xef53: 'ext4',
	0x01021994: 'tmpfs',
	0x58465342: 'xfs',
	0x9123683e: 'btrfs',
	0x794c7630: 'overlayfs',
};

export async function describeMachine(directory: string): Promise<Machine> {
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
		fdatasyncUs: await fdatasyncUs(directory),
		loadPerCore: await busyShare(),
	};
}

async function fdatasyncUs(directory: string): Promise<number> {
	// In a folder of its own: another bench may measure the same disk at the same time.
	const place = await makeScratch(directory);
	const descriptor = openSync(path.join(place, 'probe'), 'w');
	const bytes = new Uint8Array(130);
	const times = Array.from({length: 51}, (_, n) => {
		const startedAt = performance.now();
		writeSync(descriptor, bytes, 0, bytes.length, n * bytes.length);
		fdatasyncSync(descriptor);
		return (performance.now() - startedAt) * 1000;
	});
	closeSync(descriptor);
	await removeScratch(place);
	return Math.round(median(times));
}

/** Of a moment in which this process sleeps. The load average would still count what ended a minute ago. */
async function busyShare(): Promise<number> {
	const before = coreTimes();
	await setTimeout(sampleMs);
	const after = coreTimes();
	return (after.busy - before.busy) / Math.max(1, after.all - before.all);
}

function coreTimes() {
	let busy = 0;
	let all = 0;
	for (const {times} of os.cpus()) {
		const running = times.user + times.nice + times.sys + times.irq;
		busy += running;
		all += running + times.idle;
	}
	return {busy, all};
}
