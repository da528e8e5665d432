/**
 * Question: is anything that was acknowledged lost, or anything doubled, when the whole process is killed?
 *
 * Rounds of: start the CLI on one directory, let ioredis clients append numbered tokens, each to a key of its own, kill
 * the process with SIGKILL in the middle, start it again, and read everything back. A token whose acknowledgement
 * came must be there, and no token may be there twice.
 *
 *     node dist/bench/kill-nine.js [--rounds 20] [--clients 8] [--ms 1500] [--smoke]
 */
import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Redis} from 'ioredis';

const {values} = parseArgs({
	options: {
		rounds: {type: 'string', default: '20'},
		clients: {type: 'string', default: '8'},
		ms: {type: 'string', default: '1500'},
		smoke: {type: 'boolean', default: false},
	},
});
const rounds = values.smoke ? 2 : Number(values.rounds);
const clientCount = Number(values.clients);
const writeMs = values.smoke ? 500 : Number(values.ms);

const cli = fileURLToPath(new URL('../workers/cli.js', import.meta.url));
const startTimeoutMs = 60_000;
const acknowledgedPerClientMin = 5;

interface Running {
	readonly process: ChildProcessByStdio<Writable, Readable, null>;
	readonly port: number;
}

/** What one client knows of its key: tokens are appended in the order of their numbers. */
interface Ledger {
	readonly key: string;
	next: number;
	readonly acknowledged: Set<number>;
}

async function start(directory: string): Promise<Running> {
	const child = spawn(process.execPath, [cli, 'start', '--nodes', '5', '--dir', directory, '--redis-port', '0'], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const port = await new Promise<number>((resolve, reject) => {
		let output = '';
		const timer = setTimeout(() => reject(new Error(`the cluster did not start:\n${output}`)), startTimeoutMs);
		child.stdout.on('data', (chunk: Buffer) => {
			output += chunk.toString();
			const match = /127\.0\.0\.1:(\d+)/.exec(output);
			if (match === null) return;
			clearTimeout(timer);
			resolve(Number(match[1]));
		});
		child.once('exit', code => reject(new Error(`the cluster ended with ${code}:\n${output}`)));
	});
	return {process: child, port};
}

const connect = (port: number): Redis =>
	new Redis(port, '127.0.0.1', {
		maxRetriesPerRequest: 0,
		autoResendUnfulfilledCommands: false,
		retryStrategy: () => null,
	});

/** Appends until the connection breaks. The token under way then has an unknown outcome, and its number is not used again. */
async function write(port: number, ledger: Ledger): Promise<void> {
	const client = connect(port);
	client.on('error', () => undefined);
	try {
		for (;;) {
			const token = ledger.next++;
			await client.append(ledger.key, `${token},`);
			ledger.acknowledged.add(token);
		}
	} catch {
		client.disconnect();
	}
}

/** What is wrong with what is there. */
function faultsOf({key, acknowledged}: Ledger, value: string): readonly string[] {
	const tokens = value.split(',').slice(0, -1).map(Number);
	const seen = new Set(tokens);
	const faults: string[] = [];
	if (seen.size !== tokens.length) faults.push(`${key}: ${tokens.length - seen.size} tokens doubled`);
	if (tokens.some((token, offset) => offset > 0 && token < (tokens[offset - 1] ?? 0)))
		faults.push(`${key}: out of order`);
	const lost = [...acknowledged].filter(token => !seen.has(token));
	if (lost.length > 0) faults.push(`${key}: acknowledged and lost: ${lost.join(' ')}`);
	return faults;
}

async function check(port: number, ledgers: readonly Ledger[]): Promise<readonly string[]> {
	const client = connect(port);
	const found: string[] = [];
	for (const ledger of ledgers) found.push(...faultsOf(ledger, (await client.get(ledger.key)) ?? ''));
	client.disconnect();
	return found;
}

const acknowledged = (): number => ledgers.reduce((sum, ledger) => sum + ledger.acknowledged.size, 0);

/** Waits until the round is worth a kill: for so long, and until every client could have been answered a few times. */
async function underWay(): Promise<void> {
	const target = acknowledged() + clientCount * acknowledgedPerClientMin;
	const startedAt = performance.now();
	while (performance.now() - startedAt < writeMs || acknowledged() < target) {
		if (performance.now() - startedAt > startTimeoutMs) throw new Error('the cluster acknowledges nothing');
		await new Promise(resolve => void setTimeout(resolve, 5));
	}
}

const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-kill-nine-'));
const ledgers = Array.from({length: clientCount}, (_, client): Ledger => ({
	key: `k${client}`,
	next: 0,
	acknowledged: new Set(),
}));
let wrong = 0;
for (let round = 1; round <= rounds; round++) {
	const victim = await start(directory);
	const writers = Promise.all(ledgers.map(ledger => write(victim.port, ledger)));
	await underWay();
	victim.process.kill('SIGKILL');
	await writers;
	const successor = await start(directory);
	const faults = await check(successor.port, ledgers);
	successor.process.kill('SIGKILL');
	await new Promise(resolve => void successor.process.once('exit', resolve));
	wrong += faults.length;
	console.log(
		`round ${round}: ${acknowledged()} appends acknowledged so far, ${faults.length === 0 ? 'all there, none doubled' : faults.join('; ')}`,
	);
}
await rm(directory, {recursive: true, force: true});
process.exitCode = wrong === 0 ? 0 : 1;
