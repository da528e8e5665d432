import {existsSync, readdirSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {RedisCaller} from '../kit/caller.js';
import {connectRedis} from '../kit/connect-redis.js';
import {Ledger, type Promised} from '../kit/ledger.js';
import {runCommand, Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const clients = 4;
/** Beside what the clients write, so that a backup and a restore take a while: so many values of so many bytes. */
const ballastLong = 256;
const ballastShort = 32;
const ballastBytes = 64 * 1024;
const timeoutMs = 60_000;
/** From the order to make a backup, or the start of the process that restores one, to its SIGKILL. */
const backupKilledMsMax = 250;
const restoreKilledMsMin = 100;
const restoreKilledMsMax = 600;

export const backups: Row = {
	name: 'backups',
	title:
		'a backup that is made under load is whole or there is none, wherever SIGKILL strikes, and what is restored of it holds all that was acknowledged before',
	weight: 100,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const directory = await trial.makeFolder('data');
		const ledgers: Ledger[] = [];
		let server = start(trial, directory, 3);
		await writeBallast(await server.ready(), trial.isLong ? ballastLong : ballastShort);
		let made = 0;
		for (let round = 0; round < 3 || !trial.isOver; round++) {
			// The second of two in a row must not be the first one again.
			const isKilled = round % 3 === 2;
			if (server.hasExited) server = start(trial, directory, 3);
			// New ones each time: what is appended to one value for an hour is too large for it.
			for (let client = 0; client < clients; client++) ledgers.push(new Ledger(`b${round}/${client}`));
			const file = path.join(trial.folder, `backup-${round}`);
			const promised = await backUp(trial, {server, ledgers, file, isKilled});
			made += existsSync(file) ? 1 : 0;
			trial.note('backups', `${made} of ${round + 1}`);
			if (existsSync(file) && (trial.isLong || round > 0))
				await restoreAndLook(trial, {file, ledgers, promised, isKilled});
			trial.operation();
			trial.tell(`${round + 1} backups were begun`);
			if (trial.signal.aborted) return;
		}
		if (server.hasExited) server = start(trial, directory, 3);
		const caller = new RedisCaller(connectRedis(await server.ready()));
		for (const ledger of ledgers) for (const fault of await ledger.audit(caller)) trial.find(fault);
		caller.close();
	},
};

const start = (trial: Trial, directory: string, nodes: number): Server =>
	new Server(trial, {args: ['--keep-going', '--nodes', String(nodes), '--dir', directory]});

async function writeBallast(port: number, values: number): Promise<void> {
	const redis = connectRedis(port, timeoutMs);
	const value = 'x'.repeat(ballastBytes);
	await Promise.all(Array.from({length: values}, (_, number) => redis.set(`ballast${number}`, value)));
	redis.disconnect();
}

interface Making {
	readonly server: Server;
	readonly ledgers: readonly Ledger[];
	readonly file: string;
	readonly isKilled: boolean;
}

/** Under load. Answers what had been acknowledged before the backup was asked for. */
async function backUp(trial: Trial, {server, ledgers, file, isKilled}: Making): Promise<readonly Promised[]> {
	const port = await server.ready();
	const load = {isOver: false, answeredAt: performance.now()};
	const writers = Promise.all(ledgers.slice(-clients).map(ledger => write(trial, port, ledger, load)));
	const isMade = (): boolean => server.output.includes(`${file}: the state at index`);
	await trial.sleep(trial.random.integer(50, 300));
	const promised = ledgers.map(ledger => ledger.promised());
	server.command(`backup ${file}`);
	if (isKilled) {
		await trial.sleep(trial.random.integer(0, backupKilledMsMax));
		trial.fault();
		await server.kill();
	} else {
		await trial.until(`${path.basename(file)} is made`, timeoutMs, () => {
			trial.demand(!/^error: line \d+:/m.test(server.errors), `a backup failed: ${server.errors}`);
			return isMade() || server.hasExited;
		});
	}
	load.isOver = true;
	await writers;
	if (isMade() && !existsSync(file)) trial.find(`${file} was said to be made, and is not there`);
	if (!isMade() && !isKilled) trial.find(`the process ended: ${server.errors}`);
	// What SIGKILL leaves under another name is no backup.
	for (const name of readdirSync(trial.folder).filter(each => each.endsWith('.tmp'))) {
		trial.note('files that were left unfinished', name);
		await rm(path.join(trial.folder, name));
	}
	return promised;
}

/** Until the load is over, or the connection breaks: what is under way then has an unknown outcome. */
async function write(
	trial: Trial,
	port: number,
	ledger: Ledger,
	load: {readonly isOver: boolean; answeredAt: number},
): Promise<void> {
	const caller = new RedisCaller(connectRedis(port, timeoutMs));
	try {
		while (!load.isOver) {
			await ledger.append(caller);
			await ledger.step(caller);
			const now = performance.now();
			trial.pause(now - load.answeredAt);
			load.answeredAt = now;
		}
	} catch (error) {
		if (error instanceof TypeError) throw error;
	} finally {
		caller.close();
	}
}

interface Made {
	readonly file: string;
	readonly ledgers: readonly Ledger[];
	readonly promised: readonly Promised[];
	readonly isKilled: boolean;
}

/** A file that has the name of a backup is whole: it is so now, and is restored. */
async function restoreAndLook(trial: Trial, {file, ledgers, promised, isKilled}: Made): Promise<void> {
	const verified = await runCommand({args: ['verify', file], timeoutMs});
	trial.demand(verified.code === 0, `verify ended with ${verified.code}: ${verified.errors}`);
	const directory = `${file}-restored`;
	const nodes = trial.random.pick([1, 3, 5]);
	const args = ['restore', file, '--dir', directory, '--nodes', String(nodes)];
	let isWhole = false;
	if (isKilled || trial.random.chance(0.5)) {
		await runCommand({args, timeoutMs: trial.random.integer(restoreKilledMsMin, restoreKilledMsMax)});
		trial.fault();
		isWhole = await isServed(trial, directory, nodes);
	}
	if (!isWhole) {
		const restored = await runCommand({args, timeoutMs});
		trial.demand(restored.code === 0, `restore ended with ${restored.code}: ${restored.errors}`);
	}
	const server = start(trial, directory, nodes);
	const caller = new RedisCaller(connectRedis(await server.ready()));
	for (const [client, ledger] of ledgers.entries()) {
		for (const fault of await ledger.auditCopy(caller, promised[client]!)) trial.find(`restored of ${file}: ${fault}`);
	}
	await caller.run({type: 'put', key: 'restored', value: 'serves'});
	caller.close();
	await server.kill();
	await rm(directory, {recursive: true, force: true});
	await rm(file);
}

/** Whether a restore that was killed had come to its end. Of one that had not, no cluster may start. */
async function isServed(trial: Trial, directory: string, nodes: number): Promise<boolean> {
	if (!existsSync(directory) || readdirSync(directory).length === 0) return false;
	const server = start(trial, directory, nodes);
	const isReady = await server.ready().then(
		() => true,
		() => false,
	);
	if (!isReady) {
		const {code, errors} = await server.exit;
		if (code !== 1) trial.find(`a start on an unfinished restore ended with ${code}: ${errors}`);
	}
	await server.kill();
	return isReady;
}
