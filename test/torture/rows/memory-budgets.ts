import {type Socket, connect} from 'node:net';
import {once} from 'node:events';
import {request} from '../../redis/harness.js';
import {connectRedis} from '../kit/connect-redis.js';
import {residentBytes} from '../kit/memory.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const mebibyte = 2 ** 20;
const partsAnnounced = 65_536;
/** What each of many requests has of its parts when its client stops: each costs memory, none ends. */
const partsSent = 65_000;
const budgetLong = 256 * mebibyte;
const budgetShort = 64 * mebibyte;
/** Beside the budget: values on their way from the leader, and what the collector has yet to find of those that were sent. */
const overheadBytes = 256 * mebibyte;
const valueBytes = mebibyte - 1024;
const answerTimeoutMs = 15_000;

type Greed = (trial: Trial, port: number) => Promise<readonly Socket[]>;

export const memoryBudgets: Row = {
	name: 'memory-budgets',
	title:
		'requests that never end and replies that nobody reads take no more memory than all clients together may, and a modest client is served beside them',
	weight: 40,
	shortMs: 1000,
	isInTests: true,
	run: async trial => {
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			for (const [what, greed] of Object.entries(greeds)) {
				await tryOnce(trial, what, greed);
				trial.tell(what);
			}
		}
	},
};

async function tryOnce(trial: Trial, what: string, greed: Greed): Promise<void> {
	const budget = trial.isLong ? budgetLong : budgetShort;
	const server = new Server(trial, {args: {nodes: 1, redis: {clientsBytesMax: budget}}});
	const port = await server.ready();
	const redis = connectRedis(port, answerTimeoutMs);
	await redis.set('large', 'x'.repeat(valueBytes));
	const before = residentBytes(server.pid);
	const sockets = await greed(trial, port);
	try {
		let most = 0;
		for (let look = 0; look < 20 && !server.hasExited; look++) {
			const startedAt = performance.now();
			await redis.set('modest', String(look));
			trial.pause(performance.now() - startedAt);
			trial.operation();
			most = Math.max(most, residentBytes(server.pid) - before);
			await trial.sleep(50);
		}
		trial.note(what, `${Math.round(most / mebibyte)} MiB`);
		if (most > budget + overheadBytes) trial.find(`${what}: memory grew by ${Math.round(most / mebibyte)} MiB`);
	} catch (error) {
		trial.find(`${what}: a modest client was told ${String(error)}; ${server.errors.slice(-500)}`);
	} finally {
		for (const socket of sockets) socket.destroy();
		redis.disconnect();
	}
	if (server.hasExited) trial.find(`${what}: the process ended: ${server.errors.slice(-500)}`);
	await server.kill();
}

const greeds: Readonly<Record<string, Greed>> = {
	'requests that never end': async (trial, port) => {
		const parts = Buffer.concat([Buffer.from(`*${partsAnnounced}\r\n`), Buffer.alloc(7 * partsSent, '$1\r\nx\r\n')]);
		return Promise.all(Array.from({length: trial.isLong ? 800 : 100}, () => greedy(trial, port, parts)));
	},
	'an MGET of much that nobody reads': async (trial, port) => {
		const keys = trial.isLong ? 20_000 : 1500;
		return [await greedy(trial, port, Buffer.from(`*${1 + keys}\r\n$4\r\nMGET\r\n${'$5\r\nlarge\r\n'.repeat(keys)}`))];
	},
	'many that read nothing': async (trial, port) => {
		const gets = Buffer.concat(Array.from({length: 64}, () => request('GET', 'large')));
		return Promise.all(Array.from({length: trial.isLong ? 200 : 30}, () => greedy(trial, port, gets)));
	},
};

async function greedy(trial: Trial, port: number, bytes: Buffer): Promise<Socket> {
	const socket = connect(port, '127.0.0.1');
	// The server may well be rid of it.
	socket.on('error', () => undefined);
	await once(socket, 'connect');
	socket.pause();
	socket.write(bytes);
	trial.fault();
	return socket;
}
