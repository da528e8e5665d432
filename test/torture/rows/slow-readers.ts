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
/** Of these values each of the slow ones asks for so many, and reads none. */
const repliesAsked = 100;
/** Unread replies of all together may take so much memory, beside what the process takes anyway. */
const growthMax = 700 * mebibyte;
/** Another client is not held up for so long by who does not read. */
const heldUpMsMax = 3000;

export const slowReaders: Row = {
	name: 'slow-readers',
	title:
		'clients that never read, read a byte at a time or send half a request hold up nobody, and take bounded memory',
	weight: 2,
	shortMs: 3000,
	isInTests: false,
	run: async trial => {
		const server = new Server(trial, {args: ['--memory', '--nodes', '3']});
		const port = await server.ready();
		const caller = new RedisCaller(connectRedis(port));
		trial.defer(() => caller.close());
		await caller.run({type: 'put', key: 'large', value: 'x'.repeat(valueBytes)});
		const before = residentBytes(server.pid);
		const sockets = await Promise.all(
			Array.from({length: trial.isLong ? 200 : 20}, (_, client) => annoy(trial, port, client)),
		);
		trial.defer(() => sockets.forEach(socket => socket.destroy()));
		const ledger = new Ledger('busy');
		let writes = 0;
		do {
			const startedAt = performance.now();
			await ledger.append(caller);
			await ledger.step(caller);
			trial.pause(performance.now() - startedAt);
			trial.operation(2);
			trial.tell(`${++writes} writes beside ${sockets.length} slow clients`);
			const growth = residentBytes(server.pid) - before;
			if (growth > growthMax) trial.demand(false, `memory grew by ${Math.round(growth / mebibyte)} MiB`);
		} while (!trial.isOver);
		for (const fault of await ledger.audit(caller)) trial.find(fault);
		trial.note('memory grew by', `${Math.round((residentBytes(server.pid) - before) / mebibyte)} MiB`);
		const {longestPauseMs = 0} = trial.figures;
		if (trial.isLong && longestPauseMs > heldUpMsMax)
			trial.find(`a client was held up for ${Math.round(longestPauseMs)} ms`);
	},
};

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
