import {type Socket, connect} from 'node:net';
import {once} from 'node:events';
import {request} from '../../redis/harness.js';
import {RedisCaller} from '../kit/caller.js';
import {connectRedis} from '../kit/connect-redis.js';
import {Ledger} from '../kit/ledger.js';
import {residentBytes} from '../kit/memory.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const mebibyte = 2 ** 20;
const valueBytes = 256 * 1024;
/** Of these values each of the slow ones asks for so many, and reads none: several times the budget of all clients. */
const repliesAsked = 100;
const clientsLong = 200;
const clientsShort = 30;
const budgetLong = 128 * mebibyte;
const budgetShort = 32 * mebibyte;
/** Beside the budget: values on their way from the leader, and what the collector has yet to find of those that were sent. */
const overheadBytes = 256 * mebibyte;
/** A busy machine reads slowly; until so much later a client must have been dropped. */
const evictedWithinMs = 60_000;
/** Another client is not held up for so long by who does not read. */
const heldUpMsMax = 1000;

export const slowReaders: Row = {
	name: 'slow-readers',
	title:
		'clients that never read, read a byte at a time or send half a request hold up nobody, and all together stay within their budget of memory',
	weight: 40,
	shortMs: 1500,
	isInTests: true,
	run: async trial => {
		const budget = trial.isLong ? budgetLong : budgetShort;
		const server = new Server(trial, {args: {nodes: 3, redis: {clientsBytesMax: budget}}});
		const port = await server.ready();
		const redis = connectRedis(port);
		const caller = new RedisCaller(redis);
		trial.defer(() => caller.close());
		await caller.run({type: 'put', key: 'large', value: 'x'.repeat(valueBytes)});
		const ledger = new Ledger('busy');
		await ledger.step(caller);
		const before = residentBytes(server.pid);
		const sockets = await Promise.all(
			Array.from({length: trial.isLong ? clientsLong : clientsShort}, (_, client) => annoy(trial, port, client)),
		);
		trial.defer(() => sockets.forEach(socket => socket.destroy()));
		const evictedBy = performance.now() + evictedWithinMs;
		let [writes, most, mostHeld, evicted] = [0, 0, 0, 0];
		do {
			const startedAt = performance.now();
			await ledger.append(caller);
			trial.pause(performance.now() - startedAt);
			trial.operation();
			trial.tell(`${++writes} writes beside ${sockets.length} slow clients`);
			most = Math.max(most, residentBytes(server.pid) - before);
			const info = await redis.info();
			mostHeld = Math.max(mostHeld, fieldOf(info, 'mem_clients_normal'));
			evicted = fieldOf(info, 'evicted_clients');
			// A write after the other, not as many as there can be.
			await trial.sleep(5);
			// Until then nothing is tried.
		} while (!trial.isOver || (evicted === 0 && performance.now() < evictedBy && !trial.signal.aborted));
		for (const fault of await ledger.audit(caller)) trial.find(fault);
		const {longestPauseMs = 0} = trial.figures;
		trial.note('clients held', `${text(mostHeld)} of ${text(budget)}`);
		trial.note('evicted', evicted);
		trial.note('memory grew by', text(most));
		if (mostHeld > budget) trial.find(`clients held ${text(mostHeld)}, and their budget is ${text(budget)}`);
		if (evicted === 0) trial.find('no client was dropped, though all together asked for more than their budget');
		if (most > budget + overheadBytes) trial.find(`memory grew by ${text(most)}, and the budget is ${text(budget)}`);
		if (trial.isLong && longestPauseMs > heldUpMsMax)
			trial.find(`a client was held up for ${Math.round(longestPauseMs)} ms`);
	},
};

const text = (bytes: number): string => `${Math.round(bytes / mebibyte)} MiB`;

function fieldOf(info: string, name: string): number {
	return Number(new RegExp(`^${name}:(\\d+)\\r$`, 'm').exec(info)?.[1] ?? Number.NaN);
}

/** A third never read, a third read a little at a time, a third never finish their request. */
async function annoy(trial: Trial, port: number, client: number): Promise<Socket> {
	const socket = connect(port, '127.0.0.1');
	// The server may well be rid of it.
	socket.on('error', () => undefined);
	await once(socket, 'connect');
	trial.fault();
	const gets = Buffer.concat(Array.from({length: repliesAsked}, () => request('GET', 'large')));
	switch (client % 3) {
		case 0:
			socket.pause();
			socket.write(gets);
			break;
		case 1: {
			socket.pause();
			socket.write(gets);
			const timer = setInterval(() => socket.read(1), 100);
			socket.once('close', () => clearInterval(timer));
			break;
		}
		default:
			socket.write(request('SET', `half${client}`, 'x'.repeat(valueBytes)).subarray(0, -100_000));
	}
	return socket;
}
