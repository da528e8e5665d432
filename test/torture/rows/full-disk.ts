import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {RedisCaller, NoAnswer} from '../kit/caller.js';
import {connectRedis} from '../kit/connect-redis.js';
import {Ledger} from '../kit/ledger.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const mebibyte = 2 ** 20;
const diskMiB = 160;
/** Space that comes back. */
const recoveryTimeoutMs = 60_000;
const value = 'x'.repeat(4096);

export const fullDisk: Row = {
	name: 'full-disk',
	title: 'on a full file system nothing that was acknowledged is lost, and service comes back by itself with the space',
	weight: 60,
	shortMs: 2000,
	isInTests: true,
	missing: whyNoMount,
	run: async trial => {
		const disk = await trial.makeFolder('disk');
		const problem = mount(disk);
		if (problem !== undefined) trial.skip(problem);
		trial.defer(() => spawnSync('umount', ['--lazy', disk]));
		const server = new Server(trial, {args: {nodes: 3, directory: path.join(disk, 'data'), maxRaftState: 256 * 1024}});
		const port = await server.ready();
		const ledger = new Ledger('ledger');
		for (let round = 1; round === 1 || !trial.isOver; round++) {
			const filler = path.join(disk, 'filler');
			const {bavail, bsize} = statfsSync(disk);
			await untilFails(trial, {port, ledger, filler, freeBytes: bavail * bsize, server});
			rmSync(filler);
			const startedAt = performance.now();
			await trial.until('service comes back with the space', recoveryTimeoutMs, () => isServed(port, ledger));
			trial.pause(performance.now() - startedAt);
			await audit(trial, port, ledger);
			trial.note('times full', round);
			trial.tell(`full ${round} times`);
		}
		trial.operation(ledger.acknowledged);
		trial.demand(!server.hasExited, `the process ended: ${server.errors}`);
	},
};

/** Puts a small file system there; what is in the way, if it cannot. */
function mount(disk: string): string | undefined {
	const {status, stderr} = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', disk], {
		encoding: 'utf8',
	});
	return status === 0 ? undefined : `a small file system cannot be mounted here: ${(stderr ?? 'no mount').trim()}`;
}

function whyNoMount(): string | undefined {
	const disk = mkdtempSync(path.join(tmpdir(), 'threadraft-mount-'));
	const problem = mount(disk);
	if (problem === undefined) spawnSync('umount', ['--lazy', disk]);
	rmdirSync(disk);
	return problem;
}

interface Filling {
	readonly port: number;
	readonly ledger: Ledger;
	readonly filler: string;
	readonly freeBytes: number;
	readonly server: Server;
}

/** All but a little of the space is taken from outside; the rest the log takes itself, until a write fails. */
async function untilFails(trial: Trial, {port, ledger, filler, freeBytes, server}: Filling): Promise<void> {
	fill(filler, freeBytes - trial.random.integer(0, 2 * mebibyte));
	trial.fault();
	const caller = new RedisCaller(connectRedis(port));
	const deadline = performance.now() + recoveryTimeoutMs;
	try {
		while (performance.now() < deadline && !trial.signal.aborted) {
			trial.demand(!server.hasExited, `the process ended on a full disk: ${server.errors}`);
			await Promise.all(Array.from({length: 8}, (_, key) => caller.run({type: 'put', key: `fill${key}`, value})));
			await ledger.append(caller);
		}
		trial.find('writes never failed on a full disk');
	} catch (error) {
		if (!(error instanceof NoAnswer)) throw error;
	} finally {
		caller.close();
	}
}

async function isServed(port: number, ledger: Ledger): Promise<boolean> {
	const caller = new RedisCaller(connectRedis(port));
	try {
		await ledger.append(caller);
		return true;
	} catch (error) {
		if (error instanceof NoAnswer) return false;
		throw error;
	} finally {
		caller.close();
	}
}

async function audit(trial: Trial, port: number, ledger: Ledger): Promise<void> {
	const caller = new RedisCaller(connectRedis(port));
	for (const fault of await ledger.audit(caller)) trial.find(fault);
	caller.close();
}

/** What the log has taken meanwhile, it keeps; then this is all that was left. */
function fill(file: string, bytes: number): void {
	try {
		writeFileSync(file, Buffer.alloc(Math.max(0, bytes)));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
	}
}
