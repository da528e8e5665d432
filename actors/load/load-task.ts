/** A recorded load in a pool thread: so the load, and the judgement on its history, hold up neither router nor console. */
import {writeFile} from 'node:fs/promises';
import type {MessagePort} from 'node:worker_threads';
import type {Verdict} from '../../src/linearizability/key-result.js';
import {ThreadraftError} from '../../src/base/errors.js';
import {Random} from '../../src/base/random.js';
import {Clerk} from '../clerk/clerk.js';
import type {ClerkConnection} from '../clerk/clerk-host.js';
import {EtcdClerk} from '../engines/etcd/etcd-clerk.js';
import type {EngineSecurity} from '../engines/etcd/security.js';
import type {KeyValueClient} from '../key-value-client.js';
import {type LoadReport, RecordedLoad} from './recorded-load.js';

/** How one client reaches its cluster. */
export type LoadConnection =
	| {readonly type: 'clerk'; readonly clerk: ClerkConnection}
	| {readonly type: 'etcd'; readonly url: string; readonly security: EngineSecurity};

export interface LoadTask {
	/** One for each client. */
	readonly connections: readonly LoadConnection[];
	readonly seed: number;
	/** Tells `started`; a {@link LoadStop} ends the load. */
	readonly control: MessagePort;
}

export interface LoadStop {
	/** Where the history is written. */
	readonly file: string | undefined;
	/** Where it is written if it is not found linearizable and `file` is not given. */
	readonly evidence: string;
}

export interface LoadResult extends LoadReport {
	readonly file: string | undefined;
}

/** The history is lost; the verdict is not. */
class HistoryFileError extends ThreadraftError {
	override readonly name = 'HistoryFileError';
	readonly code = 'ERR_HISTORY_FILE';

	constructor(file: string, verdict: Verdict, cause: Error) {
		super(
			`the verdict is ${verdict}, but the history cannot be written to ${file} (${cause.message}): choose another file`,
			{
				cause,
			},
		);
	}
}

/** A client that hears nothing for this long goes on with the next operation. */
const timeoutMs = 2000;

export async function runLoadTask({connections, seed, control}: LoadTask): Promise<LoadResult> {
	const stop = new Promise<LoadStop>(resolve => void control.once('message', resolve));
	const clients: KeyValueClient[] = [];
	try {
		for (const connection of connections) clients.push(await connect(connection));
		const load = new RecordedLoad(clients, `load/${seed.toString(36)}/`, Random.fromSeed(seed), () =>
			Math.round(performance.now() * 1e6),
		);
		control.postMessage('started');
		const {file, evidence} = await stop;
		const report = await load.stop();
		await load.removeKeys();
		const place = file ?? (report.verdict === 'ok' ? undefined : evidence);
		if (place !== undefined) await writeHistory(place, load, report);
		return {...report, file: place};
	} finally {
		for (const client of clients) await client.close();
		control.close();
	}
}

async function writeHistory(file: string, load: RecordedLoad, {verdict}: LoadReport): Promise<void> {
	try {
		await writeFile(file, `${[...load.jsonLines()].join('\n')}\n`);
	} catch (cause) {
		throw new HistoryFileError(file, verdict, cause as Error);
	}
}

async function connect(connection: LoadConnection): Promise<KeyValueClient> {
	return connection.type === 'clerk'
		? Clerk.connect(connection.clerk, {timeoutMs})
		: EtcdClerk.connect(connection.url, {...connection.security, timeoutMs});
}
