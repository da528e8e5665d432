import {readdirSync, rmSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {damage} from '../kit/damage.js';
import {connectRedis} from '../kit/connect-redis.js';
import {Server} from '../kit/server.js';
import {copyOf, keys, makeDirectory} from '../kit/written-cluster.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const answerTimeoutMs = 30_000;

export const damagedNode: Row = {
	name: 'damaged-node',
	title:
		'with one node of three damaged the others serve, and status, INFO and an event name that node, the file and the cause',
	weight: 40,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const base = await makeDirectory(trial, 'base', {nodes: 3, rounds: 12});
		for (let number = 0; number === 0 || !trial.isOver; number++) {
			const {copy} = copyOf(base.directory, number);
			const node = trial.random.integer(0, 2);
			const {what, file} = hurt(trial, copy, node);
			trial.fault();
			const wrong = await wrongWith(trial, {directory: copy, node, file, content: base.content});
			trial.operation();
			if (wrong === undefined) await rm(copy, {recursive: true, force: true});
			else trial.find(`node ${node}, ${what}: ${wrong} (in ${copy})`);
			trial.tell(`${number + 1} directories`);
			trial.signal.throwIfAborted();
		}
	},
};

function hurt({random}: Trial, directory: string, node: number): {readonly what: string; readonly file: string} {
	const folder = path.join(directory, `node-${node}`);
	// Older files may be there that nothing needs any more: their damage is nobody's.
	const file = readdirSync(folder)
		.filter(name => /^log-\d+$/.test(name))
		.sort()
		.at(-1)!;
	switch (random.integer(0, 2)) {
		case 0:
			damage(path.join(folder, file), 'zeroed', random);
			return {what: `${file} zeroed`, file};
		case 1:
			rmSync(folder, {recursive: true});
			return {what: 'its folder is gone', file: `node-${node}`};
		default:
			damage(path.join(folder, file), 'empty', random);
			return {what: `${file} emptied`, file};
	}
}

interface Hurt {
	readonly directory: string;
	readonly node: number;
	readonly file: string;
	readonly content: ReadonlyMap<string, string>;
}

async function wrongWith(trial: Trial, {directory, node, file, content}: Hurt): Promise<string | undefined> {
	const server = new Server(trial, {args: ['--nodes', '3', '--dir', directory]});
	try {
		const redis = connectRedis(await server.ready());
		for (const key of keys) {
			const value = await redis.get(key);
			if (value !== content.get(key)) return `${key} is ${String(value)}`;
		}
		await redis.set('new', 'value');
		const info = await redis.info();
		redis.disconnect();
		server.command('status');
		const status = await server.said(/> status\n?([^]*?┘)/, answerTimeoutMs).catch(() => server.output);
		if (!/damaged/.test(status)) return `status does not show a damaged node:\n${status}`;
		if (!/damaged/.test(info)) return 'INFO does not show a damaged node';
		if (!server.errors.includes(file)) return `no line names ${file}: ${server.errors}`;
		if (!server.errors.includes(`node ${node}`)) return `no line names node ${node}: ${server.errors}`;
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	} finally {
		await server.kill();
	}
}
