import type {Redis} from 'ioredis';
import {connectRedis} from '../kit/connect-redis.js';
import {residentBytes} from '../kit/memory.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const mebibyte = 2 ** 20;
const nodes = 3;
const clients = 8;
const limitLong = 16 * mebibyte;
const limitShort = mebibyte;
const valueBytesMax = 8 * 1024;
/** Beside a copy of the data in each node: logs, snapshots, requests and what the collector has yet to find. */
const growthMax = 768 * mebibyte;
/** Of the limit; when less is stored, writes were refused too early. */
const storedShareMin = 0.7;
/** Each client writes, and each changes of its keys so many, while there is no room. */
const triesWhenFull = 5;

/** What one client has written to keys of its own; a key is absent where its write may or may not have run. */
interface Client {
	readonly redis: Redis;
	readonly prefix: string;
	readonly values: Map<string, string>;
	count: number;
}

export const maxMemory: Row = {
	name: 'max-memory',
	title:
		'beyond --max-memory writes that add data are refused with -OOM, reads and deletes go on, and all is as before when there is room again',
	weight: 40,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const limit = trial.isLong ? limitLong : limitShort;
		const server = new Server(trial, {
			args: ['--memory', '--nodes', String(nodes), '--max-memory', String(limit), '--keep-going'],
		});
		const port = await server.ready();
		const all = Array.from({length: clients}, (_, client): Client => {
			return {redis: connectRedis(port), prefix: `m${client}/`, values: new Map(), count: 0};
		});
		trial.defer(() => all.forEach(({redis}) => redis.disconnect()));
		await seesLimit(trial, all[0]!.redis, limit);
		const before = residentBytes(server.pid);
		for (let round = 0; round < 2 || !trial.isOver; round++) {
			await Promise.all(all.map(client => fill(trial, client, limit)));
			checkStored(trial, all, limit);
			await Promise.all(all.map(client => useWhenFull(trial, client)));
			// The next leader has the same data, and must refuse the same.
			if (round % 2 === 1) await changeLeader(trial, server);
			await Promise.all(all.map(client => makeRoom(trial, client)));
			trial.note('times full', round + 1);
			trial.tell(`full ${round + 1} times`);
			if (trial.signal.aborted) return;
		}
		const growth = residentBytes(server.pid) - before;
		trial.note('memory grew by', `${Math.round(growth / mebibyte)} MiB`);
		if (growth > growthMax) trial.find(`memory grew by ${Math.round(growth / mebibyte)} MiB`);
	},
};

async function seesLimit(trial: Trial, redis: Redis, limit: number): Promise<void> {
	const setting = JSON.stringify(await redis.config('GET', 'maxmemory'));
	if (setting !== JSON.stringify(['maxmemory', String(limit)])) trial.find(`CONFIG GET maxmemory: ${setting}`);
	const info = await redis.info('memory');
	if (!info.includes(`\r\nmaxmemory:${limit}\r\n`)) trial.find(`INFO memory does not name the limit: ${info}`);
}

/** What the port says; `undefined` where it was carried out. */
async function refusalOf(action: Promise<unknown>): Promise<string | undefined> {
	try {
		await action;
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

const isOutOfMemory = (refusal: string | undefined): boolean => refusal?.startsWith('OOM ') === true;

const drawValue = ({random}: Trial, bytesMin = 1): string =>
	String.fromCharCode(random.integer(97, 122)).repeat(random.integer(bytesMin, valueBytesMax));

/** Writes until there is no room. */
async function fill(trial: Trial, client: Client, limit: number): Promise<void> {
	for (let bytes = 0; bytes <= limit / 2;) {
		trial.signal.throwIfAborted();
		const key = `${client.prefix}${client.count++}`;
		const value = drawValue(trial);
		const startedAt = performance.now();
		const refusal = await refusalOf(client.redis.set(key, value));
		trial.pause(performance.now() - startedAt);
		trial.operation();
		bytes += value.length;
		if (refusal === undefined) client.values.set(key, value);
		else if (isOutOfMemory(refusal)) return trial.fault();
		else trial.demand(false, `a write before the limit was answered ${refusal}`);
	}
	trial.demand(
		false,
		`${client.prefix}: one of ${clients} clients alone has written more than half of the ${limit} bytes that are allowed`,
	);
}

function checkStored(trial: Trial, all: readonly Client[], limit: number): void {
	let bytes = 0;
	for (const {values} of all) for (const [key, value] of values) bytes += key.length + value.length;
	trial.note('stored', `${(bytes / limit).toFixed(2)} of the limit`);
	if (bytes > limit) trial.find(`${bytes} bytes are stored, and the limit is ${limit}`);
	if (bytes < storedShareMin * limit) trial.find(`writes are refused at ${bytes} bytes, and the limit is ${limit}`);
}

/** Nothing large is added, and whatever adds nothing works. */
async function useWhenFull(trial: Trial, client: Client): Promise<void> {
	const {redis, values, prefix} = client;
	for (let turn = 0; turn < triesWhenFull; turn++) {
		const [key, value] = trial.random.pick([...values]);
		// Clients that delete something make room for so little that this does not fit.
		const refused = await refusalOf(
			redis.mset(`${prefix}a`, drawValue(trial, valueBytesMax), `${prefix}b`, 'x'.repeat((15 * mebibyte) / 16)),
		);
		if (!isOutOfMemory(refused)) trial.find(`a large write beyond the limit was answered ${refused ?? 'OK'}`);
		const same = value.replaceAll(/./g, 'z');
		const overwritten = await refusalOf(redis.set(key, same));
		if (overwritten === undefined) values.set(key, same);
		else trial.find(`a write that adds nothing was answered ${overwritten}`);
		if ((await redis.get(key)) !== values.get(key)) trial.find(`${key} was read wrong when there was no room`);
		trial.operation(3);
		trial.fault();
	}
	if ((await redis.exists(`${prefix}a`, `${prefix}b`)) !== 0) trial.find('a write that was refused has left something');
}

async function changeLeader(trial: Trial, server: Server): Promise<void> {
	trial.fault();
	const answered = server.output.length;
	for (const line of ['kill leader', 'wait leader', 'restart all', 'wait leader']) server.command(line);
	const said = (): number => server.output.slice(answered).split('> wait leader\n').length - 1;
	await trial.until('there is a leader again', 60_000, () => said() >= 2);
}

/** Deletes some or all; and what is left is as it was written. */
async function makeRoom(trial: Trial, {redis, values}: Client): Promise<void> {
	const share = trial.random.pick([0.5, 1]);
	for (const [key, value] of values) {
		if (!trial.random.chance(share)) {
			if ((await redis.get(key)) !== value) trial.find(`${key} is not what was written`);
		} else if ((await redis.del(key)) === 1) values.delete(key);
		else trial.find(`${key} was not there to be deleted`);
		trial.operation();
	}
}
