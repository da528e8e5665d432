/** A recorded load in a pool thread: so it holds up neither router nor console. */
import type {MessagePort} from 'node:worker_threads';
import {Random} from '../../src/base/random.js';
import {Clerk} from '../clerk/clerk.js';
import type {ClerkConnection} from '../clerk/clerk-host.js';
import {EtcdClerk} from '../engines/etcd/etcd-clerk.js';
import type {EngineSecurity} from '../engines/etcd/security.js';
import type {KeyValueClient} from '../key-value-client.js';
import type {ChapterMessage} from './judge-task.js';
import type {LoadFigures, LoadStatistics} from './load-statistics.js';
import {RecordedLoad} from './recorded-load.js';
import {clockSince} from './session-clock.js';

/** How one client reaches its cluster. */
export type LoadConnection =
	| {readonly type: 'clerk'; readonly clerk: ClerkConnection}
	| {readonly type: 'etcd'; readonly url: string; readonly security: EngineSecurity};

/** What a load is to be like. */
export interface LoadOptions {
	readonly clients: number;
	/** Operations a second, of all clients together; left out: as many as are answered. */
	readonly perSecondMax?: number;
	/** The part of reads, from 0 to 1; left out: what the workload draws. */
	readonly readShare?: number;
	/** Of what each client asks for, whole, below 2^32: the same clients with the same seed ask for the same in the same order. Left out: any. */
	readonly seed?: number;
}

export interface LoadTask extends LoadOptions {
	/** One for each client. */
	readonly connections: readonly LoadConnection[];
	readonly seed: number;
	/** Of keys that nobody else uses, and that do not exist. */
	readonly prefix: string;
	/** When the clock of the history began. */
	readonly origin: bigint;
	/** Of the marks that are set. */
	readonly epoch: number;
	/** Carries `LoadOrder` one way and `LoadNews` the other. */
	readonly control: MessagePort;
	/** Takes the chapters. */
	readonly judge: MessagePort;
}

export type LoadOrder =
	/** Go over to new keys, which are of this epoch, and tell when all before is told to the judge. */
	{readonly type: 'turn'; readonly epoch: number} | {readonly type: 'stop'};

export type LoadNews =
	| {readonly type: 'started'}
	| {readonly type: 'statistics'; readonly statistics: LoadStatistics}
	/** The answer to each `turn`, in order: so many chapters were sent. */
	| {readonly type: 'turned'; readonly chapters: number};

export interface LoadResult {
	readonly figures: LoadFigures;
	/** So many were sent. */
	readonly chapters: number;
}

/** A client that hears nothing for this long goes on with the next operation. */
const timeoutMs = 2000;
/** As often as a record samples. */
const statisticsMs = 100;

export async function runLoadTask(task: LoadTask): Promise<LoadResult> {
	const {connections, seed, prefix, control, judge, origin, perSecondMax, readShare} = task;
	const clients: KeyValueClient[] = [];
	let chapters = 0;
	let epoch = task.epoch;
	/** Chapters before this one are of the epoch before. */
	let firstOfEpoch = 0;
	try {
		for (const connection of connections) clients.push(await connect(connection));
		const load = new RecordedLoad({
			clients,
			prefix,
			random: Random.fromSeed(seed),
			now: clockSince(origin),
			perSecondMax,
			readShare,
			edits: connections.every(({type}) => type === 'clerk'),
			chapter: (history, number) => {
				chapters++;
				judge.postMessage({epoch: number < firstOfEpoch ? epoch - 1 : epoch, history} satisfies ChapterMessage);
			},
		});
		const tell = (news: LoadNews): void => control.postMessage(news);
		const stopped = new Promise<void>(resolve => {
			control.on('message', (order: LoadOrder) => {
				if (order.type === 'stop') return resolve();
				const turned = load.turn();
				if (order.epoch !== epoch) firstOfEpoch = load.chapterNumber;
				epoch = order.epoch;
				void turned.then(() => tell({type: 'turned', chapters}));
			});
		});
		tell({type: 'started'});
		const timer = setInterval(() => tell({type: 'statistics', statistics: load.statistics()}), statisticsMs);
		await stopped;
		clearInterval(timer);
		const figures = await load.stop();
		tell({type: 'statistics', statistics: load.statistics()});
		await load.removeKeys();
		return {figures, chapters};
	} finally {
		for (const client of clients) await client.close();
		control.close();
		judge.close();
	}
}

async function connect(connection: LoadConnection): Promise<KeyValueClient> {
	return connection.type === 'clerk'
		? Clerk.connect(connection.clerk, {timeoutMs})
		: EtcdClerk.connect(connection.url, {...connection.security, timeoutMs});
}
