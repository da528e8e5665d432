import {readdirSync} from 'node:fs';
import {type Socket, connect} from 'node:net';
import {once} from 'node:events';
import {execFileSync} from 'node:child_process';
import {request} from '../../redis/harness.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const connectionsLong = 5000;
const connectionsShort = 300;
/** Descriptors of both processes beside the connections. */
const otherDescriptors = 500;
/** At once: more would overflow the kernel's queue of connections that nobody has accepted yet. */
const connectingMax = 100;
const answerTimeoutMs = 60_000;
/** Of a SET and a GET. */
const linesOfAnswers = 3;

export const connections: Row = {
	name: 'connections',
	title: 'thousands of clients at the Redis port are all served, and nothing is left of them when they have gone',
	weight: 60,
	shortMs: 2500,
	isInTests: true,
	missing: () => tooFewDescriptors(connectionsShort),
	run: async trial => {
		const count = trial.isLong ? connectionsLong : connectionsShort;
		const tooFew = tooFewDescriptors(count);
		if (tooFew !== undefined) trial.skip(tooFew);
		const server = new Server(trial, {args: ['--memory', '--nodes', '3']});
		const port = await server.ready();
		await visit(trial, port, connectingMax);
		await trial.sleep(500);
		const before = descriptorsOf(server);
		for (let round = 1; round === 1 || (!trial.isOver && trial.isLong); round++) {
			await visit(trial, port, count);
			await trial.until(`the descriptors are ${before} again`, answerTimeoutMs, () => descriptorsOf(server) <= before);
			trial.note('connections', `${count}, ${round} times`);
			trial.tell(`round ${round}`);
		}
		const {code, errors} = await server.stop(trial);
		if (code !== 143 || errors !== '') trial.find(`the process ended with ${code}: ${errors}`);
	},
};

function tooFewDescriptors(count: number): string | undefined {
	const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], {encoding: 'utf8'}).trim();
	if (limit === 'unlimited' || Number(limit) >= count + otherDescriptors) return undefined;
	return `a process may have ${limit} descriptors, too few for ${count} connections: raise it with ulimit -n`;
}

async function visit(trial: Trial, port: number, count: number): Promise<void> {
	const sockets: Socket[] = [];
	try {
		while (sockets.length < count) {
			const more = Array.from({length: Math.min(connectingMax, count - sockets.length)}, () => open(trial, port));
			sockets.push(...(await Promise.all(more)));
			trial.signal.throwIfAborted();
		}
		trial.fault(count);
		// All are there; then all ask at once.
		const startedAt = performance.now();
		const answers = await Promise.all(
			sockets.map((socket, client) =>
				ask(socket, [request('SET', `k${client}`, `${client}`), request('GET', `k${client}`)]),
			),
		);
		trial.pause(performance.now() - startedAt);
		for (const [client, answer] of answers.entries()) {
			const expected = `+OK\r\n$${`${client}`.length}\r\n${client}\r\n`;
			if (answer !== expected) trial.find(`client ${client} was answered ${JSON.stringify(answer)}`);
		}
		trial.operation(2 * count);
	} finally {
		for (const socket of sockets) socket.destroy();
	}
}

async function open(trial: Trial, port: number): Promise<Socket> {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', error => trial.find(`a connection broke: ${error.message}`));
	await once(socket, 'connect');
	return socket;
}

async function ask(socket: Socket, requests: readonly Buffer[]): Promise<string> {
	let answer = '';
	const timer = setTimeout(() => socket.destroy(), answerTimeoutMs);
	const answered = new Promise<void>(resolve => {
		socket.once('close', () => resolve());
		socket.on('data', (chunk: Buffer) => {
			answer += chunk.toString('latin1');
			if (answer.split('\r\n').length > linesOfAnswers) resolve();
		});
	});
	socket.write(Buffer.concat(requests));
	await answered;
	clearTimeout(timer);
	return answer;
}

const descriptorsOf = ({pid}: Server): number => readdirSync(`/proc/${pid}/fd`).length;
