import {connect, type Socket} from 'node:net';
import {once} from 'node:events';
import {request} from '../../redis/harness.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const mebibyte = 2 ** 20;
/** A pipeline that is stuck never ends. */
const timeoutMs = 60_000;

interface Pipeline {
	readonly what: string;
	readonly requests: readonly Buffer[];
	/** Bytes of all replies, from which on all is answered. */
	readonly replyBytes: number;
}

export const wholePipelines: Row = {
	name: 'whole-pipelines',
	title: 'a client that writes a whole pipeline before it reads any reply is answered, as are requests of many parts',
	weight: 30,
	shortMs: 1000,
	isInTests: true,
	run: async trial => {
		const server = new Server(trial, {args: ['--memory', '--nodes', '1']});
		const port = await server.ready();
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			for (const pipeline of pipelines(trial.isLong)) {
				await writeThenRead(trial, port, pipeline);
				trial.fault();
				trial.operation(pipeline.requests.length);
				trial.tell(pipeline.what);
			}
		}
	},
};

function pipelines(isLong: boolean): readonly Pipeline[] {
	const large = 'x'.repeat(mebibyte - 64);
	const small = 'y'.repeat(500);
	const gets = isLong ? 300_000 : 30_000;
	const pairs = isLong ? 100_000 : 40_000;
	const swap = request('GETSET', 'large', large);
	return [
		{what: 'SET', requests: [request('SET', 'large', large), request('SET', 'small', small)], replyBytes: 10},
		{
			what: '30 GETSET of 1 MB',
			requests: Array.from({length: 30}, () => swap),
			replyBytes: 30 * (`$${large.length}\r\n`.length + large.length + 2),
		},
		{
			what: `${gets} GET of 500 B`,
			requests: Array.from({length: gets}, () => request('GET', 'small')),
			replyBytes: gets * '$500\r\n\r\n'.length + gets * small.length,
		},
		{
			what: `MSET of ${pairs} pairs`,
			requests: [msetOf(pairs)],
			replyBytes: '+OK\r\n'.length,
		},
	];
}

/** As a plain blocking client does it. */
async function writeThenRead(trial: Trial, port: number, {what, requests, replyBytes}: Pipeline): Promise<void> {
	const socket = connect(port, '127.0.0.1');
	const broken = once(socket, 'close').then(() => 'closed' as const);
	socket.on('error', () => undefined);
	socket.pause();
	try {
		await once(socket, 'connect');
		const written = new Promise<'written'>(
			resolve => void socket.write(Buffer.concat(requests), () => resolve('written')),
		);
		const end = await Promise.race([written, broken, trial.sleep(timeoutMs).then(() => 'stuck' as const)]);
		if (end !== 'written') return trial.find(`${what}: ${end} before all was written`);
		await readAll(trial, socket, what, replyBytes);
	} finally {
		socket.destroy();
	}
}

async function readAll(trial: Trial, socket: Socket, what: string, replyBytes: number): Promise<void> {
	const seen: {bytes: number; error?: string} = {bytes: 0};
	socket.on('data', (chunk: Buffer) => {
		if (seen.bytes === 0 && chunk[0] === 0x2d) seen.error = chunk.toString('latin1', 0, 200);
		seen.bytes += chunk.length;
	});
	socket.resume();
	await trial.until(
		`${what}: all is read`,
		timeoutMs,
		() => seen.bytes >= replyBytes || seen.error !== undefined || socket.destroyed,
	);
	if (seen.error !== undefined) trial.find(`${what}: answered ${seen.error}`);
	else if (seen.bytes !== replyBytes) trial.find(`${what}: ${seen.bytes} bytes of replies instead of ${replyBytes}`);
}

/** Written out: so many arguments are more than a call takes. */
function msetOf(pairs: number): Buffer {
	const parts = Array.from({length: pairs}, (_, pair) => `$${`m${pair}`.length}\r\nm${pair}\r\n$1\r\nv\r\n`);
	return Buffer.from(`*${1 + 2 * pairs}\r\n$4\r\nMSET\r\n${parts.join('')}`);
}
