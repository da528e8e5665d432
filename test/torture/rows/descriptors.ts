import {type Socket, connect} from 'node:net';
import {RedisCaller} from '../kit/caller.js';
import {connectRedis} from '../kit/connect-redis.js';
import {Ledger} from '../kit/ledger.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const limit = 256;
/** More than the process has descriptors for. */
const visitors = 400;

export const descriptors: Row = {
	name: 'descriptors',
	title:
		'however many clients come, the log gets the descriptors that it needs, and those who are in go on being served',
	weight: 30,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const directory = await trial.makeFolder('data');
		const server = new Server(trial, {args: {nodes: 3, directory, maxRaftState: 8 * 1024}, ulimit: `-n ${limit}`});
		const port = await server.ready();
		const caller = new RedisCaller(connectRedis(port));
		trial.defer(() => caller.close());
		const ledger = new Ledger('inside');
		await ledger.append(caller);
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const sockets = await crowd(trial, port);
			const startedAt = performance.now();
			// Snapshots are taken all the time, and each needs a file.
			do {
				const lastAt = performance.now();
				await ledger.append(caller);
				await ledger.step(caller);
				trial.pause(performance.now() - lastAt);
			} while (performance.now() - startedAt < 1000);
			for (const socket of sockets) socket.destroy();
			trial.tell(`${round + 1} crowds`);
		}
		for (const fault of await ledger.audit(caller)) trial.find(fault);
		trial.operation(ledger.acknowledged);
		trial.demand(
			!/EMFILE|died|stays down/.test(server.errors),
			`a node ran out of descriptors: ${server.errors.slice(0, 500)}`,
		);
	},
};

async function crowd(trial: Trial, port: number): Promise<readonly Socket[]> {
	const sockets = Array.from({length: visitors}, () => {
		const socket = connect(port, '127.0.0.1');
		socket.on('error', () => undefined);
		socket.write('PING\r\n');
		return socket;
	});
	trial.fault(visitors);
	await trial.sleep(300);
	return sockets;
}
